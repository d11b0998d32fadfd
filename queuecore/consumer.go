package queuecore

import (
	"context"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Consumer is a receiver that a queue knows: receives that name it in ReceiveOptions are
// its own. It can own groups (QueueConfig.GroupAffinity), be exclusive and have a priority.
// Receives without one go on beside it. Its methods may be called from any goroutine.
type Consumer struct {
	b  *Broker
	id uint64
}

// ConsumerOptions say what a consumer is.
type ConsumerOptions struct {
	// Exclusive: while a queue has consumers that asked for it, one of them alone is
	// handed messages, and everybody else waits, receives without a consumer too. It is the one of
	// the highest priority and of those the one that came first. When it ends, or one of
	// higher priority comes, the turn passes on; what is out stays with whom it was handed.
	Exclusive bool
	// Priority: of those who wait, the highest is served first, and of the same whoever came
	// first. Receives without a consumer have priority 0.
	Priority int
}

// Consume registers a consumer at a queue. It ends by Close, with the session, or with the
// queue; receives in its name then fail with ErrClosed. ErrNotFound when there is no such
// queue, ErrInvalid for one that is Reserved. It is in memory alone: after a restart consumers register anew.
func (s *Session) Consume(ctx context.Context, queue string, o ConsumerOptions) (*Consumer, error) {
	if err := Reserved(queue); err != nil {
		return nil, err
	}
	c := &Consumer{b: s.b, id: s.b.consumers.Add(1)}
	r := &machine.OpenConsumer{ID: c.id, Session: s.id, Queue: queue, Exclusive: o.Exclusive, Priority: o.Priority}
	if err := s.b.ask(ctx, r, &r.Owner); err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	return c, nil
}

// Close ends the consumer: its groups are free as soon as what it has of them is settled,
// and its receives that wait end. What it was handed stays leased. It may be called twice.
func (c *Consumer) Close() error {
	r := &machine.CloseConsumer{ID: c.id}
	return c.b.ask(context.Background(), r, &r.Owner)
}
