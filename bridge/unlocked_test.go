package bridge

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols"
)

// An operator who gives a locked user other secrets has let him in again, whatever of his was locked; all others stay
// locked, and a change of what he may do is no such answer.
func TestNewSecretsLiftTheLocksOfAUser(t *testing.T) {
	t.Setenv("POLICY_TEST_SECRET", policySecret)
	text := "users:\n" + keeper + "  - name: anna\n    password: " + usersHash + "\n    access_keys: [{id: anna-1, secret: \"env:POLICY_TEST_SECRET\"}]\n" +
		"  - name: ben\n    password: " + usersHash + "\n"
	c := withUsers(t, text)
	c.LoginLimits.Failures = 2
	h := openHouse(t, c)
	from, err := net.ResolveTCPAddr("tcp", "192.0.2.1:1234")
	if err != nil {
		t.Fatal(err)
	}
	password := func(user, text string) protocols.Credentials {
		return protocols.Credentials{User: user, Password: text, Remote: from}
	}
	key := func(secret string) protocols.Credentials {
		return protocols.Credentials{AccessKey: "anna-1", Proof: func(s string) bool { return s == secret }, Remote: from}
	}
	want := func(step string, c protocols.Credentials, result string) {
		t.Helper()
		_, err := h.known.others.Authenticate(context.Background(), c)
		var locked *protocols.Locked
		got := "in"
		switch {
		case errors.As(err, &locked):
			got = "locked"
		case err != nil:
			got = "refused"
		}
		if got != result {
			t.Errorf("%s, %v: %s, want %s", step, c, got, result)
		}
	}
	for range 2 {
		for _, wrong := range []protocols.Credentials{password("anna", "x"), password("ben", "x"), key("x")} {
			want("at first", wrong, "refused")
		}
	}
	take := func(text string) {
		t.Helper()
		if err := os.WriteFile(c.UsersFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h.known.users.Refresh()
	}
	all := func(step, anna string) {
		t.Helper()
		want(step, password("anna", usersPassword), anna)
		want(step, key(policySecret), anna)
		want(step, password("ben", usersPassword), "locked")
	}
	all("locked", "locked")
	text += "    policy: [{allow: [send]}]\n" // of ben
	take(text)
	all("another policy", "locked")
	text = strings.Replace(text, "name: anna\n", "name: anna\n    tokens: [\"sha256:"+strings.Repeat("0", 64)+"\"]\n", 1)
	take(text)
	all("another secret", "in")
}
