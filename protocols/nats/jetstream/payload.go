package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/queuecore"
)

// errOver says that a delivery is over before it has been handed out.
var errOver = errors.New("the lease is over")

// sealed reports whether the payload of x must be fetched. Headers alone need none.
func (o *consumer) sealed(x *queuecore.Delivery, headersOnly bool) bool {
	return !headersOnly && payload.Sealed(o.engine.payloads, x.Message)
}

// open puts the payload of x into its place. Only this consumer waits for it. The
// lease lasts through it, so that nobody else begins to wait for the same, and begins
// anew with the hand-over. When there is an error x is not to be handed out, and has been
// seen to.
func (o *consumer) open(x *queuecore.Delivery) (payload.Opened, error) {
	e := o.engine
	lease := max(o.ackWait(x.Attempt), leastWindow)
	if err := e.broker.Extend(e.ctx, x.Receipt, min(lease+e.payloads.Patience(), queuecore.MaxLease)); err != nil {
		return payload.Opened{}, errOver
	}
	opened, err := payload.Open(e.ctx, e.payloads, x)
	if err != nil {
		o.restAfter(x, err)
		return opened, err
	}
	opened.Delivery.Until = time.Now().Add(lease)
	if err := e.broker.Extend(e.ctx, x.Receipt, lease); err != nil {
		return opened, errOver
	}
	return opened, nil
}

// restAfter gives a message back whose payload could not be had. It counts as an attempt,
// so that the queue's own rule makes a dead letter of what never comes. When the engine
// stops, it is nobody's failure.
func (o *consumer) restAfter(x *queuecore.Delivery, cause error) {
	e := o.engine
	if e.ctx.Err() != nil {
		o.release(context.WithoutCancel(e.ctx), []queuecore.Receipt{x.Receipt})
		return
	}
	rest := payload.Rest(x.Attempt)
	e.log.Warn("a payload cannot be fetched; its message rests", "stream", o.stream, "message", x.ID, "attempt", x.Attempt, "for", rest, "err", cause)
	if err := e.broker.Nack(e.ctx, x.Receipt, rest); err != nil {
		e.log.Warn("a message without its payload waits for the end of its lease", "stream", o.stream, "message", x.ID, "err", err)
	}
}

// roomFor reports whether somebody waits whose connection has room. What is in a payload
// is not added to what a slow client has not taken yet.
func (o *consumer) roomFor() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pushes() {
		return o.opened()
	}
	for _, p := range o.queued.pulls {
		if p.client.room() {
			return true
		}
	}
	return false
}

// inTime reports whether deliveries that were received together with one whose payload
// had to be fetched are still good for most of their leases.
func (o *consumer) inTime(rest []queuecore.Delivery) bool {
	return len(rest) == 0 || time.Until(rest[0].Until) > o.ackWait(rest[0].Attempt)*3/4
}

// removeObject removes what an acked message pointed to.
func (e *Engine) removeObject(x *mapping.Pointer) {
	if x != nil {
		e.payloads.Remove(x.Bucket, x.Key)
	}
}
