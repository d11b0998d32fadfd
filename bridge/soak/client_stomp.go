package soak

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
)

// dialSTOMP connects; the connection breaks when ctx ends, since most calls of
// the library know no end of their own.
func dialSTOMP(ctx context.Context, addr string) (*stomp.Conn, func(), error) {
	conn, err := stomp.DialWithContext(ctx, "tcp", addr, stomp.ConnOpt.Logger(quiet{}),
		stomp.ConnOpt.MsgSendTimeout(turnPatience), stomp.ConnOpt.RcvReceiptTimeout(turnPatience))
	if err != nil {
		return nil, nil, err
	}
	cut := context.AfterFunc(ctx, func() { _ = conn.MustDisconnect() })
	return conn, func() {
		cut()
		_ = conn.Disconnect()
	}, nil
}

// quiet is a log that nobody reads: failures come back from the calls.
type quiet struct{}

func (quiet) Debugf(string, ...any)   {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Debug(string)            {}
func (quiet) Info(string)             {}
func (quiet) Warning(string)          {}
func (quiet) Error(string)            {}

// stompProducer sends each turn as one transaction or, without, with a receipt
// for the last frame, which the server answers after all the others.
type stompProducer struct {
	conn     *stomp.Conn
	end      func()
	queue    string
	together bool
}

func newSTOMPProducer(ctx context.Context, s *site, queue string, together bool) (*stompProducer, error) {
	conn, end, err := dialSTOMP(ctx, s.server.STOMP)
	return &stompProducer{conn, end, queue, together}, err
}

func (p *stompProducer) close() { p.end() }

func (p *stompProducer) send(_ context.Context, ms []outgoing) error {
	if !p.together {
		for i, m := range ms {
			opts := stompHeaders(m)
			if i == len(ms)-1 {
				opts = append(opts, stomp.SendOpt.Receipt)
			}
			if err := p.conn.Send(p.queue, "text/plain", []byte(m.body), opts...); err != nil {
				return err
			}
		}
		return nil
	}
	tx, err := p.conn.BeginWithError()
	if err != nil {
		return err
	}
	for _, m := range ms {
		if err := tx.Send(p.queue, "text/plain", []byte(m.body), stompHeaders(m)...); err != nil {
			return err
		}
	}
	return tx.CommitWithReceipt()
}

func stompHeaders(m outgoing) (opts []func(*frame.Frame) error) {
	if m.delayed {
		opts = append(opts, stomp.SendOpt.Header("AMQ_SCHEDULED_DELAY", strconv.FormatInt(delay.Milliseconds(), 10)))
	}
	return opts
}

// stompConsumer acks one by one or, together, in a transaction for each turn.
type stompConsumer struct {
	judge
	conn     *stomp.Conn
	end      func()
	arrivals <-chan *stomp.Message
	together bool
}

func newSTOMPConsumer(ctx context.Context, s *site, queue string, together bool) (*stompConsumer, error) {
	conn, end, err := dialSTOMP(ctx, s.server.STOMP)
	if err != nil {
		return nil, err
	}
	sub, err := conn.Subscribe(queue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("prefetch-count", "20"))
	if err != nil {
		end()
		return nil, err
	}
	return &stompConsumer{conn: conn, end: end, arrivals: pump(sub), together: together}, nil
}

// pump takes messages off the subscription as they come: the library reads and
// writes in one goroutine, so whoever settles in the loop that reads may stand still.
func pump(sub *stomp.Subscription) <-chan *stomp.Message {
	arrivals := make(chan *stomp.Message, 1000) // more than the prefetch
	// Ends with the subscription.
	go func() {
		defer close(arrivals)
		for m := range sub.C {
			arrivals <- m
		}
	}()
	return arrivals
}

func (c *stompConsumer) close() { c.end() }

func (c *stompConsumer) take(ctx context.Context, n int) error {
	ack, nack, commit := c.conn.Ack, c.conn.Nack, func() error { return nil }
	if c.together {
		tx, err := c.conn.BeginWithError()
		if err != nil {
			return err
		}
		ack, nack, commit = tx.Ack, tx.Nack, tx.CommitWithReceipt
	}
	for n > 0 {
		m, err := nextSTOMP(ctx, c.arrivals)
		if err != nil {
			return err
		}
		if !c.accepts(string(m.Body)) {
			err = nack(m)
		} else {
			n--
			err = ack(m)
		}
		if err != nil {
			return c.because(err)
		}
	}
	return c.because(commit())
}

// because looks for what the server said before the connection broke.
func (c *stompConsumer) because(err error) error {
	if err == nil {
		return nil
	}
	for {
		select {
		case m, ok := <-c.arrivals:
			if !ok || m.Err != nil {
				return errors.Join(err, lastWord(m))
			}
		case <-time.After(time.Second):
			return err
		}
	}
}

// lastWord is the ERROR frame in m, if there is one.
func lastWord(m *stomp.Message) error {
	if m == nil {
		return nil
	}
	return m.Err
}

func nextSTOMP(ctx context.Context, arrivals <-chan *stomp.Message) (*stomp.Message, error) {
	select {
	case m, ok := <-arrivals:
		if !ok {
			return nil, errors.New("STOMP: the subscription is closed")
		}
		return m, m.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
