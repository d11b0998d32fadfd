package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
func (b *stompBench) phase(ctx context.Context, p *stompPhase, w *stompWork, producers, consumers int) (err error) {
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

// stompSender is a producer. Its frame is made once; two places in it are written anew for each message.
type stompSender struct {
	*stompConn
	frame           []byte
	receipt, number int // where the numbers stand
}

func (b *stompBench) senders(ctx context.Context, token string, n int) (list []*stompSender, err error) {
	for range n {
		c, err := dialTarget(ctx, b.target)
		if err != nil {
			return list, err
		}
		list = append(list, b.newSender(c, token))
	}
	return list, nil
}

func (b *stompBench) newSender(c *stompConn, token string) *stompSender {
	zeros := strings.Repeat("0", numberDigits)
	s := &stompSender{stompConn: c}
	s.frame = fmt.Appendf(nil, "SEND\ndestination:%s\ncontent-type:text/plain\ncontent-length:%d\n", b.target.Queue, b.Size)
	if b.Persistent {
		s.frame = append(s.frame, "persistent:true\n"...)
	}
	s.frame = appendHeaders(s.frame, b.target.Headers)
	s.frame = append(s.frame, "receipt:"...)
	s.receipt = len(s.frame)
	s.frame = append(s.frame, zeros+"\n\n"...)
	s.number = len(s.frame)
	s.frame = append(s.frame, zeros+token+strings.Repeat("x", b.Size-stampBytes)+"\x00\n"...)
	return s
}

func appendHeaders(b []byte, headers []string) []byte {
	for _, h := range headers {
		b = append(append(b, h...), '\n')
	}
	return b
}

// add puts message n behind what is to be written.
func (s *stompSender) add(n int64) {
	putNumber(s.frame[s.receipt:], n)
	putNumber(s.frame[s.number:], n)
	s.out = append(s.out, s.frame...)
}

func putNumber(b []byte, n int64) {
	for i := numberDigits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// confirmed reads one RECEIPT and returns its number.
func (s *stompSender) confirmed() (int64, error) {
	f, err := s.next()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(f.header("receipt-id")), 10, 64)
	if err != nil || !f.is("RECEIPT") {
		return 0, fmt.Errorf("STOMP server %s: wanted a RECEIPT, got %.200q", s.addr, f.head)
	}
	return n, nil
}

// send keeps window messages under way while there are more.
func (s *stompSender) send(w *stompWork, window int) error {
	more := true
	for underWay := 0; ; underWay-- {
		for more && underWay < window {
			var n int64
			if n, more = w.number(); more {
				s.add(n)
				underWay++
			}
		}
		if underWay == 0 {
			return nil
		}
		if _, err := s.confirmed(); err != nil {
			return err
		}
		w.sent.Add(1)
	}
}

// stompTaker is a consumer.
type stompTaker struct {
	*stompConn
	version string
}

// ackHeader names the message to ack: with the header that MESSAGE has for it.
func (t *stompTaker) ackHeader() (ack, message string) {
	if t.version == "1.2" {
		return "id", "ack"
	}
	return "message-id", "message-id"
}

func (b *stompBench) takers(ctx context.Context, n int) (list []*stompTaker, err error) {
	for range n {
		c, err := dialTarget(ctx, b.target)
		if err != nil {
			return list, err
		}
		list = append(list, &stompTaker{stompConn: c, version: b.target.Version})
		c.out = fmt.Appendf(c.out, "SUBSCRIBE\nid:0\ndestination:%s\nack:client-individual\nprefetch-count:%d\nactivemq.prefetchSize:%d\n",
			b.target.Queue, b.Prefetch, b.Prefetch)
		c.out = append(appendHeaders(c.out, b.target.Headers), "\n\x00"...)
	}
	return list, nil
}

// take acks messages until it is called off, and leaves.
func (t *stompTaker) take(w *stompWork) error {
	for {
		body, err := t.one()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return t.leave()
		case err != nil:
			return err
		}
		if err := w.took(body); err != nil {
			return err
		}
	}
}

// one reads a message and acks it. The body is good until the next one.
func (t *stompTaker) one() ([]byte, error) {
	f, err := t.next()
	if err != nil {
		return nil, err
	}
	name, from := t.ackHeader()
	key := f.header(from)
	if !f.is("MESSAGE") || key == nil {
		return nil, fmt.Errorf("STOMP server %s: wanted a MESSAGE to ack, got %.200q", t.addr, f.head)
	}
	t.out = append(append(append(append(t.out, "ACK\n"...), name...), ':'), key...)
	if t.version == "1.1" {
		t.out = append(append(t.out, "\nsubscription:"...), f.header("subscription")...)
	}
	t.out = append(t.out, "\n\n\x00\n"...)
	return f.body, nil
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
