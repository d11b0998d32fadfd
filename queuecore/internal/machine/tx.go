package machine

import (
	"fmt"
	"time"
)

// Receipt is queuecore.Receipt.
type Receipt struct {
	Queue   uint32
	Seq     uint64
	Attempt uint32
}

// fits reports whether an ack with r settles e: it is of the last attempt or, with
// Attempt 0, of any.
func (r *Receipt) fits(e *entry) bool {
	return e.attempt == r.Attempt && r.Attempt > 0 || r.Attempt == 0 && e.attempt > 0
}

// Nack gives one delivery back.
type Nack struct {
	Receipt Receipt
	Delay   time.Duration // Backoff: the queue's own; GiveUp: no further attempt
}

// Tx is sends, acks and nacks that happen together or not at all.
type Tx struct {
	Owner any
	Sends []Send
	Acks  []Receipt
	Nacks []Nack
	If    *Expect // nil: whatever there is

	Err error
}

func (r *Tx) step(m *Machine) {
	if m.mustWait(r) {
		return
	}
	m.answer(r.Owner)
	defer m.uncheck()
	if r.Err = m.check(r); r.Err != nil {
		return
	}
	m.makeRooms()
	for i := range r.Sends {
		m.place(&r.Sends[i])
	}
	for _, a := range r.Acks {
		m.ack(a)
	}
	for _, n := range r.Nacks {
		if n.Delay != GiveUp {
			m.nack(n)
		}
	}
	m.rejectAll(r.Nacks)
}

// rejectAll gives up what is not to be tried again. Each is a piece of its own, behind
// the transaction: very many would not fit into one write. A crash between two pieces
// costs a redelivery, as that of a nack does.
func (m *Machine) rejectAll(ns []Nack) {
	for _, n := range ns {
		if n.Delay != GiveUp {
			continue
		}
		if e, err := m.held(n.Receipt); err == nil { // not settled earlier in the same transaction
			m.out.cut()
			m.out.Durable = true
			e.queue.totals.Nacked++
			m.giveUp(e, rejected)
		}
	}
}

// check says whether all of r can be done.
func (m *Machine) check(r *Tx) error {
	if r.If != nil {
		if err := m.expect(r); err != nil {
			return err
		}
	}
	m.noteLeaving(r)
	if err := m.checkSends(r.Sends); err != nil {
		return err
	}
	for _, a := range r.Acks {
		if e := m.peek(a); e != nil && !a.fits(e) {
			return stale(e.queue, a)
		}
	}
	for _, n := range r.Nacks {
		if _, err := m.held(n.Receipt); err != nil {
			return err
		}
	}
	return nil
}

// peek shows the entry that r names, or nil; it must not be changed or kept.
func (m *Machine) peek(r Receipt) (e *entry) {
	q := m.byID[r.Queue]
	if q == nil {
		return nil
	}
	c := q.index.holding(r.Seq)
	if c == nil {
		return q.index.get(r.Seq)
	}
	c.eachPacked(func(p *entry, _ string) {
		if p.seq == r.Seq {
			shown := *p
			e = &shown
		}
	})
	return e
}

// find returns the entry that r names, whoever holds it now, or nil.
func (m *Machine) find(r Receipt) *entry {
	q := m.byID[r.Queue]
	if q == nil {
		return nil
	}
	return m.entry(q, r.Seq)
}

// held returns the entry that is leased under r.
func (m *Machine) held(r Receipt) (*entry, error) {
	q := m.byID[r.Queue]
	if q == nil {
		return nil, fmt.Errorf("queue of message %d: %w", r.Seq, ErrStale)
	}
	e := q.index.get(r.Seq)
	if e == nil || e.state != Leased || e.attempt != r.Attempt {
		return nil, stale(q, r)
	}
	return e, nil
}

func stale(q *queue, r Receipt) error {
	return fmt.Errorf("attempt %d of message %d of queue %q is over: %w", r.Attempt, r.Seq, q.name, ErrStale)
}

// ack removes the message. It may have become ready again, as long as nobody
// else was given it.
func (m *Machine) ack(r Receipt) {
	m.out.Durable = true // also for one that is gone: the batch that removed it may be under way
	e := m.find(r)
	if e == nil || !r.fits(e) {
		return
	}
	e.queue.totals.Acked++
	m.remove(e)
}

func (m *Machine) nack(n Nack) {
	e, err := m.held(n.Receipt)
	if err != nil {
		return // settled earlier in the same transaction
	}
	e.queue.totals.Nacked++
	if e.exhausted() || m.isOver(e) && m.expiryQueue(e) != nil {
		m.endLease(e)
		return
	}
	d := n.Delay
	if d < 0 {
		d = e.queue.config.backoff(uint32(e.attempts()))
	}
	m.giveBack(e, d)
}

// endLease has the clock end e's lease at once, or as soon as the message is read: a
// transaction with very many messages to give up would not fit into one write with all
// that this takes.
func (m *Machine) endLease(e *entry) {
	e.letGo()
	e.visible = m.now
	m.putState(e)
	m.timers.set(e)
}

// remove takes e and its records away and lets its group go on.
func (m *Machine) remove(e *entry) {
	q, g, line := e.queue, e.group, e.line()
	m.detach(e)
	m.leaveSeat(q, e.seq)
	if !q.config.Transient {
		m.deleteRecords(q.id, e)
	}
	if inLine(e) || e.is(standing) {
		q.stale++
	}
	q.leaveAside(e)
	if e.state == Parked {
		delete(q.reasons, e.seq)
	}
	q.count(e.state, -1)
	q.fly(e, -1)
	if q.fair != nil {
		q.fair.moved(g, e.state, gone)
	}
	q.bytes -= int64(e.size)
	if q.topics != nil {
		q.topics.gone(e.seq)
	}
	m.settled(q.index.remove(e))
	if line != nil {
		if line.offered == e {
			line.offered = nil
		}
		q.unlock(line)
	}
	if g != nil {
		q.leave(g)
	}
	q.tidy()
	m.touch(q)
}

// detach takes e from its timer, its session, its group's count and the window.
func (m *Machine) detach(e *entry) {
	m.timers.drop(e)
	e.letGo()
	m.window.forget(e)
	if e.state == Leased {
		m.countOut(e, -1)
	}
}

// countOut counts that e is leased from now on, or no longer.
func (m *Machine) countOut(e *entry, n int) {
	if g := e.line(); g != nil {
		g.out += n
	} else if f := e.queue.fair; f != nil {
		f.countOut(e.group, n, m.now)
	} else if n < 0 {
		m.settledOut(e)
	}
}

// giveBack ends a lease: the message rests for d and is handed out again, unless
// it has been tried too often or has expired.
func (m *Machine) giveBack(e *entry, d time.Duration) {
	q := e.queue
	if e.exhausted() {
		if e.is(unread) {
			m.endLease(e)
		} else {
			m.giveUp(e, spent)
		}
		return
	}
	if m.expired(e) {
		return
	}
	m.unlease(e)
	if d > 0 {
		e.visible = m.now + int64(min(d, maxDelay))
		q.become(e, Delayed)
		if g := e.line(); g != nil {
			q.lineUp(e)
			q.unlock(g)
		}
	} else {
		e.visible = m.now
		q.become(e, Ready)
		q.offer(e)
	}
	m.putState(e)
	m.timers.set(e)
	m.touch(q)
}

// unlease takes a leased entry from its holder; its next state is the caller's to set.
func (m *Machine) unlease(e *entry) {
	m.timers.drop(e)
	e.letGo()
	m.countOut(e, -1)
}

// putState writes what must outlive a restart.
func (m *Machine) putState(e *entry) {
	if e.queue.config.Transient {
		return
	}
	s := stateRecord{state: e.state, attempt: e.attempt, visible: e.visible, first: e.first, dead: e.dead}
	if e.state == Parked {
		s.reason = e.queue.reasons[e.seq]
	}
	if e.state == Leased && e.session != nil {
		s.state, s.visible = Ready, 0
	}
	m.out.put(m.out.entryKey(FamilyState, e.queue.id, e.seq), m.out.key(func(b []byte) []byte {
		return appendState(b, &s)
	}), !e.stated)
	e.stated = true
}
