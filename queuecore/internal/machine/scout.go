package machine

// Look is messages to be looked at for a choice, which only their records can tell. Once
// the batch that asks for it is written, Judged brings it back. Until then it belongs to
// whoever reads.
type Look struct {
	Choice Choice
	Items  []Looked // in no order
	// Undamaged has what is damaged not match.
	Undamaged bool

	sieve  *sieve // that it is for, or
	move   *move
	topics *topics
}

// Looked is one message of a Look.
type Looked struct {
	Delivery        // Receipt has no attempt; no lease is meant
	Matches  bool   // for Judged: also what is damaged, so that its receiver finds out
	Topic    string // for Judged: what it was sent to, if HasTopic; else to a queue
	HasTopic bool
	level    uint8 // its strand
}

const (
	// lookSize is about how many messages a Look has.
	lookSize = 128
	// scoutBudget bounds what one Flush goes through for all sieves: a chunk that has
	// nothing of a priority is one, any other scoutChunk.
	scoutBudget = 2000
	scoutChunk  = 16
)

// Judged brings back a Look. It has no answer. Err says that it could not be read; the
// receivers that wait for it get it.
type Judged struct {
	Look *Look
	Err  error
}

func (r *Judged) step(m *Machine) {
	switch {
	case r.Look.move != nil:
		m.judgedMove(r)
		return
	case r.Look.topics != nil:
		m.judgedTopics(r)
		return
	}
	s := r.Look.sieve
	if s.look != r.Look || !m.lives(s) {
		return
	}
	s.look = nil
	if r.Err != nil {
		m.blind(s, r)
		return
	}
	for i := range r.Look.Items {
		if x := &r.Look.Items[i]; x.Matches {
			s.found(x.Receipt.Seq, int(x.level))
		}
	}
	m.judged(s, r.Look)
	s.judging = true
	s.heat()
	m.serve(s.queue)
	s.judging = false
	s.hunger()
}

// blind answers those who wait for a Look that could not be read. It is to be looked
// at again.
func (m *Machine) blind(s *sieve, r *Judged) {
	for i := range r.Look.Items {
		s.again = append(s.again, comeback{r.Look.Items[i].Receipt.Seq, int(r.Look.Items[i].level)})
	}
	for w := s.waiters.first; w != nil; w = s.waiters.first {
		s.queue.dequeue(w)
		w.Err = r.Err
		m.answer(w.Owner)
	}
}

// scout looks through queues for those who wait with a choice, and reports whether
// there is more to do at once.
func (m *Machine) scout() bool {
	budget := scoutBudget
	for len(m.chores.hungry) > 0 && budget > 0 {
		s := m.chores.hungry[0]
		m.chores.hungry[0] = nil
		m.chores.hungry = m.chores.hungry[1:]
		s.hungry = false
		if !m.lives(s) || !s.awaited() || s.look != nil {
			continue
		}
		budget = m.scoutFor(s, budget)
	}
	return len(m.chores.hungry) > 0 || len(m.chores.dirty) > 0
}

// scoutFor asks for a Look, unless everything has been looked at or enough is known.
// It returns what is left of the budget.
func (m *Machine) scoutFor(s *sieve, budget int) int {
	if s.queue.mayLease() == 0 || m.mayLease() == 0 {
		m.sendAway(s)
	}
	x := &Look{Choice: s.choice, sieve: s}
	if m.gatherComebacks(s, x); len(x.Items) == 0 {
		budget = m.gather(s, x, budget)
	}
	switch {
	case len(x.Items) > 0:
		s.look = x
		m.out.Looks = append(m.out.Looks, x)
	case budget <= 0:
		s.hunger()
	case m.hasFor(s):
		s.heat() // what was missing were messages that turned out not to be there
	case s.exhausted(), s.queue.affinity != nil: // what is known to match may be others'
		m.sendAway(s)
	}
	return budget
}

// gatherComebacks takes the messages that came back into x, as far as they are ready.
func (m *Machine) gatherComebacks(s *sieve, x *Look) {
	for len(s.again) > 0 && len(x.Items) < lookSize {
		b := s.again[0]
		s.again = s.again[1:]
		e := m.peek(Receipt{Queue: s.queue.id, Seq: b.seq})
		if e != nil && e.state == Ready && s.queue.offers(e) {
			x.add(s.queue, e, b.level)
		}
	}
	if len(s.again) == 0 {
		s.again = nil
	}
}

func (x *Look) add(q *queue, e *entry, l int) {
	x.Items = append(x.Items, Looked{
		Delivery: Delivery{Receipt: Receipt{Queue: q.id, Seq: e.seq}, Body: e.body, Shared: e.shared, Dead: e.origin()}, level: uint8(l),
	})
}

// gather takes messages that have not been looked at into x: of the highest priority
// that has some. It returns what is left of the budget.
func (m *Machine) gather(s *sieve, x *Look, budget int) int {
	for l := levels - 1; l >= 0 && budget > 0; l-- {
		s.skipEmpty(l)
		t := &s.strands[l]
		if t.done {
			continue
		}
		if len(t.matching) >= matchesAhead {
			break
		}
		if budget = s.walk(l, x, budget); len(x.Items) > 0 {
			break
		}
	}
	for len(x.Items) == 0 && budget > 0 && s.strands[0].done && m.advance(s.queue) {
		budget -= scoutChunk
		m.gatherComebacks(s, x)
	}
	return budget
}

// walk goes on through the messages of priority l.
func (s *sieve) walk(l int, x *Look, budget int) int {
	t, q := &s.strands[l], s.queue
	for c := q.index.chunkOf(t.next); budget > 0 && len(x.Items) < lookSize; c = c.next {
		if c == nil || q.withholds(c.firstSeq()) {
			t.next, t.done = q.nextSeq, true
			break
		}
		budget--
		if c.warm != nil || c.levels&(1<<l) != 0 {
			budget -= scoutChunk
			s.sift(c, l, x)
		}
		t.next = min(c.firstSeq()+chunkSize, q.nextSeq)
	}
	return budget
}

// sift takes what c has of priority l into x.
func (s *sieve) sift(c *chunk, l int, x *Look) {
	t, q := &s.strands[l], s.queue
	c.view(func(e *entry, _ string) bool {
		if e.seq >= t.next && e.state == Ready && e.level() == l && q.offers(e) {
			x.add(q, e, l)
		}
		return true
	})
}

// exhausted reports whether s has looked at everything there is.
func (s *sieve) exhausted() bool {
	if s.look != nil || len(s.again) > 0 {
		return false
	}
	for l := range levels {
		if s.skipEmpty(l); !s.strands[l].done {
			return false
		}
	}
	return true
}

// sendAway answers the receivers of s that do not wait: there is nothing for them.
func (m *Machine) sendAway(s *sieve) {
	for w := s.waiters.first; w != nil && s.hasty > 0; {
		next := w.next
		if !w.Wait {
			s.queue.dequeue(w)
			w.Err = m.whyNothing(s.queue, w)
			m.answer(w.Owner)
		}
		w = next
	}
}
