package ledger

import (
	"fmt"
	"time"
)

// Delivery is one message that a client was handed.
type Delivery struct {
	ID    ID
	Queue string
	By    string // the dialect
	// Identity is the server's own name of the message in this dialect, hashed; 0:
	// it has none.
	Identity uint64
	// Batch is the same for what came in one answer, and not 0, where order counts.
	Batch uint64
	// Asked is when the client asked for it, at the latest; Lease how long it is
	// leased at least from then on, or 0 while the connection lasts.
	Asked time.Time
	Lease time.Duration
}

// Held is one delivery that can be settled.
type Held struct {
	ID     ID
	number int // of the delivery
}

// slack is by how much clocks and roundings may disagree.
const slack = 50 * time.Millisecond

// Delivered says that a message came. It returns false when it should not have.
func (l *Ledger) Delivered(d Delivery) (Held, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Delivered++
	e := l.live[d.ID]
	if !l.expected(e, &d) {
		return Held{}, false
	}
	now := l.options.Now()
	if now.Add(slack).UnixMilli() < e.due {
		l.faults.add(Patient, "%s; it came %d ms too early", e.history(d.ID), e.due-now.UnixMilli())
	}
	if e.group != nil {
		l.follow(e, &d)
	}
	if e.deliveries > 0 {
		l.explain(e, &d, now)
	}
	l.handedOut(e, &d)
	return Held{d.ID, e.deliveries}, true
}

// expected reports whether the message may come at all.
func (l *Ledger) expected(e *entry, d *Delivery) bool {
	switch {
	case e == nil && d.ID >= l.next:
		l.faults.add(Known, "message %d came from %s and was never sent", d.ID, d.Queue)
	case e == nil:
		l.faults.add(Gone, "message %d came from %s; a check had found it settled", d.ID, d.Queue)
	case e.queue != d.Queue:
		l.faults.add(Known, "%s; it came from %s", e.history(d.ID), d.Queue)
	case e.is(acked) && e.is(retried):
		l.faults.add(Once, "%s; it came again with %s", e.history(d.ID), d.By)
	case e.is(acked):
		l.faults.add(Gone, "%s; it came again with %s", e.history(d.ID), d.By)
	case e.last.by == d.By && e.last.identity != d.Identity:
		l.faults.add(Once, "%s; it came with %s as another message than before", e.history(d.ID), d.By)
		return true
	default:
		return true
	}
	return false
}

// handedOut enters the delivery.
func (l *Ledger) handedOut(e *entry, d *Delivery) {
	if e.sending != nil {
		e.sending.done = true
	}
	if e.takes != nil {
		if e.is(acking) && e.lastIn < l.round {
			e.takes.notDone = true
		}
		e.takes = nil // whoever acks it from now on is somebody else
	}
	e.deliveries++
	e.lastIn = l.round
	e.flags = e.flags&^(nacked|acking|missed|purging) | arrived
	e.last = handover{by: d.By, identity: d.Identity, batch: d.Batch}
	if d.Lease > 0 {
		e.last.until = d.Asked.Add(d.Lease).UnixMilli()
	}
}

// explain finds out why a message comes again.
func (l *Ledger) explain(e *entry, d *Delivery, now time.Time) {
	again, byClock, earlier := &l.counts.Again, e.last.until > 0, e.lastIn < l.round
	switch {
	case e.is(nacked):
		again.Nacked++
	case e.is(acking | missed):
		again.AckOpen++
	case byClock && now.UnixMilli() >= e.last.until:
		again.LeaseEnded++
	case !byClock && (earlier || l.closing):
		again.Disconnect++
	case earlier && l.options.LeasesMayGo:
		again.LeaseLost++
	default:
		again.Unexplained++
		l.faults.add(Again, "%s; it came again with %s, in round %d, and nothing explains it%s", e.history(d.ID), d.By, l.round, e.leaseLeft(now))
	}
}

// leaseLeft says how much there was left of a lease.
func (e *entry) leaseLeft(now time.Time) string {
	if e.last.until == 0 {
		return ": its connection lasted"
	}
	return fmt.Sprintf(": %d ms of its lease were left", e.last.until-now.UnixMilli())
}
