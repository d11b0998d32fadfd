package queuecore

import (
	"cmp"
	"context"
	"fmt"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// StartMove begins to move the messages of the queue called source to destination or,
// when that is "", each to the queue that it came from as a dead letter. Rate is the
// most messages a second; 0 is no bound. It returns at once: see Move for what moves,
// and Moves for how far it is.
//
// A move survives the broker: it goes on when the store is opened again. ErrNotFound
// when one of the queues is not there, ErrExists while a move from source runs,
// ErrInvalid when they are one queue, or when one alone is transient.
func (b *Broker) StartMove(ctx context.Context, source, destination string, rate int) (Move, error) {
	return b.StartMoveOf(ctx, source, destination, nil, rate)
}

// StartMoveOf is StartMove for what x, of CompileSelector, matches; nil is everything. The
// source is looked through once, whatever its length, and is read outside the loop, so that
// nobody waits for it. A store gets a new format with the first such move.
func (b *Broker) StartMoveOf(ctx context.Context, source, destination string, x *Selector, rate int) (Move, error) {
	if rate < 0 {
		return Move{}, fmt.Errorf("move of %d messages a second: %w", rate, ErrInvalid)
	}
	if err := cmp.Or(Reserved(source), Reserved(destination)); err != nil {
		return Move{}, err
	}
	r := &machine.StartMove{ID: b.ids.next(b.now()), Source: source, To: destination, Selector: x, Rate: rate}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return Move{}, err
	}
	if r.Err != nil {
		return Move{}, r.Err
	}
	return moveInfo(&r.Move, b.clock), nil
}

// CancelMove ends a move that runs, and returns how far it came: what has been moved
// stays where it is. ErrNotFound when no move of that id runs from source.
func (b *Broker) CancelMove(ctx context.Context, source string, id MessageID) (Move, error) {
	r := &machine.CancelMove{Source: source, ID: id}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return Move{}, err
	}
	if r.Err != nil {
		return Move{}, r.Err
	}
	return moveInfo(&r.Move, b.clock), nil
}

// Moves returns the moves from source, the latest first: the one that runs, and of the
// others the last, ten in all.
func (b *Broker) Moves(ctx context.Context, source string) ([]Move, error) {
	r := &machine.Moves{Source: source}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	moves := make([]Move, len(r.Moves))
	for i := range r.Moves {
		moves[i] = moveInfo(&r.Moves[i], b.clock)
	}
	return moves, nil
}

func moveInfo(v *machine.Move, c *clock) Move {
	return Move{
		ID: v.ID, Source: v.Source, Destination: v.To, Selector: v.Selector, Rate: v.Rate, Status: MoveStatus(v.Status),
		Reason: MoveReason(v.Reason), At: v.At, Moved: v.Moved, Total: v.Total,
		Started: c.shown(v.Started), Ended: c.shown(v.Ended),
	}
}
