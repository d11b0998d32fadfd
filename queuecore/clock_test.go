package queuecore_test

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/sluicemq/sluice/queuecore"
)

// twoClocks are a wall clock that may be set and a clock that nobody sets.
type twoClocks struct{ set, elapsed atomic.Int64 }

var midnight = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func (c *twoClocks) options() *queuecore.Options {
	return &queuecore.Options{
		Now:     func() time.Time { return midnight.Add(time.Duration(c.set.Load() + c.elapsed.Load())) },
		Elapsed: func() time.Duration { return time.Duration(c.elapsed.Load()) },
	}
}

func (c *twoClocks) pass(d time.Duration) { c.elapsed.Add(int64(d)) }
func (c *twoClocks) jump(d time.Duration) { c.set.Add(int64(d)) }

// timed is a queue whose messages each wait for something else.
type timed struct {
	*rig
	*twoClocks
}

// newTimed has one message leased for 30 s, one delayed for 20 s, one that expires
// in 40 s, one that stays, and a dedup window of a minute that has begun.
func newTimed(t *testing.T) *timed {
	c := &twoClocks{}
	x := &timed{newRig(t, c.options()), c}
	x.create("q", queuecore.QueueConfig{Lease: 30 * time.Second, DedupWindow: time.Minute, Retention: 2 * time.Minute})
	x.send("q", "leased")
	x.receive("q", 1)
	x.sendAt("delayed", 20*time.Second, 0)
	x.sendAt("expiring", 0, 40*time.Second)
	m := text("q", "stays")
	m.DedupID = "once"
	_, err := x.Send(x.ctx, m)
	x.must(err)
	return x
}

// sendAt sends as a gateway does: with times by the wall clock.
func (x *timed) sendAt(body string, delay, ttl time.Duration) {
	x.t.Helper()
	m := text("q", body)
	now := x.options().Now()
	if delay > 0 {
		m.DeliverAt = now.Add(delay)
	}
	if ttl > 0 {
		m.ExpiresAt = now.Add(ttl)
	}
	_, err := x.Send(x.ctx, m)
	x.must(err)
}

// has compares the numbers of ready, delayed and leased messages.
func (x *timed) has(ready, delayed, leased int) {
	x.t.Helper()
	s := x.stats("q")
	if got, want := [3]int{s.Ready, s.Delayed, s.Leased}, [3]int{ready, delayed, leased}; got != want {
		x.t.Fatalf("%v are ready, delayed, leased; want %v", got, want)
	}
}

// again sends the dedup id once more.
func (x *timed) again(duplicate bool) {
	x.t.Helper()
	m := text("q", "again")
	m.DedupID = "once"
	sent, err := x.Send(x.ctx, m)
	x.must(err)
	if sent.Placed[0].Duplicate != duplicate {
		x.t.Fatalf("placed %+v, want duplicate %v", sent.Placed[0], duplicate)
	}
}

// runOut lets the time pass in which each of the messages comes to its end.
func (x *timed) runOut() {
	x.t.Helper()
	x.has(2, 1, 1)
	x.pass(20 * time.Second)
	x.has(3, 0, 1)
	x.pass(10 * time.Second)
	x.has(4, 0, 0) // the lease is over
	x.pass(10 * time.Second)
	x.has(3, 0, 0) // one has expired
	x.again(true)
	x.pass(20 * time.Second)
	x.again(false)
	x.pass(time.Minute)
	x.has(1, 0, 0) // the retention of the others is over
}

// Nothing comes earlier or later because the wall clock is set while the broker
// is open, and new messages wait by the clock as it is then.
func TestClockIsSet(t *testing.T) {
	for name, jump := range jumps() {
		t.Run(name, func(t *testing.T) {
			x := newTimed(t)
			x.jump(jump)
			x.runOut()
		})
		t.Run(name+" before", func(t *testing.T) {
			x := newTimed(t)
			x.must(x.DeleteQueue(x.ctx, "q"))
			x.jump(jump)
			x.create("q", queuecore.QueueConfig{Lease: 30 * time.Second, Retention: 2 * time.Minute})
			x.send("q", "leased")
			d := x.receive("q", 1)[0]
			if want := x.options().Now().Add(30 * time.Second); !d.Until.Equal(want) || !d.SentAt.Equal(x.options().Now()) {
				t.Errorf("sent at %v, leased until %v, want %v", d.SentAt, d.Until, want)
			}
			x.sendAt("delayed", 20*time.Second, 0)
			x.sendAt("expiring", 0, 30*time.Second)
			x.has(1, 1, 1)
			x.pass(20 * time.Second)
			x.has(2, 0, 1)
			x.pass(10 * time.Second)
			x.has(2, 0, 0)
		})
	}
}

func jumps() map[string]time.Duration {
	return map[string]time.Duration{"back": -time.Hour, "forward": time.Hour}
}

// A clock that is set back while the broker is closed does not make anything last
// longer: time goes on from where it was.
func TestClockIsSetBackOverRestart(t *testing.T) {
	x := newTimed(t)
	x.jump(-time.Hour)
	x.restart(x.options())
	x.runOut()
}

// The same when the process dies; what the disk knows of the time is at most a
// second old.
func TestClockIsSetBackOverDeath(t *testing.T) {
	x := newTimed(t)
	x.pass(5 * time.Second)
	x.send("q", "brings the time to the disk")
	disk := x.disk.Reopen()
	x.must(x.Close())
	x.jump(-time.Hour)
	x.disk = disk
	x.open(x.options())
	x.has(3, 1, 1)
	x.pass(15 * time.Second)
	x.has(4, 0, 1)
	x.pass(10 * time.Second)
	x.has(5, 0, 0)
}

// Messages that come after a clock was set back over a restart wait by it as it is,
// and so they do when it is right again.
func TestClockStaysBack(t *testing.T) {
	x := newTimed(t)
	x.jump(-24 * time.Hour)
	for range 2 {
		x.restart(x.options())
		x.must(x.DeleteQueue(x.ctx, "q"))
		x.create("q", queuecore.QueueConfig{})
		x.sendAt("delayed", 20*time.Second, 0)
		x.sendAt("expiring", 0, 30*time.Second)
		info, err := x.Queue("q")
		x.must(err)
		if s := x.stats("q"); !s.OldestSentAt.Equal(x.options().Now()) || !info.Created.Equal(x.options().Now()) {
			t.Errorf("oldest of %v in a queue of %v, it is %v", s.OldestSentAt, info.Created, x.options().Now())
		}
		x.has(1, 1, 0)
		x.pass(20 * time.Second)
		x.has(2, 0, 0)
		x.pass(10 * time.Second)
		x.has(1, 0, 0)
		x.jump(24 * time.Hour)
	}
}

// A clock that is set forward while the broker is closed cannot be told from a
// long time in which it was closed: what was waiting for a time is over.
func TestClockIsSetForwardOverRestart(t *testing.T) {
	x := newTimed(t)
	_, err := x.UpdateQueue(x.ctx, "q", func(c *queuecore.QueueConfig) error { c.Retention = 0; return nil })
	x.must(err)
	x.jump(time.Hour)
	x.restart(x.options())
	x.has(3, 0, 0) // all but the one that has expired
	x.again(false)
}

// The broker's own clocks are those of the machine: a wall clock that is set while
// it is open ends no lease.
func TestClockOfTheMachine(t *testing.T) {
	var jump atomic.Int64
	o := &queuecore.Options{Now: func() time.Time { return wallSet(time.Now(), time.Duration(jump.Load())) }}
	if now := time.Now(); wallSet(now, time.Hour).Sub(now) != 0 || wallSet(now, time.Hour).Unix() != now.Unix()+3600 {
		t.Skip("package time keeps its readings in another way")
	}
	r := newRig(t, o)
	r.create("q", queuecore.QueueConfig{Lease: time.Hour / 2})
	r.send("q", "leased")
	r.receive("q", 1)
	for _, d := range jumps() {
		jump.Store(int64(d))
		if s := r.stats("q"); s.Leased != 1 {
			t.Errorf("%v: %+v", d, s)
		}
		m := text("q", "not yet")
		m.DeliverAt, m.ExpiresAt = o.Now().Add(20*time.Minute), o.Now().Add(40*time.Minute)
		_, err := r.Send(r.ctx, m)
		r.must(err)
	}
	if s := r.stats("q"); s.Delayed != 2 {
		t.Errorf("%+v", s)
	}
}

// wallSet is what time.Now returns when the wall clock has been set by d: its
// monotonic reading stays.
func wallSet(t time.Time, d time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(d/time.Second) << 30
	return t
}
