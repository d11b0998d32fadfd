package coretest

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// spent is the reason of a message that was handed out too often.
const spent = "attempts"

// spent reports whether m may not be handed out again.
func (q *twinQueue) spent(m *twinMessage) bool {
	return q.config.MaxAttempts > 0 && m.attempts() >= q.config.MaxAttempts
}

// attempts are those in its present queue.
func (m *twinMessage) attempts() int {
	if m.dead != nil {
		return m.attempt - m.dead.Attempts
	}
	return m.attempt - m.base
}

// fits reports whether an ack with r settles m.
func (m *twinMessage) fits(r queuecore.Receipt) bool {
	return m.attempt > 0 && (r.Attempt == 0 || int(r.Attempt) == m.attempt)
}

// held returns the message that is leased under r, or nil.
func (w *twin) held(r queuecore.Receipt) (*twinQueue, *twinMessage) {
	q := w.queueByID(r.Queue)
	if q == nil {
		return nil, nil
	}
	if m := q.find(r.Seq, int(r.Attempt)); m != nil && m.state == queuecore.Leased {
		return q, m
	}
	return q, nil
}

// stale reports whether an ack with r is refused.
func (w *twin) stale(r queuecore.Receipt) bool {
	q := w.queueByID(r.Queue)
	if q == nil {
		return false
	}
	m := q.message(r.Seq)
	return m != nil && !m.fits(r)
}

func (w *twin) ack(r queuecore.Receipt) (done bool) {
	q := w.queueByID(r.Queue)
	if q == nil {
		return false
	}
	if m := q.message(r.Seq); m != nil && m.fits(r) {
		q.totals.Acked++
		w.take(q, m)
		return true
	}
	return false
}

func (w *twin) nack(n queuecore.Nack) {
	q, m := w.held(n.Receipt)
	switch {
	case m == nil:
		return
	case n.Delay == queuecore.GiveUp:
		w.giveUp(q, m, "rejected")
	case q.spent(m), q.expired(w.now, m) && w.expiryQueue(q, m) != nil:
		m.session, m.visible = 0, w.now
	case n.Delay < 0:
		w.giveBack(q, m, q.backoff(m.attempts()))
	default:
		w.giveBack(q, m, n.Delay)
	}
	q.totals.Nacked++
}

// giveBack ends a lease.
func (w *twin) giveBack(q *twinQueue, m *twinMessage, delay time.Duration) {
	m.session = 0
	switch {
	case q.spent(m):
		w.giveUp(q, m, spent)
	case w.expire(q, m):
	default:
		m.state, m.visible = queuecore.Ready, w.now+delay
		if delay > 0 {
			m.state = queuecore.Delayed
		}
	}
}

// release takes back a delivery as if it had not been.
func (w *twin) release(r queuecore.Receipt) {
	q, m := w.held(r)
	if m == nil {
		return
	}
	if m.attempt--; !w.expire(q, m) {
		m.state, m.session, m.visible = queuecore.Ready, 0, w.now
	}
}

func (w *twin) reject(q *twinQueue, m *twinMessage, reason string) {
	if q.config.DeadLetter == "" {
		q.totals.Dropped++
		w.take(q, m)
		return
	}
	w.giveUp(q, m, reason)
}

func (w *twin) deadLetterQueue(q *twinQueue) *twinQueue {
	return w.likeQueue(q, q.config.DeadLetter)
}

// likeQueue returns the queue called name if it may take over messages of q.
func (w *twin) likeQueue(q *twinQueue, name string) *twinQueue {
	to := w.queue(name)
	if to == nil || to.config.Relay || to.config.Transient != q.config.Transient {
		return nil
	}
	return to
}

func (w *twin) giveUp(q *twinQueue, m *twinMessage, reason string) {
	dead := w.deadLetterQueue(q)
	if dead == nil {
		m.state, m.session, m.visible, m.reason = queuecore.Parked, 0, 0, reason
		return
	}
	q.totals.DeadLettered++
	w.bury(q, m, dead, reason)
}

// bury makes m a dead letter in another queue.
func (w *twin) bury(q *twinQueue, m *twinMessage, dead *twinQueue, reason string) {
	w.take(q, m)
	w.makeRoom(dead, 1, m.size)
	w.arrives(dead, m.group)
	d := *m
	d.seq, d.state, d.session, d.visible, d.expires = w.number(dead), queuecore.Ready, 0, 0, 0
	d.dead = &queuecore.DeadLetter{Queue: q.name, Reason: reason, Attempts: m.attempt}
	if dead.config.GroupOrder {
		d.sent = w.now
	}
	dead.all = append(dead.all, &d)
}

// closeSession ends the leases of a session, and with it its queues and those
// who wait for it.
func (w *twin) closeSession(id int) {
	w.waits = slices.DeleteFunc(w.waits, func(x *twinWaiter) bool { return x.session == id })
	for _, q := range w.queues {
		for _, m := range slices.Clone(q.all) {
			if m.session == id {
				w.giveBack(q, m, 0)
			}
		}
	}
	w.endConsumers(func(c *twinConsumer) bool { return c.session == id })
	for _, q := range slices.Clone(w.queues) {
		if q.owner == id {
			w.delete(q)
		}
	}
	for _, q := range slices.Clone(w.queues) {
		w.detach(q, func(c twinAttached) bool { return c.session == id })
	}
}
