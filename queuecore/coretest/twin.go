package coretest

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// twin does what a Broker does, in the plainest way: every queue is a slice, and
// every question looks at all of it. It knows no transactions; its driver asks
// it for one thing after the other.
type twin struct {
	now    time.Duration
	queues map[string]*twinQueue
	bound  map[string][]string // topic to queues
}

type twinQueue struct {
	name   string
	config queuecore.QueueConfig
	last   uint64
	all    []*twinMessage
	ids    map[string]twinFirst
}

type twinFirst struct {
	seq     uint64
	expires time.Duration
}

type twinMessage struct {
	seq      uint64
	body     string
	state    queuecore.State
	priority int
	group    string
	sent     time.Duration
	visible  time.Duration // when a delay or a lease by clock ends
	expires  time.Duration // 0: never
	session  int           // 0: the clock
	attempt  int
	base     int // attempts in earlier queues
}

func newTwin() *twin {
	return &twin{queues: make(map[string]*twinQueue), bound: make(map[string][]string)}
}

func (w *twin) create(name string, c queuecore.QueueConfig) {
	w.queues[name] = &twinQueue{name: name, config: c, ids: make(map[string]twinFirst)}
}

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
	switch m.state {
	case queuecore.Ready, queuecore.Parked:
		return end
	case queuecore.Delayed:
		if end == 0 || m.visible < end {
			return m.visible
		}
		return end
	}
	if m.session != 0 {
		return 0
	}
	return m.visible
}

// advance lets everything happen whose time comes, in the order of its time.
func (w *twin) advance(to time.Duration) {
	w.now = to
	for {
		q, m := w.earliest()
		if m == nil {
			return
		}
		switch {
		case m.state == queuecore.Leased:
			w.giveBack(q, m, 0)
		case q.expired(w.now, m):
			q.remove(m)
		default:
			m.state = queuecore.Ready
		}
	}
}

func (w *twin) earliest() (at *twinQueue, first *twinMessage) {
	for _, q := range w.sorted() {
		for _, m := range q.all {
			if d := q.due(m); d != 0 && d <= w.now && (first == nil || d < at.due(first)) {
				at, first = q, m
			}
		}
	}
	return at, first
}

// sorted returns the queues in the order in which they were made, which is that
// of their names.
func (w *twin) sorted() []*twinQueue {
	var qs []*twinQueue
	for _, q := range w.queues {
		qs = append(qs, q)
	}
	slices.SortFunc(qs, func(a, b *twinQueue) int { return cmp.Compare(a.name, b.name) })
	return qs
}

func (q *twinQueue) expired(now time.Duration, m *twinMessage) bool {
	end := q.end(m)
	return end != 0 && end <= now
}

func (q *twinQueue) remove(m *twinMessage) {
	q.all = slices.DeleteFunc(q.all, func(x *twinMessage) bool { return x == m })
}

// room says whether one more fits.
func (q *twinQueue) room() bool {
	return q.config.MaxMessages == 0 || q.config.DropOldest || len(q.all) < q.config.MaxMessages
}

// duplicate returns the sequence number of the first send with the id.
func (w *twin) duplicate(q *twinQueue, id string) uint64 {
	if f, ok := q.ids[id]; ok && id != "" && q.config.DedupWindow > 0 && f.expires > w.now {
		return f.seq
	}
	return 0
}

// enter puts a new message into q and returns its sequence number.
func (w *twin) enter(q *twinQueue, m twinMessage, id string) uint64 {
	q.makeRoom()
	q.last++
	m.seq, m.state, m.sent = q.last, queuecore.Ready, w.now
	if m.visible == 0 && q.config.Delay > 0 {
		m.visible = w.now + q.config.Delay
	}
	if m.visible > w.now {
		m.state = queuecore.Delayed
	}
	q.all = append(q.all, &m)
	if id != "" && q.config.DedupWindow > 0 {
		q.ids[id] = twinFirst{m.seq, w.now + q.config.DedupWindow}
	}
	return m.seq
}

// makeRoom drops the oldest for one more, if that is how q keeps its bound.
func (q *twinQueue) makeRoom() {
	c := q.config
	for i := 0; c.DropOldest && c.MaxMessages > 0 && len(q.all) >= c.MaxMessages && i < len(q.all); {
		if q.all[i].state == queuecore.Leased {
			i++
		} else {
			q.all = slices.Delete(q.all, i, i+1)
		}
	}
}

// receive hands out up to n messages.
func (w *twin) receive(q *twinQueue, n int, lease time.Duration, session int) []*twinMessage {
	var out []*twinMessage
	for len(out) < n && w.inFlight(q) {
		m := w.next(q, out)
		if m == nil {
			break
		}
		m.state, m.session, m.visible = queuecore.Leased, session, w.now+lease
		m.attempt++
		out = append(out, m)
	}
	return out
}

func (w *twin) inFlight(q *twinQueue) bool {
	return q.config.MaxInFlight == 0 || q.count(queuecore.Leased) < q.config.MaxInFlight
}

func (q *twinQueue) count(s queuecore.State) int {
	n := 0
	for _, m := range q.all {
		if m.state == s {
			n++
		}
	}
	return n
}

// next returns the message to hand out after those of the same receive.
func (w *twin) next(q *twinQueue, taken []*twinMessage) *twinMessage {
	if !q.config.GroupOrder {
		var best *twinMessage
		for _, m := range q.all {
			if m.state == queuecore.Ready && (best == nil || m.priority > best.priority) {
				best = m
			}
		}
		return best
	}
	if len(taken) > 0 {
		if m := q.firstOf(taken[len(taken)-1].group); m != nil && m.state == queuecore.Ready {
			return m
		}
	}
	for _, m := range q.all {
		if m.state == queuecore.Ready && q.firstOf(m.group) == m && !q.locked(m.group) {
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

// giveBack ends a lease.
func (w *twin) giveBack(q *twinQueue, m *twinMessage, delay time.Duration) {
	m.session = 0
	switch {
	case q.config.MaxAttempts > 0 && m.attempt-m.base >= q.config.MaxAttempts:
		w.giveUp(q, m)
	case q.expired(w.now, m):
		q.remove(m)
	case delay > 0:
		m.state, m.visible = queuecore.Delayed, w.now+delay
	default:
		m.state = queuecore.Ready
	}
}

func (w *twin) giveUp(q *twinQueue, m *twinMessage) {
	dead := w.queues[q.config.DeadLetter]
	if dead == nil {
		m.state, m.session = queuecore.Parked, 0
		return
	}
	q.remove(m)
	dead.makeRoom()
	dead.last++
	d := *m
	d.seq, d.state, d.session, d.expires, d.base = dead.last, queuecore.Ready, 0, 0, m.attempt
	if dead.config.GroupOrder {
		d.sent = w.now
	}
	dead.all = append(dead.all, &d)
}

// find returns the message if its last hand-over was the given one.
func (q *twinQueue) find(seq uint64, attempt int) *twinMessage {
	for _, m := range q.all {
		if m.seq == seq && m.attempt == attempt {
			return m
		}
	}
	return nil
}

// has reports whether the message is there at all.
func (q *twinQueue) has(seq uint64) bool {
	return slices.ContainsFunc(q.all, func(m *twinMessage) bool { return m.seq == seq })
}

// closeSession ends the leases of a session.
func (w *twin) closeSession(id int) {
	for _, q := range w.sorted() {
		for _, m := range slices.Clone(q.all) {
			if m.session == id && id != 0 {
				w.giveBack(q, m, 0)
			}
		}
	}
}

// reopen does what follows from opening the store: sessions are gone, and no
// message is tried more often than its queue allows.
func (w *twin) reopen() {
	for _, q := range w.sorted() {
		for _, m := range slices.Clone(q.all) {
			spent := q.config.MaxAttempts > 0 && m.attempt-m.base >= q.config.MaxAttempts
			switch {
			case m.session != 0:
				w.giveBack(q, m, 0)
			case m.state == queuecore.Ready && spent:
				w.giveBack(q, m, 0)
			}
		}
	}
}
