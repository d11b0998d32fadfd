package coretest

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// receive hands out up to n messages, of the color if one is named.
func (w *twin) receive(q *twinQueue, n int, lease time.Duration, session int, color string) (out []*twinMessage) {
	if q.mayLease() && slices.ContainsFunc(q.all, func(m *twinMessage) bool { return m.state == queuecore.Ready && wants(color, m) }) {
		w.hushLapsed(q, func(*twinNoisy) bool { return true }, "quiet by time")
	}
	for len(out) < n && q.mayLease() {
		m := w.pick(q, out, color)
		if m == nil {
			break
		}
		w.lease(q, m, lease, session)
		out = append(out, m)
	}
	return out
}

func (w *twin) lease(q *twinQueue, m *twinMessage, lease time.Duration, session int) {
	m.state, m.session, m.visible = queuecore.Leased, session, w.now+q.lease(lease)
	m.attempt++
	w.hushDone(q)
	q.totals.Delivered++
	if m.attempt > 1 {
		q.totals.Redelivered++
	}
}

// queuesOwn as a lease is what the queue says when it hands out.
const queuesOwn time.Duration = -1

func (q *twinQueue) lease(asked time.Duration) time.Duration {
	switch {
	case asked != queuesOwn:
		return asked
	case q.config.Lease > 0:
		return q.config.Lease
	}
	return queuecore.DefaultLease
}

func (q *twinQueue) mayLease() bool {
	return q.config.MaxInFlight == 0 || q.count(queuecore.Leased) < q.config.MaxInFlight
}

// nothing reports whether a receiver would have to wait.
func (q *twinQueue) nothing(color string) bool { return !q.mayLease() || q.next(nil, color) == nil }

// next returns the message to hand out after those of the same receive, if all groups
// are quiet.
func (q *twinQueue) next(taken []*twinMessage, color string) *twinMessage {
	if !q.config.GroupOrder {
		var best *twinMessage
		for _, m := range q.all {
			if m.state == queuecore.Ready && wants(color, m) && (best == nil || m.priority > best.priority) {
				best = m
			}
		}
		return best
	}
	if len(taken) > 0 && color == "" {
		if m := q.firstOf(taken[len(taken)-1].group); m != nil && m.state == queuecore.Ready {
			return m
		}
	}
	for _, m := range q.all {
		if m.state == queuecore.Ready && wants(color, m) && q.firstOf(m.group) == m && !q.locked(m.group) {
			return m
		}
	}
	return nil
}

// firstOf returns the first message of a group that waits.
func (q *twinQueue) firstOf(group string) *twinMessage {
	for _, m := range q.all {
		if m.group == group && (m.state == queuecore.Ready || m.state == queuecore.Delayed) {
			return m
		}
	}
	return nil
}

func (q *twinQueue) locked(group string) bool {
	return slices.ContainsFunc(q.all, func(m *twinMessage) bool { return m.group == group && m.state == queuecore.Leased })
}

// serve hands out what there is to those who wait, and returns them.
func (w *twin) serve() (served []*twinWaiter) {
	if w.affine {
		return w.serveConsumers()
	}
	for _, x := range slices.Clone(w.waits) {
		if x.got = w.receive(x.queue, x.n, x.lease, x.session, x.color); len(x.got) > 0 {
			served = append(served, x)
			w.leave(x)
		}
	}
	return served
}

// leave ends a receiver's waiting.
func (w *twin) leave(x *twinWaiter) {
	w.waits = slices.DeleteFunc(w.waits, func(y *twinWaiter) bool { return x == y })
}

// waiting returns how many wait at q.
func (w *twin) waiting(q *twinQueue) int {
	n := 0
	for _, x := range w.waits {
		if x.queue == q {
			n++
		}
	}
	return n
}
