package machine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// consumer is one of those that a session has registered at a queue. Receives name it;
// those that name none are nobody's.
type consumer struct {
	id        uint64
	queue     *queue
	session   *session
	exclusive bool
	priority  int

	waiting []*Receive // that name it and wait, the first that came first
	sieve   *sieve     // of its last receive; nil: that had no selector

	// Of a queue with group affinity.
	groups int  // that it owns
	pool   pool // those of them that have something set aside
}

// OpenConsumer registers a consumer at a queue; ID has not been used before. It ends with
// its session, with the queue, or by CloseConsumer.
type OpenConsumer struct {
	Owner     any
	ID        uint64
	Session   uint64
	Queue     string
	Exclusive bool
	Priority  int
	Err       error
}

func (r *OpenConsumer) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Queue)
	if err != nil {
		r.Err = err
		return
	}
	if q.relay != nil {
		r.Err = q.keepsNothing("receive from")
		return
	}
	s := m.sessions[r.Session]
	if s == nil {
		r.Err = fmt.Errorf("session of a consumer of queue %q: %w", r.Queue, ErrClosed)
		return
	}
	c := &consumer{id: r.ID, queue: q, session: s, exclusive: r.Exclusive, priority: r.Priority}
	m.consumers[c.id] = c
	s.consumers[c] = struct{}{}
	q.consumers = append(q.consumers, c)
	if q.affinity != nil && q.config.GroupRebalance {
		m.disownAll(q, func(*claim) bool { return true })
	}
	m.nextTurn(q)
}

// CloseConsumer ends a consumer. What it has been handed stays leased.
type CloseConsumer struct {
	Owner any
	ID    uint64
}

func (r *CloseConsumer) step(m *Machine) {
	m.answer(r.Owner)
	if c := m.consumers[r.ID]; c != nil {
		m.endConsumer(c)
	}
}

// endConsumers ends those of a session.
func (m *Machine) endConsumers(s *session) {
	byID := func(a, b *consumer) int { return cmp.Compare(a.id, b.id) }
	for _, c := range slices.SortedFunc(maps.Keys(s.consumers), byID) {
		m.endConsumer(c)
	}
}

func (m *Machine) endConsumer(c *consumer) {
	q := c.queue
	for len(c.waiting) > 0 {
		w := c.waiting[0]
		q.dequeue(w)
		w.Err = fmt.Errorf("consumer of queue %q: %w", q.name, ErrClosed)
		m.answer(w.Owner)
	}
	m.forgetConsumer(c)
	q.consumers = slices.DeleteFunc(q.consumers, func(x *consumer) bool { return x == c })
	if q.affinity != nil {
		m.disownAll(q, func(x *claim) bool { return x.owner == c })
	}
	m.nextTurn(q)
}

func (m *Machine) forgetConsumer(c *consumer) {
	delete(m.consumers, c.id)
	delete(c.session.consumers, c)
}

// consumerOf returns the consumer that r names, or nil for none.
func (m *Machine) consumerOf(q *queue, r *Receive) (*consumer, error) {
	if r.Consumer == 0 {
		return nil, nil
	}
	c := m.consumers[r.Consumer]
	switch {
	case c == nil:
		return nil, fmt.Errorf("consumer of queue %q: %w", q.name, ErrClosed)
	case c.queue != q:
		return nil, fmt.Errorf("consumer of queue %q at queue %q: %w", c.queue.name, q.name, ErrInvalid)
	}
	return c, nil
}

// nextTurn finds whose turn it is among the exclusive consumers: of those of the highest
// priority the first that came.
func (m *Machine) nextTurn(q *queue) {
	var turn *consumer
	for _, c := range q.consumers {
		if c.exclusive && (turn == nil || c.priority > turn.priority) {
			turn = c
		}
	}
	if turn == q.turn {
		return
	}
	q.turn = turn
	if turn != nil && q.affinity != nil { // the others get nothing: what they own would be nobody's
		m.disownAll(q, func(x *claim) bool { return x.owner != turn })
	}
	m.sendOff(q)
	for _, s := range q.sieves.list {
		s.heat()
		s.hunger()
	}
	m.touch(q)
}

// sendOff answers the receivers that do not wait, and are being looked for, when it is
// not their turn any more.
func (m *Machine) sendOff(q *queue) {
	for _, s := range q.sieves.list {
		for w := s.waiters.first; w != nil && s.hasty > 0; {
			next := w.next
			if !w.Wait && !q.admits(w) {
				q.dequeue(w)
				m.answer(w.Owner)
			}
			w = next
		}
	}
}

// admits reports whether r is handed anything as far as exclusive consumers go.
func (q *queue) admits(r *Receive) bool { return q.turn == nil || r.consumer == q.turn }

// picky reports whether one receiver may be handed what another may not, apart from
// selectors.
func (q *queue) picky() bool { return q.turn != nil || q.affinity != nil }

// servePicky is serve where who gets nothing does not hold up those behind.
func (m *Machine) servePicky(q *queue) {
	for {
		if q.mayLease() == 0 || m.mayLease() == 0 {
			if w := q.firstWaiter(); w != nil {
				m.noteStarving(q, w)
			}
			return
		}
		w := m.nextServed(q)
		if w == nil {
			for len(q.sieves.hot) > 0 {
				q.sieves.hot[0].cool()
			}
			return
		}
		q.dequeue(w)
		m.answer(w.Owner)
		m.out.cut()
	}
}

// nextServed hands something to the first receiver for whom there is something, and
// returns it; nil when there is none.
func (m *Machine) nextServed(q *queue) *Receive {
	if first := q.waiters.first; q.turn == nil && len(q.sieves.hot) == 0 && first != nil {
		if m.hand(q, first); len(first.Deliveries) > 0 {
			return first
		}
	}
	for _, w := range q.candidates() {
		if m.hand(q, w); len(w.Deliveries) > 0 {
			return w
		}
	}
	return nil
}

// candidates returns the receivers for whom there may be something, in their order. Of
// those without a selector that is the first, and those whose consumer has something set
// aside: what nobody owns the first one would have been handed.
func (q *queue) candidates() (all []*Receive) {
	if q.turn != nil {
		all = slices.Clone(q.turn.waiting)
	} else {
		if w := q.waiters.first; w != nil {
			all = append(all, w)
		}
		for _, c := range q.consumers {
			if len(c.pool.line) > 0 {
				all = append(all, c.waiting...)
			}
		}
		for _, s := range q.sieves.hot {
			for w := s.waiters.first; w != nil; w = w.next {
				all = append(all, w)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Receive) int {
		return cmp.Or(-cmp.Compare(a.priority, b.priority), cmp.Compare(a.turn, b.turn))
	})
	return slices.Compact(all)
}

// before reports whether r, which waits, is served before o.
func (r *Receive) before(o *Receive) bool {
	return r.priority > o.priority || r.priority == o.priority && r.turn < o.turn
}

// awaited reports whether somebody waits for s whose turn it is.
func (s *sieve) awaited() bool {
	turn := s.queue.turn
	if turn == nil {
		return s.waiters.n > 0
	}
	return slices.ContainsFunc(turn.waiting, func(w *Receive) bool { return w.sieve == s })
}

// hasFor reports whether one of those who wait for s may be handed something now.
func (m *Machine) hasFor(s *sieve) bool {
	q := s.queue
	if q.mayLease() == 0 || m.mayLease() == 0 {
		return false
	}
	if !q.picky() {
		return m.nextFor(s, nil) != nil
	}
	for w := s.waiters.first; w != nil; w = w.next {
		if q.admits(w) && m.nextFor(s, w.consumer) != nil {
			return true
		}
	}
	return false
}
