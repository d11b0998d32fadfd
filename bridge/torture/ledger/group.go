package ledger

// group is the messages of one group in the order of their sends.
type group struct {
	name    string
	members []ID // without those at its head that are gone
	highest ID   // that was ever delivered
}

func (l *Ledger) group(name string) *group {
	g := l.groups[name]
	if g == nil {
		g = &group{name: name}
		l.groups[name] = g
	}
	return g
}

// follow holds the delivery of e to the order of its group: each message before
// it is acked, or may be, or has come in the same answer. It waits for no
// message of which it is not known that it is there.
func (l *Ledger) follow(e *entry, d *Delivery) {
	g := e.group
	if e.deliveries == 0 && d.ID < g.highest {
		l.faults.add(Ordered, "%s; it came for the first time after message %d of its group", e.history(d.ID), g.highest)
	}
	g.highest = max(g.highest, d.ID)
	for len(g.members) > 0 && l.gone(g.members[0]) {
		g.members = g.members[1:]
	}
	for _, id := range g.members {
		if id >= d.ID {
			return
		}
		before := l.live[id]
		if before == nil || !before.known() || before.is(acking|acked) || d.Batch != 0 && before.last.batch == d.Batch {
			continue
		}
		l.faults.add(Ordered, "%s; it was delivered while an earlier one waited: %s", e.history(d.ID), before.history(id))
		return
	}
}

func (l *Ledger) gone(id ID) bool {
	e := l.live[id]
	return e == nil || e.is(acked)
}
