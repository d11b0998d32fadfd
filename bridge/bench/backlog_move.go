package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// moved has one value for each round.
type moved struct{ sent, received []float64 }

func (m *moved) report(r *Report, name string) {
	r.figure(name+".send", "1/s", target{}, m.sent...)
	r.figure(name+".receive", "1/s", target{}, m.received...)
}

func divided(a, b []float64) []float64 {
	q := make([]float64, len(a))
	for i := range a {
		q[i] = ratio(a[i], b[i])
	}
	return q
}

// move sends messages to the queue, then receives and acks as many.
func (b *backlog) move(ctx context.Context, to *queuecore.Broker, queue string, m *moved) error {
	o := CoreOptions{Producers: b.o.Producers, Consumers: b.o.Consumers}
	start := time.Now()
	err := sendAll(ctx, to, o, b.o.Size, b.o.Moved, func(int) queuecore.Destination { return queuecore.QueueNamed(queue) })
	if err != nil {
		return err
	}
	m.sent = append(m.sent, float64(b.o.Moved)/time.Since(start).Seconds())
	start = time.Now()
	if err := receiveAll(ctx, to, queue, b.o.Consumers, b.o.Moved); err != nil {
		return err
	}
	m.received = append(m.received, float64(b.o.Moved)/time.Since(start).Seconds())
	return nil
}

// receiveAll receives and acks n messages of the queue, which has as many; it
// returns when the acks are confirmed.
func receiveAll(ctx context.Context, b *queuecore.Broker, queue string, consumers, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var acks sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	err := together(consumers, func() error {
		for {
			most := min(64, int(left.Add(-64))+64)
			if most <= 0 {
				return context.Cause(ctx)
			}
			if err := ackSome(ctx, b, queue, most, &acks, cancel); err != nil {
				cancel(err)
				return err
			}
		}
	})
	acks.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// ackSome receives n messages and acks each by itself, without waiting for the answers.
func ackSome(ctx context.Context, b *queuecore.Broker, queue string, n int, acks *sync.WaitGroup, cancel context.CancelCauseFunc) error {
	for n > 0 {
		ds, err := b.Receive(ctx, queue, queuecore.ReceiveOptions{Max: n, Wait: -1})
		if err != nil {
			return err
		}
		n -= len(ds)
		for i := range ds {
			if err := submitAck(ctx, b, ds[i].Receipt, acks, cancel); err != nil {
				return err
			}
		}
	}
	return nil
}

func submitAck(ctx context.Context, b *queuecore.Broker, r queuecore.Receipt, acks *sync.WaitGroup, cancel context.CancelCauseFunc) error {
	acks.Add(1)
	err := b.Submit(ctx, queuecore.Tx{Acks: []queuecore.Receipt{r}}, func(_ []queuecore.Sent, err error) {
		if err != nil {
			cancel(err)
		}
		acks.Done()
	})
	if err != nil {
		acks.Done()
	}
	return err
}

// ackReady receives and acks everything that is ready, and returns how much that was.
func (b *backlog) ackReady(ctx context.Context) (n int, err error) {
	for i := range b.o.Queues {
		s, err := b.broker.Stats(ctx, longQueue(i))
		if err != nil {
			return n, err
		}
		if err := receiveAll(ctx, b.broker, longQueue(i), b.o.Consumers, s.Ready); err != nil {
			return n, err
		}
		n += s.Ready
	}
	return n, nil
}
