package machine

import (
	"fmt"
	"slices"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// MoveStatus says how far a move has come.
type MoveStatus string

// A move runs until it ends in one of the other ways.
const (
	MoveRunning  MoveStatus = "running"
	MoveDone     MoveStatus = "done"
	MoveCanceled MoveStatus = "canceled"
	MoveFailed   MoveStatus = "failed"
)

func (s MoveStatus) known() bool {
	switch s {
	case MoveRunning, MoveDone, MoveCanceled, MoveFailed:
		return true
	}
	return false
}

// MoveReason says why a move failed or, while it runs, what it waits for.
type MoveReason string

// The reasons of moves.
const (
	MoveNoOrigin MoveReason = "a message did not come here as a dead letter, so that it has no queue to go back to"
	MoveNoQueue  MoveReason = "the destination does not exist"
	MoveUnlike   MoveReason = "of the two queues only one is transient"
	MoveTooLarge MoveReason = "a message is larger than all that the destination may hold"
	MoveFull     MoveReason = "the destination is full"
	MoveUnread   MoveReason = "the source's messages cannot be read for now"
)

// Move is queuecore.Move with times in nanoseconds.
type Move struct {
	ID         [16]byte
	Source, To string // To "": where each message came from as a dead letter
	Selector   string // what it moves; "": everything
	Rate       int    // messages a second; 0: no bound
	Status     MoveStatus
	Reason     MoveReason
	At         string // the destination that Reason is about
	Moved      int
	Total      int // how many were ready at the start
	Started    int64
	Ended      int64 // 0: it runs
}

// StartMove begins to move what is in a queue. ID has not been used before.
type StartMove struct {
	Owner      any
	ID         [16]byte
	Source, To string
	Selector   *selector.Selector // of Compile; nil: everything
	Rate       int

	Move Move
	Err  error
}

func (r *StartMove) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.checkMove(r)
	if err != nil {
		r.Err = err
		return
	}
	v := &move{queue: q, number: q.moveNumber(), limit: q.nextSeq, next: m.now, hunt: newHunt(r.Selector, 0), Move: Move{
		ID: r.ID, Source: q.name, To: r.To, Selector: r.Selector.String(), Rate: r.Rate, Status: MoveRunning, Total: q.counts[Ready], Started: m.now,
	}}
	q.moves = append(q.moves, v)
	m.chores.moves = append(m.chores.moves, v)
	m.keepMove(v, true)
	m.trimMoves(q)
	r.Move = v.Move
}

func (m *Machine) checkMove(r *StartMove) (*queue, error) {
	q, err := m.queue(r.Source)
	if err != nil {
		return nil, err
	}
	if q.relay != nil {
		return nil, q.keepsNothing("move from")
	}
	if n := len(q.moves); n > 0 && q.moves[n-1].Status == MoveRunning {
		return nil, fmt.Errorf("a move of the messages of queue %q: %w", q.name, ErrExists)
	}
	if r.To == "" {
		return q, nil
	}
	to, err := m.queue(r.To)
	if err != nil {
		return nil, err
	}
	if to.relay != nil {
		return nil, to.keepsNothing("move to")
	}
	if to == q {
		return nil, fmt.Errorf("queue %q as the destination of its own messages: %w", q.name, ErrInvalid)
	}
	if to.config.Transient != q.config.Transient {
		return nil, fmt.Errorf("from queue %q to %q: %s: %w", q.name, to.name, MoveUnlike, ErrInvalid)
	}
	return q, nil
}

// CancelMove ends a move that runs. What has been moved stays where it is.
type CancelMove struct {
	Owner  any
	Source string
	ID     [16]byte

	Move Move
	Err  error
}

func (r *CancelMove) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Source)
	if err != nil {
		r.Err = err
		return
	}
	i := slices.IndexFunc(q.moves, func(v *move) bool { return v.ID == r.ID && v.Status == MoveRunning })
	if i < 0 {
		r.Err = fmt.Errorf("running move %x of the messages of queue %q: %w", r.ID, q.name, ErrNotFound)
		return
	}
	v := q.moves[i]
	m.endMove(v, MoveCanceled, "", "")
	m.keepMove(v, true)
	m.dropMoves(func(x *move) bool { return x == v })
	r.Move = v.Move
}

// Moves asks for the moves of a queue: the one that runs and the last that have
// ended, the latest first.
type Moves struct {
	Owner  any
	Source string

	Moves []Move
	Err   error
}

func (r *Moves) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Source)
	if err != nil {
		r.Err = err
		return
	}
	for _, v := range slices.Backward(q.moves) {
		r.Moves = append(r.Moves, v.Move)
	}
}
