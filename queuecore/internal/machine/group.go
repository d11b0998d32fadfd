package machine

// group is the messages of one group. In a queue that keeps group order it is
// locked while one of them is out or its first one is delayed; while it is not,
// its first entry is offered in the queue's lane. In a queue with fair groups it
// counts what it has. Elsewhere it is only a name.
type group struct {
	name    string
	members int          // entries of whatever state; packed ones in a queue with fair groups alone
	lane    lane[*entry] // with group order: ready and delayed entries that are not withheld
	out     int          // leased entries
	offered *entry

	// Of a queue with fair groups.
	ready, delayed int     // entries, those of chunks that are not counted left out
	tenant         *tenant // nil: nothing has been leased of late
	noisy          *noisy  // nil: it is quiet

	claim *claim // with group affinity: who owns it; nil: nobody, and nothing is set aside
}

// inLine reports whether an entry in a group's lane still waits there.
func inLine(e *entry) bool { return e.state == Ready || e.state == Delayed }

// join makes e a member of the group called name.
func (q *queue) join(e *entry, name string) {
	if name == "" && !q.config.GroupOrder {
		return
	}
	e.group = q.groupOf(name)
	e.group.members++
}

// groupOf returns the group called name.
func (q *queue) groupOf(name string) *group {
	g := q.groups[name]
	if g == nil {
		g = &group{name: name}
		q.groups[name] = g
		if q.fair != nil {
			q.index.tally.groups++
		}
	}
	return g
}

// leave takes an entry that is gone out of its group.
func (q *queue) leave(g *group) {
	g.members--
	q.forgetGroup(g)
}

// forgetGroup forgets g if nothing is to be known of it.
func (q *queue) forgetGroup(g *group) {
	if g.members > 0 || g.tenant != nil || g.noisy != nil || g.claim != nil {
		return
	}
	delete(q.groups, g.name)
	if q.fair != nil {
		q.index.tally.groups--
	}
}

// count counts entries of a queue with fair groups.
func (g *group) count(s State, n int) {
	switch s {
	case Ready:
		g.ready += n
	case Delayed:
		g.delayed += n
	}
}

// unlock offers the group's first entry if the group is free.
func (q *queue) unlock(g *group) {
	if g.out > 0 {
		return
	}
	e := g.lane.head(inLine)
	if e != nil && e.state == Ready && g.offered != e {
		g.offered = e
		if !e.is(standing) {
			e.mark(standing, true)
			q.lanes[0].push(e)
		}
		q.filled |= 1
		q.becameReady(e)
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
