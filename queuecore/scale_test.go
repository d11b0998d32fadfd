package queuecore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// over is a rig with a broker over any store.
func over(t testing.TB, s store.Store, o queuecore.Options) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience) // a test that hangs fails
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx}
	o.Log = slog.New(slog.DiscardHandler)
	b, err := queuecore.Open(ctx, s, &o)
	r.must(err)
	r.Broker = b
	t.Cleanup(func() { _ = b.Close() }) // what Close says is the business of tests that call it
	return r
}

// onDisk is a rig whose broker keeps its queues in dir, in a store that bounds
// what one write may hold.
func onDisk(t testing.TB, dir string, o queuecore.Options) *rig {
	t.Helper()
	s, err := badgerstore.Open(dir, badgerstore.Options{Log: slog.New(slog.DiscardHandler), MinFree: -1, KeepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	return over(t, s, o)
}

// until returns once cond holds.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	for !cond() {
		if r.ctx.Err() != nil {
			r.t.Fatalf("waited in vain until %s", what)
		}
		runtime.Gosched()
	}
}

// fill sends n messages of so many bytes, very many at a time.
func (r *rig) fill(queue string, n, size int) {
	r.t.Helper()
	per := min(n, 5000, (5<<20)/(size+512))
	for ; n > 0; n -= per {
		_, err := r.Commit(r.ctx, many(queue, min(per, n), size))
		r.must(err)
	}
}

// many is a transaction of n sends of so many bytes.
func many(queue string, n, size int) (t queuecore.Tx) {
	body := bytes.Repeat([]byte("x"), size)
	for range n {
		t.Sends = append(t.Sends, &queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: body})
	}
	return t
}

// take leases n messages.
func (r *rig) take(queue string, n int, l queuecore.Lease) (rs []queuecore.Receipt) {
	r.t.Helper()
	for len(rs) < n {
		ds, err := r.Receive(r.ctx, queue, queuecore.ReceiveOptions{Max: n - len(rs), Lease: l})
		r.must(err)
		if len(ds) == 0 {
			r.t.Fatalf("received %d of %d", len(rs), n)
		}
		for i := range ds {
			rs = append(rs, ds[i].Receipt)
		}
	}
	return rs
}

// nackAll gives all of the deliveries back in one transaction.
func (r *rig) nackAll(rs []queuecore.Receipt) {
	r.t.Helper()
	var tx queuecore.Tx
	for _, x := range rs {
		tx.Nacks = append(tx.Nacks, queuecore.Nack{Receipt: x})
	}
	_, err := r.Commit(r.ctx, tx)
	r.must(err)
}

// works fails the test unless the broker confirms sends.
func (r *rig) works() {
	r.t.Helper()
	r.must(r.Err())
	r.create("probe", queuecore.QueueConfig{})
	r.send("probe", "x")
}

// records counts what the store holds, by the family of the key.
func records(t testing.TB, s store.Store) map[byte]int {
	t.Helper()
	n := make(map[byte]int)
	if err := s.Load(nil, func(k, _ []byte) error { n[k[0]]++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// Sizes of the messages that are dead-lettered together: they stand in their
// entries, so that each is copied, and all of them are more than one write takes.
const (
	lettersAtOnce = 2700
	letterBytes   = 3900
)

// However many last attempts end at once with their session, all of them come to
// the dead-letter queue, the broker works on, and so it does when it is reopened.
func TestManyDeadLettersAtOnce(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir, queuecore.Options{})
	s := r.NewSession()
	r.lastAttempts(s.Lease())
	r.must(s.Close())
	r.must(r.Err())
	r.must(r.Close())
	r = onDisk(t, dir, queuecore.Options{})
	r.areDeadLetters()
}

// The same holds of last attempts that end with the broker, and of those that
// end while it is away.
func TestManyDeadLettersWhileClosed(t *testing.T) {
	for name, byClock := range map[string]bool{"session": false, "clock": true} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			o := queuecore.Options{Now: clock.Now}
			s := narrow{memstore.New()}
			r := over(t, s, o)
			lease := queuecore.LeaseFor(time.Hour)
			if !byClock {
				lease = r.NewSession().Lease()
			}
			r.lastAttempts(lease)
			r.must(r.Close())
			clock.add(2 * time.Hour)
			r = over(t, narrow{s.Reopen()}, o)
			r.areDeadLetters()
		})
	}
}

// lastAttempts leases very many messages for the last time.
func (r *rig) lastAttempts(l queuecore.Lease) []queuecore.Receipt {
	r.t.Helper()
	r.create("dlq", queuecore.QueueConfig{})
	r.create("q", queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dlq"})
	r.fill("q", lettersAtOnce, letterBytes)
	return r.take("q", lettersAtOnce, l)
}

// areDeadLetters returns once all of them are, and the broker has been seen to work.
func (r *rig) areDeadLetters() {
	r.t.Helper()
	r.until("all are dead letters", func() bool { return r.stats("dlq").Ready == lettersAtOnce })
	if n := r.stats("q").Len(); n != 0 {
		r.t.Errorf("%d are left behind", n)
	}
	r.works()
}

// A transaction of very many nacks on the last attempt is confirmed, and all of
// their messages come to the dead-letter queue.
func TestManyLastNacksTogether(t *testing.T) {
	r := onDisk(t, t.TempDir(), queuecore.Options{})
	r.nackAll(r.lastAttempts(queuecore.Lease{}))
	r.areDeadLetters()
}

// narrow is a store in memory that takes no more in one write than any store must.
type narrow struct{ *memstore.Store }

func (s narrow) Write(b *store.Batch) error {
	if b.Len() > 45_000 || b.Size() > 8<<20 {
		return fmt.Errorf("%d operations of %d bytes: %w", b.Len(), b.Size(), store.ErrTooLarge)
	}
	return s.Store.Write(b)
}

// One send that drops very many old messages is confirmed: because the bounds
// were lowered meanwhile, or because it is as large as all of them.
func TestDropOldestDropsVeryMany(t *testing.T) {
	const queues, n = 20, 2500 // with the records they share, more removals than one write takes
	for name, c := range map[string]queuecore.QueueConfig{
		"shrunk": {MaxMessages: 1e6, DropOldest: true},
		"bytes":  {MaxBytes: 1 << 20, DropOldest: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := over(t, narrow{memstore.New()}, queuecore.Options{})
			for i := range queues {
				r.create(fmt.Sprint(i), c)
				r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "t", Queue: fmt.Sprint(i)}))
			}
			r.publish(n/5, 5, 8)
			for i := range queues {
				_, err := r.UpdateQueue(r.ctx, fmt.Sprint(i), func(c *queuecore.QueueConfig) error {
					c.MaxMessages = min(c.MaxMessages, 1)
					return nil
				})
				r.must(err)
			}
			r.publish(1, 1, 1<<20)
			for i := range queues {
				if s := r.stats(fmt.Sprint(i)); s.Len() != 1 || s.Totals.Dropped != n {
					t.Errorf("queue %d: %+v", i, s)
				}
			}
			r.works()
		})
	}
}

// publish sends n messages of so many bytes to the topic t, several times.
func (r *rig) publish(n, times, size int) {
	r.t.Helper()
	for range times {
		tx := many("", n, size)
		for _, m := range tx.Sends {
			m.Destination = queuecore.TopicNamed("t")
		}
		_, err := r.Commit(r.ctx, tx)
		r.must(err)
	}
}

// A transaction whose sends let go of very many dedup ids is confirmed, and the
// ids are forgotten.
func TestDedupIDsLetGoTogether(t *testing.T) {
	const n, rounds = 3500, 3
	clock := newClock()
	r := onDisk(t, t.TempDir(), queuecore.Options{Now: clock.Now})
	r.create("q", queuecore.QueueConfig{DedupWindow: time.Minute, DedupPerGroup: true})
	group := strings.Repeat("g", queuecore.MaxGroupBytes)
	commit := func(round int) {
		tx := many("q", n, 1)
		for i, m := range tx.Sends {
			m.Group, m.DedupID = group, fmt.Sprintf("%0*d", queuecore.MaxDedupBytes, round*n+i)
		}
		sent, err := r.Commit(r.ctx, tx)
		r.must(err)
		if sent[0].Placed[0].Duplicate {
			t.Errorf("round %d: an id is known that should be forgotten", round)
		}
	}
	for round := range rounds {
		commit(round)
	}
	clock.add(2 * time.Minute)
	commit(0)
	r.works()
}

// A queue has at most 1,000 bindings: one more is ErrFull, one again is none, and
// all of them go with their queue in one write.
func TestTooManyBindings(t *testing.T) {
	r := onDisk(t, t.TempDir(), queuecore.Options{NoSync: true})
	r.create("q", queuecore.QueueConfig{})
	bind := func(i int) error {
		tail := strings.Repeat("x", queuecore.MaxPatternBytes-5)
		return r.Bind(r.ctx, queuecore.Binding{Queue: "q", Pattern: fmt.Sprintf("%04d.%s", i, tail)})
	}
	for i := range 1000 {
		r.must(bind(i))
	}
	if err := bind(1000); !errors.Is(err, queuecore.ErrFull) || !strings.Contains(err.Error(), "1000") {
		t.Errorf("one more: %v", err)
	}
	r.must(bind(0))
	r.must(r.DeleteQueue(r.ctx, "q"))
	r.works()
}

// A process that dies while parked messages are moved to a dead-letter queue
// that has just been made goes on with that when it is started again.
func TestUnparkIsTorn(t *testing.T) {
	const n = 7000 // more than one batch
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dlq"})
	r.fill("q", n, 8)
	r.nackAll(r.take("q", n, queuecore.Lease{}))
	r.until("all are parked", func() bool { return r.stats("q").Parked == n })
	r.store.FailWrite(storetest.Fault{At: 2, Times: -1})
	_, err := r.CreateQueue(r.ctx, "dlq", queuecore.QueueConfig{})
	r.must(err)
	r.until("the second piece has failed", func() bool { return r.Err() != nil })
	_ = r.Close() // the store has failed
	r.disk = r.disk.Reopen()
	r.open(nil)
	r.until("all are dead letters", func() bool { return r.stats("dlq").Ready == n })
	if s := r.stats("q").Len(); s != 0 {
		t.Errorf("%d are left behind", s)
	}
}

// A write that finds no room fails nobody: it is confirmed once there is room,
// and so is whatever comes after it.
func TestNoRoomToWrite(t *testing.T) {
	for name, disk := range map[string]func(*memstore.Store) store.Store{
		"says so":  func(s *memstore.Store) store.Store { return &cramped{Store: s} },
		"does not": func(s *memstore.Store) store.Store { return s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &packed{Store: disk(memstore.New()), refused: make(chan struct{}, 1)}
			r := over(t, s.whole(), queuecore.Options{})
			r.create("q", queuecore.QueueConfig{})
			s.full.Store(true)
			done := make(chan error, 1)
			r.must(r.Submit(r.ctx, many("q", 1, 8), func(_ []queuecore.Sent, err error) { done <- err }))
			<-s.refused
			select {
			case err := <-done:
				t.Fatalf("answered without room: %v", err)
			default:
			}
			s.full.Store(false)
			r.must(<-done)
			r.until("sends are taken again", func() bool { return r.Err() == nil })
			r.send("q", "after")
			if n := r.stats("q").Ready; n != 2 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

// packed is a store whose disk has no room for writes while it is full.
type packed struct {
	store.Store
	full    atomic.Bool
	refused chan struct{} // gets a token with a refusal
}

func (s *packed) Write(b *store.Batch) error {
	if !s.full.Load() {
		return s.Store.Write(b)
	}
	select {
	case s.refused <- struct{}{}:
	default:
	}
	return fmt.Errorf("nothing left: %w", store.ErrNoSpace)
}

// roomy is a packed store that says whether it has room.
type roomy struct{ *packed }

// Room implements store.Room.
func (s roomy) Room() error {
	if s.full.Load() {
		return store.ErrNoSpace
	}
	return nil
}

// whole is the store as the broker gets it: with Room, if the one below has it.
func (s *packed) whole() store.Store {
	if _, ok := s.Store.(store.Room); ok {
		return roomy{s}
	}
	return s
}

// All texts of a message count: in what a queue may hold, and in how much the
// broker keeps in memory besides the store.
func TestTextsCountInMemory(t *testing.T) {
	const n, cache = 100, 1 << 20
	r := newRig(t, &queuecore.Options{CacheBytes: cache})
	r.create("q", queuecore.QueueConfig{})
	text := strings.Repeat("c", queuecore.MaxFieldBytes)
	var sent [n]weak.Pointer[queuecore.Message]
	for i := range sent {
		m := &queuecore.Message{Destination: queuecore.QueueNamed("q"), CorrelationID: text, Type: text}
		sent[i] = weak.Make(m)
		_, err := r.Send(r.ctx, m)
		r.must(err)
	}
	if got := r.stats("q").Bytes; got < n*2*queuecore.MaxFieldBytes {
		t.Errorf("the queue counts %d bytes", got)
	}
	const most = cache/(2*queuecore.MaxFieldBytes) + 2 // two may still be on their way out
	r.until(fmt.Sprintf("at most %d messages are kept in memory", most), func() bool {
		runtime.GC()
		kept := 0
		for _, w := range sent {
			if w.Value() != nil {
				kept++
			}
		}
		return kept <= most
	})
}

// What a batch holds behind its last cut is written too, also when the batch is
// so large that it goes in pieces.
func TestTailOfLargeBatch(t *testing.T) {
	r := newRig(t, nil)
	r.create("old", queuecore.QueueConfig{})
	r.send("old", "x")
	r.create("q", queuecore.QueueConfig{})
	gate := r.store.HoldWrite()
	done := make(chan error, 3)
	submit := func(n, size int) {
		r.must(r.Submit(r.ctx, many("q", n, size), func(_ []queuecore.Sent, err error) { done <- err }))
	}
	submit(1, 8)
	<-gate.Reached
	submit(5, 1<<20) // fills the batch that grows, so that the loop takes nothing more
	ended, cancel := context.WithCancel(r.ctx)
	cancel() // only ask; the answer comes when the gate is open
	if err := r.DeleteQueue(ended, "old"); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	submit(5, 1<<20) // with the deletion and what that sweeps away, one large batch
	gate.Open()
	for range 3 {
		r.must(<-done)
	}
	r.must(r.Close())
	if n := records(t, r.disk.Reopen())['n']; n != 1 {
		t.Errorf("%d records of sequence numbers for one queue", n)
	}
}

// Whoever reads while the broker closes gets what it asked for or an error of
// the core, never one of a store that is gone.
func TestCloseWhileReading(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir, queuecore.Options{})
	r.create("q", queuecore.QueueConfig{})
	r.fill("q", 500, 5000)
	for range 3 {
		r.must(r.Close()) // what was sent is in files from here on
		r = onDisk(t, dir, queuecore.Options{CacheBytes: -1})
		var readers, reading sync.WaitGroup
		for range 4 {
			reading.Add(1)
			// It ends when the broker is closed.
			readers.Go(func() { browseToTheEnd(r, reading.Done) })
		}
		reading.Wait()
		r.must(r.Close())
		readers.Wait()
	}
}

// browseToTheEnd reads until the broker is closed; it calls began after the first time.
func browseToTheEnd(r *rig, began func()) {
	_, err := r.Browse(r.ctx, "q", 0, 1000)
	began()
	for err == nil {
		_, err = r.Browse(r.ctx, "q", 0, 1000)
	}
	if !errors.Is(err, queuecore.ErrClosed) && !errors.Is(err, queuecore.ErrUnavailable) {
		r.t.Error(err)
	}
}

// clock is a time that tests move.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(1e18)
	return c
}

// Now is for queuecore.Options.
func (c *clock) Now() time.Time { return time.Unix(0, c.ns.Load()) }

func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }
