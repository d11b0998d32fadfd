package machine

import "time"

// Extend makes a lease by clock end For from now. A session's lease stays as it is.
type Extend struct {
	Owner   any
	Receipt Receipt
	For     time.Duration
	Err     error
}

func (r *Extend) step(m *Machine) {
	m.answer(r.Owner)
	e, err := m.held(r.Receipt)
	if err != nil {
		r.Err = err
		return
	}
	if e.session != nil {
		return
	}
	e.visible = m.now + int64(r.For)
	m.timers.set(e)
	m.putState(e)
}

// Acks settles deliveries, each for itself.
type Acks struct {
	Owner    any
	Receipts []Receipt
	Stale    []int // the places in Receipts of those that are over, which settle nothing
}

func (r *Acks) step(m *Machine) {
	m.answer(r.Owner)
	for i, x := range r.Receipts {
		if e := m.peek(x); e != nil && !x.fits(e) {
			r.Stale = append(r.Stale, i)
			continue
		}
		m.ack(x)
		m.out.cut()
	}
}

// Reject gives a message up at once. Park keeps it where it is.
type Reject struct {
	Owner   any
	Receipt Receipt
	Reason  string
	Park    bool
	Err     error
}

func (r *Reject) step(m *Machine) {
	m.answer(r.Owner)
	e, err := m.held(r.Receipt)
	if err != nil {
		r.Err = err
		return
	}
	m.out.Durable = true
	switch {
	case r.Park:
		m.park(e, r.Reason)
	case e.queue.config.DeadLetter == "":
		e.queue.totals.Dropped++
		m.remove(e)
	default:
		m.giveUp(e, r.Reason)
	}
}

// Spend gives a message up as one whose attempts are over, for a receiver that allows it
// fewer than the queue does and so takes no part of this one, which does not count. It does
// nothing when this attempt is one of those that are allowed.
type Spend struct {
	Owner   any
	Receipt Receipt
	Allowed int

	Spent bool
	Err   error
}

func (r *Spend) step(m *Machine) {
	m.answer(r.Owner)
	e, err := m.held(r.Receipt)
	if err != nil {
		r.Err = err
		return
	}
	if r.Spent = e.attempts() > r.Allowed; !r.Spent {
		return
	}
	m.out.Durable = true
	m.unhand(e)
	if m.deadLetterQueue(e.queue) == nil {
		m.giveUp(e, spentHere)
		return
	}
	m.giveUp(e, spent)
}

// unhand takes back the attempt that e is leased for.
func (m *Machine) unhand(e *entry) {
	e.queue.fly(e, -1)
	if e.attempt--; e.attempt == 0 {
		e.first = 0
	}
	e.queue.fly(e, 1)
}

// Release gives back deliveries that never reached their receiver; the attempt
// does not count.
type Release struct {
	Owner    any
	Receipts []Receipt
}

func (r *Release) step(m *Machine) {
	m.answer(r.Owner)
	for _, x := range r.Receipts {
		if e, err := m.held(x); err == nil {
			m.release(e)
			m.out.cut()
		}
	}
}

func (m *Machine) release(e *entry) {
	m.unhand(e)
	if m.expired(e) {
		return
	}
	m.unlease(e)
	e.visible = m.now
	e.queue.become(e, Ready)
	e.queue.offer(e)
	m.putState(e)
	m.timers.set(e)
	m.touch(e.queue)
}

// move makes an entry in to that holds e's message, and removes e. The dead
// letter does not expire by its producer's time. In a queue with group order its
// retention starts anew; elsewhere it goes on.
func (m *Machine) move(e *entry, to *queue, dead *DeadLetter) {
	m.makeRoom(to, 1, int64(e.size))
	h := e.head()
	if to.config.GroupOrder {
		h.Sent = m.now
	}
	m.carry(e, to, &h, dead)
}

// head returns the head of e's record in another queue, where it is ready and does
// not expire.
func (e *entry) head() Head {
	h := Head{Sent: e.sent, Priority: e.priority, Shared: e.shared, Size: e.size, GroupEnd: e.is(closing)}
	if e.group != nil {
		h.Group = e.group.name
	}
	return h
}

// carry makes a ready entry in to, with the head h, that holds e's message, and
// removes e. All of it is one piece.
func (m *Machine) carry(e *entry, to *queue, h *Head, dead *DeadLetter) {
	d := m.newEntry(to, h, m.number(to))
	to.fly(d, -1)
	d.shared, d.attempt, d.first, d.dead = e.shared, e.attempt, e.first, dead
	to.fly(d, 1)
	if to.config.Transient {
		d.body = e.body
	} else {
		m.copyRecord(e.queue.id, e.seq, d, h) // which remove deletes
	}
	to.become(d, Ready)
	to.offer(d)
	if d.attempt > 0 || dead != nil {
		m.putState(d)
	}
	m.timers.set(d)
	m.touch(to)
	m.readLater(to)
	m.remove(e)
}

// copyRecord writes d's record, of the head h, with the message of an entry of queue id, whose own
// record stays.
func (m *Machine) copyRecord(id uint32, seq uint64, d *entry, h *Head) {
	key := m.out.entryKey(FamilyEntry, d.queue.id, d.seq)
	if h.Shared != 0 {
		m.shared[h.Shared] = max(m.shared[h.Shared], 1) + 1
		m.needFormat(pagedFormat)
		m.out.Batch.PutFresh(key, AppendHead(nil, h))
		return
	}
	m.out.Copies = append(m.out.Copies, Copy{
		Op: m.out.Batch.Len(), From: m.out.entryKey(FamilyEntry, id, seq), Head: AppendHead(nil, h),
	})
	m.out.Batch.PutFresh(key, nil)
}
