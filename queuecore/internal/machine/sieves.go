package machine

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// idleSieves is how many sieves of a queue are kept that nobody waits for; those
	// used last are.
	idleSieves = 64
	// maxSieves bounds the different choices that are waited for at one queue: each
	// looks at each message that is sent there.
	maxSieves = 1000
)

// sieves are those of one queue.
type sieves struct {
	m        *Machine
	list     []*sieve
	byText   map[string]*sieve // by Choice.text
	hot      []*sieve          // those that may have something for a receiver that waits
	arriving Fields            // the message that is being sent
	turns    uint64            // counts receivers that began to wait, and uses of sieves
	waiting  int               // receivers with a choice
}

// sieveFor returns q's sieve for a choice, which belongs to it from then on.
func (m *Machine) sieveFor(q *queue, c Choice) (*sieve, error) {
	if q.sieves.byText == nil {
		q.sieves.m, q.sieves.byText = m, make(map[string]*sieve)
	}
	v := &q.sieves
	v.turns++
	text := c.text()
	if s := v.byText[text]; s != nil {
		s.used = v.turns
		if s.waiters.n == 0 {
			s.rest()
		}
		return s, nil
	}
	if len(v.list) >= maxSieves && !v.forgetIdle() {
		return nil, fmt.Errorf("receivers with %d different selectors wait at queue %q, which is the most there may be: %w", maxSieves, q.name, ErrLimit)
	}
	s := &sieve{queue: q, choice: c, text: text, used: v.turns}
	if err := m.admit(s); err != nil {
		return nil, err
	}
	v.list = append(v.list, s)
	v.byText[text] = s
	if v.idle() > idleSieves {
		v.forgetIdle()
	}
	return s, nil
}

func (v *sieves) idle() (n int) {
	for _, s := range v.list {
		if s.waiters.n == 0 {
			n++
		}
	}
	return n
}

// forgetIdle forgets the sieve that nobody waits for and that was used least lately,
// and reports whether there was one.
func (v *sieves) forgetIdle() bool {
	var oldest *sieve
	for _, s := range v.list {
		if s.waiters.n == 0 && (oldest == nil || s.used < oldest.used) {
			oldest = s
		}
	}
	if oldest == nil {
		return false
	}
	v.m.dismiss(oldest)
	return true
}

// lives reports whether s has not been forgotten.
func (m *Machine) lives(s *sieve) bool {
	return m.byID[s.queue.id] == s.queue && s.queue.sieves.byText[s.text] == s
}

// becameReady tells q's sieves of e, which may be handed out from now on.
func (q *queue) becameReady(e *entry) {
	for _, s := range q.sieves.list {
		s.ready(e.seq, e.level(), q.sieves.arriving)
	}
}

// heat says that s may have something for those who wait.
func (s *sieve) heat() {
	v := &s.queue.sieves
	if !s.hot && s.awaited() {
		s.hot = true
		v.hot = append(v.hot, s)
	}
	v.m.touch(s.queue)
}

// cool says that s has nothing for those who wait, as far as is known.
func (s *sieve) cool() {
	v := &s.queue.sieves
	s.hot = false
	v.hot = slices.DeleteFunc(v.hot, func(x *sieve) bool { return x == s })
	s.hunger()
}

// hunger has the next Flush look through the queue for s, if somebody waits.
func (s *sieve) hunger() {
	m := s.queue.sieves.m
	if !s.hungry && s.awaited() {
		s.hungry = true
		m.chores.hungry = append(m.chores.hungry, s)
	}
}

// The receivers that wait at a queue are in lines: one of those who want any message, and
// one for each sieve, each by priority. Whoever comes first among the first of each is served first.

func (q *queue) lineOf(r *Receive) *waiters {
	if r.sieve != nil {
		return &r.sieve.waiters
	}
	return &q.waiters
}

// enqueue has r wait.
func (q *queue) enqueue(r *Receive) {
	q.sieves.turns++
	r.turn = q.sieves.turns
	q.lineOf(r).push(q, r)
	if c := r.consumer; c != nil {
		c.waiting = append(c.waiting, r)
	}
	if s := r.sieve; s != nil {
		s.busy()
		q.sieves.waiting++
		if !r.Wait {
			s.hasty++
		}
		s.heat()
	}
}

// dequeue ends r's waiting.
func (q *queue) dequeue(r *Receive) {
	q.lineOf(r).remove(r)
	if c := r.consumer; c != nil {
		c.waiting = slices.DeleteFunc(c.waiting, func(x *Receive) bool { return x == r })
	}
	if s := r.sieve; s != nil {
		q.sieves.waiting--
		if !r.Wait {
			s.hasty--
		}
		if s.waiters.n == 0 && s.hot {
			s.cool()
		}
		if s.waiters.n == 0 {
			s.rest()
		}
	}
}

// waitingReceivers returns how many receivers wait.
func (q *queue) waitingReceivers() int { return q.waiters.n + q.sieves.waiting }

// firstWaiter returns the receiver that is served first of those for whom there may be
// something, or nil.
func (q *queue) firstWaiter() *Receive {
	first := q.waiters.first
	for _, s := range q.sieves.hot {
		if w := s.waiters.first; first == nil || w.before(first) {
			first = w
		}
	}
	return first
}

// popWaiter takes any receiver that waits out of line, or returns nil.
func (q *queue) popWaiter() *Receive {
	r := q.waiters.first
	for i := 0; r == nil && i < len(q.sieves.list); i++ {
		r = q.sieves.list[i].waiters.first
	}
	if r != nil {
		q.dequeue(r)
	}
	return r
}

// before orders noisy groups as a rank does.
func (n *noisy) before(o *noisy) bool {
	return cmp.Or(cmp.Compare(n.group.out, o.group.out), cmp.Compare(n.served, o.served)) < 0
}
