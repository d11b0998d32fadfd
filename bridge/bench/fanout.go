package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// copies is how many queues a topic of this benchmark has.
const copies = 10

// Fanout measures what a copy costs of a message that a topic brings into ten
// queues, beside ten sends to the ten queues. All sends are confirmed; both ways
// make the same number of copies, with the same number of producers.
func Fanout(ctx context.Context, r *Report, o CoreOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	for _, size := range o.Sizes {
		if err := fanoutSize(ctx, r, o, size); err != nil {
			return err
		}
	}
	return r.err
}

// fanoutFigures has one value for each round.
type fanoutFigures struct{ topic, separate, cheaper, cpu, written []float64 }

func fanoutSize(ctx context.Context, r *Report, o CoreOptions, size int) error {
	var f fanoutFigures
	for round := range o.Rounds {
		err := inDir(o.Dir, func(dir string) error { return fanoutRound(ctx, dir, o, size, &f) })
		if err != nil {
			return err
		}
		r.notef("fanout, %d B, round %d: %.2f times cheaper", size, round+1, f.cheaper[round])
	}
	name := fmt.Sprintf("fanout.%d", size)
	r.figure(name+".topic", "µs/copy", target{}, f.topic...)
	r.figure(name+".separate", "µs/copy", target{}, f.separate...)
	r.figure(name+".cheaper", "x", atLeast(5), f.cheaper...)
	r.figure(name+".cheaper.cpu", "x", target{}, f.cpu...)
	r.figure(name+".cheaper.written", "x", target{}, f.written...)
	return nil
}

func fanoutRound(ctx context.Context, dir string, o CoreOptions, size int, f *fanoutFigures) error {
	w := &weigher{}
	wrap := func(s store.Store) store.Store {
		w.Store = s
		return w
	}
	return withBroker(ctx, dir, wrap, func(b *queuecore.Broker) error {
		if err := bindQueues(ctx, b); err != nil {
			return err
		}
		topic, err := w.measure(func() error { return sendAll(ctx, b, o, size, max(o.Messages/copies, 1), fanoutTopic) })
		if err != nil {
			return err
		}
		separate, err := w.measure(func() error {
			return sendAll(ctx, b, o, size, max(o.Messages/copies, 1)*copies, fanoutQueue)
		})
		n := float64(max(o.Messages/copies, 1) * copies)
		f.topic = append(f.topic, topic.took.Seconds()*1e6/n)
		f.separate = append(f.separate, separate.took.Seconds()*1e6/n)
		f.cheaper = append(f.cheaper, separate.took.Seconds()/topic.took.Seconds())
		f.cpu = append(f.cpu, ratio(separate.cpu.Seconds(), topic.cpu.Seconds()))
		f.written = append(f.written, ratio(separate.written, topic.written))
		return err
	})
}

// ratio is 0 when there is nothing to divide by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func fanoutTopic(int) queuecore.Destination { return queuecore.TopicNamed("bench.topic") }

func fanoutQueue(i int) queuecore.Destination {
	return queuecore.QueueNamed(fmt.Sprintf("copy-%d", i%copies))
}

func bindQueues(ctx context.Context, b *queuecore.Broker) error {
	for i := range copies {
		name := fanoutQueue(i).Name
		if _, err := b.CreateQueue(ctx, name, queuecore.QueueConfig{}); err != nil {
			return err
		}
		if err := b.Bind(ctx, queuecore.Binding{Pattern: "bench.topic", Queue: name}); err != nil {
			return err
		}
	}
	return nil
}

// sendAll sends n messages, the i-th of them to where(i), and each producer waits
// for its confirmation.
func sendAll(ctx context.Context, b *queuecore.Broker, o CoreOptions, size, n int, where func(int) queuecore.Destination) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	return together(o.Producers, func() error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n || ctx.Err() != nil {
				return context.Cause(ctx)
			}
			m := &queuecore.Message{Destination: where(i), Body: make([]byte, size)}
			if _, err := b.Send(ctx, m); err != nil {
				cancel(err)
				return err
			}
		}
	})
}

// weigher is a store that adds up what is written.
type weigher struct {
	store.Store
	bytes atomic.Int64
}

func (w *weigher) Write(b *store.Batch) error {
	w.bytes.Add(int64(b.Size()))
	return w.Store.Write(b)
}

// effort is what something took.
type effort struct {
	took, cpu time.Duration
	written   float64 // bytes that the store was given
}

func (w *weigher) measure(fn func() error) (e effort, err error) {
	written := w.bytes.Load()
	start := time.Now()
	e.cpu = cpuOf(func() { err = fn() })
	e.took = time.Since(start)
	e.written = float64(w.bytes.Load() - written)
	return e, err
}
