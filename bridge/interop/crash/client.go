package crash

import (
	"context"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// client is a real client of one dialect. One goroutine sends with it while
// another receives.
type client interface {
	name() string
	// transacts reports whether send can send several messages at once.
	transacts() bool
	// send returns once the server has confirmed all of the bodies.
	send(ctx context.Context, bodies []string) error
	// receive waits for a message; nil without error is a good time to ask again.
	receive(ctx context.Context) (*delivery, error)
	close()
}

// delivery is one message received.
type delivery struct {
	body string
	// ack returns once the server has confirmed it.
	ack  func(ctx context.Context) error
	nack func() error
}

// connect makes the queue and a client of each dialect.
func connect(ctx context.Context, s *rig.Server) ([]client, error) {
	q, err := newSQS(ctx, s.SQS)
	if err != nil {
		return nil, err
	}
	n, err := newNATS(ctx, s.NATS)
	if err != nil {
		return nil, err
	}
	st, err := newStomp(s.STOMP)
	if err != nil {
		return nil, err
	}
	return []client{q, n, st}, nil
}
