package nats_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	client "github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols/nats"
)

func tokens(names ...string) auth.Set {
	var s auth.Set
	for _, name := range names {
		s.Tokens = append(s.Tokens, auth.Token{Sum: sha256.Sum256([]byte(name)), User: name})
	}
	return s
}

// A client whose credential is revoked is told so in nats-server's words and closed, one that
// has logged in anew by another one is not, and others stay.
func TestRevokedClient(t *testing.T) {
	known := auth.Of(tokens("ann", "ben", "carl"))
	h := open(t, newBroker(t), nats.Options{Auth: known})
	told, closed := make(chan error, 9), make(chan struct{})
	h.dial(client.Token("ann"), client.ErrorHandler(func(_ *client.Conn, _ *client.Subscription, err error) { told <- err }),
		client.ClosedHandler(func(*client.Conn) { close(closed) }))
	ben := h.dial(client.Token("ben"))
	raw, r, _ := h.greeted(t)
	say := func(text, want string) {
		t.Helper()
		if _, err := fmt.Fprint(raw, text); err != nil {
			t.Fatal(err)
		}
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q, %v, want %q", line, err, want)
		}
	}
	say("CONNECT {\"verbose\":false,\"auth_token\":\"ann\"}\r\nPING\r\n", "PONG")
	say("CONNECT {\"verbose\":false,\"auth_token\":\"carl\"}\r\nPING\r\n", "PONG")
	known.Replace(tokens("ben", "carl"))
	if err := <-told; !errors.Is(err, client.ErrAuthorization) {
		t.Error(err)
	}
	<-closed
	if err := ben.Flush(); err != nil {
		t.Error(err)
	}
	say("PING\r\n", "PONG")
	known.Replace(tokens("ben"))
	say("", "-ERR 'Authorization Violation'")
	if line, err := r.ReadString('\n'); err == nil {
		t.Errorf("%q behind it", line)
	}
	if _, err := client.Connect("nats://"+h.address, client.NoReconnect(), client.Token("ann")); !errors.Is(err, client.ErrAuthorization) {
		t.Error(err)
	}
}
