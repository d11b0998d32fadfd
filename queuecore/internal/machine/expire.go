package machine

// overdue is the reason of a message whose own time has passed.
const overdue = "expired"

// isOver reports whether e's time has passed, its own or its queue's.
func (m *Machine) isOver(e *entry) bool {
	end := e.end()
	return end != 0 && end <= m.now
}

// expired takes e out of its queue if its time is over: it goes to the queue for
// expired messages or, if there is none for it, nowhere. It stands for itself in what is
// written, so it is not for use within a transaction.
func (m *Machine) expired(e *entry) bool {
	if !m.isOver(e) {
		return false
	}
	q := e.queue
	q.totals.Expired++
	to := m.expiryQueue(e)
	if to == nil {
		m.remove(e)
		return true
	}
	m.out.cut()
	m.out.Durable = true // whoever is handed it must not have a number that is given out again
	m.move(e, to, &DeadLetter{Queue: q.name, Reason: overdue, Attempts: int(e.attempt)})
	m.out.cut()
	return true
}

// expiryQueue returns the queue that keeps e when its time is over, or nil: what ends
// because its queue keeps nothing longer is dropped.
func (m *Machine) expiryQueue(e *entry) *queue {
	if e.expires == 0 || e.end() != e.expires {
		return nil
	}
	return m.likeQueue(e.queue, e.queue.config.ExpiredTo)
}

// likeQueue returns the queue called name if it may take over messages of q, or nil: it
// must be another one that keeps what it gets, and as durable.
func (m *Machine) likeQueue(q *queue, name string) *queue {
	to := m.queues[name]
	if name == "" || to == nil || to == q || to.relay != nil || to.config.Transient != q.config.Transient {
		return nil
	}
	return to
}
