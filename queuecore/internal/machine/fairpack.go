package machine

import "slices"

// In a queue with fair groups what is packed is counted in its groups as what is not, so
// that a group without anything is known. That takes a group in memory for each that has
// packed entries alone; past Limits.Groups of them chunks are packed uncounted, as
// in a queue without fair groups.

// roster is the groups that a chunk's packed entries are of: all of them, and perhaps
// some that no longer have any there. Chunks with the same groups share one.
type roster struct{ groups []*group }

// rosterMax is how many groups a roster has at the most.
const rosterMax = 16

// allNoisy reports whether nobody in r, which may be nil, is quiet.
func (r *roster) allNoisy() bool {
	return r != nil && !slices.ContainsFunc(r.groups, func(g *group) bool { return g.noisy == nil })
}

// rosterMaker gathers the groups of a chunk's entries.
type rosterMaker struct {
	groups []*group
	many   bool // or some entry without a group
}

func (x *rosterMaker) add(g *group) {
	switch {
	case g == nil || len(x.groups) == rosterMax && !slices.Contains(x.groups, g):
		x.many = true
	case !slices.Contains(x.groups, g):
		x.groups = append(x.groups, g)
	}
}

// done returns the roster; nil says nothing.
func (x *rosterMaker) done(f *fair) *roster {
	if x.many {
		return nil
	}
	if last := f.roster; last == nil || len(last.groups) != len(x.groups) ||
		slices.ContainsFunc(x.groups, func(g *group) bool { return !slices.Contains(last.groups, g) }) {
		f.roster = &roster{x.groups}
	}
	return f.roster
}

// countPacked counts the packed entries of c, of which none has been, in their groups.
func (m *Machine) countPacked(c *chunk) {
	if c.packed == 0 {
		return
	}
	q := c.queue
	c.uncounted = m.knowsEnough(q)
	var x rosterMaker
	c.eachPacked(func(e *entry, name string) {
		var g *group
		switch {
		case name == "":
		case c.uncounted:
			q.fair.unknown++
		default:
			g = q.groupOf(name)
			g.members++
			g.count(e.state, 1)
		}
		x.add(g)
	})
	c.roster = x.done(q.fair)
}

// enlist says of what groups all of c's entries are, which are about to be packed.
func (m *Machine) enlist(c *chunk) {
	f := c.queue.fair
	if f == nil {
		return
	}
	var x rosterMaker
	switch {
	case c.packed == 0:
		c.uncounted = m.knowsEnough(c.queue)
	case c.roster == nil:
		x.many = true
	default:
		x.groups = slices.Clone(c.roster.groups)
	}
	x.many = x.many || c.uncounted
	for i := range c.warm {
		if e := &c.warm[i]; e.state != gone && !x.many {
			x.add(e.group)
		}
	}
	c.roster = x.done(f)
}

// cooled says that e, which has a group, is packed now.
func (q *queue) cooled(c *chunk, e *entry) {
	if q.fair == nil {
		q.leave(e.group)
		return
	}
	if !c.uncounted {
		return // a member that is packed
	}
	q.fair.unknown++
	q.fair.moved(e.group, e.state, gone)
	q.leave(e.group)
}

// rejoin makes e, which was packed, a member of its group in full.
func (q *queue) rejoin(c *chunk, e *entry, name string) {
	switch {
	case q.fair == nil:
		q.join(e, name)
	case name == "":
	case c.uncounted:
		q.join(e, name)
		q.fair.unknown--
		q.fair.moved(e.group, gone, e.state)
	default:
		e.group = q.groups[name]
	}
}

// knowsEnough reports whether no further groups of q are to be known for their packed
// entries alone.
func (m *Machine) knowsEnough(q *queue) bool {
	return m.limits.Groups > 0 && len(q.groups) > m.limits.Groups
}
