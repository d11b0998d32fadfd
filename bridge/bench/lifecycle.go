package bench

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

type lifecycleResult struct {
	took  time.Duration
	shape shape
}

const benchQueue = "bench"

// lifecycle sends, receives and acks o.Messages messages, and records what is written.
func lifecycle(ctx context.Context, dir string, o CoreOptions, size int) (l lifecycleResult, err error) {
	var rec *recorder
	wrap := func(s store.Store) store.Store {
		rec = &recorder{Store: s}
		return rec
	}
	err = withBroker(ctx, dir, wrap, func(b *queuecore.Broker) error {
		if _, err := b.CreateQueue(ctx, benchQueue, queuecore.QueueConfig{}); err != nil {
			return err
		}
		rec.shape = shape{}
		start := time.Now()
		err := drive(ctx, b, o, size)
		l.took = time.Since(start)
		return err
	})
	if rec != nil {
		l.shape = rec.shape
	}
	return l, err
}

// lifecycleAllocations returns what a message costs in memory, callers included.
func lifecycleAllocations(ctx context.Context, dir string, o CoreOptions, size int) (a allocation, err error) {
	err = withBroker(ctx, dir, nil, func(b *queuecore.Broker) error {
		if _, err := b.CreateQueue(ctx, benchQueue, queuecore.QueueConfig{}); err != nil {
			return err
		}
		before := allocations()
		err := drive(ctx, b, o, size)
		a = allocations().per(o.Messages, before)
		return err
	})
	return a, err
}

// withBroker opens a broker in dir for fn. wrap, which may be nil, stands
// between the broker and its store.
func withBroker(ctx context.Context, dir string, wrap func(store.Store) store.Store, fn func(*queuecore.Broker) error) error {
	b, err := openBroker(ctx, dir, wrap)
	if err != nil {
		return err
	}
	return errors.Join(fn(b), b.Close())
}

func openBroker(ctx context.Context, dir string, wrap func(store.Store) store.Store) (*queuecore.Broker, error) {
	return openCaching(ctx, dir, wrap, 0)
}

// openCaching has the broker keep so many bytes of messages; see queuecore.Options.
func openCaching(ctx context.Context, dir string, wrap func(store.Store) store.Store, cache int64) (*queuecore.Broker, error) {
	opened, err := badgerstore.Open(dir, badgerstore.Options{Log: slog.New(slog.DiscardHandler), KeepEvery: keepEvery})
	if err != nil {
		return nil, err
	}
	s := store.Store(opened)
	if wrap != nil {
		s = wrap(s)
	}
	b, err := queuecore.Open(ctx, s, &queuecore.Options{CacheBytes: cache})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return b, nil
}

// keepEvery has the store look for space to give back more often than a server
// does, so that a benchmark need not wait for it.
const keepEvery = 10 * time.Second

// drive runs the producers and consumers until every message is acked.
func drive(ctx context.Context, b *queuecore.Broker, o CoreOptions, size int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	var left, acked atomic.Int64
	left.Store(int64(o.Messages))
	for range o.Producers {
		all.Go(func() { produce(ctx, cancel, b, &left, size) })
	}
	done := func() {
		if acked.Add(1) == int64(o.Messages) {
			cancel(errAllAcked)
		}
	}
	for range o.Consumers {
		all.Go(func() { consume(ctx, cancel, b, done) })
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errAllAcked) {
		return err
	}
	return nil
}

var errAllAcked = errors.New("all acked")

// produce sends one message after the other, each confirmed before the next.
func produce(ctx context.Context, cancel context.CancelCauseFunc, b *queuecore.Broker, left *atomic.Int64, size int) {
	for left.Add(-1) >= 0 {
		m := &queuecore.Message{Destination: queuecore.QueueNamed(benchQueue), Body: make([]byte, size)}
		if _, err := b.Send(ctx, m); err != nil {
			cancel(err)
			return
		}
	}
}

// consume receives and acks each message by itself, without waiting for the
// answer before the next.
func consume(ctx context.Context, cancel context.CancelCauseFunc, b *queuecore.Broker, done func()) {
	for {
		ds, err := b.Receive(ctx, benchQueue, queuecore.ReceiveOptions{Max: 64, Wait: -1})
		if err != nil {
			cancel(err) // the first cause stays: errAllAcked at the end
			return
		}
		for i := range ds {
			err := b.Submit(ctx, queuecore.Tx{Acks: []queuecore.Receipt{ds[i].Receipt}}, func(_ []queuecore.Sent, err error) {
				if err != nil {
					cancel(err)
					return
				}
				done()
			})
			if err != nil {
				cancel(err)
				return
			}
		}
	}
}
