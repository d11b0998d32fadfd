package stomp

import (
	"context"
	"errors"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/queuecore"
)

// errRests says that a delivery has failed and rests: its payload could not be had.
var errRests = errors.New("payload not to be had")

// handSealed is enter for a message whose payload lies elsewhere. Only the feed of
// this subscription waits for it, and ends waiting when the subscription does. A few
// payloads at a time are held for one connection: its socket may be slow.
func (c *conn) handSealed(s *subscription, d *queuecore.Delivery) error {
	if err := c.payloads.Acquire(s.ctx, 1); err != nil {
		return context.Cause(s.ctx)
	}
	defer c.payloads.Release(1)
	o, err := payload.Open(s.ctx, c.gateway.options.Payloads, d)
	switch {
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
	case err != nil:
		return c.rest(d, err)
	}
	return c.enter(s, o)
}

// rest gives a message back whose payload could not be had. It counts as an attempt, so
// that the queue's own rule makes a dead letter of what never comes.
func (c *conn) rest(d *queuecore.Delivery, cause error) error {
	rest := payload.Rest(d.Attempt)
	c.log.Warn("stomp: a payload cannot be fetched; its message rests", "queue", d.Queue, "message", d.ID, "attempt", d.Attempt, "for", rest, "err", cause)
	err := c.gateway.broker.Nack(c.ctx, d.Receipt, rest)
	if err == nil || errors.Is(err, queuecore.ErrStale) {
		return errRests
	}
	return err
}

// objectsOf returns what is to be removed once deliveries are acked; nil as a rule.
func objectsOf(acked []*held) (objects []*mapping.Pointer) {
	for _, h := range acked {
		if h.object != nil {
			objects = append(objects, h.object)
		}
	}
	return objects
}

// afterAck returns done, and has it remove objects if what it waits for has succeeded.
func (c *conn) afterAck(objects []*mapping.Pointer, done func([]queuecore.Sent, error)) func([]queuecore.Sent, error) {
	if len(objects) == 0 {
		return done
	}
	return func(sent []queuecore.Sent, err error) {
		if err == nil {
			c.removeObjects(objects)
		}
		done(sent, err)
	}
}

// removeObjects removes what acked messages pointed to. The broker's goroutine calls it.
func (c *conn) removeObjects(objects []*mapping.Pointer) {
	defer c.panics.Catch(c.failed)
	for _, x := range objects {
		c.gateway.options.Payloads.Remove(x.Bucket, x.Key)
	}
}
