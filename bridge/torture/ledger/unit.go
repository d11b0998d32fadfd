package ledger

// Unit is what is done whole or not at all: a transaction, a send to a topic, a
// purge.
type Unit struct {
	what          string
	round         int
	sends         []ID
	acks          []Held
	purged        []ID
	done, notDone bool // what speaks for each
}

// Together says that these sends, which Sending has announced, and these acks,
// which it announces, are about to be asked for as one.
func (l *Ledger) Together(what string, sends []ID, acks []Held) *Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &Unit{what: what, round: l.round, sends: sends, acks: acks}
	for _, id := range sends {
		if e := l.live[id]; e != nil {
			e.sending = u
		}
	}
	l.acking(acks)
	for _, h := range acks {
		if e := l.held(h); e != nil {
			e.takes = u
		}
	}
	l.units[u] = struct{}{}
	return u
}

// Done says that a unit was confirmed.
func (l *Ledger) Done(u *Unit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Units++
	l.sent(u.sends)
	l.acked(u.acks)
	for _, id := range u.purged {
		if e := l.live[id]; e != nil {
			l.settle(e)
			l.counts.Purged++
		}
	}
	l.dissolve(u)
}

// dissolve forgets a unit.
func (l *Ledger) dissolve(u *Unit) {
	delete(l.units, u)
	for _, id := range u.sends {
		if e := l.live[id]; e != nil {
			e.sending = nil
		}
	}
	for _, id := range u.taken() {
		if e := l.live[id]; e != nil && e.takes == u {
			e.takes = nil
		}
	}
}

// taken returns the messages that the unit acks or purges.
func (u *Unit) taken() []ID {
	ids := append([]ID(nil), u.purged...)
	for _, h := range u.acks {
		ids = append(ids, h.ID)
	}
	return ids
}

// judge says whether a unit of which no answer came was torn. What the check has
// found is entered.
func (l *Ledger) judge(u *Unit) {
	l.counts.OpenUnits++
	for _, id := range u.sends {
		e := l.live[id]
		if e == nil {
			continue
		}
		if e.found > 0 || e.deliveries > 0 {
			u.done = true
		} else {
			u.notDone = true
		}
	}
	for _, id := range u.taken() {
		e := l.live[id]
		switch {
		case e == nil || e.takes != u || !e.known():
		case e.found > 0:
			u.notDone = true
		case e.is(acking) && !e.is(acked):
			u.done = true
		}
	}
	if u.done && u.notDone {
		l.faults.add(Together, "a %s of round %d with %d sends and %d acks was done in part: %s",
			u.what, u.round, len(u.sends), len(u.taken()), l.story(u))
	}
	l.dissolve(u)
}

// story tells what became of the parts of a unit.
func (l *Ledger) story(u *Unit) string {
	const most = 8
	text := ""
	for i, id := range append(append([]ID(nil), u.sends...), u.taken()...) {
		if i == most {
			return text + "…"
		}
		if e := l.live[id]; e != nil {
			there := "not there"
			if e.found > 0 {
				there = "there"
			}
			text += "[" + e.history(id) + "; " + there + "] "
		}
	}
	return text
}
