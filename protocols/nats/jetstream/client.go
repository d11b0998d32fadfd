package jetstream

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/protocols/quota"
)

// Client is one connection of the transport. Request, Publish and Flush are for one
// goroutine at a time; the other methods may be called from any.
type Client struct {
	// Witness is told of what the client does that is no sending and no receiving. It is set before
	// the first call of another method.
	Witness protocols.Witness

	engine    *Engine
	principal protocols.Principal
	user      *quota.User // whose limits hold; nil: nobody's
	room      func() bool
	acks      acks

	// published holds what has been handed to the broker and not been answered,
	// in bytes; slow counts the settlements that wait outside the pipeline.
	published *semaphore.Weighted
	slow      *semaphore.Weighted

	failed func() // ends the connection; nil: it cannot be ended

	mu     sync.Mutex // over what follows
	pulls  map[*pull]struct{}
	closed bool
}

// Client makes a client for a connection. Room reports whether the connection
// can take more deliveries now; when it can again after it could not, call
// Drained.
func (e *Engine) Client(p protocols.Principal, room func() bool) *Client {
	return &Client{
		engine: e, principal: p, room: room, pulls: make(map[*pull]struct{}),
		published: semaphore.NewWeighted(maxInFlight), slow: semaphore.NewWeighted(maxSlow),
	}
}

// OnPanic has end called when a panic in another goroutine, the broker's say, concerned the client:
// its connection must end, without end's waiting for it. To be called before anything else.
func (c *Client) OnPanic(end func()) { c.failed = end }

// Bound has the limits of a user hold for the client. It is to be called before all else.
func (c *Client) Bound(u *quota.User) { c.user = u }

// Close hands over what Flush does, on the same goroutine, and ends the client's pulls.
func (c *Client) Close() {
	c.Flush()
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	for _, p := range c.waiting("") {
		p.consumer.drop(p)
	}
}

// Settle waits until everything that the client has published and settled has
// been answered, or ctx ends.
func (c *Client) Settle(ctx context.Context) error {
	if err := c.published.Acquire(ctx, maxInFlight); err != nil {
		return err
	}
	c.published.Release(maxInFlight)
	if err := c.slow.Acquire(ctx, maxSlow); err != nil {
		return err
	}
	c.slow.Release(maxSlow)
	return nil
}

// Unsubscribed says that the client ended a subscription: pulls whose inbox
// nobody listens to any more end, and so do deliveries to that subject.
func (c *Client) Unsubscribed(pattern string) {
	for _, p := range c.waiting(pattern) {
		if !c.engine.transport.Interest(p.inbox) {
			p.consumer.drop(p)
		}
	}
	c.engine.heard(pattern)
}

// Drained says that the connection has room again.
func (c *Client) Drained() {
	woken := make(map[*consumer]bool)
	for _, p := range c.waiting("") {
		if !woken[p.consumer] {
			woken[p.consumer] = true
			p.consumer.wake()
		}
	}
	for _, o := range c.engine.pushes.all() {
		o.wake() // whom it delivers to, only the transport knows
	}
}

// waiting returns the client's pulls whose inbox matches pattern; all with "".
func (c *Client) waiting(pattern string) []*pull {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*pull
	for p := range c.pulls {
		if pattern == "" || router.Covers(pattern, string(p.inbox)) {
			found = append(found, p)
		}
	}
	return found
}

// hold remembers a pull; false when the client is gone.
func (c *Client) hold(p *pull) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.pulls[p] = struct{}{}
	}
	return !c.closed
}

func (c *Client) forget(p *pull) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pulls, p)
}
