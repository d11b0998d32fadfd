package admin_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// startWith serves who is known to auth, until the test ends.
func startWith(t *testing.T, known protocols.Authenticator) *site {
	t.Helper()
	return serve(t, admin.Options{Limits: patient(), Auth: known, Log: slog.New(slog.DiscardHandler)})
}

// serve serves until the test ends.
func serve(t *testing.T, o admin.Options) *site {
	t.Helper()
	s := admin.New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	// Ends with Shutdown.
	go func() { served <- s.Serve(l) }()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &site{s, t, "http://" + l.Addr().String(), &http.Client{Transport: transport}}
}

// Who may administer some queues may look after these, and send dead letters back from none:
// nobody has said where those go.
func TestLogin(t *testing.T) {
	p, err := auth.ParsePassword("$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE")
	if err != nil {
		t.Fatal(err)
	}
	known := auth.Of(auth.Set{Logins: []auth.Login{
		{User: "all", Password: p},
		{User: "some", Password: p, Grant: auth.Grant{Actions: []protocols.Action{protocols.Admin}, Queues: []string{"a*"}}},
		{User: "sender", Password: p, Grant: auth.Grant{Actions: []protocols.Action{protocols.Send}}},
	}})
	s, b := startWith(t, known), open(t, memstore.New())
	s.SetReady(b)
	for _, q := range []string{"a1", "a2", "b"} {
		create(t, b, q)
	}
	for _, x := range []struct{ user, password, from, to, want string }{
		{"", "", "a1", "a2", "is not right, or missing"},
		{"all", "wrong", "a1", "a2", "is not right, or missing"},
		{"all", "", "a1", "a2", "is not right, or missing"},
		{"none", "correct", "a1", "a2", "is not right, or missing"},
		{"sender", "correct", "a1", "a2", `user "sender" may not administer the queue a1`},
		{"some", "correct", "a1", "a2", ""},
		{"some", "correct", "b", "a2", `may not administer the queue b`},
		{"some", "correct", "a2", "b", `may not administer the queue b`},
		{"some", "correct", "a2", "", `may not administer the queue of any name`},
		{"all", "correct", "b", "a1", ""},
	} {
		c := s.asks()
		c.User, c.Password = x.user, x.password
		_, err := c.StartMove(t.Context(), admin.MoveRequest{From: x.from, To: x.to})
		if (err == nil) != (x.want == "") || err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %s to %q: %v, want %q", x.user, x.from, x.to, err, x.want)
		}
	}
	c := s.asks()
	c.User, c.Password = "some", "correct"
	for queue, want := range map[string]string{"a1": "", "b": "may not administer"} {
		_, moves := c.Moves(t.Context(), queue)
		browse := c.Browse(t.Context(), queue, "", 1, func(*admin.Message) error { return nil })
		for _, err := range []error{moves, browse} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", queue, err, want)
			}
		}
	}
	if _, err := c.CancelMove(t.Context(), "b", "x"); err == nil || !strings.Contains(err.Error(), "may not administer") {
		t.Error(err)
	}
	res, err := s.client.Get(s.base + "/v1/moves?queue=a1")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("%s, %q", res.Status, res.Header.Get("WWW-Authenticate"))
	}
	if code, _ := s.get("/readyz"); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
}
