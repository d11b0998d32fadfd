package queuecore

import (
	"context"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Extend makes the lease end d from now; d must be above zero and at most
// MaxLease. A lease held by a session stays so. ErrStale when it is over.
func (b *Broker) Extend(ctx context.Context, r Receipt, d time.Duration) error {
	if d <= 0 || d > MaxLease {
		return fmt.Errorf("lease of %v is outside 0 to %v: %w", d, MaxLease, ErrInvalid)
	}
	x := &machine.Extend{Receipt: machine.Receipt(r), For: d}
	if err := b.ask(ctx, x, &x.Owner); err != nil {
		return err
	}
	return x.Err
}

// Reject gives a message up at once: to the queue's dead-letter queue with the
// reason, or away when the queue names none. ErrStale when the lease is over.
func (b *Broker) Reject(ctx context.Context, r Receipt, reason string) error {
	return b.reject(ctx, &machine.Reject{Receipt: machine.Receipt(r), Reason: reason})
}

func (b *Broker) reject(ctx context.Context, r *machine.Reject) error {
	if len(r.Reason) > MaxNameBytes {
		r.Reason = r.Reason[:MaxNameBytes]
	}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// Spend gives a message up as if MaxAttempts were allowed and over, for a receiver that
// allows fewer than the queue: to the queue's dead-letter queue, or aside when there is
// none. The attempt, which never reached its receiver, does not count. It returns false, and
// does nothing, when the attempt is one of the allowed: those that a message had before it
// was moved here do not count. ErrStale when the lease is over.
func (b *Broker) Spend(ctx context.Context, r Receipt, allowed int) (bool, error) {
	x := &machine.Spend{Receipt: machine.Receipt(r), Allowed: allowed}
	if err := b.ask(ctx, x, &x.Owner); err != nil {
		return false, err
	}
	return x.Spent, x.Err
}

// Release gives deliveries back that never reached their receiver: the attempt
// does not count, and the next delivery has the same receipt. Receipts that are
// over are passed by.
func (b *Broker) Release(ctx context.Context, rs []Receipt) error {
	x := &machine.Release{}
	for _, r := range rs {
		x.Receipts = append(x.Receipts, machine.Receipt(r))
	}
	return b.ask(ctx, x, &x.Owner)
}
