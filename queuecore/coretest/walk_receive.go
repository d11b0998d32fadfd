package coretest

import (
	"context"
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// waiter is a receiver that waits, on both sides.
type waiter struct {
	twin   *twinWaiter
	cancel context.CancelFunc
	done   chan struct{} // closed when what follows is set
	ds     []queuecore.Delivery
	err    error
}

// options draws how to receive from q.
func (w *walk) options(q *twinQueue, waits bool) (queuecore.ReceiveOptions, *twinWaiter) {
	o := queuecore.ReceiveOptions{Max: rapid.IntRange(0, 4).Draw(w.t, "n")}
	if w.walks.OneOfGroups && q.config.GroupOrder {
		o.Max = 1
	}
	x := &twinWaiter{queue: q}
	if w.seldom(3) && !q.hidesQuiet(waits) {
		x.color = w.one("color", "r", "r", "b", "b", "from own", "from t.*", "r from u.>,t.a", "from own,t.b")
		o.Selector, o.Subjects = w.choice(x.color)
		o.Max = 1 // how many are known to match when the first one is handed out is open
	}
	x.n = max(o.Max, 1)
	kinds := []string{"clock", "clock", "clock", "session", "queue", "none"}
	if dead := w.twin.deadLetterQueue(q); waits || q.config.MaxAttempts > 0 && dead != nil && dead.config.Retention > 0 {
		kinds = kinds[:5] // or a last attempt may be too old for its dead-letter queue before it is read
	}
	switch w.one("lease", kinds...) {
	case "clock":
		x.lease = w.duration("lease")
		o.Lease = queuecore.LeaseFor(x.lease)
		w.saw("receive", "by clock")
	case "session":
		x.session = w.session()
		o.Lease = w.sessions[x.session].Lease()
		w.saw("receive", "by session")
	case "queue":
		x.lease = queuesOwn
		w.saw("receive", "queue's lease")
	case "none":
		o.Lease = queuecore.LeaseFor(0)
		w.saw("receive", "no lease")
		if q.config.MaxAttempts > 0 {
			o.Max, x.n = 1, 1 // of several last attempts, those move on first that need not be read
		}
	}
	return o, x
}

func (w *walk) receive() {
	name := w.queueName()
	q := w.twin.queue(name)
	if q == nil {
		_, err := w.b.Receive(w.ctx, name, queuecore.ReceiveOptions{})
		w.is("receive", err, queuecore.ErrNotFound)
		w.saw("receive", "not found")
		return
	}
	if q.config.Relay {
		w.noReceiving(q)
		return
	}
	if w.seldom(20) {
		_, err := w.b.Receive(w.ctx, name, queuecore.ReceiveOptions{Lease: w.closedSession().Lease()})
		w.is("receive", err, queuecore.ErrClosed)
		w.saw("receive", "session closed")
		return
	}
	o, x := w.options(q, false)
	if x.color == "" && w.seldom(4) {
		o.Wait = 1 // over before anything can come
	}
	var want error
	if o.TellInFlight = w.seldom(2); o.TellInFlight && o.Wait == 0 && !q.mayLease() {
		want = queuecore.ErrInFlight
	}
	ds, err := w.b.Receive(w.ctx, name, o)
	w.is("receive", err, want)
	if !w.twin.first(q, x.color) {
		x.got = w.twin.receive(q, x.n, x.lease, x.session, x.color)
	}
	w.received(x, ds)
	switch {
	case len(ds) > 0 && x.color != "":
		w.saw("receive", "some that match")
	case x.color != "" && !q.nothing(""):
		w.saw("receive", "none that matches")
	case len(ds) > 0:
		w.saw("receive", "some")
	case o.Wait != 0:
		w.saw("receive", "wait is over")
	default:
		w.saw("receive", "none")
	}
	if !q.mayLease() && q.next(nil, "") != nil {
		w.saw("receive", "in flight")
	}
}

// received compares deliveries with the twin's.
func (w *walk) received(x *twinWaiter, ds []queuecore.Delivery) {
	q := x.queue
	if len(ds) != len(x.got) {
		w.t.Fatalf("received %d from %s, want %d", len(ds), q.name, len(x.got))
	}
	for i, d := range ds {
		m := x.got[i]
		until := time.Time{}
		if x.session == 0 {
			until = w.time.ahead(m.visible - w.twin.now)
		}
		if d.Receipt.Queue != q.id || d.Receipt.Seq != m.seq || int(d.Receipt.Attempt) != d.Attempt || string(d.Body) != m.body || !d.Until.Equal(until) ||
			d.Queue != q.name || !sameDead(d.Dead, m.dead) {
			w.t.Fatalf("received %v %.9q until %v from %s, want %.9q until %v: %+v", d.Receipt, d.Body, d.Until, q.name, m.body, until, m)
		}
		w.receipts = append(w.receipts, d.Receipt)
		if d.Attempt > 1 {
			w.saw("receive", "redelivered")
		}
		if d.Dead != nil {
			w.saw("receive", "dead letter")
		}
	}
}

func sameDead(a, b *queuecore.DeadLetter) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// wait begins to wait where there is nothing.
func (w *walk) wait() {
	q := w.queue()
	if q == nil || q.config.Relay || len(w.waiters) >= 4 {
		return
	}
	o, x := w.options(q, true)
	if !w.twin.first(q, x.color) && !q.nothing(x.color) || w.twin.mixes(q, x.color) {
		return
	}
	o.Wait = -1
	ctx, cancel := context.WithCancel(w.ctx)
	y := &waiter{twin: x, cancel: cancel, done: make(chan struct{})}
	// Ends when it is served or sent away, or when the walk ends.
	go func() {
		defer close(y.done)
		y.ds, y.err = w.b.Receive(ctx, q.name, o)
	}()
	w.waiters = append(w.waiters, y)
	w.twin.waits = append(w.twin.waits, x)
	for {
		s, err := w.b.Stats(w.ctx, q.name)
		w.must(err)
		if s.Waiting == w.twin.waiting(q) {
			return
		}
	}
}

func (w *walk) cancel() {
	if len(w.waiters) == 0 {
		return
	}
	x := rapid.SampledFrom(w.waiters).Draw(w.t, "waiter")
	x.cancel()
	w.twin.leave(x.twin)
	w.sentAway(x, context.Canceled, "canceled")
}

// sentAway takes the answer of a receiver that got nothing.
func (w *walk) sentAway(x *waiter, want error, outcome string) {
	w.await(x)
	if !errors.Is(x.err, want) || len(x.ds) > 0 {
		w.t.Fatalf("a receiver of %s got %d messages and %v, want %v", x.twin.queue.name, len(x.ds), x.err, want)
	}
	w.waiters = slices.DeleteFunc(w.waiters, func(y *waiter) bool { return x == y })
	w.twin.leave(x.twin)
	w.saw("wait", outcome)
}

// served takes what a receiver got for which the twin found something.
func (w *walk) served(t *twinWaiter) {
	i := slices.IndexFunc(w.waiters, func(x *waiter) bool { return x.twin == t })
	x := w.waiters[i]
	w.await(x)
	w.must(x.err)
	w.received(t, x.ds)
	w.waiters = slices.Delete(w.waiters, i, i+1)
	w.saw("wait", "served")
	if t.color != "" {
		w.saw("wait", "served what matches")
	}
}

// patience is how long the walk waits for what must come at once.
const patience = 10 * time.Second

// await returns when a receiver has its answer.
func (w *walk) await(x *waiter) {
	select {
	case <-x.done:
		x.cancel()
	case <-time.After(patience):
		w.t.Fatalf("a receiver of %s got no answer; the twin handed out %d messages", x.twin.queue.name, len(x.twin.got))
	}
}
