package auth_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

const hidden = "wJalrXUtnFEMI"

func envSecret(t *testing.T, text string) *auth.Secret {
	t.Helper()
	t.Setenv("AUTH_TEST_SECRET", text)
	s, err := auth.EnvSecret("AUTH_TEST_SECRET")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sumOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// knows proves that a client knows a secret.
func knows(secret string) func(string) bool {
	return func(s string) bool { return s == secret }
}

func TestAuthenticate(t *testing.T) {
	all := auth.New([]auth.Key{
		{ID: "A", User: "anna", Secret: envSecret(t, hidden)},
		{ID: "B", User: "anna", Secret: envSecret(t, "other")},
		{ID: "T", User: "anna", Secret: envSecret(t, hidden), Token: envSecret(t, "session")},
	})
	for _, c := range []struct {
		name string
		c    protocols.Credentials
		ok   bool
	}{
		{"right", protocols.Credentials{AccessKey: "A", Proof: knows(hidden)}, true},
		{"second key of a user", protocols.Credentials{AccessKey: "B", Proof: knows("other")}, true},
		{"a token nobody asked for", protocols.Credentials{AccessKey: "A", Proof: knows(hidden), Token: "x"}, true},
		{"token", protocols.Credentials{AccessKey: "T", Proof: knows(hidden), Token: "session"}, true},
		{"no token", protocols.Credentials{AccessKey: "T", Proof: knows(hidden)}, false},
		{"wrong token", protocols.Credentials{AccessKey: "T", Proof: knows(hidden), Token: "sessions"}, false},
		{"token, wrong secret", protocols.Credentials{AccessKey: "T", Proof: knows("other"), Token: "session"}, false},
		{"another key's secret", protocols.Credentials{AccessKey: "B", Proof: knows(hidden)}, false},
		{"unknown key", protocols.Credentials{AccessKey: "C", Proof: knows(hidden)}, false},
		{"no proof", protocols.Credentials{AccessKey: "A"}, false},
		{"nothing", protocols.Credentials{}, false},
		{"password", protocols.Credentials{User: "anna", Password: hidden, Token: hidden}, false},
	} {
		who, err := all.Authenticate(t.Context(), c.c)
		if c.ok && (err != nil || who.Name() != "anna") || !c.ok && (!errors.Is(err, protocols.ErrDenied) || who != nil) {
			t.Errorf("%s: %v, %v", c.name, who, err)
		}
	}
}

// Nothing that can be printed holds a secret.
func TestSecretsAreNotPrinted(t *testing.T) {
	k := auth.Key{ID: "A", User: "anna", Secret: envSecret(t, hidden), Token: envSecret(t, hidden)}
	l := loginOf(t, "anna", correctArgon)
	all := auth.Of(auth.Set{Keys: []auth.Key{k}, Logins: []auth.Login{l}, Tokens: []auth.Token{{Sum: sumOf(hidden), User: "anna"}}})
	who, err := all.Authenticate(t.Context(), protocols.Credentials{AccessKey: "A", Proof: knows(hidden), Token: hidden})
	if err != nil {
		t.Fatal(err)
	}
	c := protocols.Credentials{User: "anna", Password: hidden, Token: hidden, AccessKey: "A", Proof: knows(hidden)}
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, nil))
	text := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range []any{k, &k, k.Secret, all, who, c, l, &l, l.Password} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if _, isCredentials := v.(protocols.Credentials); isCredentials && verb == "%#v" {
				continue // the syntax of Go, for whoever asks for it
			}
			fmt.Fprintf(&out, verb+"\n", v)
		}
		log.Info("x", "v", v)
		text.Info("x", "v", v)
	}
	if strings.Contains(out.String(), hidden) || strings.Contains(out.String(), correctArgon[31:]) || strings.Contains(out.String(), fmt.Sprintf("%x", hidden)) {
		t.Error(out.String())
	}
	if !strings.Contains(out.String(), "env:AUTH_TEST_SECRET") {
		t.Error("the place of the secret is not told")
	}
}

func TestGrants(t *testing.T) {
	q, topic := queuecore.QueueNamed, queuecore.TopicNamed
	receive := []protocols.Action{protocols.Receive}
	for _, c := range []struct {
		name   string
		grant  auth.Grant
		action protocols.Action
		d      queuecore.Destination
		ok     bool
	}{
		{"everything", auth.Grant{}, protocols.Admin, q("a"), true},
		{"everything, topics too", auth.Grant{}, protocols.Send, topic("a"), true},
		{"the action", auth.Grant{Actions: receive}, protocols.Receive, q("a"), true},
		{"another action", auth.Grant{Actions: receive}, protocols.Send, q("a"), false},
		{"no action", auth.Grant{Actions: []protocols.Action{}}, protocols.Send, q("a"), false},
		{"the queue", auth.Grant{Queues: []string{"b", "a"}}, protocols.Send, q("a"), true},
		{"another queue", auth.Grant{Queues: []string{"a"}}, protocols.Send, q("ab"), false},
		{"a queue, not the topic", auth.Grant{Queues: []string{"a"}}, protocols.Send, topic("a"), false},
		{"no queue", auth.Grant{Queues: []string{}}, protocols.Send, q("a"), false},
		{"both", auth.Grant{Actions: receive, Queues: []string{"a*"}}, protocols.Receive, q("ab"), true},
		{"both, another action", auth.Grant{Actions: receive, Queues: []string{"a*"}}, protocols.Send, q("ab"), false},
	} {
		s := envSecret(t, hidden)
		who, err := auth.New([]auth.Key{{ID: "A", Secret: s, Grant: c.grant}}).Authenticate(t.Context(), protocols.Credentials{AccessKey: "A", Proof: knows(hidden)})
		if err != nil || who.May(c.action, c.d) != c.ok {
			t.Errorf("%s: want %v (%v)", c.name, c.ok, err)
		}
	}
}
