package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// stampBytes is what each body begins with: a number, and the token of its phase.
const (
	numberDigits = 10
	tokenBytes   = 8
	stampBytes   = numberDigits + tokenBytes
	maxNumber    = 1_000_000_000
)

// stompPatience is how long a phase may take.
const stompPatience = 15 * time.Minute

// stompBench measures one server.
type stompBench struct {
	*STOMPOptions
	target *STOMPTarget
	cpu    func() (time.Duration, error) // that the server's process has used; nil: nobody knows
}

// round measures everything once.
func (b *stompBench) round(ctx context.Context, f *stompFigures) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stompPatience, fmt.Errorf("STOMP server %s: a round took more than %v", b.target.Addr, stompPatience))
	defer cancel()
	work := newStompWork(b)
	if err := b.phase(ctx, &f.send, work, b.Producers, 0); err != nil {
		return fmt.Errorf("sends: %w", err)
	}
	if err := b.phase(ctx, &f.take, work.again(), 0, b.Consumers); err != nil {
		return fmt.Errorf("get+ack: %w", err)
	}
	if err := b.phase(ctx, &f.both, newStompWork(b), b.Producers, b.Consumers); err != nil {
		return fmt.Errorf("sends and get+ack: %w", err)
	}
	if b.Rate == 0 {
		return nil
	}
	if err := b.evenLoad(ctx, f); err != nil {
		return fmt.Errorf("even load: %w", err)
	}
	return nil
}

// makeQueue sends one message, which makes the queue: not every server can make one for
// many connections at the same time.
func (b *stompBench) makeQueue(ctx context.Context) (err error) {
	senders, err := b.senders(ctx, rand.Text()[:tokenBytes], 1)
	defer func() { err = errors.Join(err, closeSTOMP(senders, nil)) }()
	if err != nil {
		return err
	}
	w := &stompWork{limit: 1}
	w.wanted.Store(1)
	return b.run(ctx, w, senders)
}

// stompWork is what the clients of a phase share. A phase has its own token in the bodies, so
// that what an earlier run has left in the queue is acked and not counted.
type stompWork struct {
	token   string
	limit   int64     // of messages
	until   time.Time // of sends; zero: the limit alone
	forTime time.Duration
	begun   atomic.Int64 // sends
	sent    atomic.Int64 // that are confirmed
	taken   atomic.Int64
	wanted  atomic.Int64 // to be taken; no more than that are sent
	takers  []*stompTaker
	called  sync.Once     // off
	seen    func(n int64) // is told of each message that is taken; nil: nobody is. Many goroutines call it
}

func newStompWork(b *stompBench) *stompWork {
	w := &stompWork{token: rand.Text()[:tokenBytes], limit: int64(b.Messages)}
	if b.Messages == 0 {
		w.limit, w.forTime = maxNumber, b.For
	}
	w.wanted.Store(w.limit)
	return w
}

// again is the work of taking what the producers of w have sent.
func (w *stompWork) again() *stompWork {
	n := w.sent.Load()
	next := &stompWork{token: w.token, limit: n}
	next.wanted.Store(n)
	return next
}

// number returns the number of the next message to send, if there is one.
func (w *stompWork) number() (n int64, ok bool) {
	n = w.begun.Add(1) - 1
	if w.forTime > 0 && n > 0 && time.Now().After(w.until) {
		return 0, false
	}
	return n, n < w.limit
}

// took counts a message, and has all consumers leave after the last one.
func (w *stompWork) took(body []byte) error {
	if len(body) < stampBytes || string(body[numberDigits:stampBytes]) != w.token {
		return nil
	}
	if w.seen != nil {
		n, err := strconv.ParseInt(string(body[:numberDigits]), 10, 64)
		if err != nil {
			return err
		}
		w.seen(n)
	}
	if w.taken.Add(1) == w.wanted.Load() {
		return w.callOff()
	}
	return nil
}

// allSent says that no more will come.
func (w *stompWork) allSent() error {
	n := w.sent.Load()
	if w.wanted.Store(n); w.taken.Load() == n {
		return w.callOff()
	}
	return nil
}

// callOff has all consumers leave, once: they would take a second call for an error.
func (w *stompWork) callOff() (err error) {
	w.called.Do(func() {
		for _, t := range w.takers {
			err = errors.Join(err, t.interrupt())
		}
	})
	return err
}

// phase runs so many clients at once, and adds what it took.
func (b *stompBench) phase(ctx context.Context, p *loadFigures, w *stompWork, producers, consumers int) (err error) {
	senders, err := b.senders(ctx, w.token, producers)
	defer func() { err = errors.Join(err, closeSTOMP(senders, w.takers)) }()
	if err != nil {
		return err
	}
	if w.takers, err = b.takers(ctx, consumers); err != nil {
		return err
	}
	before, err := b.used()
	if err != nil {
		return err
	}
	start := time.Now()
	w.until = start.Add(w.forTime)
	if err := b.run(ctx, w, senders); err != nil {
		return err
	}
	took := time.Since(start)
	after, err := b.used()
	p.add(max(w.sent.Load(), w.taken.Load()), took, after-before)
	return err
}

func (b *stompBench) used() (time.Duration, error) {
	if b.cpu == nil {
		return 0, nil
	}
	return b.cpu()
}

// run has the producers send and the consumers take until there is nothing left.
func (b *stompBench) run(ctx context.Context, w *stompWork, senders []*stompSender) error {
	g, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() { _ = closeSTOMP(senders, w.takers) }) // at the latest when all have ended
	for _, t := range w.takers {
		// Ends when all is taken, or its connection is closed.
		g.Go(func() error { return t.take(w) })
	}
	var sending errgroup.Group
	for _, s := range senders {
		// Ends when all is sent, or its connection is closed.
		sending.Go(func() error { return s.send(w, b.Window) })
	}
	// Ends with the producers.
	g.Go(func() error {
		err := sending.Wait()
		if err == nil && len(senders) > 0 {
			err = w.allSent()
		}
		return err
	})
	if g.Wait() != nil {
		return context.Cause(ctx) // the first error: the others are of connections that were closed for it
	}
	return nil
}

// closeSTOMP closes what is not closed yet.
func closeSTOMP(senders []*stompSender, takers []*stompTaker) error {
	var err error
	for _, s := range senders {
		err = errors.Join(err, s.close())
	}
	for _, t := range takers {
		err = errors.Join(err, t.close())
	}
	return err
}
