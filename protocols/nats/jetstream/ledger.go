package jetstream

import (
	"time"

	"github.com/sluicemq/sluice/mapping"
)

// ledger holds what a consumer has been handed and has not settled, in the order
// in which the leases end. It decides nothing but max_ack_pending and what
// consumer infos say: the leases themselves are the core's.
type ledger struct {
	bySeq       map[uint64]*held
	first, last *held
}

// held is one delivery that is out.
type held struct {
	seq        uint64
	attempt    uint32
	order      uint64 // the consumer's own sequence
	until      time.Time
	before     bool             // it went out before the start, perhaps to somebody else
	object     *mapping.Pointer // removed once it is acked; nil: none
	prev, next *held
}

func (l *ledger) len() int { return len(l.bySeq) }

// add notes a delivery; an earlier one of the same message is over.
func (l *ledger) add(x held) {
	l.remove(x.seq)
	if l.bySeq == nil {
		l.bySeq = make(map[uint64]*held)
	}
	h := &x
	l.bySeq[x.seq] = h
	l.insert(h)
}

// insert puts h behind everything that ends no later. Leases of one consumer are
// mostly equally long, so that this is the end of the list.
func (l *ledger) insert(h *held) {
	after := l.last
	for after != nil && after.until.After(h.until) {
		after = after.prev
	}
	h.prev = after
	if after == nil {
		h.next, l.first = l.first, h
	} else {
		h.next, after.next = after.next, h
	}
	if h.next == nil {
		l.last = h
	} else {
		h.next.prev = h
	}
}

func (l *ledger) unlink(h *held) {
	if h.prev == nil {
		l.first = h.next
	} else {
		h.prev.next = h.next
	}
	if h.next == nil {
		l.last = h.prev
	} else {
		h.next.prev = h.prev
	}
	h.prev, h.next = nil, nil
}

func (l *ledger) remove(seq uint64) {
	if h := l.bySeq[seq]; h != nil {
		delete(l.bySeq, seq)
		l.unlink(h)
	}
}

// settle forgets a delivery, unless the message has been handed out again, and returns
// its object.
func (l *ledger) settle(seq uint64, attempt uint32) *mapping.Pointer {
	h := l.bySeq[seq]
	if h == nil || h.attempt != attempt {
		return nil
	}
	l.remove(seq)
	return h.object
}

// extend moves the end of a delivery's lease.
func (l *ledger) extend(seq uint64, attempt uint32, until time.Time) {
	if h := l.bySeq[seq]; h != nil && h.attempt == attempt {
		l.unlink(h)
		h.until = until
		l.insert(h)
	}
}

// sweep forgets the deliveries whose leases are over.
func (l *ledger) sweep(now time.Time) {
	for l.first != nil && !l.first.until.After(now) {
		l.remove(l.first.seq)
	}
}

// redelivered counts the deliveries that were not the first of their message.
func (l *ledger) redelivered() int {
	n := 0
	for _, h := range l.bySeq {
		if h.attempt > 1 {
			n++
		}
	}
	return n
}

// floor returns the highest consumer sequence with nothing out at or below it,
// when the highest that was given is top.
func (l *ledger) floor(top uint64) uint64 {
	for _, h := range l.bySeq {
		top = min(top, h.order-1)
	}
	return top
}
