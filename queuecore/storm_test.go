package queuecore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// Whatever ten goroutines do to a broker at once, with restarts and power cuts in
// between: no confirmed send is lost, nothing whose ack was confirmed is back, and
// once all queues are deleted the store holds one record, the counters.
func TestStorm(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := newStorm(t, seed)
			for round := range 6 {
				s.round(round)
				s.check()
			}
			s.deleteAll()
		})
	}
}

// A round of a storm.
const (
	stormers      = 10
	stepsPerRound = 80 // of each stormer
)

type storm struct {
	*rig
	seed    uint64
	start   time.Time
	stopped atomic.Pointer[time.Time] // what the clock shows while it is stopped
	options queuecore.Options
	queues  []string
	rules   map[string]queuecore.QueueConfig
	fates   fates
	names   atomic.Int64
	steps   atomic.Int64 // of the present round
	halfway chan struct{}
}

func newStorm(t *testing.T, seed uint64) *storm {
	s := &storm{seed: seed, start: time.Now(), fates: newFates()}
	s.options = queuecore.Options{CacheBytes: 20_000, Now: s.now}
	s.rig = newRig(t, &s.options)
	s.queues = []string{"a", "b", "f", "g", "dlq", "fdlq"}
	s.rules = map[string]queuecore.QueueConfig{
		"a":    {MaxAttempts: 3, DeadLetter: "dlq", Lease: 20 * time.Millisecond},
		"b":    {MaxAttempts: 2, DeadLetter: "fdlq", BackoffInitial: time.Millisecond, BackoffFactor: 2, MaxInFlight: 40},
		"f":    {MaxAttempts: 3, DeadLetter: "fdlq", GroupOrder: true, Lease: 10 * time.Millisecond},
		"g":    {MaxAttempts: 4, GroupOrder: true, Delay: time.Millisecond}, // parks what it gives up
		"dlq":  {},
		"fdlq": {GroupOrder: true},
	}
	for _, q := range s.queues {
		s.create(q, s.rules[q])
	}
	for _, q := range []string{"a", "f", "g"} {
		s.must(s.Bind(s.ctx, queuecore.Binding{Pattern: "t.>", Queue: q}))
	}
	return s
}

func (s *storm) now() time.Time {
	if t := s.stopped.Load(); t != nil {
		return *t
	}
	return s.start.Add(time.Since(s.start))
}

// round lets the storm blow, and ends with a restart or, every other time, with
// the disk as a power cut in the middle left it.
func (s *storm) round(n int) {
	s.steps.Store(0)
	s.halfway = make(chan struct{})
	var wg sync.WaitGroup
	for i := range stormers {
		w := &stormer{storm: s, rnd: rand.New(rand.NewPCG(s.seed, uint64(n*stormers+i))), session: s.NewSession()}
		wg.Go(w.run) // ends after its steps
	}
	if n%2 == 0 {
		wg.Wait()
		s.restart(&s.options)
		return
	}
	<-s.halfway
	promised := s.fates.promised() // what is confirmed later may be lost
	disk := s.cut(n)
	wg.Wait()
	s.must(s.Close())
	s.fates.cutTo(promised)
	s.disk = disk
	s.open(&s.options)
}

// cut is what a power cut leaves now: all that was synced, and perhaps more.
func (s *storm) cut(n int) *memstore.Store { return s.disk.CrashKeeping(n % 3) }

// check compares the queues with what was promised. Nobody works meanwhile, and
// the clock stands, so that no lease ends and nothing moves from queue to queue.
func (s *storm) check() {
	s.t.Helper()
	now := s.now()
	s.stopped.Store(&now)
	defer s.stopped.Store(nil)
	there := make(map[string]int)
	for _, q := range s.queues {
		for from := uint64(0); ; {
			bs, err := s.Browse(s.ctx, q, from, 1000)
			s.must(err)
			if len(bs) == 0 {
				break
			}
			for i := range bs {
				if name := bs[i].CorrelationID; name != "" {
					there[name]++
				}
			}
			from = bs[len(bs)-1].Seq + 1
		}
	}
	for _, wrong := range s.fates.wrong(there) {
		s.t.Error(wrong)
	}
}

// deleteAll leaves nothing but the counters.
func (s *storm) deleteAll() {
	s.t.Helper()
	for _, q := range s.queues {
		s.must(s.DeleteQueue(s.ctx, q))
	}
	s.must(s.Close())
	if left := records(s.t, s.disk.Reopen()); len(left) != 1 || left['c'] != 1 {
		s.t.Errorf("left in the store, by family: %v", left)
	}
}

// stormer is one of those who work on the broker at once.
type stormer struct {
	*storm
	rnd     *rand.Rand
	session *queuecore.Session
}

func (w *stormer) run() {
	defer func() { _ = w.session.Close() }() // closed once more by the broker at the latest
	steps := []func(){w.send, w.send, w.send, w.publish, w.transient, w.reconnect}
	for range stepsPerRound {
		if i := w.rnd.IntN(2 * len(steps)); i < len(steps) {
			steps[i]()
		} else {
			w.receive()
		}
		if w.steps.Add(1) == stormers*stepsPerRound/2 {
			close(w.halfway)
		}
	}
}

func (w *stormer) fine(err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// send sends a few messages in one transaction.
func (w *stormer) send() {
	var tx queuecore.Tx
	var names []string
	for range 1 + w.rnd.IntN(4) {
		m := w.message()
		tx.Sends = append(tx.Sends, m)
		names = append(names, m.CorrelationID)
	}
	_, err := w.Commit(w.ctx, tx)
	if w.fine(err); err == nil {
		w.fates.sent(names)
	}
}

func (w *stormer) message() *queuecore.Message {
	m := text(w.queues[w.rnd.IntN(4)], "x")
	m.CorrelationID = fmt.Sprint("m", w.names.Add(1))
	m.Priority = queuecore.PriorityOf(w.rnd.IntN(10))
	if w.rnd.IntN(3) > 0 {
		m.Group = string(rune('A' + w.rnd.IntN(4)))
	}
	if w.rnd.IntN(8) == 0 {
		m.Body = make([]byte, 5000) // too large to stand in its entry
	}
	return m
}

// publish sends one message to several queues. It has no name, since its copies
// have fates of their own.
func (w *stormer) publish() {
	_, err := w.Send(w.ctx, &queuecore.Message{Destination: queuecore.TopicNamed("t.x"), Body: []byte("topic"), Group: "T"})
	w.fine(err)
}

// transient makes a queue that goes with the session, or earlier.
func (w *stormer) transient() {
	name := fmt.Sprint("transient", w.names.Add(1))
	_, err := w.session.CreateQueue(w.ctx, name, queuecore.QueueConfig{})
	w.fine(err)
	w.fine(w.Bind(w.ctx, queuecore.Binding{Pattern: "t.*", Queue: name}))
	_, err = w.Send(w.ctx, text(name, "x"))
	w.fine(err)
	if w.rnd.IntN(2) == 0 {
		w.fine(w.DeleteQueue(w.ctx, name))
	}
}

func (w *stormer) reconnect() {
	w.fine(w.session.Close())
	w.session = w.NewSession()
}

// receive takes a few messages, in one of the ways there are, and ends each of
// the deliveries in some way.
func (w *stormer) receive() {
	o := queuecore.ReceiveOptions{Max: 1 + w.rnd.IntN(10)}
	switch w.rnd.IntN(3) {
	case 0:
		o.Lease = w.session.Lease()
	case 1:
		o.Lease = queuecore.LeaseFor(time.Duration(w.rnd.IntN(3)) * time.Millisecond)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	switch w.rnd.IntN(3) {
	case 0:
		o.Wait = time.Millisecond
	case 1:
		o.Wait = -1
		defer time.AfterFunc(time.Millisecond, cancel).Stop()
	}
	ds, err := w.Receive(ctx, w.queues[w.rnd.IntN(len(w.queues))], o)
	if !errors.Is(err, context.Canceled) {
		w.fine(err)
	}
	for i := range ds {
		w.end(&ds[i])
	}
}

// end ends a delivery. The lease may be over by now.
func (w *stormer) end(d *queuecore.Delivery) {
	var err error
	switch w.rnd.IntN(6) {
	case 0:
		err = w.Nack(w.ctx, d.Receipt, time.Duration(w.rnd.IntN(3)-1)*time.Millisecond)
	case 1:
		err = w.Release(w.ctx, []queuecore.Receipt{d.Receipt})
	case 2:
		err = w.Extend(w.ctx, d.Receipt, time.Millisecond)
	case 3:
		if w.rules[d.Queue].DeadLetter != "" { // elsewhere it would be gone
			err = w.Reject(w.ctx, d.Receipt, "bad")
		}
	default:
		w.ack(d)
	}
	if !errors.Is(err, queuecore.ErrStale) {
		w.fine(err)
	}
}

// ack settles d. The confirmation is good for the message wherever it is only if
// the lease held until then: a message that has moved counts as gone.
func (w *stormer) ack(d *queuecore.Delivery) {
	w.fates.acking(d.CorrelationID)
	err := w.Ack(w.ctx, d.Receipt)
	if err == nil && (d.Until.IsZero() || w.now().Before(d.Until)) {
		w.fates.acked(d.CorrelationID)
	} else if !errors.Is(err, queuecore.ErrStale) {
		w.fine(err)
	}
}

// fates is what is known of the messages that have a name. Unlike a ledger it
// does not follow the deliveries, which race with each other's acks here.
type fates struct {
	mu    sync.Mutex // guards what follows
	known promises
	asked map[string]bool // acks that may have been done
}

// promises are confirmed sends and acks.
type promises struct{ sent, acked map[string]bool }

func newFates() fates {
	return fates{known: promises{make(map[string]bool), make(map[string]bool)}, asked: make(map[string]bool)}
}

func (f *fates) sent(names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		f.known.sent[name] = true
	}
}

func (f *fates) acking(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[name] = true
}

func (f *fates) acked(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known.acked[name] = true
}

// promised returns what has been confirmed by now.
func (f *fates) promised() promises {
	f.mu.Lock()
	defer f.mu.Unlock()
	return promises{maps.Clone(f.known.sent), maps.Clone(f.known.acked)}
}

// cutTo forgets what was confirmed after p.
func (f *fates) cutTo(p promises) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = p
}

// wrong lists the promises that were broken, given how often each name is there.
func (f *fates) wrong(there map[string]int) (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.known.sent {
		if there[name] == 0 && !f.asked[name] {
			all = append(all, name+" was confirmed and is lost")
		}
	}
	for name, n := range there {
		if f.known.acked[name] {
			all = append(all, name+" is back although its ack was confirmed")
		}
		if n > 1 {
			all = append(all, fmt.Sprintf("%s is there %d times", name, n))
		}
	}
	return all
}
