package machine

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Receive takes up to Max messages of a queue. If there is none and Wait is set,
// it waits until there is one, or until Cancel.
type Receive struct {
	Owner        any
	Queue        string
	Max          int
	Lease        time.Duration // of a lease by clock; HasLease false: the queue's own
	HasLease     bool
	Session      uint64 // not 0: the session holds the lease
	Wait         bool
	TellInFlight bool   // if MaxInFlight leaves nothing to one who does not wait, Err says so
	Choice       Choice // it belongs to the machine from then on
	Consumer     uint64 // not 0: that it receives for

	Deliveries []Delivery
	Err        error

	prev, next *Receive
	waits      *queue
	held       *session // that it waits for
	sieve      *sieve   // with a choice: the queue's for it
	consumer   *consumer
	priority   int
	turn       uint64
	dealt      bool // it has made a group its consumer's own
}

// Delivery is one message handed out.
type Delivery struct {
	Receipt Receipt
	Body    any // nil: read the record
	Shared  uint64
	Until   int64 // 0: a session holds it
	First   int64
	Dead    *DeadLetter
	Sparse  bool // its neighbours are not likely to be asked for soon
	Unread  bool // it does not move on before Seen
}

// Key appends to b the key of the record that holds the message.
func (d *Delivery) Key(b []byte) []byte {
	if d.Shared != 0 {
		return appendSharedKey(b, d.Shared)
	}
	return appendEntryKey(b, FamilyEntry, d.Receipt.Queue, d.Receipt.Seq)
}

// defaultLease is for queues that name none.
const defaultLease = 30 * time.Second

func (r *Receive) step(m *Machine) {
	q, err := m.queue(r.Queue)
	if err == nil && q.relay != nil {
		err = q.keepsNothing("receive from")
	}
	if err == nil && r.Session != 0 && m.sessions[r.Session] == nil {
		err = fmt.Errorf("session of a receiver of queue %q: %w", r.Queue, ErrClosed)
	}
	if err != nil {
		r.Err = err
		m.answer(r.Owner)
		return
	}
	m.feed() // those who came first
	if q.dirty {
		m.serve(q)
	}
	if r.Err = m.identify(q, r); r.Err != nil {
		m.answer(r.Owner)
		return
	}
	if q.picky() || q.waiters.n == 0 && q.lineOf(r).n == 0 {
		m.hand(q, r)
	}
	if len(r.Deliveries) > 0 || !r.Wait && !m.mayLook(q, r) {
		r.Err = m.whyNothing(q, r)
		m.answer(r.Owner)
		return
	}
	m.noteStarving(q, r)
	if s := m.sessions[r.Session]; s != nil {
		r.held = s
		s.waits[r] = struct{}{}
	}
	q.enqueue(r)
}

// identify finds what r names.
func (m *Machine) identify(q *queue, r *Receive) (err error) {
	if r.consumer, err = m.consumerOf(q, r); err != nil {
		return err
	}
	if !r.Choice.isAny() {
		if r.sieve, err = m.sieveFor(q, r.Choice); err != nil {
			return err
		}
	}
	if c := r.consumer; c != nil {
		r.priority = c.priority
		m.looksWith(c, r.sieve)
	}
	return nil
}

// mayLook reports whether it takes a look through the queue to say that there is nothing
// for r.
func (m *Machine) mayLook(q *queue, r *Receive) bool {
	return r.sieve != nil && q.admits(r) && q.counts[Ready] > 0 && q.mayLease() > 0 && m.mayLease() > 0
}

// whyNothing returns what keeps messages from r, which does not wait, if it is a bound
// on leases that it is to be told of.
func (m *Machine) whyNothing(q *queue, r *Receive) error {
	switch {
	case len(r.Deliveries) > 0:
	case m.starves(q, r):
		return fmt.Errorf("%d messages of all queues are leased, which is the most there may be: %w", m.tally.leased, ErrLimit)
	case r.TellInFlight && q.mayLease() == 0:
		return fmt.Errorf("%d messages of queue %q are leased: %w", q.counts[Leased], q.name, ErrInFlight)
	}
	return nil
}

// Cancel ends the waiting of a Receive, which is then answered, with nothing
// unless it had been answered before.
type Cancel struct{ Receive *Receive }

func (r *Cancel) step(m *Machine) {
	if q := r.Receive.waits; q != nil {
		q.dequeue(r.Receive)
		m.answer(r.Receive.Owner)
	}
}

// serve hands out what there is to the receivers that wait: the highest priority first, and
// of those first come first served. One with a choice does not hold up the others.
func (m *Machine) serve(q *queue) {
	if q.picky() {
		m.servePicky(q)
	} else {
		m.serveInTurn(q)
	}
	for _, s := range q.sieves.list {
		if s.hot || q.held != 0 {
			s.hunger() // some of those who wait may have to be sent away, or what is withheld is for them
		}
	}
}

func (m *Machine) serveInTurn(q *queue) {
	for w := q.firstWaiter(); w != nil; w = q.firstWaiter() {
		if m.hand(q, w); len(w.Deliveries) > 0 {
			q.dequeue(w)
			m.answer(w.Owner)
			m.out.cut()
			continue
		}
		m.noteStarving(q, w)
		if w.sieve == nil || q.mayLease() == 0 || m.mayLease() == 0 {
			break
		}
		w.sieve.cool()
	}
}

// sate forgets that q's receivers wait for leases of other queues.
func (m *Machine) sate(q *queue) {
	if q.starving {
		q.starving = false
		m.chores.starving = slices.DeleteFunc(m.chores.starving, func(s *queue) bool { return s == q })
	}
}

// mayLease returns how many more entries of all queues together may be leased.
func (m *Machine) mayLease() int {
	if m.limits.Leases == 0 {
		return math.MaxInt
	}
	return max(m.limits.Leases-m.tally.leased, 0)
}

// starves reports whether r got nothing of what there is because of the limit that
// all queues share.
func (m *Machine) starves(q *queue, r *Receive) bool {
	return len(r.Deliveries) == 0 && m.mayLease() == 0 && q.counts[Ready] > 0 && q.mayLease() > 0
}

// noteStarving remembers q if r, which waits, starves.
func (m *Machine) noteStarving(q *queue, r *Receive) {
	if m.starves(q, r) && !q.starving {
		q.starving = true
		m.chores.starving = append(m.chores.starving, q)
	}
}

// feed serves the receivers that waited for leases of other queues to end. A queue
// that is not done with stands behind the others the next time.
func (m *Machine) feed() {
	for n := len(m.chores.starving); n > 0 && m.mayLease() > 0; n-- {
		q := m.chores.starving[0]
		m.chores.starving[0] = nil
		m.chores.starving = m.chores.starving[1:]
		q.starving = false
		m.serve(q)
	}
}

// hand leases up to r.Max messages of q to r.
func (m *Machine) hand(q *queue, r *Receive) {
	if !q.admits(r) {
		return
	}
	limit := min(r.Max, q.mayLease(), m.mayLease())
	if r.sieve != nil {
		m.handMatches(q, r, limit)
		return
	}
	if q.fair != nil && limit > 0 && q.counts[Ready] > 0 {
		q.fair.look(m.now)
	}
	for len(r.Deliveries) < limit {
		e := m.nextEntry(q, r)
		if e == nil || q.affinity != nil && q.passesOn(r, e) {
			return
		}
		if m.expired(e) {
			continue
		}
		q.take(e)
		g := e.line()
		m.lease(e, r)
		for g != nil && len(r.Deliveries) < limit {
			if e = g.following(); e == nil {
				break
			}
			if !m.expired(e) {
				g.takeFirst(e)
				m.lease(e, r)
			}
		}
	}
}

func (m *Machine) nextEntry(q *queue, r *Receive) *entry {
	if q.affinity != nil {
		return m.nextTo(q, r.consumer)
	}
	return m.next(q)
}

// handMatches is hand for a receiver with a choice. Of each group in order it gets one.
func (m *Machine) handMatches(q *queue, r *Receive, limit int) {
	for len(r.Deliveries) < limit {
		e := m.nextFor(r.sieve, r.consumer)
		if e == nil || q.affinity != nil && q.passesOn(r, e) {
			return
		}
		if !m.expired(e) {
			m.takeMatch(r.sieve, e)
			e.mark(sparse, true) // the next one to be read may be far away
			m.lease(e, r)
		}
	}
}

// lease hands e, which has been taken from its lane, to r.
func (m *Machine) lease(e *entry, r *Receive) {
	q := e.queue
	q.fly(e, -1)
	e.attempt++
	q.fly(e, 1)
	q.totals.Delivered++
	if e.attempt > 1 {
		q.totals.Redelivered++
	}
	if e.first == 0 {
		e.first = m.now
	}
	m.countOut(e, 1)
	if q.affinity != nil {
		r.dealt = r.dealt || r.deals(e)
		m.handed(r.consumer, e)
	}
	q.become(e, Leased)
	// A message that moves on takes its record along, from under whoever reads it.
	e.mark(unread, e.exhausted() && e.body == nil && e.shared == 0)
	d := Delivery{
		Receipt: Receipt{q.id, e.seq, e.attempt}, Body: e.body, Shared: e.shared, First: e.first, Dead: e.origin(),
		Sparse: e.is(sparse), Unread: e.is(unread),
	}
	if r.Session != 0 {
		m.sessions[r.Session].hold(e)
		e.visible = 0
	} else {
		e.visible = m.now + int64(r.lease(q))
		d.Until = e.visible
	}
	m.timers.set(e)
	m.putState(e)
	r.Deliveries = append(r.Deliveries, d)
}

// Seen says that deliveries that were Unread have been read. A lease of one that is
// over by then ends now. It has no answer.
type Seen struct{ Receipts []Receipt }

func (r *Seen) step(m *Machine) {
	for _, x := range r.Receipts {
		if e, err := m.held(x); err == nil && e.is(unread) {
			m.seen(e)
			m.out.cut()
		}
	}
}

func (m *Machine) seen(e *entry) {
	e.mark(unread, false)
	if at := e.due(); at != 0 && at <= m.now {
		m.fire(e)
		return
	}
	m.timers.set(e)
}

func (r *Receive) lease(q *queue) time.Duration {
	switch {
	case r.HasLease:
		return r.Lease
	case q.config.Lease > 0:
		return q.config.Lease
	}
	return defaultLease
}

// waiters is the line of receivers of one queue.
type waiters struct {
	first, last *Receive
	n           int
}

// push has r wait behind those of its priority and of higher ones.
func (w *waiters) push(q *queue, r *Receive) {
	after := w.last
	if w.first != nil && w.first.priority < r.priority {
		after = nil
	}
	for after != nil && after.priority < r.priority {
		after = after.prev
	}
	r.waits, r.prev = q, after
	if after == nil {
		r.next, w.first = w.first, r
	} else {
		r.next, after.next = after.next, r
	}
	if r.next == nil {
		w.last = r
	} else {
		r.next.prev = r
	}
	w.n++
}

func (w *waiters) remove(r *Receive) {
	if r.prev == nil {
		w.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		w.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	if r.held != nil {
		delete(r.held.waits, r)
	}
	r.prev, r.next, r.waits, r.held = nil, nil, nil, nil
	w.n--
}
