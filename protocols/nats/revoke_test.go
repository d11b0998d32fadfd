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
	flush(t, ben)
	say("PING\r\n", "PONG")
	known.Replace(tokens("ben"))
	say("", "-ERR 'Authorization Violation'")
	if line, err := r.ReadString('\n'); err == nil {
		t.Errorf("%q behind it", line)
	}
	if _, err := client.Connect("nats://"+h.address, append(patient(), client.Token("ann"))...); !errors.Is(err, client.ErrAuthorization) {
		t.Error(err)
	}
}

// What a push consumer delivers reaches nobody who may not receive from its queue: an inbox is
// everybody's, and whoever made the consumer may be gone.
func TestPushIsNotForStrangers(t *testing.T) {
	set := tokens("ann", "carl", "ben")
	set.Tokens[2].Grant.Queues = []string{"other"}
	known := auth.Of(set)
	h := open(t, newBroker(t), nats.Options{Auth: known})
	ann := h.dial(client.Token("ann"), client.ErrorHandler(func(*client.Conn, *client.Subscription, error) {}))
	js, err := ann.JetStream(client.MaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AddStream(&client.StreamConfig{Name: "work", Retention: client.WorkQueuePolicy}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.AddConsumer("work", &client.ConsumerConfig{Durable: "c", DeliverSubject: "_INBOX.known.c", AckPolicy: client.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	set.Tokens = set.Tokens[1:]
	known.Replace(set)
	ben, carl := h.dial(client.Token("ben")), h.dial(client.Token("carl"))
	var his []*client.Subscription
	for _, subject := range []string{"_INBOX.known.c", "_INBOX.known.*"} {
		s, err := ben.SubscribeSync(subject)
		if err != nil {
			t.Fatal(err)
		}
		his = append(his, s)
	}
	flush(t, ben)
	if _, err := carl.Request("work", []byte("secret"), patience); err != nil {
		t.Fatal(err)
	}
	hers, err := carl.SubscribeSync("_INBOX.known.c")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := hers.NextMsg(patience); err != nil || string(m.Data) != "secret" {
		t.Errorf("%v, %v", m, err)
	}
	flush(t, ben)
	for _, s := range his {
		if n, _, err := s.Pending(); n > 0 || err != nil {
			t.Errorf("%s has %d messages of a queue that is not its user's, %v", s.Subject, n, err)
		}
	}
}
