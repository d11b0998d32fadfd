package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// round measures everything once, and leaves the stream empty.
func (s *natsSite) round(ctx context.Context, f *natsFigures) error {
	ctx, cancel := context.WithTimeoutCause(ctx, natsPatience, fmt.Errorf("a round took more than %v", natsPatience))
	defer cancel()
	err := s.publishSync(ctx, f)
	if err != nil {
		return fmt.Errorf("synchronous publishes: %w", err)
	}
	if err := s.throughput(ctx, f); err != nil {
		return err
	}
	if s.Rate == 0 {
		return nil
	}
	if err := s.evenLoad(ctx, f); err != nil {
		return fmt.Errorf("even load: %w", err)
	}
	return nil
}

// throughput publishes, and takes in one of the ways, for each way.
func (s *natsSite) throughput(ctx context.Context, f *natsFigures) error {
	var published spent
	left := s.SyncMessages
	for _, way := range s.ways(f) {
		p, err := s.measure(s.Messages, func() error { return s.publishAsync(ctx, s.Messages) })
		if err != nil {
			return fmt.Errorf("asynchronous publishes: %w", err)
		}
		published.and(p)
		t, err := s.take(ctx, way, s.Messages+left)
		if err != nil {
			return fmt.Errorf("%s+ack: %w", way.name, err)
		}
		way.figures.add(t)
		left = 0
	}
	f.async.add(published)
	return nil
}

// publishSync has every producer wait for each PubAck.
func (s *natsSite) publishSync(ctx context.Context, f *natsFigures) error {
	var mu sync.Mutex
	var all []time.Duration
	t, err := s.measure(s.SyncMessages, func() error {
		return s.byProducer(s.SyncMessages, func(c *natsClient, n int) error {
			took := make([]time.Duration, n)
			for i := range took {
				start := time.Now()
				if _, err := c.js.Publish(ctx, s.subject(), s.body); err != nil {
					return orCause(ctx, err)
				}
				took[i] = time.Since(start)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			return nil
		})
	})
	if err == nil {
		f.sync.add(t)
		f.syncAck.add(all)
	}
	return err
}

// publishAsync has every producer keep a window of messages under way.
func (s *natsSite) publishAsync(ctx context.Context, n int) error {
	return s.byProducer(n, func(c *natsClient, n int) error {
		patience := jetstream.WithStallWait(natsPatience)
		for range n {
			if _, err := c.js.PublishAsync(s.subject(), s.body, patience); err != nil {
				return errors.Join(err, c.failure())
			}
		}
		return c.published(ctx)
	})
}

// published waits until all that was published has been answered.
func (c *natsClient) published(ctx context.Context) error {
	select {
	case <-c.js.PublishAsyncComplete():
		return c.failure()
	case <-c.gone:
		return errors.Join(errHungUp, c.conn.LastError())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// byProducer shares n messages out to all producers at once.
func (s *natsSite) byProducer(n int, do func(c *natsClient, n int) error) error {
	var g errgroup.Group
	for i, c := range s.producers {
		share := (n + i) / len(s.producers)
		// Ends with its messages, or with the connection.
		g.Go(func() error { return do(c, share) })
	}
	return g.Wait()
}

// orCause returns why ctx has ended, if that is what failed.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
