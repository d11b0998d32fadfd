package torture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
	"github.com/sluicemq/sluice/bridge/torture/workload"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// open opens the store of a server that is not running, and calls fn.
func open(ctx context.Context, dir string, fn func(*queuecore.Broker) error) error {
	log := slog.New(slog.DiscardHandler) // a store that was killed says that it was
	s, err := badgerstore.Open(dir, badgerstore.Options{Log: log})
	if err != nil {
		return err
	}
	b, err := queuecore.Open(ctx, s, &queuecore.Options{Log: log})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(fn(b), b.Close())
}

// prepare makes the queues in an empty directory.
func prepare(ctx context.Context, dir string) error {
	return open(ctx, dir, func(b *queuecore.Broker) error {
		if qs := b.Queues(""); len(qs) > 0 {
			return fmt.Errorf("%s holds %d queues; torture wants an empty directory", dir, len(qs))
		}
		return workload.Prepare(ctx, b)
	})
}

// Check holds what is in dir, which no server has open, to the ledger, and
// returns how many messages there are. What is wrong is entered in the ledger.
func Check(ctx context.Context, l *ledger.Ledger, dir string) (int, error) {
	messages := 0
	err := open(ctx, dir, func(b *queuecore.Broker) error {
		c := l.Begin()
		err := workload.Visit(ctx, b, func(queue string, m *queuecore.Message, id uint64) {
			messages++
			if id == 0 {
				l.Damaged(queue, m.Body)
			} else {
				c.Found(queue, ledger.ID(id))
			}
		})
		if err == nil {
			c.End()
		}
		return err
	})
	if err != nil {
		return messages, fmt.Errorf("looking into %s: %w", dir, err)
	}
	return messages, nil
}

func (r *rig) check(ctx context.Context) (err error) {
	r.result.Checks++
	r.messages, err = Check(ctx, r.ledger, r.Dir)
	return err
}

// drain lets clients receive all that is left from a server that nobody kills.
// Before and after it, the store is looked into.
func (r *rig) drain(ctx context.Context) error {
	r.work.GiveUp()
	if err := r.check(ctx); err != nil {
		return err
	}
	c, err := start(ctx, r.Options, plan{point: Random})
	if err != nil {
		return r.lament(c, err)
	}
	r.result.restarts = append(r.result.restarts, c.started)
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	// Ends when nothing waits any more.
	go func() {
		defer cancel()
		r.awaitEmpty(working, c)
	}()
	if err := r.work.Run(working, c.addrs, workload.Shape{Consume: true, Drain: true}); err != nil {
		r.ledger.Refused("draining: %v", err)
	}
	c.stop()
	<-c.ended
	if left := r.ledger.Waiting(); len(left) > 0 && ctx.Err() == nil {
		r.ledger.Refused("messages were not delivered in the end, by queue: %v", left)
	}
	r.ledger.NextRound()
	return r.check(ctx)
}

// awaitEmpty returns when no message must be delivered any more, or none has come
// for a while.
func (r *rig) awaitEmpty(ctx context.Context, c *child) {
	const interval = 200 * time.Millisecond
	const idle = 5 * time.Minute // more than any lease
	var waiting map[string]int
	since := time.Now()
	for {
		now := r.ledger.Waiting()
		if !maps.Equal(now, waiting) {
			waiting, since = now, time.Now()
		}
		if len(now) == 0 || time.Since(since) > idle || dies(ctx, c, interval) || ctx.Err() != nil {
			return
		}
	}
}
