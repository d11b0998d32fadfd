package ledger

// Nacking says that deliveries are about to be given back.
func (l *Ledger) Nacking(held ...Held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range held {
		if e := l.held(h); e != nil {
			e.flags |= nacked
		}
	}
}

// Acking says that deliveries are about to be acked.
func (l *Ledger) Acking(held ...Held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acking(held)
}

func (l *Ledger) acking(held []Held) {
	for _, h := range held {
		if e := l.held(h); e != nil {
			e.flags |= acking
		}
	}
}

// held returns the entry if h is its last delivery.
func (l *Ledger) held(h Held) *entry {
	if e := l.live[h.ID]; e != nil && e.deliveries == h.number {
		return e
	}
	return nil
}

// Acked says that the acks were confirmed. One that was answered after its lease
// promises nothing, since the message may have been handed to somebody else.
func (l *Ledger) Acked(held ...Held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked(held)
}

func (l *Ledger) acked(held []Held) {
	now := l.options.Now().UnixMilli()
	for _, h := range held {
		e := l.held(h)
		if e == nil || e.last.until > 0 && now >= e.last.until {
			l.counts.LateAcks++
			continue
		}
		l.settle(e)
	}
}

func (l *Ledger) settle(e *entry) {
	if !e.is(acked) {
		l.counts.Acked++
		l.open[e.queue]--
	}
	e.flags |= acked
}

// Purging says that a queue which holds these messages, and has no consumers, is
// about to be purged.
func (l *Ledger) Purging(ids ...ID) *Unit {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &Unit{what: "purge", round: l.round, purged: ids}
	for _, id := range ids {
		if e := l.live[id]; e != nil && !e.is(acking) { // else an earlier purge has it, and may have been done
			e.flags |= acking | purging
			e.takes = u
		}
	}
	l.units[u] = struct{}{}
	return u
}
