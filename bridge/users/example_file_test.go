package users_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
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
		"policy", "policies", "topics", "- allow", "- deny",
	} {
		if !strings.Contains(string(text), " "+key+": ") && !strings.Contains(string(text), " "+key+":\n") {
			t.Errorf("no %s", key)
		}
	}
	for what, want := range map[string]bool{"orders-1": true, "orders-audit": false, "other": false} {
		if got := users.GrantOf(&all[0]).Decide(protocols.Send, queuecore.QueueNamed(what)); got.Allowed != want {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got := users.GrantOf(&all[0]).Decide(protocols.Receive, queuecore.TopicNamed("prices.*")); got.By != `statement 1 of policy "readers"` {
		t.Errorf("%+v", got)
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
