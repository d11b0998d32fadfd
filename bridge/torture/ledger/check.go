package ledger

// Check compares a ledger with what a stopped server's store holds. Nobody uses
// the ledger from Begin until End.
type Check struct{ l *Ledger }

// Begin begins a check.
func (l *Ledger) Begin() *Check { return &Check{l} }

// Found says that a queue holds a message. One that is there twice is told twice.
func (c *Check) Found(queue string, id ID) {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.live[id]
	switch {
	case e == nil && id >= l.next:
		l.faults.add(Known, "message %d is in %s and was never sent", id, queue)
	case e == nil:
		l.faults.add(Gone, "message %d is in %s; an earlier check had found it settled", id, queue)
	case e.queue != queue:
		l.faults.add(Known, "%s; it is in %s", e.history(id), queue)
	default:
		e.found++
	}
}

// End judges, settles what was open, and forgets what is gone. It returns how
// many messages are left.
func (c *Check) End() int {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	for u := range l.units {
		l.judge(u)
	}
	for id, e := range l.live {
		l.compare(id, e)
		if l.keep(e) {
			e.found = 0
			continue
		}
		if !e.is(acked) {
			l.open[e.queue]--
		}
		delete(l.live, id)
	}
	l.tidy()
	return len(l.live)
}

// compare holds what was found to what is known.
func (l *Ledger) compare(id ID, e *entry) {
	switch {
	case e.found > 1:
		l.faults.add(Once, "%s; it is there %d times", e.history(id), e.found)
	case e.found == 1 && e.is(acked) && e.is(retried):
		l.faults.add(Once, "%s; it is there again", e.history(id))
	case e.found == 1 && e.is(acked):
		l.faults.add(Gone, "%s; it is there", e.history(id))
	case e.found == 0 && e.known() && !e.is(acking|acked):
		l.faults.add(Kept, "%s; it is not there", e.history(id))
	}
	if e.found > 0 {
		if e.is(acking) {
			e.flags = e.flags&^(acking|purging) | missed
		}
		e.flags |= arrived
	}
}

// keep reports whether an entry is still needed: its message is there and has not
// been told as back, or it will be sent again.
func (l *Ledger) keep(e *entry) bool {
	if e.is(acked) {
		return e.is(retrying)
	}
	return e.found > 0 || e.is(retrying) && !e.is(acking)
}

// tidy lets groups forget what is gone.
func (l *Ledger) tidy() {
	for _, g := range l.groups {
		left := g.members[:0]
		for _, id := range g.members {
			if l.live[id] != nil {
				left = append(left, id)
			}
		}
		g.members = left
	}
}
