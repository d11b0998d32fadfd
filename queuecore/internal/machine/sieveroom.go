package machine

import (
	"container/list"
	"fmt"
	"slices"
)

// sieveRoom is the memory that the sieves of all queues take. Those that nobody waits
// for go when there is need of it, the one that was used least lately first.
type sieveRoom struct {
	bytes int64
	idle  list.List // of *sieve
}

// About what a sieve takes at the most: itself with all the numbers that it may know and a
// Look; and a compiled selector: for each byte of its text, and in all.
const (
	sieveBytes    = 64 << 10
	selectorRatio = 64
	selectorMost  = 512 << 10
)

func (s *sieve) bytes() int64 {
	return sieveBytes + min(selectorRatio*int64(len(s.text)), selectorMost)
}

// admit makes room for s.
func (m *Machine) admit(s *sieve) error {
	r := &m.sieveRoom
	for m.limits.SieveBytes > 0 && r.bytes+s.bytes() > m.limits.SieveBytes {
		if r.idle.Len() == 0 {
			return fmt.Errorf("the selectors that receivers of all queues wait with take %d MiB of memory, which is the most there may be: %w", r.bytes>>20, ErrLimit)
		}
		m.dismiss(r.idle.Front().Value.(*sieve))
	}
	r.bytes += s.bytes()
	s.rest()
	return nil
}

// rest says that nobody waits for s.
func (s *sieve) rest() {
	r := &s.queue.sieves.m.sieveRoom
	switch {
	case s.gone:
	case s.idle == nil:
		s.idle = r.idle.PushBack(s)
	default:
		r.idle.MoveToBack(s.idle)
	}
}

// busy says that somebody waits for s.
func (s *sieve) busy() {
	if s.idle != nil {
		s.queue.sieves.m.sieveRoom.idle.Remove(s.idle)
		s.idle = nil
	}
}

// dismiss forgets s, which nobody waits for.
func (m *Machine) dismiss(s *sieve) {
	v := &s.queue.sieves
	v.list = slices.DeleteFunc(v.list, func(x *sieve) bool { return x == s })
	delete(v.byText, s.text)
	s.busy()
	s.gone = true
	m.sieveRoom.bytes -= s.bytes()
}

// dismissAll forgets the sieves of q, at which nobody waits any more.
func (m *Machine) dismissAll(q *queue) {
	for len(q.sieves.list) > 0 {
		m.dismiss(q.sieves.list[len(q.sieves.list)-1])
	}
}
