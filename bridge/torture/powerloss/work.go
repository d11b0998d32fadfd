package powerloss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

const (
	producers = 8
	consumers = 2
	backlog   = 300 // messages that consumers leave in the queue
	idle      = 2 * time.Millisecond
)

// worker is one of those who use the broker at once.
type worker struct {
	*queuecore.Broker
	say     *speaker
	rnd     *rand.Rand
	name    string
	session *queuecore.Session
	waiting *atomic.Int64 // messages in the queue, nearly
	fail    context.CancelCauseFunc
}

// work says what is there, and lets the workers go on with it until in ends.
func work(ctx context.Context, b *queuecore.Broker, o *order, say *speaker, in io.Reader) error {
	if _, err := b.EnsureQueue(ctx, queueName, queuecore.QueueConfig{}); err != nil {
		return err
	}
	n, err := tellFound(ctx, b, say)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	// It ends when in does, which Run sees to, or with the process.
	go func() {
		_, _ = io.Copy(io.Discard, in) // whatever ends it
		fail(errStop)
	}()
	var waiting atomic.Int64
	waiting.Store(int64(n))
	var all sync.WaitGroup
	for i := range producers + consumers {
		w := &worker{
			Broker: b, say: say, session: b.NewSession(), waiting: &waiting, fail: fail,
			name: fmt.Sprintf("%d.%d", o.Round, i),
			rnd:  rand.New(rand.NewPCG(o.Seed, uint64(o.Round*100+i))),
		}
		step := w.produce
		if i >= producers {
			step = w.consume
		}
		all.Go(func() { w.run(ctx, step) })
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errStop) {
		return err
	}
	return nil
}

var errStop = errors.New("told to stop")

// run takes steps until ctx ends.
func (w *worker) run(ctx context.Context, step func(context.Context, int) error) {
	defer func() { _ = w.session.Close() }() // the broker closes it at the latest
	for n := 0; ctx.Err() == nil; n++ {
		if err := step(ctx, n); err != nil && ctx.Err() == nil {
			w.fail(err)
		}
	}
}

// produce sends one message, or a few in one transaction.
func (w *worker) produce(ctx context.Context, n int) error {
	names := []string{fmt.Sprintf("%s.%d", w.name, n)}
	for k := range w.rnd.IntN(4) {
		if n%3 == 0 {
			names = append(names, fmt.Sprintf("%s+%d", names[0], k))
		}
	}
	var t queuecore.Tx
	for _, name := range names {
		t.Sends = append(t.Sends, message(name))
	}
	w.say.line(wordSending, names...)
	if _, err := w.Commit(ctx, t); err != nil {
		return err
	}
	w.say.line(wordSent, names...)
	w.waiting.Add(int64(len(names)))
	return nil
}

func message(name string) *queuecore.Message {
	return &queuecore.Message{Destination: queuecore.QueueNamed(queueName), Body: body(name)}
}

// consume takes some messages of a queue that is long enough, and acks them, each
// by itself or all at once; some it gives back, and some it moves.
func (w *worker) consume(ctx context.Context, n int) error {
	if w.waiting.Load() < backlog {
		select {
		case <-ctx.Done():
		case <-time.After(idle):
		}
		return nil
	}
	ds, err := w.Receive(ctx, queueName, queuecore.ReceiveOptions{Max: 24, Lease: w.session.Lease()})
	if err != nil || len(ds) == 0 {
		return err
	}
	names := make([]string, len(ds))
	receipts := make([]queuecore.Receipt, len(ds))
	for i := range ds {
		names[i], receipts[i] = nameOf(ds[i].Body), ds[i].Receipt
	}
	w.say.line(wordTook, names...)
	switch w.rnd.IntN(8) {
	case 0:
		return w.Release(ctx, receipts)
	case 1:
		return errors.Join(w.move(ctx, names[0], receipts[0], n), w.Release(ctx, receipts[1:]))
	case 2:
		return errors.Join(w.Nack(ctx, receipts[0], 0), w.ack(ctx, names[1:], receipts[1:]))
	}
	return w.ack(ctx, names, receipts)
}

func (w *worker) ack(ctx context.Context, names []string, receipts []queuecore.Receipt) error {
	if len(names) == 0 {
		return nil
	}
	w.say.line(wordAcking, names...)
	if _, err := w.Commit(ctx, queuecore.Tx{Acks: receipts}); err != nil {
		return err
	}
	w.say.line(wordAcked, names...)
	w.waiting.Add(-int64(len(names)))
	return nil
}

// move sends a new message in the transaction that acks the old one.
func (w *worker) move(ctx context.Context, old string, r queuecore.Receipt, n int) error {
	name := fmt.Sprintf("%s.%d", w.name, n)
	w.say.line(wordMoving, old, name)
	t := queuecore.Tx{Sends: []*queuecore.Message{message(name)}, Acks: []queuecore.Receipt{r}}
	if _, err := w.Commit(ctx, t); err != nil {
		return err
	}
	w.say.line(wordMoved, old, name)
	return nil
}
