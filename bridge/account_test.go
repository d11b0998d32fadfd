package bridge

import (
	"testing"

	"github.com/sluicemq/sluice/protocols"
)

// A user whose access key names the account that the queues are of is the one who has his password: limits
// of users count both as one.
func TestOwnAccountIsNoOther(t *testing.T) {
	t.Setenv("ACCOUNT_TEST_SECRET", "secret")
	h := openHouse(t, withUsers(t, "users:\n  - name: anna\n    password: "+usersHash+
		"\n    access_keys: [{id: own, secret: \"env:ACCOUNT_TEST_SECRET\", account: \"000000000000\"}, {id: other, secret: \"env:ACCOUNT_TEST_SECRET\", account: \"111122223333\"}]\n"))
	login := func(who protocols.Authenticator, c protocols.Credentials) protocols.Principal {
		p, err := who.Authenticate(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	signed := func(id string) protocols.Principal {
		return login(h.rights.in(h.known.sqs, false), protocols.Credentials{AccessKey: id, Proof: func(s string) bool { return s == "secret" }})
	}
	by := h.bounds.quotas.Of(login(h.rights.in(h.known.others, true), protocols.Credentials{User: "anna", Password: usersPassword}))
	if h.bounds.quotas.Of(signed("own")) != by {
		t.Error("anna is two users")
	}
	if h.bounds.quotas.Of(signed("other")) == by {
		t.Error("who is of another account is anna")
	}
}
