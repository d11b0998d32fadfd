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

// acksCall is a list of acks on its way.
type acksCall struct {
	machine.Acks
	b     *Broker
	done  func(stale []int, err error)
	bytes int64 // taken from Broker.pending
}

func (c *acksCall) answered(err error) {
	c.b.pending.Release(c.bytes)
	if err != nil {
		c.done(nil, err)
		return
	}
	c.done(c.Stale, nil)
}

// SubmitAcks settles deliveries, at most MaxTxOps, each for itself, and returns without waiting
// for the disk: many that come together cost little more than one. done is called as that of
// Submit is, and in turn with it, with the places in rs of those that are ErrStale, in
// ascending order, or with an error when none is known to be settled. Acks of messages that are
// gone count as done. rs is the caller's again when SubmitAcks returns.
func (b *Broker) SubmitAcks(ctx context.Context, rs []Receipt, done func(stale []int, err error)) error {
	if len(rs) > MaxTxOps {
		return fmt.Errorf("%d acks together, the limit is %d: %w", len(rs), MaxTxOps, ErrTooLarge)
	}
	c := &acksCall{b: b, done: done, bytes: min(requestBytes+int64(len(rs))*32, b.options.MaxPendingBytes)}
	c.Owner, c.Receipts = c, make([]machine.Receipt, len(rs))
	for i, r := range rs {
		c.Receipts[i] = machine.Receipt(r)
	}
	if err := b.pending.Acquire(ctx, c.bytes); err != nil {
		return err
	}
	if err := b.inbox.put(c); err != nil {
		b.pending.Release(c.bytes)
		return b.refusal(err)
	}
	return nil
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
