package nats_test

import (
	"errors"
	"fmt"
	"testing"

	client "github.com/nats-io/nats.go"
)

// One connection may have 10,000 subscriptions, and each of them gets its own message. One
// more is refused, and costs nothing else.
func TestTenThousandSubscriptions(t *testing.T) {
	const n = 10_000
	h := start(t)
	refused := make(chan error, 1)
	nc := h.dial(client.ErrorHandler(func(_ *client.Conn, _ *client.Subscription, err error) { refused <- err }))
	there := make(chan *client.Msg, 2*n)
	for i := range n {
		must(nc.ChanSubscribe(fmt.Sprintf("a.%d.*", i), there))(t)
	}
	other := h.dial()
	flush(t, nc)
	for i := range n {
		if err := other.Publish(fmt.Sprintf("a.%d.x", i), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		if m := receive(t, there); m.Subject != fmt.Sprintf("a.%d.x", i) || string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q to %s", i, m.Data, m.Subject)
		}
	}
	last := must(nc.ChanSubscribe("one.more", there))(t)
	if err := receive(t, refused); !errors.Is(err, client.ErrMaxSubscriptionsExceeded) {
		t.Errorf("one more: %v", err)
	}
	last.Unsubscribe()
	other.Publish("one.more", nil)
	other.Publish("a.0.x", []byte("again"))
	if m := receive(t, there); string(m.Data) != "again" {
		t.Errorf("%q to %s", m.Data, m.Subject)
	}
}
