package machine

import (
	"cmp"
	"fmt"
	"slices"
)

// session holds leases, and queues that go with it.
type session struct {
	id       uint64
	leases   []*entry
	queues   map[*queue]struct{}
	attached map[uint64]*queue     // subscriptions that it consumes, by attachment
	waits    map[*Receive]struct{} // receivers that wait for it

	consumers map[*consumer]struct{}
}

// OpenSession begins a session; ID has not been used before. It has no answer.
type OpenSession struct{ ID uint64 }

func (r *OpenSession) step(m *Machine) {
	m.sessions[r.ID] = &session{
		id: r.ID, queues: make(map[*queue]struct{}), attached: make(map[uint64]*queue), waits: make(map[*Receive]struct{}),
		consumers: make(map[*consumer]struct{}),
	}
}

// CloseSession ends a session: its leases end, each counted as an attempt, then its
// consumers, its queues are deleted, and what it had of subscriptions is others'.
type CloseSession struct {
	Owner any
	ID    uint64
}

func (r *CloseSession) step(m *Machine) {
	if s := m.sessions[r.ID]; s != nil {
		delete(m.sessions, r.ID)
		m.endSession(s)
	}
	m.answer(r.Owner)
}

func (m *Machine) endSession(s *session) {
	for w := range s.waits {
		w.waits.dequeue(w)
		w.Err = fmt.Errorf("session of a receiver: %w", ErrClosed)
		m.answer(w.Owner)
	}
	leases := slices.Clone(s.leases)
	slices.SortFunc(leases, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.queue.id, b.queue.id), cmp.Compare(a.seq, b.seq))
	})
	for _, e := range leases {
		m.giveBack(e, 0)
		m.out.cut()
	}
	m.endConsumers(s)
	for q := range s.queues {
		m.deleteQueue(q)
	}
	m.detachAll(s)
}

func (s *session) hold(e *entry) {
	e.session = s
	e.slot = int32(len(s.leases))
	s.leases = append(s.leases, e)
}

// letGo takes e from the session that leases it, if one does.
func (e *entry) letGo() {
	s := e.session
	if s == nil {
		return
	}
	last := len(s.leases) - 1
	moved := s.leases[last]
	s.leases[e.slot] = moved
	moved.slot = e.slot
	s.leases[last] = nil
	s.leases = s.leases[:last]
	e.session = nil
}
