package machine

import (
	"fmt"
	"slices"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// maxBindings bounds the bindings of one queue, which are deleted in one piece.
const maxBindings = 1000

// Bind routes matching topics into a queue. Binding twice is no error.
type Bind struct {
	Owner          any
	Queue, Pattern string
	Err            error
}

func (r *Bind) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Queue)
	if err != nil {
		r.Err = err
		return
	}
	if slices.Contains(q.patterns, r.Pattern) {
		return
	}
	if len(q.patterns) >= maxBindings {
		r.Err = fmt.Errorf("queue %q has its maximum of %d bindings: %w", r.Queue, maxBindings, ErrFull)
		return
	}
	if r.Err = m.bind(q, r.Pattern); r.Err != nil {
		return
	}
	if !q.config.Transient {
		m.out.Durable = true
		m.out.Batch.Put(m.bindingKey(q, r.Pattern), nil)
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info(), Bound: r.Pattern})
}

func (m *Machine) bind(q *queue, pattern string) error {
	p, err := selector.Parse(pattern)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	m.bindings.Add(p, q)
	q.patterns = append(q.patterns, pattern)
	return nil
}

// Unbind removes a binding.
type Unbind struct {
	Owner          any
	Queue, Pattern string
	Err            error
}

func (r *Unbind) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Queue)
	if err != nil {
		r.Err = err
		return
	}
	i := slices.Index(q.patterns, r.Pattern)
	if i < 0 {
		r.Err = fmt.Errorf("binding of %q to queue %q: %w", r.Pattern, r.Queue, ErrNotFound)
		return
	}
	m.unbind(q, i)
}

func (m *Machine) unbind(q *queue, i int) {
	pattern := q.patterns[i]
	q.patterns = slices.Delete(q.patterns, i, i+1)
	if p, err := selector.Parse(pattern); err == nil { // it was parsed when it was bound
		m.bindings.Remove(p, q)
	}
	if !q.config.Transient {
		m.out.Durable = true
		m.out.Batch.Delete(m.bindingKey(q, pattern))
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info(), Unbound: pattern})
}

func (m *Machine) unbindAll(q *queue) {
	for len(q.patterns) > 0 {
		m.unbind(q, len(q.patterns)-1)
	}
}

func (m *Machine) bindingKey(q *queue, pattern string) []byte {
	return m.out.key(func(b []byte) []byte {
		return append(appendQueueKey(b, FamilyBinding, q.id), pattern...)
	})
}
