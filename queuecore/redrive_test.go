package queuecore_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// What was rejected while its dead-letter queue was missing waits, and moves
// there, with its reason, as soon as that queue is made.
func TestRejectedWaitsForItsDeadLetterQueue(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DeadLetter: "dlq"})
	r.send("q", "poison")
	r.must(r.Reject(r.ctx, r.receive("q", 1)[0].Receipt, "of poison"))
	if s := r.stats("q"); s.Parked != 1 {
		t.Fatalf("%+v", s)
	}
	r.restart(nil)
	r.create("dlq", queuecore.QueueConfig{})
	r.until("it has moved", func() bool { return r.stats("dlq").Ready == 1 })
	d := r.receive("dlq", 1)[0]
	if string(d.Body) != "poison" || d.Dead == nil || d.Dead.Queue != "q" || d.Dead.Reason != "of poison" {
		t.Errorf("%q %+v", d.Body, d.Dead)
	}
	if n := r.stats("q").Len(); n != 0 {
		t.Errorf("%d are left behind", n)
	}
}

// However many deliveries one transaction gives up for good, all of them are dead letters
// when it is confirmed, and the rest of it has happened; also over a restart.
func TestGivenUpInATransaction(t *testing.T) {
	const n = 900
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DeadLetter: "dlq"})
	r.create("dlq", queuecore.QueueConfig{})
	r.create("report", queuecore.QueueConfig{})
	for range n {
		r.send("q", "poison")
	}
	x := queuecore.Tx{Sends: []*queuecore.Message{{Destination: queuecore.QueueNamed("report"), Body: []byte("bad day")}}}
	for _, d := range r.receive("q", n) {
		x.Nacks = append(x.Nacks, queuecore.Nack{Receipt: d.Receipt, Delay: queuecore.GiveUp})
	}
	_, err := r.Commit(r.ctx, x)
	r.must(err)
	for range 2 {
		if q, dead, report := r.stats("q").Len(), r.stats("dlq").Ready, r.stats("report").Ready; q != 0 || dead != n || report != 1 {
			t.Errorf("%d left, %d dead, %d reports", q, dead, report)
		}
		r.restart(nil)
	}
	if d := r.receive("dlq", 1)[0]; d.Dead == nil || d.Dead.Reason != "rejected" || d.Dead.Attempts != 1 || d.Attempt != 2 {
		t.Errorf("%+v %+v", d, d.Dead)
	}
	if _, err = r.Commit(r.ctx, queuecore.Tx{Nacks: x.Nacks[:1]}); !errors.Is(err, queuecore.ErrStale) {
		t.Errorf("once more: %v", err)
	}
}

// unreadable is a store that finds its entries damaged, once it is told to.
type unreadable struct {
	*memstore.Store
	damaged atomic.Pointer[map[string]bool] // keys
}

func (s *unreadable) Get(k []byte) ([]byte, error) {
	if bad := s.damaged.Load(); bad != nil && (*bad)[string(k)] {
		return nil, fmt.Errorf("key %x: %w", k, store.ErrCorrupt)
	}
	return s.Store.Get(k)
}

// damage makes the entries that are there now unreadable.
func (s *unreadable) damage() error {
	bad := make(map[string]bool)
	err := s.Load([]byte("e"), func(k, _ []byte) error { bad[string(k)] = true; return nil })
	s.damaged.Store(&bad)
	return err
}

// A message whose record cannot be read when it is dead-lettered ends no broker:
// it comes to the dead-letter queue and is parked there once somebody wants it.
func TestDamagedRedrive(t *testing.T) {
	s := &unreadable{Store: memstore.New()}
	r := over(t, s, queuecore.Options{CacheBytes: -1})
	r.create("dlq", queuecore.QueueConfig{})
	r.create("q", queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dlq"})
	r.send("q", "x")
	d := r.receive("q", 1)[0]
	r.must(s.damage())
	r.must(r.Nack(r.ctx, d.Receipt, 0))
	r.until("it has moved", func() bool { return r.stats("dlq").Ready == 1 })
	r.send("dlq", "sound")
	if ds := r.receive("dlq", 5); len(ds) != 1 || string(ds[0].Body) != "sound" {
		t.Errorf("%+v", ds)
	}
	if s := r.stats("dlq"); s.Parked != 1 || r.stats("q").Len() != 0 {
		t.Errorf("%+v", s)
	}
	r.must(r.Err())
}

// Messages that are parked are told of once for each queue, and again once its rules
// have changed; not for each message.
func TestParkedIsTold(t *testing.T) {
	var book bytes.Buffer
	r := newRig(t, &queuecore.Options{Log: slog.New(slog.NewTextHandler(&book, nil))})
	for _, q := range []string{"a", "b"} {
		r.create(q, queuecore.QueueConfig{DeadLetter: "nowhere"})
		r.park(q, 3)
	}
	_, err := r.UpdateQueue(r.ctx, "b", func(c *queuecore.QueueConfig) error { c.DeadLetter = "nobody"; return nil })
	r.must(err)
	r.park("b", 2)
	r.restart(nil) // so that nobody writes any more
	for told, want := range map[string]int{
		"queue=a reason=rejected dead_letter=nowhere": 1,
		"queue=b reason=rejected dead_letter=nowhere": 1,
		"queue=b reason=rejected dead_letter=nobody":  1,
		"is parked": 3,
	} {
		if n := strings.Count(book.String(), told); n != want {
			t.Errorf("%q is told %d times, want %d:\n%s", told, n, want, &book)
		}
	}
}

// park has n messages of a queue given up.
func (r *rig) park(queue string, n int) {
	r.t.Helper()
	for range n {
		r.send(queue, "poison")
		r.must(r.Nack(r.ctx, r.receive(queue, 1)[0].Receipt, queuecore.GiveUp))
	}
}

// A dead-letter queue with a bound and DropOldest keeps the last dead letters.
func TestDeadLetterQueueIsBounded(t *testing.T) {
	r := newRig(t, nil)
	r.create("dlq", queuecore.QueueConfig{MaxMessages: 2, DropOldest: true})
	r.create("q", queuecore.QueueConfig{DeadLetter: "dlq"})
	for i := range 5 {
		r.send("q", fmt.Sprint(i))
		r.must(r.Reject(r.ctx, r.receive("q", 1)[0].Receipt, "x"))
	}
	ds := r.receive("dlq", 5)
	if len(ds) != 2 || string(ds[0].Body) != "3" || string(ds[1].Body) != "4" {
		t.Errorf("%+v", ds)
	}
	if n := r.stats("dlq").Totals.Dropped; n != 3 {
		t.Errorf("%d are counted as dropped", n)
	}
}

// An expiry beyond what nanoseconds count to is never; and the time that the
// sender gave comes back, also after a restart.
func TestFarExpiry(t *testing.T) {
	o := &queuecore.Options{CacheBytes: -1}
	r := newRig(t, o)
	r.create("q", queuecore.QueueConfig{Retention: queuecore.MaxDelay})
	m := text("q", "keep me")
	end := time.Date(9999, 12, 31, 23, 59, 59, 7, time.UTC)
	m.ExpiresAt = end
	_, err := r.Send(r.ctx, m)
	r.must(err)
	r.restart(o)
	ds := r.receive("q", 1)
	if len(ds) != 1 {
		t.Fatalf("%d deliveries; %+v", len(ds), r.stats("q"))
	}
	if !ds[0].ExpiresAt.Equal(end) {
		t.Errorf("expires at %v, want %v", ds[0].ExpiresAt, end)
	}
}

// Who waits under a session that is closed gets ErrClosed, and costs the next
// message nothing.
func TestSessionClosedUnderWaiter(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	s := r.NewSession()
	done := make(chan error, 1)
	// The goroutine ends when the session is closed.
	go func() {
		_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1, Lease: s.Lease()})
		done <- err
	}()
	r.waitFor("q", 1)
	r.must(s.Close())
	if err := <-done; !errors.Is(err, queuecore.ErrClosed) {
		t.Error(err)
	}
	r.send("q", "x")
	if ds := r.receive("q", 1); len(ds) != 1 || ds[0].Attempt != 1 {
		t.Errorf("%+v", ds)
	}
}

// A dedup window that is made shorter counts for the ids that are known already,
// and an old long one keeps none of the new ones.
func TestDedupWindowShortened(t *testing.T) {
	clock := newClock()
	r := newRig(t, &queuecore.Options{Now: clock.Now})
	r.create("q", queuecore.QueueConfig{DedupWindow: 24 * time.Hour})
	duplicate := func(id string) bool {
		m := text("q", "x")
		m.DedupID = id
		sent, err := r.Send(r.ctx, m)
		r.must(err)
		return sent.Placed[0].Duplicate
	}
	duplicate("old")
	_, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.DedupWindow = time.Second; return nil })
	r.must(err)
	if !duplicate("old") {
		t.Error("forgotten at once")
	}
	clock.add(2 * time.Second)
	if duplicate("old") {
		t.Error("still known when the shorter window is over")
	}
	for i := range 100 {
		duplicate(fmt.Sprint(i))
		clock.add(2 * time.Second)
	}
	r.restart(&queuecore.Options{Now: clock.Now})
	if n := records(t, r.disk)['d']; n > 2 {
		t.Errorf("%d ids are kept with a window of a second", n)
	}
}

// Labels that are not UTF-8, which would not come back as they were, are refused
// with ErrInvalid, and nothing changes.
func TestLabelsAreText(t *testing.T) {
	r := newRig(t, nil)
	good := map[string]string{"ключ": "значение"}
	r.create("q", queuecore.QueueConfig{Labels: good})
	for _, bad := range []map[string]string{{"k": "\xff"}, {"\xff": "v"}} {
		if _, err := r.CreateQueue(r.ctx, "new", queuecore.QueueConfig{Labels: bad}); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("create with %q: %v", bad, err)
		}
		_, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.Labels = bad; return nil })
		if !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("update with %q: %v", bad, err)
		}
	}
	r.restart(nil)
	if _, err := r.Queue("new"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Error(err)
	}
	if q, err := r.Queue("q"); err != nil || !maps.Equal(q.Config.Labels, good) {
		t.Errorf("%q %v", q.Config.Labels, err)
	}
}
