package machine

import (
	"math"
	"slices"
)

// Held asks what the members of a relay hold, each message counted once; of any other queue,
// what it holds.
type Held struct {
	Owner any
	Name  string
	Bound int // when the members hold more entries than this together, the longest stands for all

	Holding
	Err error
}

// Holding counts messages that several queues hold.
type Holding struct {
	Messages          int
	Bytes             int64
	FirstSeq, LastSeq uint64 // FirstSeq is of the oldest, or LastSeq+1
	FirstSent         int64  // of the oldest; 0: there is none
	Exact             bool   // else Messages and Bytes are the least that there are
}

func (r *Held) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	r.Holding = q.holding(r.Bound)
}

// holding adds up what q or its members hold.
func (q *queue) holding(bound int) Holding {
	h := Holding{LastSeq: q.last(), FirstSeq: q.last() + 1, Exact: true}
	all := []*queue{q}
	if q.relay != nil {
		all = slices.Clone(q.relay.members)
	}
	if len(all) == 0 {
		return h
	}
	slices.SortStableFunc(all, func(a, b *queue) int { return b.len() - a.len() })
	entries := 0
	for _, t := range all {
		entries += t.len()
		t.index.head(func(e *entry) {
			if e.seq < h.FirstSeq {
				h.FirstSeq, h.FirstSent = e.seq, e.sent
			}
		})
	}
	h.Messages, h.Bytes = all[0].len(), all[0].bytes
	if others := entries - h.Messages; others == 0 || entries > bound {
		h.Exact = others == 0
		return h
	}
	h.addOthers(all)
	return h
}

// addOthers adds what the first of the queues does not have.
func (h *Holding) addOthers(all []*queue) {
	known := make(map[uint64]uint64) // by chunk, a bit for each slot
	for c := all[0].index.first; c != nil; c = c.next {
		known[c.number] = c.slots()
	}
	for _, t := range all[1:] {
		for c := t.index.first; c != nil; c = c.next {
			had := known[c.number]
			if c.slots()&^had == 0 {
				continue
			}
			known[c.number] |= c.slots()
			c.view(func(e *entry, _ string) bool {
				if had&bit(e.seq) == 0 {
					h.Messages++
					h.Bytes += int64(e.size)
				}
				return true
			})
		}
	}
}

// slots returns which slots of c have an entry.
func (c *chunk) slots() uint64 {
	all := c.packed
	for i := 0; c.warm != nil && i < chunkSize; i++ {
		if c.warm[i].state != gone {
			all |= 1 << i
		}
	}
	return all
}

// browseMembers lists what the members of q hold, each message once, as the first of them
// that has it shows it.
func (m *Machine) browseMembers(q *queue, from uint64, limit int) []Browsed {
	var all, rest []Browsed // never more than limit each, however many members there are
	for _, t := range q.relay.members {
		to := uint64(math.MaxUint64)
		if len(all) == limit {
			to = all[limit-1].Receipt.Seq
		}
		all, rest = merge(rest[:0], all, m.browse(t, from, to, limit), limit), all
	}
	return all
}

// merge appends to all up to limit of what a and b list, both in order: what both list
// as a shows it.
func merge(all, a, b []Browsed, limit int) []Browsed {
	for len(all) < limit && len(a)+len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Receipt.Seq < b[0].Receipt.Seq:
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0].Receipt.Seq < a[0].Receipt.Seq:
			all, b = append(all, b[0]), b[1:]
		default:
			b = b[1:]
		}
	}
	return all
}
