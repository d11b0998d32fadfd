package queuecore_test

import (
	"errors"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// A receive that asks is told when MaxInFlight leaves it nothing, whether or not there
// are messages; one that does not ask, or waits, gets none.
func TestTellInFlight(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{MaxInFlight: 2})
	for range 2 {
		r.send("q", "x")
	}
	asks := queuecore.ReceiveOptions{Max: 10, TellInFlight: true}
	waits := asks
	waits.Wait = 1 // over before anything can come
	ds, err := r.Receive(r.ctx, "q", asks)
	if err != nil || len(ds) != 2 {
		t.Fatalf("%d, %v", len(ds), err)
	}
	for range 2 {
		if ds, err := r.Receive(r.ctx, "q", asks); len(ds) != 0 || !errors.Is(err, queuecore.ErrInFlight) {
			t.Errorf("who asks: %d, %v", len(ds), err)
		}
		for _, o := range []queuecore.ReceiveOptions{{}, waits} {
			if ds, err := r.Receive(r.ctx, "q", o); len(ds) != 0 || err != nil {
				t.Errorf("%+v: %d, %v", o, len(ds), err)
			}
		}
		r.send("q", "y")
	}
	r.must(r.Ack(r.ctx, ds[0].Receipt))
	if ds, err := r.Receive(r.ctx, "q", asks); err != nil || len(ds) != 1 {
		t.Errorf("after an ack: %d, %v", len(ds), err)
	}
}

// A queue that is empty, or has no bound, has nothing to tell.
func TestNothingToTell(t *testing.T) {
	r := newRig(t, nil)
	r.create("bound", queuecore.QueueConfig{MaxInFlight: 2})
	r.create("free", queuecore.QueueConfig{})
	r.send("bound", "x")
	r.send("free", "x")
	for _, name := range []string{"bound", "free"} {
		for want := 1; want >= 0; want-- {
			ds, err := r.Receive(r.ctx, name, queuecore.ReceiveOptions{TellInFlight: true})
			if err != nil || len(ds) != want {
				t.Errorf("%s: %d, %v", name, len(ds), err)
			}
		}
	}
}
