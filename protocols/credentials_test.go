package protocols_test

import (
	"testing"

	"github.com/sluicemq/sluice/protocols"
)

// What the log calls who fails to log in: by all that he gave, but for secrets.
func TestCredentialsAreToldWithoutSecrets(t *testing.T) {
	for want, c := range map[string]protocols.Credentials{
		`user "anna"`:                  {User: "anna", Password: "secret"},
		`user ""`:                      {Token: "secret"},
		`access key "K1"`:              {AccessKey: "K1"},
		`user "anna", access key "K1"`: {User: "anna", AccessKey: "K1"},
		`public key "UABC"`:            {PublicKey: "UABC", User: "anna"},
	} {
		if got := c.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
