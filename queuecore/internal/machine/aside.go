package machine

import (
	"container/heap"
	"slices"
)

// What a receive meets in the lanes of a queue with group affinity, and is for the owner of
// its group, is set aside: in its group's claim, which stands in a pool where who may have
// it finds the first of all such.

// asideHeap is entries by priority and sequence number; heap.Interface. The keys stand
// apart from the entries, which may be gone.
type asideHeap []setAside

type setAside struct {
	key uint64 // the lower the earlier
	e   *entry
}

func keyOf(e *entry) uint64 { return uint64(levels-1-e.priority)<<60 | e.seq }

func (x asideHeap) Len() int           { return len(x) }
func (x asideHeap) Less(i, j int) bool { return x[i].key < x[j].key }
func (x asideHeap) Swap(i, j int)      { x[i], x[j] = x[j], x[i] }
func (x *asideHeap) Push(v any)        { *x = append(*x, v.(setAside)) }

func (x *asideHeap) Pop() any {
	last := len(*x) - 1
	v := (*x)[last]
	(*x)[last] = setAside{}
	*x = (*x)[:last]
	return v
}

// pool is claims with something set aside, by the first of it; heap.Interface.
type pool struct{ line []*claim }

func (p *pool) Len() int           { return len(p.line) }
func (p *pool) Less(i, j int) bool { return p.line[i].aside[0].key < p.line[j].aside[0].key }

func (p *pool) Swap(i, j int) {
	p.line[i], p.line[j] = p.line[j], p.line[i]
	p.line[i].pooled, p.line[j].pooled = i, j
}

func (p *pool) Push(v any) {
	x := v.(*claim)
	x.pool, x.pooled = p, len(p.line)
	p.line = append(p.line, x)
}

func (p *pool) Pop() any {
	last := len(p.line) - 1
	x := p.line[last]
	p.line[last] = nil
	p.line = p.line[:last]
	x.pool = nil
	return x
}

// first returns the first entry set aside in p, or nil.
func (a *affinity) first(p *pool) *entry {
	for len(p.line) > 0 {
		x := p.line[0]
		e := x.aside[0].e
		if a.still(e) {
			return e
		}
		a.popAside(x)
	}
	return nil
}

// still reports whether e, which stands aside, may be handed out.
func (a *affinity) still(e *entry) bool {
	if e.state == Ready && e.is(aside) {
		return true
	}
	if e.state == gone {
		a.queue.stale--
	}
	return false
}

// popAside takes the first entry out of x's place.
func (a *affinity) popAside(x *claim) {
	e := heap.Pop(&x.aside).(setAside).e
	a.queue.leaveAside(e)
	e.mark(standing, false)
	a.keep(x)
}

// leaveAside says that e does not stand aside any more, if it did.
func (q *queue) leaveAside(e *entry) {
	if e.is(aside) {
		e.mark(aside, false)
		q.affinity.aside--
	}
}

// setAside puts e, which has just left its lane, into its group's place.
func (a *affinity) setAside(e *entry) {
	x := e.group.claim
	heap.Push(&x.aside, setAside{keyOf(e), e})
	e.mark(aside, true)
	a.aside++
	a.keep(x)
}

// takeAside is take for an entry that is set aside.
func (a *affinity) takeAside(e *entry) { a.popAside(e.group.claim) }

// keep puts x where it belongs after something has changed, and forgets it when it
// says nothing.
func (a *affinity) keep(x *claim) {
	var p *pool
	switch {
	case len(x.aside) == 0:
	case x.owner != nil:
		p = &x.owner.pool
	case x.isFree():
		p = &a.free
	default:
		p = &a.shut
	}
	switch {
	case x.pool == p && p != nil:
		heap.Fix(p, x.pooled)
		return
	case x.pool != nil:
		x.pool.drop(x)
	}
	switch {
	case p != nil:
		heap.Push(p, x)
	case x.owner == nil && x.out == 0:
		x.group.claim = nil
		a.queue.index.tally.claims--
		a.queue.forgetGroup(x.group)
	}
}

// drop takes x out, which may have nothing set aside any more.
func (p *pool) drop(x *claim) {
	i, last := x.pooled, len(p.line)-1
	p.Swap(i, last)
	p.Pop()
	if i < last {
		heap.Fix(p, i)
	}
}

// putBack puts all that is set aside back into the lanes.
func (a *affinity) putBack() {
	a.putBackPool(&a.free)
	a.putBackPool(&a.shut)
	for _, c := range a.queue.consumers {
		a.putBackPool(&c.pool)
	}
}

func (a *affinity) putBackPool(p *pool) {
	for len(p.line) > 0 {
		x := p.line[0]
		e := x.aside[0].e
		still := a.still(e)
		if a.popAside(x); still {
			a.queue.standAgain(e)
		}
	}
}

// standAgain puts e, which stood aside, back into its lane.
func (q *queue) standAgain(e *entry) {
	e.mark(standing, true)
	q.lanes[e.priority].push(e)
	q.filled |= 1 << e.priority
}

// judged says that s has looked at what x is of: what of it its consumers own and do not
// want is anybody's.
func (m *Machine) judged(s *sieve, x *Look) {
	q := s.queue
	owns := func(c *consumer) bool { return c.sieve == s && c.groups > 0 }
	if q.affinity == nil || !slices.ContainsFunc(q.consumers, owns) {
		return
	}
	q.affinity.putBackPassed(s, x)
	q.heatAll()
}

// looksWith says that c receives with s, or without a selector for nil: what of its groups
// is set aside and s has passed before is anybody's.
func (m *Machine) looksWith(c *consumer, s *sieve) {
	if c.sieve == s {
		return
	}
	c.sieve = s
	if q := c.queue; s != nil && q.affinity != nil {
		q.affinity.putBackPool(&c.pool)
		m.freed(q)
	}
}

// putBackPassed puts back what of x is set aside for owners that receive with s and have
// passed it. No more than that: an owner may have all aside that may be, and each Look is
// of a few messages.
func (a *affinity) putBackPassed(s *sieve, x *Look) {
	var from []*claim
	for i := range x.Items {
		e := a.queue.index.get(x.Items[i].Receipt.Seq)
		if e == nil || e.state != Ready || !e.is(aside) {
			continue
		}
		y := e.group.claim
		if y.owner == nil || y.owner.sieve != s || !y.owner.passed(e) {
			continue
		}
		a.queue.leaveAside(e)
		a.queue.standAgain(e)
		if !slices.Contains(from, y) {
			from = append(from, y)
		}
	}
	for _, y := range from {
		a.forgetPassed(y)
	}
}

// forgetPassed takes what putBackPassed has put back out of y's place.
func (a *affinity) forgetPassed(y *claim) {
	n := len(y.aside)
	y.aside = slices.DeleteFunc(y.aside, func(z setAside) bool { return z.e.state != gone && !z.e.is(aside) })
	if len(y.aside) < n {
		heap.Init(&y.aside)
		a.keep(y)
	}
}

// trim is what tidy does with what is set aside.
func (a *affinity) trim() {
	for _, g := range a.queue.groups {
		if x := g.claim; x != nil && len(x.aside) > 0 {
			x.aside = slices.DeleteFunc(x.aside, func(y setAside) bool {
				if y.e.state == Ready && y.e.is(aside) {
					return false
				}
				a.queue.leaveAside(y.e)
				y.e.mark(standing, false)
				return true
			})
			heap.Init(&x.aside)
			a.keep(x)
		}
	}
}
