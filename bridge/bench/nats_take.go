package bench

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// natsWay is a way to take messages.
type natsWay struct {
	name    string
	figures *natsLoad
	// make makes the consumer; start has a client take from it until stop.
	make  func(ctx context.Context) error
	start func(ctx context.Context, t *natsTaker) (stop func(), err error)
}

func (s *natsSite) ways(f *natsFigures) []natsWay {
	list := []natsWay{
		{"consume", &f.consume, s.makePull, s.consume},
		{"fetch", &f.fetch, s.makePull, s.fetch},
	}
	if s.pushes {
		list = append(list, natsWay{"push", &f.push, s.makePush, s.listen})
	}
	return list
}

func (s *natsSite) consumerConfig() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: natsConsumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: natsPatience,
		MaxAckPending: 2 * s.Batch * s.Consumers, // more than they ask for
	}
}

func (s *natsSite) makePull(ctx context.Context) error {
	_, err := s.admin.js.CreateConsumer(ctx, s.stream, s.consumerConfig())
	return err
}

func (s *natsSite) makePush(ctx context.Context) error {
	c := s.consumerConfig()
	c.DeliverSubject, c.DeliverGroup = nats.NewInbox(), natsConsumer
	_, err := s.admin.js.CreatePushConsumer(ctx, s.stream, c)
	return err
}

func (s *natsSite) dropConsumer(ctx context.Context) error {
	return s.admin.js.DeleteConsumer(ctx, s.stream, natsConsumer)
}

// natsTaking is what the consumers of a phase share.
type natsTaking struct {
	wanted int64
	taken  atomic.Int64
	done   chan struct{} // closed when all are taken
	seen   func(body []byte)
}

// natsTaker is one consumer. It acks each message when the next one comes, so that in the
// end it has one whose ack it can wait for.
type natsTaker struct {
	*natsTaking
	client *natsClient
	last   jetstream.Msg
}

// take is called by one goroutine at a time.
func (t *natsTaker) take(m jetstream.Msg) {
	if t.last != nil {
		if err := t.last.Ack(); err != nil {
			t.client.fail(err)
		}
	}
	t.last = m
	if t.seen != nil {
		t.seen(m.Data())
	}
	if t.taken.Add(1) == t.wanted {
		close(t.done)
	}
}

// take takes n messages in one of the ways, and removes the consumer.
func (s *natsSite) take(ctx context.Context, way natsWay, n int) (took spent, err error) {
	if err := way.make(ctx); err != nil {
		return took, err
	}
	stop := func() {}
	took, err = s.measure(n, func() error {
		w := &natsTaking{wanted: int64(n), done: make(chan struct{})}
		var takers []*natsTaker
		takers, stop, err = s.startTakers(ctx, way, w)
		if err != nil {
			return err
		}
		return finish(ctx, takers)
	})
	stop()
	return took, errors.Join(err, s.dropConsumer(ctx))
}

// startTakers has all consumers take. What it returns stops them, also with an error.
func (s *natsSite) startTakers(ctx context.Context, way natsWay, w *natsTaking) (takers []*natsTaker, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, stop := range stops {
			stop()
		}
	}
	for _, c := range s.consumers {
		t := &natsTaker{natsTaking: w, client: c}
		one, err := way.start(ctx, t)
		if err != nil {
			return nil, stop, err
		}
		stops, takers = append(stops, one), append(takers, t)
	}
	return takers, stop, nil
}

// finish waits until all is taken, and then until the server has confirmed each consumer's last ack,
// and with that all of them.
func finish(ctx context.Context, takers []*natsTaker) error {
	for _, t := range takers {
		select {
		case <-t.done:
		case err := <-t.client.failed:
			return err
		case <-t.client.gone:
			return errors.Join(errHungUp, t.client.conn.LastError())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var g errgroup.Group
	for _, t := range takers {
		if t.last != nil {
			// Ends with the answer, or with ctx.
			g.Go(func() error { return orCause(ctx, t.last.DoubleAck(ctx)) })
		}
	}
	return g.Wait()
}
