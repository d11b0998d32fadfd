package queuecore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// InFlight is a message that somebody has had and has not settled.
type InFlight struct {
	Receipt Receipt   // of the last delivery
	Until   time.Time // when the lease or the rest ends; zero while a session holds the message
	Resting bool      // it was given back with a delay
}

// InFlight returns up to max (MaxReceive is the limit) messages of a queue, from sequence
// number from on, that are leased or rest, and that want, which may be nil, lets pass; and where
// to go on: 0 is the end. There may be fewer, and none, although there are some further on. want
// is called on the caller's goroutine; with nil no message is read.
func (b *Broker) InFlight(ctx context.Context, queue string, want func(*Message) bool, from uint64, max int) (found []InFlight, next uint64, err error) {
	r := &machine.LookInFlight{Name: queue, From: from, Max: min(max, MaxReceive)}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return nil, 0, err
	}
	if r.Err != nil {
		return nil, 0, r.Err
	}
	for i := range r.Found {
		x := &r.Found[i]
		if want != nil {
			m, err := b.message(&x.Delivery)
			if errors.Is(err, store.ErrNotFound) {
				continue // settled meanwhile
			}
			if err != nil {
				return nil, 0, fmt.Errorf("message %d of queue %q: %w", x.Receipt.Seq, queue, b.readError(err))
			}
			if !want(m) {
				continue
			}
		}
		found = append(found, InFlight{Receipt: Receipt(x.Receipt), Until: b.clock.shown(x.Until), Resting: x.Resting})
	}
	return found, r.Next, nil
}
