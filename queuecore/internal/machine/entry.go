package machine

// State is what an entry is doing.
type State uint8

// The states of an entry. The zero State is a hole in the index.
const (
	gone State = iota
	Ready
	Delayed
	Leased
	Parked
)

// entry is one message in one queue.
type entry struct {
	queue   *queue
	group   *group   // nil for a message without one in a queue without group order
	session *session // that leases it; nil when the clock ends the lease
	dead    *DeadLetter
	body    any // the message itself while it is kept in memory

	seq     uint64
	shared  uint64 // number of the shared record that holds the message; 0: the entry's own does
	visible int64  // when a delay or a lease by clock ends
	sent    int64
	expires int64 // the message's own expiry; 0: none
	first   int64 // first hand-over

	attempt  uint32
	size     uint32
	kept     uint32 // what the body counts in the window
	timer    int32  // place in the timers' heap, -1 when in none
	slot     int32  // place among the session's leases
	state    State
	priority uint8
	stated   bool // has a state record, on disk or on its way there
	marks    marks
}

// marks are what else is so of an entry, in one byte: were the struct larger, a
// chunk's room would take a sixth more.
type marks uint8

const (
	sparse   marks = 1 << iota // came out of a chunk with few others
	standing                   // in a lane, not that of its group
	closing                    // the last of its group, with group affinity
	aside                      // set aside for the owner of its group; it is standing there
	owned                      // leased to the owner of its group
	unread                     // its receiver has still to read the message, and this is the last attempt
)

func (e *entry) is(x marks) bool { return e.marks&x != 0 }

func (e *entry) mark(x marks, on bool) {
	if e.marks &^= x; on {
		e.marks |= x
	}
}

// DeadLetter says where a dead letter came from.
type DeadLetter struct {
	Queue    string
	Reason   string
	Attempts int
}

// origin returns where a dead letter came from; nil for any other message. What has
// been moved here is none, and has a DeadLetter without a queue to count from.
func (e *entry) origin() *DeadLetter {
	if e.dead == nil || e.dead.Queue == "" {
		return nil
	}
	return e.dead
}

// attempts counts the hand-overs of this queue alone: a dead letter, and what was
// moved here, brings the count of the queue that it was in.
func (e *entry) attempts() int {
	if e.dead == nil {
		return int(e.attempt)
	}
	return int(e.attempt) - e.dead.Attempts
}

// order is an entry's place in a lane.
func (e *entry) order() uint64 { return e.seq }

// line returns the group whose turn the entry waits for, or nil in a queue
// without group order.
func (e *entry) line() *group {
	if e.queue.config.GroupOrder {
		return e.group
	}
	return nil
}

// end returns when the entry expires, by its own time or the queue's retention; 0
// is never. What has been parked keeps until the queue's retention ends it.
func (e *entry) end() int64 {
	own, r := e.expires, int64(e.queue.config.Retention)
	if e.state == Parked {
		own = 0
	}
	switch {
	case r == 0:
		return own
	case own == 0:
		return e.sent + r
	}
	return min(own, e.sent+r)
}

// due returns when the entry's state must be looked at again; 0 is never.
func (e *entry) due() int64 {
	switch e.state {
	case Ready, Parked:
		return e.end()
	case Delayed:
		if end := e.end(); end != 0 {
			return min(end, e.visible)
		}
		return e.visible
	case Leased:
		if e.session == nil && !e.is(unread) {
			return e.visible
		}
	}
	return 0
}
