package machine

import (
	"fmt"
	"slices"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// maxBindings bounds the bindings of one queue, which are deleted in one piece.
const maxBindings = 1000

// binding routes what is sent to matching topics into a queue, if it is what the
// selector, which may be nil, wants, and if the queue takes what comes from there.
type binding struct {
	queue    *queue
	pattern  string
	selector *selector.Selector
	number   uint64 // rises with each binding
}

// Verdict is a binding's selector, for whoever asks it before a message comes here. One
// with a higher number was made later.
type Verdict struct {
	Number   uint64
	Selector *selector.Selector // nil: everything
}

// Asked is what the selectors of bindings have said of a message before it came.
type Asked struct {
	Known uint64   // those with higher numbers were not asked
	Yes   []uint64 // the numbers of those that want it, rising
}

// Bind routes matching topics into a queue. A queue has one binding of a pattern: binding
// it again with another selector replaces that of before; with the same it is no error.
type Bind struct {
	Owner          any
	Queue, Pattern string
	Selector       *selector.Selector // of Compile; nil: everything
	Err            error
}

func (r *Bind) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Queue)
	if err != nil {
		r.Err = err
		return
	}
	if q.of != nil {
		r.Err = fmt.Errorf("queue %q gets what its relay %q hands on, by the topics of its configuration: %w", r.Queue, q.of.name, ErrInvalid)
		return
	}
	i := q.binding(r.Pattern)
	if i >= 0 && q.bindings[i].selector.String() == r.Selector.String() {
		return
	}
	if r.Err = q.mayRebind(r.Pattern); r.Err != nil {
		return
	}
	if i < 0 && len(q.bindings) >= maxBindings {
		r.Err = fmt.Errorf("queue %q has its maximum of %d bindings: %w", r.Queue, maxBindings, ErrFull)
		return
	}
	p, err := selector.Parse(r.Pattern)
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", ErrInvalid, err)
		return
	}
	if i >= 0 {
		m.detachBinding(q, i)
	}
	m.bindNew(&binding{queue: q, pattern: r.Pattern, selector: r.Selector}, p)
}

// bindNew enters a binding and writes it.
func (m *Machine) bindNew(x *binding, p selector.Pattern) {
	q := x.queue
	m.bind(x, p)
	if !q.config.Transient {
		m.out.Durable = true
		if x.selector != nil {
			m.needFormat(selectiveFormat)
		}
		m.out.Batch.Put(m.bindingKey(q, x.pattern), []byte(x.selector.String()))
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info(), Bound: x.pattern, Selector: x.selector.String(), Binding: x.verdict()})
}

// choosy reports whether x has to see more of a message than its topic.
func (x *binding) choosy() bool { return x.selector != nil || x.queue.keepsOut() != "" }

// wants reports whether s goes by x, which is choosy.
func (x *binding) wants(s *Send) bool {
	if out := x.queue.keepsOut(); out != "" && out == s.Origin {
		return false
	}
	if x.number <= s.Asked.Known && x.selector != nil {
		_, yes := slices.BinarySearch(s.Asked.Yes, x.number)
		return yes
	}
	return x.selector == nil || s.Fields != nil && x.selector.Match(s.Fields)
}

func (x *binding) verdict() Verdict { return Verdict{x.number, x.selector} }

// binding returns which of q's bindings has the pattern, or -1.
func (q *queue) binding(pattern string) int {
	return slices.IndexFunc(q.bindings, func(x *binding) bool { return x.pattern == pattern })
}

func (m *Machine) bind(x *binding, p selector.Pattern) {
	m.bound++
	x.number = m.bound
	if x.choosy() {
		m.selective.Add(p, x)
	} else {
		m.bindings.Add(p, x.queue)
	}
	x.queue.bindings = append(x.queue.bindings, x)
}

// loadBinding is bind for what the disk knows.
func (m *Machine) loadBinding(q *queue, pattern, text string) error {
	p, err := selector.Parse(pattern)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	s, err := Compile(text, selector.Options{})
	if err != nil {
		return fmt.Errorf("binding %.200q of queue %.200q: %w", pattern, q.name, err)
	}
	m.bind(&binding{queue: q, pattern: pattern, selector: s}, p)
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
	i := q.binding(r.Pattern)
	if i < 0 {
		r.Err = fmt.Errorf("binding of %q to queue %q: %w", r.Pattern, r.Queue, ErrNotFound)
		return
	}
	if r.Err = q.mayRebind(r.Pattern); r.Err != nil {
		return
	}
	m.unbind(q, i)
}

func (m *Machine) unbind(q *queue, i int) {
	pattern := q.bindings[i].pattern
	m.detachBinding(q, i)
	if !q.config.Transient {
		m.out.Durable = true
		m.out.Batch.Delete(m.bindingKey(q, pattern))
	}
}

// detachBinding takes a binding out of the rules.
func (m *Machine) detachBinding(q *queue, i int) {
	x := q.bindings[i]
	q.bindings = slices.Delete(q.bindings, i, i+1)
	if p, err := selector.Parse(x.pattern); err == nil { // it was parsed when it was bound
		if x.choosy() {
			m.selective.Remove(p, x)
		} else {
			m.bindings.Remove(p, q)
		}
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info(), Unbound: x.pattern})
}

func (m *Machine) unbindAll(q *queue) {
	for len(q.bindings) > 0 {
		m.unbind(q, len(q.bindings)-1)
	}
}

func (m *Machine) bindingKey(q *queue, pattern string) []byte {
	return m.out.key(func(b []byte) []byte {
		return append(appendQueueKey(b, FamilyBinding, q.id), pattern...)
	})
}

// Compile reads a selector within the bounds that the core sets: what is sent is held
// against selectors on the goroutine that serves all queues. The error is ErrInvalid.
func Compile(text string, o selector.Options) (*selector.Selector, error) {
	o.Limits = selector.Limits{Length: SelectorBytes, Nodes: SelectorNodes, Steps: selectorSteps}
	s, err := selector.Compile(text, o)
	if err != nil {
		return nil, invalidSelector{err}
	}
	return s, nil
}

// invalidSelector is what is wrong with a selector; it says so itself.
type invalidSelector struct{ error }

func (e invalidSelector) Unwrap() []error { return []error{ErrInvalid, e.error} }

// The bounds of Compile: of the text, of what it names and does, and of the steps
// for one message, which are a tenth of a millisecond at the worst.
const (
	SelectorBytes = 16 << 10
	SelectorNodes = 2048
	selectorSteps = 1 << 14
)
