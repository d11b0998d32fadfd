package users_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/protocols"
)

// configs/users.yaml is good, has every key, and its password is the one that it says.
func TestExampleFile(t *testing.T) {
	text, err := os.ReadFile("../../configs/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Check(text); err != nil {
		t.Fatal(err)
	}
	all, err := config.ParseUsers(text)
	if err != nil || len(all) != 4 {
		t.Fatal(all, err)
	}
	for _, key := range []string{
		"name", "password", "access_keys", "id", "secret", "session_token", "account", "tokens", "nkeys", "certificates", "actions", "queues",
	} {
		if !strings.Contains(string(text), " "+key+": ") && !strings.Contains(string(text), " "+key+":\n") {
			t.Errorf("no %s", key)
		}
	}
	p, err := auth.ParsePassword(all[0].Password)
	if err != nil {
		t.Fatal(err)
	}
	known := auth.Of(auth.Set{Logins: []auth.Login{{User: all[0].Name, Password: p}}})
	if _, err := known.Authenticate(t.Context(), protocols.Credentials{User: "orders", Password: "change-me"}); err != nil {
		t.Error(err)
	}
}
