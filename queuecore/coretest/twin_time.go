package coretest

import (
	"maps"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// end returns when m expires; 0 is never.
func (q *twinQueue) end(m *twinMessage) time.Duration {
	end := m.expires
	if m.state == queuecore.Parked {
		end = 0
	}
	if r := q.config.Retention; r > 0 && (end == 0 || m.sent+r < end) {
		end = m.sent + r
	}
	return end
}

// due returns when m changes by itself; 0 is never.
func (q *twinQueue) due(m *twinMessage) time.Duration {
	end := q.end(m)
	switch {
	case m.state == queuecore.Ready || m.state == queuecore.Parked:
		return end
	case m.state == queuecore.Delayed && (end == 0 || m.visible < end):
		return m.visible
	case m.state == queuecore.Delayed:
		return end
	case m.session != 0:
		return 0
	}
	return m.visible
}

func (q *twinQueue) expired(now time.Duration, m *twinMessage) bool {
	end := q.end(m)
	return end != 0 && end <= now
}

// expire removes m if its time is over.
func (w *twin) expire(q *twinQueue, m *twinMessage) bool {
	if !q.expired(w.now, m) {
		return false
	}
	q.totals.Expired++
	if to := w.expiryQueue(q, m); to != nil {
		w.overdue("goes on")
		w.bury(q, m, to, "expired")
		return true
	}
	if q.config.ExpiredTo != "" {
		w.overdue("is dropped")
	}
	w.take(q, m)
	return true
}

// expiryQueue returns the queue that gets m, whose time is over, or nil.
func (w *twin) expiryQueue(q *twinQueue, m *twinMessage) *twinQueue {
	if m.expires == 0 || q.end(m) != m.expires {
		return nil
	}
	return w.likeQueue(q, q.config.ExpiredTo)
}

// settle does what follows by itself from what was done and from the time: it
// returns the receivers that are served.
func (w *twin) settle() (served []*twinWaiter) {
	for again := true; again; {
		w.advance()
		w.lookAgain()
		w.advance() // what has just moved may be too old where it is now
		w.shift()
		more := w.serve()
		served = append(served, more...)
		again = len(more) > 0
	}
	return served
}

// advance lets everything happen whose time has come, in the order of its time.
func (w *twin) advance() {
	for {
		q, m := w.earliest()
		if m == nil {
			return
		}
		switch {
		case m.state == queuecore.Leased:
			w.giveBack(q, m, 0)
		case w.expire(q, m):
		default:
			m.state = queuecore.Ready
		}
	}
}

func (w *twin) earliest() (at *twinQueue, first *twinMessage) {
	for _, q := range w.queues {
		for _, m := range q.all {
			if d := q.due(m); d != 0 && d <= w.now && (first == nil || d < at.due(first)) {
				at, first = q, m
			}
		}
	}
	return at, first
}

// lookAgain looks at the parked messages of queues whose rules have changed, or
// whose dead-letter queue has come.
func (w *twin) lookAgain() {
	for _, name := range w.looked {
		q := w.queue(name)
		if q == nil {
			continue
		}
		for _, m := range slices.Clone(q.all) {
			if m.state != queuecore.Parked {
				continue
			}
			forGood := m.reason != spent || q.spent(m)
			switch {
			case forGood && w.deadLetterQueue(q) != nil:
				w.giveUp(q, m, m.reason)
			case !forGood:
				m.state = queuecore.Ready
			}
		}
	}
	w.looked = nil
}

// reopen does what follows from opening the store: sessions are gone, and no
// message is tried more often than its queue allows. The time may be an earlier one.
func (w *twin) reopen() {
	w.waits = nil
	w.gone = queuecore.Totals{}
	for _, q := range slices.Clone(w.queues) {
		q.totals = queuecore.Totals{}
		if q.sub != nil {
			q.sub.consumers = nil
		}
		q.fair, q.owners = twinFair{began: w.now}, twinOwners{}
		q.forget()
		if q.config.Transient {
			w.delete(q)
		}
	}
	for _, q := range w.queues {
		for _, m := range q.all {
			w.reopened(q, m)
		}
	}
	w.reopenMoves()
}

func (w *twin) reopened(q *twinQueue, m *twinMessage) {
	switch {
	case m.state == queuecore.Leased && m.session != 0:
		m.state, m.session, m.visible = queuecore.Ready, 0, 0
	case m.state == queuecore.Ready && m.visible > w.now:
		m.state = queuecore.Delayed
	case m.state == queuecore.Delayed && m.visible <= w.now:
		m.state = queuecore.Ready
	}
	if m.state == queuecore.Ready && q.spent(m) {
		m.state, m.visible = queuecore.Leased, w.now // and is over
	}
}

// clone returns a twin that shares nothing with w.
func (w *twin) clone() *twin {
	c := &twin{now: w.now, bound: slices.Clone(w.bound), saw: w.saw, overdue: w.overdue, affine: w.affine}
	for _, q := range w.queues {
		x := *q
		x.firsts = maps.Clone(q.firsts)
		x.sub = q.sub.clone()
		x.fair, x.owners = twinFair{}, twinOwners{} // do not outlive a restart, and nothing else asks for a clone
		memory := make([]twinMessage, len(q.all))
		x.all = make([]*twinMessage, len(q.all))
		for i, m := range q.all {
			memory[i] = *m
			x.all[i] = &memory[i]
		}
		c.queues = append(c.queues, &x)
	}
	for _, v := range w.moves {
		x := *v
		c.moves = append(c.moves, &x)
	}
	return c
}
