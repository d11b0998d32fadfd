package machine

// group is the messages of one group in a queue that keeps group order. It is
// locked while one of them is out or its first one is delayed; while it is not,
// its first entry is offered in the queue's lane.
type group struct {
	name    string
	lane    lane // ready and delayed entries
	out     int  // leased entries
	offered *entry
}

// inLine reports whether an entry in a group's lane still waits there.
func inLine(e *entry) bool { return e.state == Ready || e.state == Delayed }

// groupOf returns the group called name, made if need be.
func (q *queue) groupOf(name string) *group {
	if q.groups == nil {
		return nil
	}
	g := q.groups[name]
	if g == nil {
		g = &group{name: name}
		q.groups[name] = g
	}
	return g
}

// unlock offers the group's first entry if the group is free, and forgets a
// group with nothing left.
func (q *queue) unlock(g *group) {
	if g.out > 0 {
		return
	}
	e := g.lane.head(inLine)
	if e == nil {
		if q.groups[g.name] == g {
			delete(q.groups, g.name)
		}
		return
	}
	if e.state == Ready && g.offered != e {
		g.offered = e
		q.lanes[0].push(e)
		q.filled |= 1
	}
}

// takeFirst takes e, the group's head, out of line.
func (g *group) takeFirst(e *entry) {
	if g.lane.head(inLine) == e {
		g.lane.drop(e)
	}
}

// following returns the group's next entry that may go out together with those
// just taken, or nil.
func (g *group) following() *entry {
	if e := g.lane.head(inLine); e != nil && e.state == Ready {
		return e
	}
	return nil
}
