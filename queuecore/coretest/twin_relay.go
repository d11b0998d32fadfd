package coretest

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// membersOf returns the members of a relay, in the order in which they were made.
func (w *twin) membersOf(relay *twinQueue) (all []*twinQueue) {
	for _, q := range w.queues {
		if relay.config.Relay && q.config.Of == relay.name {
			all = append(all, q)
		}
	}
	return all
}

// number gives out the next number of q. A relay and its members have one count together.
func (w *twin) number(q *twinQueue) uint64 {
	q.last++
	for _, x := range w.queues {
		if x == q.relay(w) || q.relay(w) != nil && x.config.Of == q.relay(w).name {
			x.last = q.last
		}
	}
	return q.last
}

// relay returns q if it is a relay, or that of which it is a member; nil.
func (q *twinQueue) relay(w *twin) *twinQueue {
	if q.config.Relay {
		return q
	}
	if q.config.Of == "" {
		return nil
	}
	return w.queue(q.config.Of)
}

// takers returns the members that get what is sent to a relay.
func (w *twin) takers(relay *twinQueue, x *twinSend) (all []*twinQueue) {
	for _, q := range w.membersOf(relay) {
		everything := len(q.config.Topics) == 0 && !q.config.Own
		topic := x.topic != "" && slices.ContainsFunc(q.config.Topics, func(p string) bool { return matches(p, x.topic) })
		if everything || topic || x.topic == "" && q.config.Own {
			all = append(all, q)
		}
	}
	return all
}

// handOn puts what a relay was sent into its members.
func (w *twin) handOn(t twinTarget, seq uint64) {
	t.q.totals.Sent++
	for _, q := range w.takers(t.q, t.x) {
		w.put(q, t.x, seq)
	}
}

// heldBy returns what the members of a relay hold, each message once, as the first that has it does.
func (w *twin) heldBy(relay *twinQueue) (all []*twinMessage) {
	for _, q := range w.membersOf(relay) {
		for _, m := range q.all {
			if !slices.ContainsFunc(all, func(x *twinMessage) bool { return x.seq == m.seq }) {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b *twinMessage) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// fill has a new member begin with what the others held.
func (w *twin) fill(q *twinQueue, f queuecore.Fill, held []*twinMessage) {
	held = slices.DeleteFunc(slices.Clone(held), func(m *twinMessage) bool {
		return !slices.Contains(f.Seqs, m.seq) && (f.From == 0 || m.seq < f.From)
	})
	for i, m := range held {
		if slices.ContainsFunc(held[i+1:], func(later *twinMessage) bool { return w.sharesSeat(m, later) }) {
			continue
		}
		x := &twinMessage{twinSend: m.twinSend, seq: m.seq, state: queuecore.Ready}
		if m.state == queuecore.Delayed && m.attempt == 0 {
			x.state, x.visible = queuecore.Delayed, m.visible
		}
		q.all = append(q.all, x)
	}
	w.makeRoom(q, 0, 0)
}

// sharesSeat reports whether both wait in one seat: of different members, as not every one takes all.
func (w *twin) sharesSeat(a, b *twinMessage) bool {
	waits := func(m *twinMessage) bool {
		return m.state == queuecore.Delayed && m.attempt == 0 && m.visible > w.now
	}
	return a.seat != "" && a.seat == b.seat && waits(a) && waits(b)
}

// inherit gives a member what its relay says for all.
func inherit(c *queuecore.QueueConfig, from queuecore.QueueConfig) {
	c.MaxMessages, c.MaxBytes, c.DropOldest, c.Retention = from.MaxMessages, from.MaxBytes, from.DropOldest, from.Retention
}

// oldestOf returns when the oldest of the messages was sent; false when there are none.
func oldestOf(all []*twinMessage) (sent time.Duration, any bool) {
	if len(all) == 0 {
		return 0, false
	}
	return all[0].sent, true
}
