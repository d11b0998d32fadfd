package bench

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// errHungUp: a server ended the connection of a client.
var errHungUp = errors.New("the server closed the connection")

// consume is Consume of a pull consumer, which keeps a batch asked for.
func (s *natsSite) consume(ctx context.Context, t *natsTaker) (stop func(), err error) {
	consumer, err := t.client.js.Consumer(ctx, s.stream, natsConsumer)
	if err != nil {
		return nil, err
	}
	running, err := consumer.Consume(t.take, jetstream.PullMaxMessages(s.Batch))
	if err != nil {
		return nil, err
	}
	return stopped(running), nil
}

// listen is Consume of a push consumer, in its queue group.
func (s *natsSite) listen(ctx context.Context, t *natsTaker) (stop func(), err error) {
	consumer, err := t.client.js.PushConsumer(ctx, s.stream, natsConsumer)
	if err != nil {
		return nil, err
	}
	running, err := consumer.Consume(t.take)
	if err != nil {
		return nil, err
	}
	return stopped(running), nil
}

func stopped(c jetstream.ConsumeContext) func() {
	return func() {
		c.Stop()
		<-c.Closed()
	}
}

// fetch asks for a batch when the one before is taken.
func (s *natsSite) fetch(ctx context.Context, t *natsTaker) (stop func(), err error) {
	consumer, err := t.client.js.Consumer(ctx, s.stream, natsConsumer)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var fetching sync.WaitGroup
	// Ends when stop is called, at the latest with ctx.
	fetching.Go(func() {
		for ctx.Err() == nil {
			if err := t.fetch(ctx, consumer, s.Batch); err != nil {
				t.client.fail(err)
				return
			}
		}
	})
	return func() { cancel(); fetching.Wait() }, nil
}

func (t *natsTaker) fetch(ctx context.Context, from jetstream.Consumer, n int) error {
	batch, err := from.Fetch(n, jetstream.FetchContext(ctx))
	if err == nil {
		for m := range batch.Messages() {
			t.take(m)
		}
		err = batch.Error()
	}
	if ctx.Err() != nil || errors.Is(err, nats.ErrTimeout) {
		return nil
	}
	return err
}
