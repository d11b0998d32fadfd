package queuecore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// onlyLooks reports whether r changes nothing and needs no disk.
func onlyLooks(r request) bool {
	q, ok := r.(*question)
	if !ok {
		return false
	}
	switch q.Request.(type) {
	case *machine.Stats, *machine.Held, *machine.CountAll, *machine.Moves, *machine.LookInFlight, *machine.Topics:
		return true
	}
	return false
}

// Stats returns the counts of a queue. They are kept, not scanned for.
func (b *Broker) Stats(ctx context.Context, queue string) (Stats, error) {
	r := &machine.Stats{Name: queue}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return Stats{}, err
	}
	return Stats{
		Ready: r.Ready, Delayed: r.Delayed, Leased: r.Leased, Parked: r.Parked, Resting: r.Resting, Again: r.Again, Bytes: r.Bytes,
		FirstSeq: r.FirstSeq, LastSeq: r.LastSeq, OldestSentAt: b.clock.shown(r.OldestSent), Waiting: r.Waiting, Looking: r.Looking,
		Totals: Totals(r.Totals), Fair: FairCounts(r.Fair),
	}, r.Err
}

// TopicCounts says what a queue holds of each topic.
type TopicCounts struct {
	Topics map[string]TopicCount
	Own    TopicCount // what was sent to the queue itself
}

// TopicCount says what a queue holds of one topic.
type TopicCount = machine.TopicCount

// Topics returns what a queue with QueueConfig.MaxPerTopic knows of its topics. known is false
// where they are not at hand, or are over most topics.
func (b *Broker) Topics(ctx context.Context, queue string, most int) (counts TopicCounts, known bool, err error) {
	r := &machine.Topics{Name: queue, Most: most}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return TopicCounts{}, false, err
	}
	return TopicCounts{Topics: r.Counts, Own: r.Own}, r.Known, r.Err
}

// Totals returns the counters of all queues together, deleted ones included.
func (b *Broker) Totals(ctx context.Context) (Totals, error) {
	r := &machine.CountAll{}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return Totals{}, err
	}
	return Totals(r.Totals), nil
}

// Browse returns up to max entries (MaxReceive is the limit) with a Seq of at
// least from, in order of Seq and in any state, without touching them.
func (b *Broker) Browse(ctx context.Context, queue string, from uint64, max int) ([]Browsed, error) {
	r := &machine.Browse{Name: queue, From: from, Max: min(max, MaxReceive)}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	return b.browsed(queue, r.Entries)
}

// browsedAtMost bounds the entries that one BrowseSelected reads.
const browsedAtMost = 10_000

// BrowseSelected is Browse for the entries that x matches, along with where to go on: 0
// is the end. It looks at no more than 10,000 entries at a time, and so may return none
// although there are some further on. It reads them on the caller's goroutine.
func (b *Broker) BrowseSelected(ctx context.Context, queue string, x *Selector, from uint64, max int) (found []Browsed, next uint64, err error) {
	for looked := 0; looked < browsedAtMost; looked += MaxReceive {
		page, err := b.Browse(ctx, queue, from, MaxReceive)
		if err != nil {
			return nil, 0, err
		}
		for i := range page {
			from = page[i].Seq + 1
			if len(found) >= max {
				return found, page[i].Seq, nil
			}
			if x.Match(&page[i]) {
				found = append(found, page[i])
			}
		}
		if len(page) < MaxReceive {
			return found, 0, nil
		}
	}
	return found, from, nil
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
			return nil, fmt.Errorf("message %d of queue %q: %w", e.Receipt.Seq, queue, b.readError(err))
		}
		out = append(out, Browsed{
			Message: m, Seq: e.Receipt.Seq, State: State(e.State), Attempt: int(e.Receipt.Attempt), Dead: (*DeadLetter)(e.Dead), Over: e.Over,
		})
	}
	return out, nil
}

// Purge removes every message of a queue, leased ones too, and returns how many.
func (b *Broker) Purge(ctx context.Context, queue string) (int, error) {
	if err := Reserved(queue); err != nil {
		return 0, err
	}
	return b.purge(ctx, queue)
}

func (b *Broker) purge(ctx context.Context, queue string) (int, error) {
	r := &machine.Purge{Name: queue}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return 0, err
	}
	return r.N, r.Err
}

// Remove removes one message by its Seq, in whatever state; ErrNotFound.
func (b *Broker) Remove(ctx context.Context, queue string, seq uint64) error {
	if err := Reserved(queue); err != nil {
		return err
	}
	return b.remove(ctx, queue, seq)
}

func (b *Broker) remove(ctx context.Context, queue string, seq uint64) error {
	r := &machine.Remove{Name: queue, Seq: seq}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return err
	}
	return r.Err
}

// Seat is a name under which a message waits (see Message.Seat), and the message's Seq.
type Seat = machine.Seat

// Seats returns who waits under a name in a queue, the oldest first: those for whose names wants
// holds, or the one of that name unless name is "". wants runs on the broker's own goroutine, for
// each name of the queue: it must be quick, and must not call the broker.
func (b *Broker) Seats(ctx context.Context, queue, name string, wants func(name string) bool) ([]Seat, error) {
	r := &machine.ListSeats{Queue: queue, Name: name, Wants: wants}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return nil, err
	}
	return r.Seats, r.Err
}

// RemoveSome removes up to MaxReceive messages by their Seq, in whatever state, and returns
// how many of them were there once that is on disk. They go one after the other: a crash on the
// way leaves those behind, and to ask again is all that is needed.
func (b *Broker) RemoveSome(ctx context.Context, queue string, seqs []uint64) (int, error) {
	if err := Reserved(queue); err != nil {
		return 0, err
	}
	if len(seqs) > MaxReceive {
		return 0, fmt.Errorf("removal of %d messages, the limit is %d: %w", len(seqs), MaxReceive, ErrTooLarge)
	}
	r := &machine.RemoveSome{Name: queue, Seqs: seqs}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return 0, err
	}
	return r.N, r.Err
}
