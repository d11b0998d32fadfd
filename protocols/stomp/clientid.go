package stomp

import (
	"context"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// clients are the connections that have a client id, of which there is one at a time.
// Jakarta Messaging 3.1, 6.1.2. The zero value is ready for use, from any goroutine.
type clients struct {
	mu   sync.Mutex
	byID map[string]*conn
}

// enter gives c its client id, or returns who has it.
func (x *clients) enter(c *conn) *conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	if old := x.byID[c.client]; old != nil {
		return old
	}
	if x.byID == nil {
		x.byID = make(map[string]*conn)
	}
	x.byID[c.client] = c
	return nil
}

// leave takes the client id from c. It may be called twice.
func (x *clients) leave(c *conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.byID[c.client] == c {
		delete(x.byID, c.client)
	}
}

// claimClient reads the client-id header of CONNECT, where the dialect has it, and sees
// to it that no other connection has that client id.
func (c *conn) claimClient(f *frame.Frame) error {
	id, _ := f.Header("client-id")
	if id == "" || !c.gateway.habits.ClientIDs {
		return nil
	}
	if len(id) > queuecore.MaxNameBytes {
		return refuse("invalid client id", "The client-id has %d bytes, the limit is %d.", len(id), queuecore.MaxNameBytes)
	}
	c.client = id
	for old := c.gateway.clients.enter(c); old != nil; old = c.gateway.clients.enter(c) {
		if err := c.outlive(old); err != nil {
			return err
		}
	}
	return nil
}

// clientGrace is how long a connection waits for another with its client id to end: a
// client may connect again before the server has seen that it was gone.
const clientGrace = time.Second

// outlive returns when old has ended, or else an error.
func (c *conn) outlive(old *conn) error {
	wait, late := clientGrace, refuse("invalid client id", "InvalidClientIDException: the client %q is connected already.", c.client)
	if c.gateway.habits.TakesOver && old.who.Name() == c.who.Name() {
		old.stop(errTaken)
		wait, late = time.Until(c.source.until), errLogin
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-old.gone:
		return nil
	case <-t.C:
		return late
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// detach gives up what the client alone may have, before DISCONNECT is confirmed: it may
// connect and subscribe again at once.
func (c *conn) detach() error {
	for _, s := range c.subs.byID {
		if s.attached == nil {
			continue
		}
		if err := s.attached.Close(c.ctx); err != nil {
			return err
		}
	}
	c.gateway.clients.leave(c)
	return nil
}

// origin says to the core who sends: for subscriptions with no-local, which keep out what
// comes from the same connection or, if that has one, the same client id.
func (c *conn) origin() string {
	if c.client != "" {
		return "client " + c.client
	}
	return "connection " + c.id
}
