package machine

// timersPerFlush bounds the entries that one Flush looks at whose time has come.
const timersPerFlush = 2000

// tick does what is due by now and reports whether there is more.
func (m *Machine) tick() bool {
	for budget := timersPerFlush; budget > 0; budget-- {
		switch e, c := m.timers.pop(m.now); {
		case e != nil:
			m.fire(e)
		case c != nil:
			budget -= m.fireChunk(c)
		default:
			return false
		}
		m.out.cut()
	}
	return true
}

// fire does what e's time has come for.
func (m *Machine) fire(e *entry) {
	q := e.queue
	switch e.state {
	case Leased:
		m.giveBack(e, 0)
	case Ready, Parked:
		m.expired(e)
	case Delayed:
		if m.expired(e) {
			return
		}
		q.become(e, Ready)
		m.leaveSeat(q, e.seq)
		m.timers.set(e)
		if g := e.line(); g != nil {
			q.unlock(g) // it has been standing in its group's lane
		} else {
			q.offer(e)
		}
		m.touch(q)
	}
}
