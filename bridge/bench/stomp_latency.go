package bench

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// evenBegin leaves the consumers time to be there before the first message is due.
const evenBegin = 200 * time.Millisecond

// evenSTOMP is a load that comes by the clock, at even distances; a message's time
// begins when it is due, so that a stall counts for every message that was due in it.
type evenSTOMP struct {
	start time.Time
	every time.Duration
	// For each message: from when it was due until its RECEIPT came, until a consumer
	// had it, and until it was written.
	toReceipt, toTaker, late []time.Duration
}

// evenLoad adds the latencies of a round.
func (b *stompBench) evenLoad(ctx context.Context, f *stompFigures) (err error) {
	n := max(int(b.Rate*b.LatencyFor.Seconds()), 1)
	l := &evenSTOMP{every: time.Duration(float64(time.Second) / b.Rate)}
	l.toReceipt, l.toTaker, l.late = make([]time.Duration, n), make([]time.Duration, n), make([]time.Duration, n)
	w := newStompWork(b)
	w.limit, w.forTime = int64(n), 0
	w.wanted.Store(w.limit)
	w.seen = func(i int64) { l.toTaker[i] = l.since(int(i)) }
	senders, err := b.senders(ctx, w.token, b.Producers)
	defer func() { err = errors.Join(err, closeSTOMP(senders, w.takers)) }()
	if err != nil {
		return err
	}
	if w.takers, err = b.takers(ctx, b.Consumers); err != nil {
		return err
	}
	l.start = time.Now().Add(evenBegin)
	if err := b.runEvenly(ctx, l, w, senders); err != nil {
		return err
	}
	f.toReceipt.add(l.toReceipt)
	f.toTaker.add(l.toTaker)
	f.late = append(f.late, quantile(l.late, 0.99))
	return nil
}

func (l *evenSTOMP) since(i int) time.Duration { return time.Since(l.due(i)) }

func (l *evenSTOMP) due(i int) time.Time { return l.start.Add(time.Duration(i) * l.every) }

// runEvenly ends when all is confirmed and taken.
func (b *stompBench) runEvenly(ctx context.Context, l *evenSTOMP, w *stompWork, senders []*stompSender) error {
	g, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() { _ = closeSTOMP(senders, w.takers) }) // at the latest when all have ended
	for _, t := range w.takers {
		// Ends when all is taken, or its connection is closed.
		g.Go(func() error { return t.take(w) })
	}
	for i, s := range senders {
		// Both end with the last message, or when the connection is closed.
		g.Go(func() error { return l.write(s, i, len(senders)) })
		g.Go(func() error { return l.read(s, i, len(senders)) })
	}
	if g.Wait() != nil {
		return context.Cause(ctx) // the first error, as in run
	}
	return nil
}

// write sends every message from i on, by so many, when it is due.
func (l *evenSTOMP) write(s *stompSender, i, by int) error {
	for ; i < len(l.late); i += by {
		time.Sleep(time.Until(l.due(i)))
		l.late[i] = l.since(i)
		s.add(int64(i))
		if err := s.flush(); err != nil {
			return err
		}
	}
	return nil
}

// read counts in the RECEIPTs of write. It shares the connection with it and nothing else.
func (l *evenSTOMP) read(s *stompSender, i, by int) error {
	reader := stompSender{stompConn: &stompConn{addr: s.addr, conn: s.conn, room: s.room}}
	for ; i < len(l.late); i += by {
		n, err := reader.confirmed()
		if err != nil {
			return err
		}
		l.toReceipt[n] = l.since(int(n))
	}
	return nil
}
