package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

type lifecycleResult struct {
	took  time.Duration
	shape shape
}

const benchQueue = "bench"

// lifecycle sends, receives and acks o.Messages messages.
func lifecycle(ctx context.Context, dir string, o CoreOptions, size int) (lifecycleResult, error) {
	s, err := badgerstore.Open(dir, badgerstore.Options{})
	if err != nil {
		return lifecycleResult{}, err
	}
	recorder := &recorder{Store: s}
	b, err := queuecore.Open(ctx, recorder, nil)
	if err != nil {
		return lifecycleResult{}, errors.Join(err, s.Close())
	}
	if _, err := b.CreateQueue(ctx, benchQueue, queuecore.QueueConfig{}); err != nil {
		return lifecycleResult{}, errors.Join(err, b.Close())
	}
	recorder.shape = shape{}
	start := time.Now()
	err = drive(ctx, b, o, size)
	took := time.Since(start)
	err = errors.Join(err, b.Close())
	return lifecycleResult{took, recorder.shape}, err
}

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
