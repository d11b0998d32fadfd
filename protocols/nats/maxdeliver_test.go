package nats_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// attempts returns the queue's MaxAttempts.
func (h *house) attempts() int {
	h.t.Helper()
	return must(h.broker.Queue("S"))(h.t).Config.MaxAttempts
}

func limitedTo(n int, name string) jetstream.ConsumerConfig {
	c := filtered(name, "s."+name)
	c.MaxDeliver = n
	return c
}

// Each of a stream's consumers has its own max_deliver. The queue allows as much as the most
// generous, and what it had before when all are gone.
func TestMaxDeliverOfEachConsumer(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	a, b := h.consumer(s, limitedTo(2, "a")), h.consumer(s, limitedTo(3, "b"))
	if n := h.attempts(); n != 3 {
		t.Errorf("the queue allows %d", n)
	}
	publishAll(t, js, "s.a", "s.b")
	for range 2 {
		for _, o := range []jetstream.Consumer{a, b} {
			if err := fetch(t, o, 1)[0].Nak(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := now(t, js, a); got != "" {
		t.Errorf("a third time comes %q", got)
	}
	if st := h.stats(); st.Parked != 1 || st.Ready != 1 {
		t.Errorf("%+v", st)
	}
	if got := now(t, js, b); got != "s.b" {
		t.Errorf("a third time comes %q", got)
	}
	if c := must(a.Info(within(t)))(t).Config; c.MaxDeliver != 2 {
		t.Errorf("a shows %d", c.MaxDeliver)
	}
	h.consumer(s, limitedTo(-1, "c"))
	if n := h.attempts(); n != 0 {
		t.Errorf("beside one without a limit the queue allows %d", n)
	}
	for i, x := range []struct {
		name string
		left int
	}{{"c", 3}, {"b", 2}, {"a", 0}} {
		if err := s.DeleteConsumer(within(t), x.name); err != nil {
			t.Fatal(err)
		}
		if n := h.attempts(); n != x.left {
			t.Errorf("after %d deletions the queue allows %d, want %d", i+1, n, x.left)
		}
	}
}
