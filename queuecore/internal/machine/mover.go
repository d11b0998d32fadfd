package machine

import (
	"slices"
	"time"
)

// move is a move that runs or is remembered.
type move struct {
	Move
	queue  *queue
	number uint64 // in its record's key; rises with each move of the queue
	limit  uint64 // what has come since the start, from this sequence number on, is not moved
	next   int64  // when a running one goes on
	hunt   *hunt  // with a selector
}

const (
	// movedPerFlush bounds the messages that one Flush moves. Each is at most four
	// records, as a sweep's thousands are.
	movedPerFlush = 1000
	// moveRounds is how often a second a move with a rate goes on: each time is a
	// batch of its own, and a sync.
	moveRounds = 10
	// moveRetry is how long a move rests when its destination is full.
	moveRetry = int64(time.Second)
	// rememberedMoves bounds the moves of one queue that are known, with the one that runs.
	rememberedMoves = 10
)

// shift goes on with the moves that run, and reports whether one of them has more
// to do already. One that used up what there may be done stands behind the others the
// next time.
func (m *Machine) shift() bool {
	if m.chores.resting {
		m.putOffMoves()
		return false
	}
	budget := movedPerFlush
	for n := len(m.chores.moves); n > 0; n-- {
		v := m.chores.moves[0]
		if v.next <= m.now && budget > 0 {
			budget -= m.goOn(v, budget)
		}
		m.chores.moves = m.chores.moves[1:]
		if v.Status == MoveRunning {
			m.chores.moves = append(m.chores.moves, v)
		}
		if budget <= 0 {
			break
		}
	}
	next := m.nextMove()
	return next != 0 && next <= m.now
}

// RestMoves has moves rest, or go on: while the disk has no room they would take what is
// kept for acks. They look again every second.
func (m *Machine) RestMoves(on bool) { m.chores.resting = on }

func (m *Machine) putOffMoves() {
	for _, v := range m.chores.moves {
		v.next = max(v.next, m.now+moveRetry)
	}
}

// nextMove returns when the first of the moves that run goes on, or 0.
func (m *Machine) nextMove() (first int64) {
	for _, v := range m.chores.moves {
		if !m.lurks(v) && (first == 0 || v.next < first) {
			first = v.next
		}
	}
	return first
}

// goOn moves some messages, each in a piece of its own, and returns how many it
// looked at. The record of the move is written behind them: after a crash in between
// it counts some too few.
func (m *Machine) goOn(v *move, budget int) (looked int) {
	if m.lurks(v) {
		return 0
	}
	m.out.cut()
	before, seen := v.Move, v.seen()
	limit := v.round(budget)
	for looked < limit && v.Status == MoveRunning && m.moveNext(v) {
		looked++
		m.out.cut()
	}
	m.endRound(v, v.Moved-before.Moved)
	if v.Move != before || v.seen() != seen {
		m.keepMove(v, v.Move != before)
		m.out.cut()
	}
	return looked
}

// endRound has v rest as its rate wants it, unless its round waits for a Look.
func (m *Machine) endRound(v *move, moved int) {
	if v.hunt != nil {
		if v.hunt.round += moved; m.lurks(v) {
			return
		}
		moved, v.hunt.round = v.hunt.round, 0
	}
	if moved > 0 && v.Rate > 0 {
		v.next = max(v.next, m.now+int64(moved)*int64(time.Second)/int64(v.Rate))
		m.endIfDone(v)
	}
}

// round returns how many messages v may move before it rests.
func (v *move) round(budget int) int {
	if v.Rate == 0 {
		return budget
	}
	n := max(v.Rate/moveRounds, 1)
	if v.hunt != nil {
		n -= v.hunt.round
	}
	return min(n, budget)
}

// moveNext moves v's next message, or finds that it is expired, and reports whether
// it may go on.
func (m *Machine) moveNext(v *move) bool {
	e := m.nextToMove(v)
	if e == nil {
		if v.hunt == nil || v.hunt.done {
			m.endMove(v, MoveDone, "", "")
		}
		return false
	}
	if m.expired(e) {
		return true
	}
	to, reason, at := m.destination(v, e)
	switch {
	case reason == MoveFull:
		v.Reason, v.At, v.next = reason, at, m.now+moveRetry
	case reason != "":
		m.endMove(v, MoveFailed, reason, at)
	default:
		m.transfer(e, to)
		v.Moved++
		v.Reason, v.At = "", ""
	}
	return reason == ""
}

// nextToMove returns the message that v moves next, or nil.
func (m *Machine) nextToMove(v *move) *entry {
	if v.hunt != nil {
		return m.nextFound(v)
	}
	return m.nextBelow(v.queue, v.limit)
}

// endIfDone ends v at once if nothing is left for it, rather than when its rate allows
// a look. One with a selector does not know.
func (m *Machine) endIfDone(v *move) {
	if v.hunt == nil && v.Status == MoveRunning && m.nextBelow(v.queue, v.limit) == nil {
		m.endMove(v, MoveDone, "", "")
	}
}

// nextBelow returns the ready entry of q that would be handed out first of those
// with a sequence number below limit, were all groups quiet, or nil.
func (m *Machine) nextBelow(q *queue, limit uint64) *entry {
	for {
		for l := levels - 1; l >= 0; l-- {
			if q.filled&(1<<l) == 0 {
				continue
			}
			if e := m.firstOf(q, l); e != nil && e.seq < limit {
				return e
			}
		}
		if q.held >= limit || !m.advance(q) {
			return nil
		}
	}
}

// destination returns the queue that e goes to, or why it cannot go there, and
// where that is.
func (m *Machine) destination(v *move, e *entry) (to *queue, reason MoveReason, name string) {
	name = v.To
	if name == "" {
		if e.origin() == nil {
			return nil, MoveNoOrigin, ""
		}
		name = e.dead.Queue
	}
	to = m.queues[name]
	switch {
	case to == nil || to == v.queue || to.relay != nil:
		return nil, MoveNoQueue, name
	case to.config.Transient != v.queue.config.Transient:
		return nil, MoveUnlike, name
	case to.config.MaxBytes > 0 && int64(e.size) > to.config.MaxBytes:
		return nil, MoveTooLarge, name
	case to.isFull(e):
		return nil, MoveFull, name
	}
	return to, "", name
}

// isFull reports whether q has no room for e. A move makes none by dropping others,
// also where sends do.
func (q *queue) isFull(e *entry) bool {
	c := &q.config
	return c.MaxMessages > 0 && q.len() >= c.MaxMessages || c.MaxBytes > 0 && q.bytes+int64(e.size) > c.MaxBytes
}

// transfer moves e to another queue. It is no dead letter there and has all attempts
// of that queue before it, whatever the count says; the queue's retention starts anew.
func (m *Machine) transfer(e *entry, to *queue) {
	h := e.head()
	h.Sent, h.Expires = m.now, e.expires
	var before *DeadLetter
	if e.attempt > 0 {
		before = &DeadLetter{Attempts: int(e.attempt)}
	}
	if !to.config.Transient {
		m.out.Durable = true // whoever is handed it must not have a number that is given out again
	}
	m.carry(e, to, &h, before)
}

// endMove ends v. It has yet to leave the chores, and its record to be written.
func (m *Machine) endMove(v *move, s MoveStatus, reason MoveReason, at string) {
	v.Status, v.Reason, v.At, v.Ended = s, reason, at, m.now
	v.hunt.giveUp()
}

// dropMoves takes moves that run out of the chores.
func (m *Machine) dropMoves(which func(*move) bool) {
	m.chores.moves = slices.DeleteFunc(m.chores.moves, which)
}

// moveNumber returns the number of q's next move.
func (q *queue) moveNumber() uint64 {
	if n := len(q.moves); n > 0 {
		return q.moves[n-1].number + 1
	}
	return 1
}

// trimMoves forgets q's oldest moves; the one that runs is the latest.
func (m *Machine) trimMoves(q *queue) {
	for len(q.moves) > rememberedMoves {
		m.forgetMove(q.moves[0])
		q.moves = slices.Delete(q.moves, 0, 1)
	}
}

// forgetMoves forgets all moves of q, which is being deleted.
func (m *Machine) forgetMoves(q *queue) {
	for _, v := range q.moves {
		m.forgetMove(v)
	}
	for _, v := range q.moves {
		v.hunt.giveUp()
	}
	q.moves = nil
	m.dropMoves(func(v *move) bool { return v.queue == q })
}
