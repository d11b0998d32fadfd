package sqs

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// offload stores the bodies that are too large for SQS, which other dialects have sent, and
// returns what stands in the place of each such message; nil for the others, and nil for none at all. A body
// that cannot be stored goes out as it is, which the SDKs take. A client waits for the
// patience with one object, whoever else waits for a turn, and not at all when the gateway stops.
//
// Amazon SQS Extended Client Libraries: what they make of a message over their limit.
func (c *call) offload(ctx context.Context, q *queuecore.QueueInfo, r *wire.ReceiveMessage, list []queuecore.Delivery) (out []*mapping.SQSMessage) {
	if c.Payloads == nil {
		return nil
	}
	patient, cancel := context.WithTimeout(ctx, c.Payloads.Patience())
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	var wait sync.WaitGroup
	var fallen atomic.Bool
	for i := range list {
		body, over := c.tooLarge(&list[i])
		if !over {
			continue
		}
		if out == nil {
			out = make([]*mapping.SQSMessage, len(list))
		}
		// Ends with patient. After a panic the body goes out whole.
		wait.Go(func() {
			defer c.guard.Catch(func() { fallen.Store(true) })
			out[i] = c.store(patient, &list[i], body)
		})
	}
	if out == nil {
		return nil
	}
	if wait.Wait(); fallen.Load() {
		c.hangUp()
	}
	c.leaseAnew(ctx, list, visibility(&q.Config, r))
	return out
}

// tooLarge reports whether it is the body that makes a message larger than any that an SQS
// client may send, and returns the body as SQS clients would see it. The limits of queues do
// not count, nor what is said of a dead letter: what an SQS client has sent comes out whole.
func (c *call) tooLarge(d *queuecore.Delivery) (body string, is bool) {
	if len(d.Body) <= leastOffload {
		return "", false
	}
	sent := *d
	sent.Dead = nil
	x := c.names.Encode(&sent)
	return x.Body, sizeOf(&x) > maxMessage
}

// leastOffload is what a body must be over to be looked at, in bytes: in base64 it grows by
// a third, and attributes add to it.
const leastOffload = maxMessage / 4

// store stores one body; nil when it cannot be stored.
func (c *call) store(ctx context.Context, d *queuecore.Delivery, body string) *mapping.SQSMessage {
	key := objectKey(d.ID, d.Receipt)
	m, ok := c.names.EncodePointer(plain(d), mapping.Pointer{Bucket: c.Payloads.Bucket(), Key: key})
	if !ok {
		return nil
	}
	err := c.Payloads.Store(ctx, key, body)
	switch {
	case c.r.Context().Err() != nil:
		return nil // nobody waits for the answer any more
	case err != nil:
		c.Log.Warn("sqs: a large body cannot be stored and goes out whole", "queue", d.Queue, "message", d.ID, "request", c.id, "err", err)
		return nil
	}
	return &m
}

// leaseAnew begins the visibility timeouts of messages again that have waited for bodies
// to be stored. One that is over already brings its message again.
func (c *call) leaseAnew(ctx context.Context, list []queuecore.Delivery, lease time.Duration) {
	for i := range list {
		if lease > 0 {
			_ = c.broker.Extend(ctx, list[i].Receipt, lease)
		}
	}
}

// objectKey is where the body of a message of a queue lies. It is the same for every
// delivery, so that a redelivery makes no second object, and another one when the message
// has been moved away and come back: an old handle deletes nothing of that.
func objectKey(id queuecore.MessageID, r queuecore.Receipt) string {
	return fmt.Sprintf("%s%s.%08x.%016x", protocols.OwnPayloads, id, r.Queue, r.Seq)
}

// dropObject removes the object of a message that is deleted, if its handle says that
// there is one.
func (c *call) dropObject(h handle) {
	if c.Payloads != nil && !h.offloaded.IsZero() {
		c.Payloads.Remove("", objectKey(h.offloaded, h.receipt))
	}
}

// sizeOf measures a message as SQS does.
// SQS developer guide, "Message quotas"; "Message metadata for Amazon SQS".
func sizeOf(x *mapping.SQSMessage) int {
	n := len(x.Body)
	for i := range x.Attributes {
		a := &x.Attributes[i]
		n += len(a.Name) + len(a.DataType) + len(a.Text) + len(a.Binary)
	}
	return n
}
