package machine

import (
	"container/heap"
	"container/list"
	"slices"
)

// sieve is what a queue knows of its messages for one choice. A message is looked
// at once: what lies below a strand's mark and is not among the matching does not match,
// unless it came back since and stands in again. It is kept while somebody waits for it,
// and for a while longer, so that the next receive goes on where the last one ended.
type sieve struct {
	queue   *queue
	choice  Choice
	text    string  // the choice's
	waiters waiters // receivers with this choice
	hasty   int     // those of them that go when there is nothing
	strands [levels]strand
	again   []comeback
	look    *Look // that is under way
	judging bool  // what is handed out now need not wait for comebacks
	hot     bool  // stands in sieves.hot
	hungry  bool  // stands in chores.hungry
	used    uint64
	idle    *list.Element // place in sieveRoom.idle; nil: somebody waits
	gone    bool          // it is forgotten
}

// strand is the messages of one priority; with group order there is one, of the
// groups' first messages.
type strand struct {
	matching seqHeap
	next     uint64 // what is ready below it has been looked at
	done     bool   // and so has all the rest
}

// comeback is a message that has been passed, and is ready again.
type comeback struct {
	seq   uint64
	level int
}

const (
	// matchesAhead is how many matching messages of one priority a sieve knows before it
	// looks no further.
	matchesAhead = 256
	// maxComebacks is how many messages that came back a sieve remembers. Past it the
	// sieve goes back to look through the queue from the earliest of them on.
	maxComebacks = 1024
)

// seqHeap is a heap of sequence numbers; heap.Interface.
type seqHeap []uint64

func (x seqHeap) Len() int           { return len(x) }
func (x seqHeap) Less(i, j int) bool { return x[i] < x[j] }
func (x seqHeap) Swap(i, j int)      { x[i], x[j] = x[j], x[i] }
func (x *seqHeap) Push(v any)        { *x = append(*x, v.(uint64)) }

func (x *seqHeap) Pop() any {
	last := len(*x) - 1
	v := (*x)[last]
	*x = (*x)[:last]
	return v
}

// level returns the strand that e belongs to.
func (e *entry) level() int {
	if e.queue.config.GroupOrder {
		return 0
	}
	return int(e.priority)
}

// offers reports whether a ready entry may be handed out as far as its group goes.
func (q *queue) offers(e *entry) bool {
	return !q.config.GroupOrder || e.group != nil && e.group.offered == e
}

// ready tells s of a message that may be handed out from now on. fields is nil unless it
// is being sent. One that is sent while somebody waits is looked at in the step that
// sends it; what for must be read first is not.
func (s *sieve) ready(seq uint64, l int, fields Fields) {
	t := &s.strands[l]
	if !t.done && seq >= t.next {
		return // the look through the queue comes to it
	}
	switch {
	case fields != nil && s.waiters.n > 0 && len(t.matching) < matchesAhead:
		if s.choice.Match(fields) {
			s.found(seq, l)
		}
	case t.done && seq == s.queue.nextSeq-1:
		t.goBack(seq)
		s.hunger()
	case len(s.again) >= maxComebacks:
		t.goBack(seq)
		s.hunger()
	default:
		s.again = append(s.again, comeback{seq, l})
		s.hunger()
	}
}

// goBack has the look go on at seq, if it is not there yet.
func (t *strand) goBack(seq uint64) {
	if t.done || seq < t.next {
		t.next = seq
	}
	t.done = false
}

// found remembers a message that matches.
func (s *sieve) found(seq uint64, l int) {
	heap.Push(&s.strands[l].matching, seq)
	s.heat()
}

// nextFor returns the message to hand out first to a receiver of s, for that consumer, or nil if there
// is none or it is not known yet.
func (m *Machine) nextFor(s *sieve, c *consumer) *entry {
	if s.look != nil || len(s.again) > 0 && !s.judging {
		return nil
	}
	for l := levels - 1; l >= 0; l-- {
		e, known := m.firstMatch(s, l, c)
		if e != nil || !known {
			return e
		}
	}
	return nil
}

// firstMatch returns the matching message of priority l to hand out first, or nil;
// and whether that is sure.
func (m *Machine) firstMatch(s *sieve, l int, c *consumer) (e *entry, known bool) {
	s.skipEmpty(l)
	t := &s.strands[l]
	if s.queue.fair != nil {
		return m.fairMatch(s, t)
	}
	if s.queue.affinity != nil {
		return m.ownMatch(s, t, c)
	}
	for len(t.matching) > 0 {
		if e := m.offered(s.queue, t.matching[0], l); e != nil {
			return e, true
		}
		heap.Pop(&t.matching)
	}
	return nil, t.done
}

// skipEmpty spares s the look for messages of priority l if there are none.
func (s *sieve) skipEmpty(l int) {
	if t := &s.strands[l]; !t.done && s.queue.filled&(1<<l) == 0 {
		t.next, t.done = s.queue.nextSeq, true
	}
}

// offered returns the entry of seq if it may be handed out, or nil.
func (m *Machine) offered(q *queue, seq uint64, l int) *entry {
	e := m.entry(q, seq)
	if e == nil || e.state != Ready || e.level() != l || !q.offers(e) {
		return nil
	}
	return e
}

// fairMatch is firstMatch for a queue with fair groups: the first of a quiet group, of
// as many as a sieve looks ahead for.
func (m *Machine) fairMatch(s *sieve, t *strand) (best *entry, known bool) {
	slices.Sort(t.matching) // which is a heap as well
	t.matching = slices.DeleteFunc(t.matching, func(seq uint64) bool {
		e := m.entry(s.queue, seq)
		return e == nil || e.state != Ready
	})
	if len(t.matching) == 0 {
		return nil, t.done
	}
	s.queue.fair.look(m.now)
	for _, seq := range t.matching {
		e := s.queue.index.get(seq)
		if !m.isNoisy(e) {
			return e, true
		}
		if best == nil || e.noisy().before(best.noisy()) {
			best = e
		}
	}
	if !t.done && len(t.matching) < matchesAhead {
		return nil, false
	}
	return best, true
}

// ownMatch is firstMatch for a queue with group affinity: the first that c may be handed,
// of as many as a sieve looks ahead for.
func (m *Machine) ownMatch(s *sieve, t *strand, c *consumer) (e *entry, known bool) {
	slices.Sort(t.matching) // which is a heap as well
	t.matching = slices.DeleteFunc(t.matching, func(seq uint64) bool {
		e := m.entry(s.queue, seq)
		return e == nil || e.state != Ready
	})
	for _, seq := range t.matching {
		if e := s.queue.index.get(seq); s.queue.affinity.mayTake(c, e) {
			return e, true
		}
	}
	return nil, t.done || len(t.matching) >= matchesAhead
}

// knows reports whether s will hand out e, which is ready, or look at it.
func (s *sieve) knows(e *entry) bool {
	t := &s.strands[e.level()]
	return !t.done && e.seq >= t.next || slices.Contains(t.matching, e.seq) ||
		slices.ContainsFunc(s.again, func(b comeback) bool { return b.seq == e.seq }) ||
		s.look != nil && slices.ContainsFunc(s.look.Items, func(x Looked) bool { return x.Receipt.Seq == e.seq })
}

// takeMatch takes e, which nextFor has just returned, out of its strand and its turn.
// It goes on standing in its lane, and is passed over there.
func (m *Machine) takeMatch(s *sieve, e *entry) {
	t := &s.strands[e.level()]
	if i := slices.Index(t.matching, e.seq); i >= 0 {
		heap.Remove(&t.matching, i)
	}
	if g := e.line(); g != nil {
		g.offered = nil
		g.takeFirst(e)
	}
	if n := e.noisy(); n != nil {
		s.queue.fair.turn++
		n.served = s.queue.fair.turn
	}
}
