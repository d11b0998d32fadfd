package queuecore_test

import (
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// An expired message comes to the queue named for such, with its origin, its reason and
// all that its producer said, also after a restart, and is handed out there.
func TestExpiredIsADeadLetter(t *testing.T) {
	clock := newClock()
	o := &queuecore.Options{CacheBytes: -1, Now: clock.Now}
	r := newRig(t, o)
	r.create("late", queuecore.QueueConfig{})
	r.create("q", queuecore.QueueConfig{ExpiredTo: "late"})
	end := clock.Now().Add(time.Minute)
	m := text("q", "too late")
	m.ExpiresAt = end
	_, err := r.Send(r.ctx, m)
	r.must(err)
	r.must(r.Nack(r.ctx, r.receive("q", 1)[0].Receipt, 0))
	clock.add(2 * time.Minute)
	r.until("it has moved", func() bool { return r.stats("late").Ready == 1 })
	if s := r.stats("q"); s.Len() != 0 || s.Totals.Expired != 1 || s.Totals.DeadLettered != 0 {
		t.Errorf("%+v", s)
	}
	clock.add(time.Hour)
	r.restart(o)
	ds := r.receive("late", 1)
	if len(ds) != 1 {
		t.Fatalf("%d deliveries", len(ds))
	}
	d := ds[0]
	if string(d.Body) != "too late" || d.Destination != queuecore.QueueNamed("q") || !d.ExpiresAt.Equal(end) || d.Attempt != 2 ||
		d.Dead == nil || *d.Dead != (queuecore.DeadLetter{Queue: "q", Reason: "expired", Attempts: 1}) {
		t.Errorf("%q for %v until %v, attempt %d: %+v", d.Body, d.Destination, d.ExpiresAt, d.Attempt, d.Dead)
	}
}
