package crash

import (
	"context"
	"fmt"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
)

const stompQueue = "/queue/" + queueName

// stompClient has a connection for each direction: go-stomp hands out messages
// and receipts of one connection by one goroutine.
type stompClient struct {
	out, in *stomp.Conn
	sub     *stomp.Subscription
}

func newStomp(addr string) (*stompClient, error) {
	out, err := stomp.Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("stomp: %w", err)
	}
	in, err := stomp.Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("stomp: %w", err)
	}
	sub, err := in.Subscribe(stompQueue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("prefetch-count", "4"))
	if err != nil {
		return nil, fmt.Errorf("stomp: %w", err)
	}
	return &stompClient{out, in, sub}, nil
}

func (c *stompClient) name() string    { return "stomp" }
func (c *stompClient) transacts() bool { return true }

func (c *stompClient) close() {
	_ = c.out.MustDisconnect() // the server is gone already
	_ = c.in.MustDisconnect()
}

// textPlain has no content-length, as STOMP's own text messages have none.
func textPlain(f *frame.Frame) error { return stomp.SendOpt.NoContentLength(f) }

func (c *stompClient) send(_ context.Context, bodies []string) error {
	if len(bodies) == 1 {
		return c.out.Send(stompQueue, "text/plain", []byte(bodies[0]), stomp.SendOpt.Receipt, textPlain)
	}
	tx, err := c.out.BeginWithError()
	if err != nil {
		return err
	}
	for _, b := range bodies {
		if err := tx.Send(stompQueue, "text/plain", []byte(b), textPlain); err != nil {
			return err
		}
	}
	return tx.CommitWithReceipt()
}

func (c *stompClient) receive(ctx context.Context) (*delivery, error) {
	select {
	case m, ok := <-c.sub.C:
		if !ok {
			return nil, stomp.ErrAlreadyClosed
		}
		if m.Err != nil {
			return nil, m.Err
		}
		return c.delivery(m), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// delivery is acked in a transaction, since go-stomp asks for a receipt there alone.
func (c *stompClient) delivery(m *stomp.Message) *delivery {
	return &delivery{
		body: string(m.Body),
		ack: func(context.Context) error {
			tx, err := c.in.BeginWithError()
			if err != nil {
				return err
			}
			if err := tx.Ack(m); err != nil {
				return err
			}
			return tx.CommitWithReceipt()
		},
		nack: func() error { return c.in.Nack(m) },
	}
}
