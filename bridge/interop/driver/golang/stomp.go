package golang

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// stompClient opens a connection for each request, as short programs do. The
// connections of deliveries that are held stay open.
type stompClient struct {
	addr string
	held map[string]heldFrame // by ack header
}

type heldFrame struct {
	conn    *stomp.Conn
	message *stomp.Message
}

func newSTOMP(addr string) *stompClient {
	return &stompClient{addr: addr, held: make(map[string]heldFrame)}
}

// dial connects; the connection breaks when ctx ends, because most calls of
// the library know no deadline of their own.
func (c *stompClient) dial(ctx context.Context) (*stomp.Conn, func(), error) {
	conn, err := stomp.DialWithContext(ctx, "tcp", c.addr, rig.PatientSTOMP, stomp.ConnOpt.Logger(quiet{}))
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	cut := context.AfterFunc(ctx, func() { _ = conn.MustDisconnect() })
	return conn, func() { cut() }, nil
}

func (c *stompClient) produce(ctx context.Context, queue string, messages []driver.Message) error {
	conn, done, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer done()
	for i, m := range messages {
		if err := conn.Send(queue, "", m.Body, stompHeaders(m.Headers)...); err != nil {
			return fmt.Errorf("message %d of %d: %w", i, len(messages), err)
		}
	}
	return conn.Disconnect()
}

func stompHeaders(headers [][2]string) []func(*frame.Frame) error {
	options := []func(*frame.Frame) error{stomp.SendOpt.Receipt}
	for _, h := range headers {
		options = append(options, stomp.SendOpt.Header(h[0], h[1]))
	}
	return options
}

func (c *stompClient) consume(ctx context.Context, queue string, n int, settle string) ([]driver.Message, error) {
	conn, done, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	sub, err := conn.Subscribe(queue, stomp.AckClientIndividual)
	if err != nil {
		return nil, err
	}
	arrivals := pump(sub)
	var messages []driver.Message
	var given []*stomp.Message // to be given back
	for len(messages) < n {
		m, err := next(ctx, arrivals)
		if err == nil && settle == driver.Nack {
			given = append(given, m)
		} else if err == nil {
			err = c.keep(conn, m, settle)
		}
		if err != nil {
			return messages, fmt.Errorf("%d of %d came: %w", len(messages), n, err)
		}
		messages = append(messages, showSTOMP(m))
	}
	// What is given back while the subscription stands would come straight back to it.
	if err := unsubscribe(ctx, sub, arrivals); err != nil || settle == driver.Hold {
		return messages, err
	}
	for _, m := range given {
		if err := conn.Nack(m); err != nil {
			return messages, err
		}
	}
	return messages, conn.Disconnect()
}

// pump takes messages off the subscription as they come. The library reads and
// writes in one goroutine: a program that settles messages in the loop that reads them stands
// still once more than 16 are waiting.
func pump(sub *stomp.Subscription) <-chan *stomp.Message {
	const ahead = 10_000 // more than a server sends without hearing of it
	arrivals := make(chan *stomp.Message, ahead)
	// Ends with the subscription.
	go func() {
		defer close(arrivals)
		for m := range sub.C {
			arrivals <- m
		}
	}()
	return arrivals
}

func next(ctx context.Context, arrivals <-chan *stomp.Message) (*stomp.Message, error) {
	select {
	case m, ok := <-arrivals:
		if !ok {
			return nil, errors.New("the subscription is closed")
		}
		return m, m.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// unsubscribe returns when the server has confirmed it. Unsubscribe itself can miss
// the confirmation; the channel of the subscription does not.
func unsubscribe(ctx context.Context, sub *stomp.Subscription, arrivals <-chan *stomp.Message) error {
	// Ends with the confirmation, or the connection.
	go func() { _ = sub.Unsubscribe() }()
	for {
		select {
		case m, ok := <-arrivals:
			if !ok {
				return nil
			}
			if m.Err != nil {
				return m.Err
			}
		case <-ctx.Done():
			return fmt.Errorf("unsubscribing: %w", ctx.Err())
		}
	}
}

// keep settles m, or holds it.
func (c *stompClient) keep(conn *stomp.Conn, m *stomp.Message, settle string) error {
	switch settle {
	case driver.Ack:
		return conn.Ack(m)
	case driver.Nack:
		return conn.Nack(m)
	}
	c.held[m.Header.Get(frame.Ack)] = heldFrame{conn, m}
	return nil
}

func showSTOMP(m *stomp.Message) driver.Message {
	shown := driver.Message{Body: m.Body, Handle: m.Header.Get(frame.Ack), Destination: m.Destination}
	for i := range m.Header.Len() {
		name, value := m.Header.GetAt(i)
		shown.Headers = append(shown.Headers, [2]string{name, value})
	}
	shown.Attempt, _ = strconv.Atoi(m.Header.Get("JMSXDeliveryCount")) // 0 says that there is none
	return shown
}

func (c *stompClient) settle(_ context.Context, _ string, handles []string, how string) error {
	conns := make(map[*stomp.Conn]bool)
	for _, handle := range handles {
		h, ok := c.held[handle]
		if !ok {
			return fmt.Errorf("delivery %q is not held", handle)
		}
		delete(c.held, handle)
		conns[h.conn] = true
		if err := c.keep(h.conn, h.message, how); err != nil {
			return err
		}
	}
	for conn := range conns {
		if err := conn.Disconnect(); err != nil {
			return err
		}
	}
	return nil
}

func (*stompClient) count(context.Context, string) (driver.Counts, error) {
	return driver.Counts{}, errors.New("STOMP has no way to ask")
}

func (c *stompClient) close() {
	for _, h := range c.held {
		_ = h.conn.MustDisconnect() // it may be gone already
	}
	clear(c.held)
}

// quiet keeps the library from writing to a test's output. What goes wrong is returned.
type quiet struct{}

var _ stomp.Logger = quiet{}

func (quiet) Debugf(string, ...any)   {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Debug(string)            {}
func (quiet) Info(string)             {}
func (quiet) Warning(string)          {}
func (quiet) Error(string)            {}
