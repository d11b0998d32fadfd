package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// evenNATS is a load that comes by the clock, as evenSTOMP is.
type evenNATS struct {
	start time.Time
	every time.Duration
	// For each message: from when it was due until its PubAck came, until a consumer
	// had it, and until it was published.
	toAck, toTaker, late []time.Duration
}

func newEvenNATS(o *NATSOptions) *evenNATS {
	n := max(int(o.Rate*o.LatencyFor.Seconds()), 1)
	return &evenNATS{
		every: time.Duration(float64(time.Second) / o.Rate),
		toAck: make([]time.Duration, n), toTaker: make([]time.Duration, n), late: make([]time.Duration, n),
	}
}

func (l *evenNATS) due(i int) time.Time { return l.start.Add(time.Duration(i) * l.every) }

func (l *evenNATS) since(i int) time.Duration { return time.Since(l.due(i)) }

// seen notes that a consumer has a message.
func (l *evenNATS) seen(body []byte) {
	if i, err := strconv.Atoi(string(body[:numberDigits])); err == nil && i < len(l.toTaker) {
		l.toTaker[i] = l.since(i)
	}
}

// evenLoad adds the latencies of a round.
func (s *natsSite) evenLoad(ctx context.Context, f *natsFigures) error {
	if err := s.makePull(ctx); err != nil {
		return err
	}
	l := newEvenNATS(s.NATSOptions)
	l.start = time.Now().Add(evenBegin)
	w := &natsTaking{wanted: int64(len(l.late)), done: make(chan struct{}), seen: l.seen}
	takers, stop, err := s.startTakers(ctx, natsWay{start: s.consume}, w)
	if err == nil {
		err = s.runEvenly(ctx, l)
	}
	if err == nil {
		err = finish(ctx, takers)
	}
	stop()
	if err != nil {
		return err
	}
	f.toAck.add(l.toAck)
	f.toTaker.add(l.toTaker)
	f.late = append(f.late, quantile(l.late, 0.99))
	return s.dropConsumer(ctx)
}

// natsDue is a message that was published and is not confirmed.
type natsDue struct {
	number int
	ack    jetstream.PubAckFuture
}

// runEvenly ends when all is confirmed.
func (s *natsSite) runEvenly(ctx context.Context, l *evenNATS) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range s.producers {
		underWay := make(chan natsDue, s.Window)
		// Both end with the last message, or with ctx.
		g.Go(func() error {
			defer close(underWay)
			return s.publishEvenly(ctx, l, c, i, underWay)
		})
		g.Go(func() error { return l.confirm(ctx, underWay) })
	}
	return g.Wait()
}

// publishEvenly publishes every message from i on, by so many producers, when it is due.
func (s *natsSite) publishEvenly(ctx context.Context, l *evenNATS, c *natsClient, i int, underWay chan<- natsDue) error {
	for ; i < len(l.late); i += len(s.producers) {
		body := append(fmt.Appendf(nil, "%0*d", numberDigits, i), s.body[numberDigits:]...)
		time.Sleep(time.Until(l.due(i)))
		l.late[i] = l.since(i)
		ack, err := c.js.PublishAsync(s.subject(), body, jetstream.WithStallWait(natsPatience))
		if err != nil {
			return err
		}
		select {
		case underWay <- natsDue{i, ack}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// confirm counts in what publishEvenly publishes, which is confirmed in its order.
func (l *evenNATS) confirm(ctx context.Context, underWay <-chan natsDue) error {
	for m := range underWay {
		select {
		case <-m.ack.Ok():
			l.toAck[m.number] = l.since(m.number)
		case err := <-m.ack.Err():
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
