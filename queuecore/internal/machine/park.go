package machine

// spent is the reason of a message that was handed out too often. Another reason
// is for good: such a message is not tried again where it is.
const spent = "attempts"

// spentHere is the reason of a message that is parked since its receiver allows fewer
// attempts than the queue.
const spentHere = "attempts of a receiver"

// rejected is the reason of a message whose receiver wanted no further attempt.
const rejected = "rejected"

// exhausted reports whether e may not be handed out again.
func (e *entry) exhausted() bool {
	limit := e.queue.config.MaxAttempts
	return limit > 0 && e.attempts() >= limit
}

// deadLetterQueue returns the queue that would keep what q gives up, or nil.
func (m *Machine) deadLetterQueue(q *queue) *queue {
	return m.likeQueue(q, q.config.DeadLetter)
}

// giveUp moves e to its queue's dead-letter queue, or parks it if there is none
// that could keep it. It begins a piece of its own.
func (m *Machine) giveUp(e *entry, reason string) {
	q := e.queue
	if e.state != Parked { // it was told when it was parked
		m.out.GivenUp = append(m.out.GivenUp, GivenUp{Queue: q.id, Seq: e.seq, Attempts: e.attempts(), Reason: reason})
	}
	to := m.deadLetterQueue(q)
	if to == nil {
		if e.state != Parked {
			m.park(e, reason)
			m.warn(q, reason)
		}
		return
	}
	q.totals.DeadLettered++
	m.out.Durable = true
	m.move(e, to, &DeadLetter{Queue: q.name, Reason: reason, Attempts: int(e.attempt)})
}

// warn tells that q parks messages, the first time since it was loaded or its rules changed.
func (m *Machine) warn(q *queue, reason string) {
	if !q.warned {
		q.warned = true
		m.out.Warnings = append(m.out.Warnings, Warning{Queue: q.name, Reason: reason, DeadLetter: q.config.DeadLetter})
	}
}

// park keeps e out of the way until the queue's redrive rules change or its
// dead-letter queue is made. A group goes on without it.
func (m *Machine) park(e *entry, reason string) {
	q := e.queue
	m.unlease(e)
	e.visible = 0
	q.become(e, Parked)
	q.reasons[e.seq] = reason
	m.putState(e)
	m.timers.set(e)
	if g := e.line(); g != nil {
		q.unlock(g)
	}
	m.touch(q)
}

// reviver looks at a queue's parked entries again, some at a time.
type reviver struct {
	q    *queue
	next uint64 // sequence number to go on from
}

// A reviver looks at so many entries per Flush, and moves so many.
const (
	revivedPerFlush  = 1000
	lookedAtPerFlush = 50_000
)

// unpark has q's parked entries looked at again.
func (m *Machine) unpark(q *queue) {
	if q.counts[Parked] == 0 {
		return
	}
	for i := range m.chores.revivers {
		if m.chores.revivers[i].q == q {
			m.chores.revivers[i].next = 0
			return
		}
	}
	m.chores.revivers = append(m.chores.revivers, reviver{q: q})
}

// revive goes on with the revivers, and reports whether there is more to do.
func (m *Machine) revive() bool {
	for moved, looked := 0, 0; len(m.chores.revivers) > 0; m.chores.revivers = m.chores.revivers[1:] {
		r := &m.chores.revivers[0]
		if m.byID[r.q.id] != r.q {
			continue
		}
		r.q.index.from(r.next, func(e *entry) bool {
			r.next = e.seq + 1
			looked++
			if e.state == Parked && m.reviveEntry(e) {
				moved++
			}
			return moved < revivedPerFlush && looked < lookedAtPerFlush
		})
		m.touch(r.q)
		if moved >= revivedPerFlush || looked >= lookedAtPerFlush {
			return true
		}
	}
	return false
}

// reviveEntry gives e up, if there is a dead-letter queue now, or lets it be
// handed out again, if it may be.
func (m *Machine) reviveEntry(e *entry) bool {
	defer m.out.cut()
	q := e.queue
	reason := q.reasons[e.seq]
	switch {
	case m.deadLetterQueue(q) != nil && (reason != spent || e.exhausted()):
		m.giveUp(e, reason)
		return true
	case reason != spent || e.exhausted():
		return false
	}
	delete(q.reasons, e.seq)
	q.become(e, Ready)
	q.offer(e)
	m.putState(e)
	m.timers.set(e)
	return true
}
