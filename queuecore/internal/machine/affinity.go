package machine

import "container/list"

const (
	// maxOwned is how many groups of a queue may have an owner. Past it the ownership
	// that was used least lately, of those without anything out, is forgotten.
	maxOwned = 10_000
	// fewAside is how many messages of a queue may be set aside for their owners however
	// short memory is.
	fewAside = 1024
)

// affinity is what a queue with group affinity knows of the owners of groups. All that is
// ready stands in the queue's lanes, as if there were no owners. What a receive meets
// there that is not for it is set aside, once, and is found through its group from then on.
type affinity struct {
	queue *queue
	owned *list.List // of *claim: those with an owner, the one used least lately first
	free  pool       // of groups that the next consumer may make its own
	shut  pool       // of groups that wait until what their last owner has is settled
	aside int        // entries that are set aside
}

// claim is what is known of a group that has an owner, or had one, or has something set aside.
type claim struct {
	group  *group
	owner  *consumer     // nil: nobody
	out    int           // messages that owners were handed and that are not settled
	open   bool          // without an owner: it need not wait for what is out
	place  *list.Element // in affinity.owned; nil without an owner
	aside  asideHeap
	pool   *pool // nil with nothing set aside
	pooled int   // its place there
}

func newAffinity(q *queue) *affinity { return &affinity{queue: q, owned: list.New()} }

// hasAffinity reports whether groups are to have owners.
func (c *Config) hasAffinity() bool { return c.GroupAffinity && !c.GroupOrder && !c.FairGroups }

// stopAffinity has q hand out its groups as if there were no owners.
func (m *Machine) stopAffinity(q *queue) {
	a := q.affinity
	a.putBack()
	for _, c := range q.consumers {
		c.groups, c.pool = 0, pool{}
	}
	q.affinity = nil
	q.index.each(func(e *entry) bool { e.mark(owned, false); return true })
	for _, g := range q.groups {
		if g.claim != nil {
			m.tally.claims--
			g.claim = nil
			q.forgetGroup(g)
		}
	}
	q.heatAll()
}

// resetAffinity forgets all owners of q, whose entries are gone.
func (m *Machine) resetAffinity(q *queue) {
	for _, g := range q.groups {
		if g.claim != nil {
			m.tally.claims--
		}
	}
	for _, c := range q.consumers {
		c.groups, c.pool = 0, pool{}
	}
	q.affinity = newAffinity(q)
}

// mayTake reports whether c, or nobody for nil, may be handed e as far as its group goes.
func (a *affinity) mayTake(c *consumer, e *entry) bool {
	if e.group == nil || e.group.claim == nil {
		return true
	}
	switch x := e.group.claim; {
	case x.owner == nil:
		return x.isFree()
	case x.owner == c:
		return true
	default:
		return x.owner.passed(e)
	}
}

// isFree reports whether the next consumer may make the group its own.
func (x *claim) isFree() bool { return x.owner == nil && (x.open || x.out == 0) }

// passed reports whether c has looked at e, which is ready, and does not want it.
func (c *consumer) passed(e *entry) bool {
	s := c.sieve
	return s != nil && c.queue.sieves.byText[s.text] == s && !s.knows(e)
}

// nextTo returns the entry to hand out first to c, or to nobody for nil; nil when
// there is none.
func (m *Machine) nextTo(q *queue, c *consumer) *entry {
	for l := levels - 1; l >= 0; l-- {
		if q.filled&(1<<l) == 0 {
			continue
		}
		if e := m.nextToIn(q, c, l); e != nil {
			return e
		}
	}
	return nil
}

// nextToIn is nextTo for one priority. What is not for c leaves the lane for its group's
// place, as long as not too much is set aside; what stands behind has to wait then.
func (m *Machine) nextToIn(q *queue, c *consumer, l int) *entry {
	a := q.affinity
	for {
		e := m.nextOf(q, l)
		x := a.firstAside(c, l)
		switch {
		case x != nil && (e == nil || x.seq < e.seq):
			return x
		case e == nil:
			if a.aside == 0 {
				q.filled &^= 1 << l
			}
			return nil
		case a.mayTake(c, e):
			return e
		case a.aside >= m.mostAside():
			return nil
		}
		q.lanes[l].drop(e)
		a.setAside(e)
	}
}

// mostAside returns how many entries of one queue may be set aside: as many as may wait
// warm, for they are no longer packed.
func (m *Machine) mostAside() int {
	n := max(m.near(), fewAside)
	if m.limits.Ahead > 0 {
		n = min(n, m.limits.Ahead)
	}
	return n
}

// firstAside returns the first entry of priority l that is set aside for c, or for
// whoever comes first, or nil.
func (a *affinity) firstAside(c *consumer, l int) *entry {
	e := a.first(&a.free)
	if c != nil {
		if own := a.first(&c.pool); own != nil && (e == nil || keyOf(own) < keyOf(e)) {
			e = own
		}
	}
	if e == nil || int(e.priority) != l {
		return nil
	}
	return e
}

// handed says that c, or nobody for nil, is handed e.
func (m *Machine) handed(c *consumer, e *entry) {
	g, a := e.group, e.queue.affinity
	if g == nil {
		return
	}
	x := g.claim
	if e.is(closing) {
		if x != nil && x.owner != nil {
			m.disown(x, true)
			m.freed(e.queue)
		}
		return
	}
	if c == nil || x != nil && x.owner != nil && x.owner != c {
		return
	}
	if x == nil {
		x = &claim{group: g}
		g.claim = x
		m.tally.claims++
	}
	x.out++
	e.mark(owned, true)
	if x.owner == c {
		a.owned.MoveToBack(x.place)
		return
	}
	x.owner, x.open, x.place = c, false, a.owned.PushBack(x)
	c.groups++
	a.keep(x)
	m.forgetOwners(a)
}

// forgetOwners keeps the number of owned groups within its bound, a few at a time.
func (m *Machine) forgetOwners(a *affinity) {
	for i := 0; i < 2 && a.owned.Len() > maxOwned; i++ {
		if x := a.owned.Front().Value.(*claim); x.out > 0 {
			a.owned.MoveToBack(x.place)
		} else {
			m.disown(x, false)
			m.freed(a.queue)
		}
	}
}

// disown gives up the ownership of x's group: at once when it is open, or else once
// nothing is out. Whoever calls says that it is freed.
func (m *Machine) disown(x *claim, open bool) {
	q := x.owner.queue
	x.owner.groups--
	q.affinity.owned.Remove(x.place)
	x.owner, x.open, x.place = nil, open, nil
	q.affinity.keep(x)
}

// disownAll gives up the ownership of those groups of q.
func (m *Machine) disownAll(q *queue, which func(*claim) bool) {
	for at := q.affinity.owned.Front(); at != nil; {
		x := at.Value.(*claim)
		if at = at.Next(); which(x) {
			m.disown(x, false)
		}
	}
	m.freed(q)
}

// freed says that groups of q may be nobody's now.
func (m *Machine) freed(q *queue) {
	q.heatAll()
	m.touch(q)
}

// settledOut says that e is leased no more.
func (m *Machine) settledOut(e *entry) {
	if !e.is(owned) {
		return
	}
	e.mark(owned, false)
	x := e.group.claim
	if x.out--; x.out == 0 && x.owner == nil {
		x.open = false
		e.queue.affinity.keep(x)
		m.freed(e.queue)
	}
}

// heatAll says that q's sieves may have something for those who wait: groups have lost
// their owners, or owners have looked at something and do not want it.
func (q *queue) heatAll() {
	for _, s := range q.sieves.list {
		s.heat()
	}
}

// deals reports whether e's group becomes that of r's consumer when r is handed e.
func (r *Receive) deals(e *entry) bool {
	g := e.group
	return r.consumer != nil && g != nil && !e.is(closing) && (g.claim == nil || g.claim.owner == nil)
}

// passesOn reports whether r leaves e to others that wait: groups without an owner are
// dealt out one by one.
func (q *queue) passesOn(r *Receive, e *entry) bool {
	if !r.dealt || q.turn != nil || !r.deals(e) {
		return false
	}
	others := q.waiters.n
	if r.waits != nil && r.sieve == nil {
		others--
	}
	return others > 0
}
