package queuecore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// looks marks the requests that change nothing and need no disk.
type looks interface{ looks() }

func (*statsCall) looks() {}
func (*countCall) looks() {}

type statsCall struct {
	machine.Stats
	call
}

// Stats returns the counts of a queue. They are kept, not scanned for.
func (b *Broker) Stats(ctx context.Context, queue string) (Stats, error) {
	c := &statsCall{call: newCall()}
	c.Stats = machine.Stats{Owner: c, Name: queue}
	if err := b.do(ctx, c, &c.call); err != nil {
		return Stats{}, err
	}
	return Stats{
		Ready: c.Ready, Delayed: c.Delayed, Leased: c.Leased, Parked: c.Parked, Bytes: c.Bytes,
		FirstSeq: c.FirstSeq, LastSeq: c.LastSeq, OldestSentAt: unixTime(c.OldestSent), Waiting: c.Waiting,
		Totals: Totals(c.Totals),
	}, c.Err
}

type countCall struct {
	machine.CountAll
	call
}

// Totals returns the counters of all queues together, deleted ones included.
func (b *Broker) Totals(ctx context.Context) (Totals, error) {
	c := &countCall{call: newCall()}
	c.Owner = c
	err := b.do(ctx, c, &c.call)
	return Totals(c.CountAll.Totals), err
}

type browseCall struct {
	machine.Browse
	call
}

// Browse returns up to max entries (MaxReceive is the limit) with a Seq of at
// least from, in order of Seq and in any state, without touching them.
func (b *Broker) Browse(ctx context.Context, queue string, from uint64, max int) ([]Browsed, error) {
	c := &browseCall{call: newCall()}
	c.Browse = machine.Browse{Owner: c, Name: queue, From: from, Max: min(max, MaxReceive)}
	if err := b.do(ctx, c, &c.call); err != nil {
		return nil, err
	}
	if c.Err != nil {
		return nil, c.Err
	}
	return b.browsed(queue, c.Entries)
}

// browsed reads the messages; those that went meanwhile are left out.
func (b *Broker) browsed(queue string, entries []machine.Browsed) ([]Browsed, error) {
	out := make([]Browsed, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		m, err := b.message(&e.Delivery)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("message %d of queue %q: %w", e.Receipt.Seq, queue, err)
		}
		out = append(out, Browsed{
			Message: m, Seq: e.Receipt.Seq, State: State(e.State), Attempt: int(e.Receipt.Attempt), Dead: (*DeadLetter)(e.Dead),
		})
	}
	return out, nil
}

type purgeCall struct {
	machine.Purge
	call
}

// Purge removes every message of a queue, leased ones too, and returns how many.
func (b *Broker) Purge(ctx context.Context, queue string) (int, error) {
	c := &purgeCall{call: newCall()}
	c.Purge = machine.Purge{Owner: c, Name: queue}
	if err := b.do(ctx, c, &c.call); err != nil {
		return 0, err
	}
	return c.N, c.Err
}

type removeCall struct {
	machine.Remove
	call
}

// Remove removes one message by its Seq, in whatever state; ErrNotFound.
func (b *Broker) Remove(ctx context.Context, queue string, seq uint64) error {
	c := &removeCall{call: newCall()}
	c.Remove = machine.Remove{Owner: c, Name: queue, Seq: seq}
	if err := b.do(ctx, c, &c.call); err != nil {
		return err
	}
	return c.Err
}
