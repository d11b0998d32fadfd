package queuecore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// later is a message that waits for an hour in a seat.
func later(seat, body string) *queuecore.Message {
	m := text("q", body)
	m.Seat, m.DeliverAt = seat, time.Now().Add(time.Hour)
	return m
}

func (r *rig) sendNow(m *queuecore.Message) queuecore.Placed {
	r.t.Helper()
	sent, err := r.Send(r.ctx, m)
	r.must(err)
	return sent.Placed[0]
}

// The last message of a seat waits, and no other, also when they are packed and the broker is
// closed and opened in between.
func TestSeatHasOne(t *testing.T) {
	r := newRig(t, &queuecore.Options{IndexEntries: -1})
	r.create("q", queuecore.QueueConfig{})
	const seats = 300
	for round := range 3 {
		for i := range seats {
			r.sendNow(later(fmt.Sprint("seat", i), fmt.Sprint(round)))
		}
		if st := r.stats("q"); st.Delayed != seats {
			t.Fatalf("round %d: %d wait, want %d", round, st.Delayed, seats)
		}
		r.restart(&queuecore.Options{IndexEntries: -1})
	}
	all, err := r.Browse(r.ctx, "q", 0, queuecore.MaxReceive)
	r.must(err)
	for _, x := range all {
		if string(x.Body) != "2" {
			t.Errorf("message %d is of round %s", x.Seq, x.Body)
		}
	}
}

func TestSeatsAreNamed(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	a, b := r.sendNow(later("s.a", "a")), r.sendNow(later("s.b", "b"))
	all, err := r.Seats(r.ctx, "q", "", func(name string) bool { return strings.HasPrefix(name, "s.") })
	r.must(err)
	if fmt.Sprint(all) != fmt.Sprint([]queuecore.Seat{{Name: "s.a", Seq: a.Seq}, {Name: "s.b", Seq: b.Seq}}) {
		t.Errorf("%v", all)
	}
	r.must(r.Remove(r.ctx, "q", b.Seq))
	for name, want := range map[string]int{"s.a": 1, "s.b": 0} {
		if one, err := r.Seats(r.ctx, "q", name, nil); err != nil || len(one) != want {
			t.Errorf("%s: %v, %v", name, one, err)
		}
	}
	if _, err := r.Seats(r.ctx, "none", "s.a", nil); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("seats of no queue: %v", err)
	}
}

func TestSeatIsChecked(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	planned := later("s", "x")
	planned.Plan = &queuecore.Plan{Period: time.Hour, Repeat: queuecore.Forever}
	for what, m := range map[string]*queuecore.Message{
		"a line end": later("a\nb", "x"), "too long": later(strings.Repeat("x", queuecore.MaxNameBytes+1), "x"), "with a plan": planned,
	} {
		if _, err := r.Send(r.ctx, m); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
