package machine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Fill says what a new member of a relay begins with, of what the others hold.
type Fill struct {
	Seqs []uint64 // these, as far as they are there
	From uint64   // and everything from here on; 0: nothing else
}

// What a member begins with is one piece.
const (
	MaxFill      = 10_000
	maxFillBytes = 4 << 20 // of records, with the messages that stand in the entries of others and are copied
)

// kept is an entry of a member as another one would have it.
type kept struct {
	of   uint32 // the queue that has it
	seq  uint64
	head Head
	seat string // in which it waits; "": none
}

// bytes returns about what k's record takes.
func (k *kept) bytes() int {
	n := 64 + len(k.head.Group) + 2*len(k.seat)
	if k.head.Shared == 0 {
		n += int(k.head.Size) + 256
	}
	return n
}

// filling returns what a new queue begins with, in order.
func (m *Machine) filling(r *CreateQueue) ([]kept, error) {
	if r.Fill == nil {
		return nil, nil
	}
	to := m.queues[r.Config.Of]
	if r.Config.Of == "" || to == nil || to.relay == nil {
		return nil, fmt.Errorf("queue %q would begin with what others hold, and is no member of a relay: %w", r.Name, ErrInvalid)
	}
	from := r.Fill.From
	if from == 0 {
		from = math.MaxUint64
	}
	all, bytes := make(map[uint64]kept), 0
	for _, t := range to.relay.members {
		t.shown(from, r.Fill.Seqs, func(k kept) bool {
			if k.head.Visible <= m.now {
				k.seat = "" // which it is about to leave
			}
			if _, there := all[k.seq]; !there {
				all[k.seq] = k
				bytes += k.bytes()
			}
			return len(all) <= MaxFill && bytes <= maxFillBytes
		})
	}
	if len(all) > MaxFill || bytes > maxFillBytes {
		return nil, fmt.Errorf("queue %q would begin with more than %d messages that others hold, or %d bytes of records: %w",
			r.Name, MaxFill, maxFillBytes, ErrTooLarge)
	}
	list := make([]kept, 0, len(all))
	for _, k := range all {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b kept) int { return cmp.Compare(a.seq, b.seq) })
	return seated(list), nil
}

// seated leaves out those of all, which is in order, whose seat a later one has. A member that
// did not take the later one has the earlier one still.
func seated(all []kept) []kept {
	last := make(map[string]uint64)
	for i := range all {
		last[all[i].seat] = all[i].seq
	}
	return slices.DeleteFunc(all, func(k kept) bool { return k.seat != "" && last[k.seat] != k.seq })
}

// shown calls fn for what q holds of the numbers and from a number on, until it returns false.
func (q *queue) shown(from uint64, seqs []uint64, fn func(kept) bool) {
	wanted := make(map[uint64]bool, len(seqs))
	first := from
	for _, seq := range seqs {
		wanted[seq] = true
		first = min(first, seq)
	}
	going := true
	for c := q.index.chunkOf(first); c != nil && going; c = c.next {
		c.view(func(e *entry, group string) bool {
			if e.seq >= from || wanted[e.seq] {
				going = fn(kept{q.id, e.seq, e.fresh(group), q.seats.names[e.seq]})
			}
			return going
		})
	}
}

// fresh returns the head of e's record in a queue that has never handed it out.
func (e *entry) fresh(group string) Head {
	h := Head{
		Sent: e.sent, Expires: e.expires, Priority: e.priority, Group: group, Size: e.size, Shared: e.shared, GroupEnd: e.is(closing),
	}
	if e.state == Delayed && e.attempt == 0 {
		h.Visible = e.visible
	}
	return h
}

// fill puts what a new member begins with into it.
func (m *Machine) fill(q *queue, all []kept) {
	for i := range all {
		h := &all[i].head
		e := m.newEntry(q, h, all[i].seq)
		e.visible, e.shared = h.Visible, h.Shared
		m.copyRecord(all[i].of, e.seq, e, h)
		if e.visible > m.now {
			q.become(e, Delayed)
			m.sit(e, all[i].seat)
			q.lineUp(e)
		} else {
			q.become(e, Ready)
			q.offer(e)
		}
		m.timers.set(e)
	}
	if q.of != nil {
		q.nextSeq = q.of.nextSeq
	}
	m.makeRoom(q, 0, 0)
}
