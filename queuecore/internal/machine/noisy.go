package machine

import (
	"container/heap"
	"container/list"
	"math/bits"
	"slices"
)

// noisy is what a noisy group has of its own: lanes as the queue's, in which its ready
// entries, and chunks that have some, are set aside. A chunk may stand there twice.
type noisy struct {
	group  *group
	lanes  [levels]lane[*entry]
	chunks [levels]lane[*chunk]
	ranked [levels]int32 // its place in each rank
	heard  int64         // when it was last sent something, or became noisy
	served uint64        // the turn in which it was last handed out something
	place  *list.Element // in fair.loud
}

const unranked = -1

// rank is the noisy groups that may have something in the lanes of one priority: the
// one with the fewest leased first, and of those the one whose last turn was earliest.
type rank struct {
	level int
	line  []*noisy
}

// These are heap.Interface.

func (r *rank) Len() int { return len(r.line) }

func (r *rank) Less(i, j int) bool {
	a, b := r.line[i], r.line[j]
	if a.group.out != b.group.out {
		return a.group.out < b.group.out
	}
	return a.served < b.served
}

func (r *rank) Swap(i, j int) {
	r.line[i], r.line[j] = r.line[j], r.line[i]
	r.line[i].ranked[r.level], r.line[j].ranked[r.level] = int32(i), int32(j)
}

func (r *rank) Push(x any) {
	n := x.(*noisy)
	n.ranked[r.level] = int32(len(r.line))
	r.line = append(r.line, n)
}

func (r *rank) Pop() any {
	last := len(r.line) - 1
	n := r.line[last]
	r.line[last] = nil
	r.line = r.line[:last]
	n.ranked[r.level] = unranked
	return n
}

// rankIn says that n has something in the lanes of priority l.
func (f *fair) rankIn(n *noisy, l int) {
	f.queue.filled |= 1 << l
	if n.ranked[l] == unranked {
		heap.Push(&f.ranks[l], n)
	}
}

// rerank puts n where it belongs.
func (f *fair) rerank(n *noisy) {
	for l, at := range n.ranked {
		if at != unranked {
			heap.Fix(&f.ranks[l], int(at))
		}
	}
}

func (f *fair) unrank(n *noisy) {
	for l, at := range n.ranked {
		if at != unranked {
			heap.Remove(&f.ranks[l], int(at))
		}
	}
}

// noisy returns what e's group has of its own while it is noisy, or nil.
func (e *entry) noisy() *noisy {
	if e.group == nil {
		return nil
	}
	return e.group.noisy
}

// setAside puts a ready entry of a noisy group into the group's lane.
func (f *fair) setAside(e *entry) {
	n, l := e.noisy(), int(e.priority)
	n.lanes[l].push(e)
	f.rankIn(n, l)
}

// nextFair is nextOf for a queue with fair groups: quiet ones first.
func (m *Machine) nextFair(q *queue, l int) *entry {
	stands := standsIn(l)
	for {
		e := q.lanes[l].head(q.offered)
		if c := q.chunks[l].head(stands); c != nil && (e == nil || e.seq/chunkSize >= c.number) {
			m.part(c, l)
			continue
		}
		if e == nil {
			return m.nextLoud(q, l)
		}
		if !m.isNoisy(e) {
			return e
		}
		q.lanes[l].drop(e)
		q.fair.setAside(e)
	}
}

// part takes the ready entries of quiet groups out of a chunk at the head of lane l,
// and sets it aside for those of noisy groups.
func (m *Machine) part(c *chunk, l int) {
	f := c.queue.fair
	if c.roster.allNoisy() {
		for _, g := range c.roster.groups {
			f.setChunkAside(c, l, g.noisy) // which may have nothing of priority l there
		}
		return
	}
	var quiet uint64
	var loud []*noisy
	c.eachPacked(func(e *entry, name string) {
		if e.state != Ready || int(e.priority) != l {
			return
		}
		g := c.queue.groups[name] // nil for no name
		switch {
		case g == nil || g.noisy == nil:
			quiet |= bit(e.seq)
		case !slices.Contains(loud, g.noisy):
			loud = append(loud, g.noisy)
		}
	})
	if quiet != 0 {
		m.unpack(c, func(e *entry) bool { return quiet&bit(e.seq) != 0 })
	}
	for _, n := range loud {
		f.setChunkAside(c, l, n)
	}
}

func (f *fair) setChunkAside(c *chunk, l int, n *noisy) {
	c.aside |= 1 << l
	n.chunks[l].push(c)
	f.rankIn(n, l)
}

// isAside returns what reports whether a chunk is still set aside in the lanes l.
func isAside(l int) func(*chunk) bool {
	b := uint16(1) << l
	return func(c *chunk) bool { return c.levels&c.aside&b != 0 }
}

// nextLoud returns the entry of priority l to hand out first of those set aside, or nil.
func (m *Machine) nextLoud(q *queue, l int) *entry {
	r := &q.fair.ranks[l]
	for len(r.line) > 0 {
		if e := m.headOf(r.line[0], l); e != nil {
			return e
		}
		heap.Pop(r)
	}
	return nil
}

// headOf returns the first ready entry of priority l that n's group has set aside, or nil.
func (m *Machine) headOf(n *noisy, l int) *entry {
	for {
		e := n.lanes[l].head(offeredOfNoisy)
		c := n.chunks[l].head(isAside(l))
		if c == nil || e != nil && e.seq/chunkSize < c.number {
			return e
		}
		n.chunks[l].drop(c)
		m.takeOut(c, l, n.group)
	}
}

// evenShare is the share of a chunk, as one part in so many, that a group must have for
// all that is set aside there to come out with it: the others' turn is not far then,
// and their records are read together.
const evenShare = 8

// takeOut makes g's ready entries of priority l in c, which is set aside, warm.
func (m *Machine) takeOut(c *chunk, l int, g *group) {
	var own, all uint64
	c.eachPacked(func(e *entry, name string) {
		if e.state != Ready || int(e.priority) != l {
			return
		}
		all |= bit(e.seq)
		if name == g.name {
			own |= bit(e.seq)
		}
	})
	if own == 0 {
		return
	}
	if bits.OnesCount64(own)*evenShare >= bits.OnesCount64(all) {
		own = all
	}
	m.unpack(c, func(e *entry) bool { return own&bit(e.seq) != 0 })
}

// offeredOfNoisy is queue.offered for the lanes of noisy groups.
func offeredOfNoisy(e *entry) bool { return e.queue.offered(e) }

// putBack puts what was set aside in n's lanes of priority l into those of q.
func (q *queue) putBack(n *noisy, l int) {
	for e := n.lanes[l].head(q.offered); e != nil; e = n.lanes[l].head(q.offered) {
		n.lanes[l].drop(e)
		q.lanes[l].push(e)
		q.filled |= 1 << l
	}
	for c := n.chunks[l].head(isAside(l)); c != nil; c = n.chunks[l].head(isAside(l)) {
		n.chunks[l].drop(c)
		c.aside &^= 1 << l
		q.stand(c)
	}
}

// firstOf returns q's first ready entry of priority l, whatever its group, or nil.
func (m *Machine) firstOf(q *queue, l int) *entry {
	if q.affinity != nil {
		q.affinity.putBack()
	}
	first := m.nextOf(q, l)
	if q.fair == nil {
		return first
	}
	for at := q.fair.loud.Front(); at != nil; at = at.Next() {
		if e := m.headOf(at.Value.(*noisy), l); e != nil && (first == nil || e.seq < first.seq) {
			first = e
		}
	}
	return first
}

// trimLoud is what tidy does with the lanes of noisy groups.
func (f *fair) trimLoud() {
	for at := f.loud.Front(); at != nil; at = at.Next() {
		n := at.Value.(*noisy)
		for l := range levels {
			n.lanes[l].trim(f.queue.stillOffered)
			n.chunks[l].trim(isAside(l))
		}
	}
}
