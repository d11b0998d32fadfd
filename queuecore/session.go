package queuecore

import (
	"context"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Session holds leases, transient queues and attachments to subscriptions that end with it. Its methods may be
// called from any goroutine.
type Session struct {
	b  *Broker
	id uint64
}

type openCall struct{ machine.OpenSession }

func (*openCall) answered(error) {}

// NewSession starts a session. On a closed broker its use fails with ErrClosed.
func (b *Broker) NewSession() *Session {
	s := &Session{b: b, id: b.sessions.Add(1)}
	_ = b.inbox.put(&openCall{machine.OpenSession{ID: s.id}}) // a closed inbox refuses what uses the session
	return s
}

// Lease is a lease that ends when the session closes.
func (s *Session) Lease() Lease { return Lease{session: s} }

// CreateQueue makes a transient queue that is deleted when the session closes.
// ErrExists when there is a queue of that name.
func (s *Session) CreateQueue(ctx context.Context, name string, c QueueConfig) (QueueInfo, error) {
	if err := Reserved(name); err != nil {
		return QueueInfo{}, err
	}
	c.Transient = true
	return s.b.createQueue(ctx, &machine.CreateQueue{Name: name, Config: machine.Config(c), Session: s.id})
}

// Close gives every lease back, counted as an attempt, deletes the session's queues
// and ends its attachments. It may be called twice.
func (s *Session) Close() error {
	r := &machine.CloseSession{ID: s.id}
	return s.b.ask(context.Background(), r, &r.Owner)
}

// shutdownCall is the last request of a broker.
type shutdownCall struct{ machine.Shutdown }

func (*shutdownCall) answered(error) {}
