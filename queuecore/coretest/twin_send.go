package coretest

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// twinTarget is a send and a queue that it goes to.
type twinTarget struct {
	q     *twinQueue
	x     *twinSend
	id    queuecore.MessageID
	along bool // a relay hands it on
}

// dedupKey returns what q knows the message by; "" is not at all.
func (q *twinQueue) dedupKey(x *twinSend) string {
	switch {
	case x.id == "" || q.config.DedupWindow == 0:
		return ""
	case q.config.DedupPerGroup:
		return x.group + "/" + x.id
	}
	return x.id
}

// duplicate returns the first send with x's id, if its window is not over.
func (w *twin) duplicate(q *twinQueue, x *twinSend) (twinFirst, bool) {
	f := q.firsts[q.dedupKey(x)]
	return f, f.expires > w.now
}

// refuses returns why the sends cannot be taken together, or nil.
func (w *twin) refuses(targets []twinTarget, acks []queuecore.Receipt) error {
	topics := w.asksTopics(acks)
	n, bytes := make(map[*twinQueue]int), make(map[*twinQueue]int)
	for _, t := range targets {
		c := t.q.config
		if c.MaxMessageSize > 0 && t.x.size > c.MaxMessageSize {
			return queuecore.ErrTooLarge
		}
		if c.Relay {
			continue
		}
		if c.MaxBytes > 0 && t.x.size > int(c.MaxBytes) {
			return queuecore.ErrFull
		}
		if _, dup := w.duplicate(t.q, t.x); dup {
			continue
		}
		n[t.q]++
		bytes[t.q] += t.x.size
		if topics.add(t.q, t.x.topic) {
			return queuecore.ErrFull
		}
		gone, room := topics.victims(t.q)
		if !c.DropOldest && t.q.over(n[t.q]-len(gone), bytes[t.q]-room) {
			return queuecore.ErrFull
		}
	}
	return nil
}

// over says whether n more messages of so many bytes in all are too many.
func (q *twinQueue) over(n, bytes int) bool {
	c := q.config
	return c.MaxMessages > 0 && len(q.all)+n > c.MaxMessages || c.MaxBytes > 0 && q.bytes()+bytes > int(c.MaxBytes)
}

// makeRooms drops the oldest for what comes, in queues that keep their bounds so.
func (w *twin) makeRooms(targets []twinTarget, acks []queuecore.Receipt) {
	topics := w.asksTopics(acks)
	n, bytes := make(map[*twinQueue]int), make(map[*twinQueue]int)
	for _, t := range targets {
		if _, dup := w.duplicate(t.q, t.x); !dup {
			n[t.q]++
			bytes[t.q] += t.x.size
			topics.add(t.q, t.x.topic)
		}
	}
	topics.drop()
	for q := range n {
		w.makeRoom(q, n[q], bytes[q])
	}
}

func (w *twin) makeRoom(q *twinQueue, n, bytes int) {
	for i := 0; q.config.DropOldest && i < len(q.all) && q.over(n, bytes); {
		if q.all[i].state == queuecore.Leased {
			i++
			continue
		}
		w.take(q, q.all[i])
		q.totals.Dropped++
	}
}

// enter puts a message into its queue, or finds that it is there already.
func (w *twin) enter(t twinTarget) (seq uint64, duplicate bool) {
	q := t.q
	if f, dup := w.duplicate(q, t.x); dup {
		q.totals.Duplicate++
		return f.seq, true
	}
	seq = w.number(q)
	if q.config.Relay {
		w.handOn(t, seq)
	} else {
		w.put(q, t.x, seq)
	}
	if key := q.dedupKey(t.x); key != "" {
		q.firsts[key] = twinFirst{seq, t.id, w.now + q.config.DedupWindow}
	}
	return seq, false
}

// put makes the entry of x in q.
func (w *twin) put(q *twinQueue, x *twinSend, seq uint64) {
	w.replace(q, x.seat)
	w.arrives(q, x.group)
	q.totals.Sent++
	m := &twinMessage{twinSend: *x, seq: seq, state: queuecore.Ready, visible: x.deliver}
	if m.visible == 0 && q.config.Delay > 0 {
		m.visible = w.now + q.config.Delay
	}
	if m.visible > w.now {
		m.state = queuecore.Delayed
	}
	q.all = append(q.all, m)
}

// replace removes what waits under the name of a seat and is not due.
func (w *twin) replace(q *twinQueue, seat string) {
	for _, m := range slices.Clone(q.all) {
		if seat != "" && m.seat == seat && m.state == queuecore.Delayed && m.attempt == 0 && m.visible > w.now {
			w.take(q, m)
			q.totals.Dropped++
			w.replaced++
		}
	}
}

// backoff is q's own rest after an attempt.
func (q *twinQueue) backoff(attempts int) time.Duration {
	c := q.config
	d := float64(c.BackoffInitial)
	for range attempts - 1 {
		d *= max(c.BackoffFactor, 1)
	}
	if c.BackoffMax > 0 {
		d = min(d, float64(c.BackoffMax))
	}
	return time.Duration(d)
}
