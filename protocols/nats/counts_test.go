package nats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// inFlight spells num_ack_pending and num_redelivered.
func inFlight(t testing.TB, o jetstream.Consumer) string {
	t.Helper()
	i := must(o.Info(within(t)))(t)
	return fmt.Sprintf("%d, %d again", i.NumAckPending, i.NumRedelivered)
}

// SPEC, "In flight": a consumer that has its stream for itself counts what anybody holds, and
// what others hold takes no room of max_ack_pending.
func TestInFlightOfEveryDialect(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: 1})
	publishAll(t, js, "S", "S", "S")
	held := must(h.broker.Receive(within(t), "S", queuecore.ReceiveOptions{Max: 2, Lease: queuecore.LeaseFor(time.Hour)}))(t)
	if got := inFlight(t, o); got != "2, 0 again" {
		t.Errorf("others hold two: %s", got)
	}
	fetch(t, o, 1)
	must(h.broker.Commit(within(t), queuecore.Tx{Nacks: []queuecore.Nack{{Receipt: held[0].Receipt}, {Receipt: held[1].Receipt, Delay: time.Hour}}}))(t)
	must(h.broker.Receive(within(t), "S", queuecore.ReceiveOptions{Lease: queuecore.LeaseFor(time.Hour)}))(t)
	if got := inFlight(t, o); got != "3, 1 again" {
		t.Errorf("one is with the consumer, one with somebody else, one rests: %s", got)
	}
}

// A filtered consumer counts what it has handed out itself, leased or resting.
func TestInFlightOfFilteredConsumers(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	a, b := h.consumer(s, filtered("a", "s.a")), h.consumer(s, filtered("b", "s.b"))
	publishAll(t, js, "s.a", "s.a", "s.b")
	if err := fetch(t, a, 2)[0].NakWithDelay(time.Hour); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return h.stats().Resting == 1 })
	if got := inFlight(t, a) + "; " + inFlight(t, b); got != "2, 0 again; 0, 0 again" {
		t.Error(got)
	}
}

// What was out when the server ended is still counted, for the consumer that it matches.
func TestInFlightOutlivesTheGateway(t *testing.T) {
	b := newBroker(t)
	h := open(t, b, nats.Options{})
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	c := filtered("a", "s.a")
	c.MaxAckPending = 2
	a := h.consumer(s, c)
	h.consumer(s, filtered("b", "s.b"))
	publishAll(t, js, "s.a", "s.a", "s.a", "s.b", "s.a")
	got := fetch(t, a, 2)
	if err := got[0].Nak(); err != nil {
		t.Fatal(err)
	}
	out := append(got[1:], fetch(t, a, 1)...) // the first again
	// Another dialect holds the third, for longer than the consumer would.
	must(b.Receive(within(t), "S", queuecore.ReceiveOptions{Lease: queuecore.LeaseFor(12 * time.Hour)}))(t)
	before := must(a.Info(within(t)))(t)
	h.shutdown()

	h = open(t, b, nats.Options{})
	js = must(jetstream.New(h.dial()))(t)
	a, other := must(js.Consumer(within(t), "S", "a"))(t), must(js.Consumer(within(t), "S", "b"))(t)
	if got := inFlight(t, a) + "; " + inFlight(t, other); got != "2, 1 again; 0, 0 again" {
		t.Error(got)
	}
	i := must(a.Info(within(t)))(t)
	if i.Delivered.Stream != 2 || i.AckFloor.Stream != 0 || i.Delivered.Consumer != 3 || i.AckFloor.Consumer != before.AckFloor.Consumer || !i.Delivered.Last.Equal(*before.Delivered.Last) {
		t.Errorf("sequences: %+v", i)
	}
	if got := now(t, js, a); got != "" {
		t.Errorf("got %q past max_ack_pending", got)
	}
	nc := h.dial()
	for _, m := range out {
		must(nc.Request(m.Reply(), nil, patience))(t) // an ack that asks
	}
	if got := inFlight(t, a); got != "0, 0 again" {
		t.Errorf("after the acks: %s", got)
	}
	if got := now(t, js, a); got != "s.a" {
		t.Errorf("after the acks came %q", got)
	}
}
