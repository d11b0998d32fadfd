package stomp

import (
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// feed moves messages from the queue of s into the outbox, as long as the client
// has credit. It returns nil when the subscription or the connection ends.
func (c *conn) feed(s *subscription) error {
	select {
	case <-s.begin:
	case <-s.ctx.Done():
		return nil
	}
	c.gateway.bounds.outgoing.feeds.Add(1)
	defer c.gateway.bounds.outgoing.feeds.Add(-1)
	for batch := receiveFirst; ; {
		credit := c.ledger.credit(s)
		if credit <= 0 {
			select {
			case <-s.wake:
				continue
			case <-s.ctx.Done():
				return nil
			}
		}
		// What a client that does not read cannot be sent stays where it is.
		if err := c.out.wait(s.ctx); err != nil {
			return c.fed(s, err)
		}
		ds, err := c.gateway.broker.Receive(s.ctx, s.queue, queuecore.ReceiveOptions{
			Max: min(credit, batch), Wait: -1, Lease: c.session.Lease(), Selector: s.selector, Consumer: s.consumer,
		})
		if s.ctx.Err() != nil {
			c.releaseDeliveries(ds)
			return nil
		}
		switch {
		case err != nil && s.ending.Load():
			return nil
		case errors.Is(err, queuecore.ErrNotFound): // it was there when the client subscribed
			return fmt.Errorf("subscription to queue %q: it was deleted: %w", s.queue, queuecore.ErrNotFound)
		case err != nil:
			return fmt.Errorf("subscription to queue %q: %w", s.queue, err)
		case !s.right.Holds():
			c.releaseDeliveries(ds)
			return c.lose(s)
		}
		if err := c.handOut(s, ds); err != nil {
			return err
		}
		batch = nextBatch(ds, c.gateway.bounds.outgoing.room())
	}
}

// fed returns err, unless it says that there is nothing to feed any more.
func (c *conn) fed(s *subscription, err error) error {
	if err == errSealed || s.ctx.Err() != nil {
		return nil
	}
	return err
}

// receiveFirst is how many messages of unknown size are asked for: they may be large, and
// there may be many subscriptions.
const receiveFirst = 1

// nextBatch is how many messages should be asked for so that they take about
// want, when they are like the last ones.
func nextBatch(ds []queuecore.Delivery, want int) int {
	bytes := 1
	for i := range ds {
		bytes += len(ds[i].Body) + 256
	}
	return min(max(want*len(ds)/bytes, 1), receiveMax)
}

func bodies(ds []queuecore.Delivery) (bytes int64) {
	for i := range ds {
		bytes += int64(len(ds[i].Body))
	}
	return bytes
}

// handOut enters deliveries into the ledger and puts their frames into the
// outbox. What cannot go out any more is released.
func (c *conn) handOut(s *subscription, ds []queuecore.Delivery) error {
	all, n := &c.gateway.bounds.outgoing.bytes, bodies(ds)
	all.Add(n)
	defer all.Add(-n)
	for i := range ds {
		d := &ds[i]
		err := c.handOne(s, d)
		switch {
		case err == nil:
			continue
		case err == errRests:
			// The others go back: of its group none may overtake it, and nobody
			// should wait for them while one payload after the other fails.
			c.releaseDeliveries(ds[i+1:])
			return nil
		}
		c.releaseDeliveries(ds[i:])
		switch {
		case errors.Is(err, errLost):
			return c.lose(s)
		case c.fed(s, err) == nil:
			return nil
		}
		return fmt.Errorf("message %s of queue %q: %w", d.ID, d.Queue, err)
	}
	return nil
}

func (c *conn) handOne(s *subscription, d *queuecore.Delivery) error {
	if payload.Sealed(c.gateway.options.Payloads, d.Message) {
		return c.handSealed(s, d)
	}
	return c.enter(s, payload.Opened{Delivery: d})
}

// enter puts a delivery into the ledger and the outbox, or into neither.
func (c *conn) enter(s *subscription, o payload.Opened) error {
	id := o.ID.String()
	h := c.ledger.add(s, &o, windowBytes(o.Delivery), id, c.version != frame.V12)
	if h.key != "" && c.version != frame.V12 {
		id = h.key
	}
	err := c.out.put(s.ctx, h, &o, id)
	if err != nil {
		c.ledger.drop([]*held{h})
	}
	return err
}

// releaseDeliveries gives back what is not in the ledger.
func (c *conn) releaseDeliveries(ds []queuecore.Delivery) {
	if len(ds) == 0 {
		return
	}
	hs := make([]*held, len(ds))
	for i := range ds {
		hs[i] = &held{receipt: ds[i].Receipt, sub: &subscription{}}
	}
	c.release(hs)
}
