package nats_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// owners lets everybody in but eve; each user may use the topic of his name alone.
type owners struct{ name string }

func (owners) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	if c.User == "eve" || c.User == "" {
		return nil, protocols.ErrDenied
	}
	return owners{c.User}, nil
}

func (o owners) Name() string { return o.name }

func (o owners) May(_ protocols.Action, d queuecore.Destination) bool { return d.Name == o.name }

// A further CONNECT makes a client another user: what the first one heard it hears no more,
// and what the first one might do it may no more.
func TestFurtherConnectIsAnotherUser(t *testing.T) {
	h := open(t, newBroker(t), nats.Options{Auth: owners{}})
	play(t, h.address, `S~ INFO .*
C: CONNECT {"verbose":false,"user":"ann"}
C: SUB ann 1
C: PUB ann 0
C:
S: MSG ann 1 0
S:
C: CONNECT {"user":"bob"}
C: SUB ann 1
S: -ERR 'Permissions Violation for Subscription to "ann"'
C: PUB ann 0
C:
S: -ERR 'Permissions Violation for Publish to "ann"'
C: SUB bob 2
C: PUB bob 0
C:
S: MSG bob 2 0
S:
C: CONNECT {"user":"eve"}
S: -ERR 'Authorization Violation'
S.`)
}

// The pulls of a user end with him: the message stays for others.
func TestFurtherConnectEndsPulls(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{})
	nc, in := h.raw()
	fmt.Fprint(nc, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB in 1\r\nPUB $JS.API.CONSUMER.MSG.NEXT.S.work in 0\r\n\r\n")
	waitFor(t, func() bool { return must(s.Consumer(within(t), "work"))(t).CachedInfo().NumWaiting == 1 })
	fmt.Fprint(nc, "CONNECT {}\r\nSUB in 1\r\nPUB S 1\r\nx\r\nPING\r\n")
	if got := must(in.ReadString('\n'))(t); got != "PONG\r\n" {
		t.Errorf("got %q", got)
	}
	waitFor(t, func() bool { st := h.stats(); return st.Ready == 1 && st.Leased == 0 })
}
