package jetstream

import (
	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// acks are plain acks of one client that came together and have not been handed to the
// broker. They go there as one request, each with an outcome of its own, before anything
// else of the client does and before the transport waits for it. The goroutine that calls
// Request and Publish owns them.
type acks struct {
	list []acked
	room int // how many there were the last time, at a guess as many as there will be
	// Whom the last one is for, looked up and allowed once for all that come together.
	stream, consumer string
	queue            uint32
	to               *consumer
}

// maxAcks is how many acks go to the broker together.
const maxAcks = 512

// acked is one of them.
type acked struct {
	receipt  queuecore.Receipt
	consumer *consumer        // nil when it is gone
	reply    []byte           // as settlement's
	object   *mapping.Pointer // removed once the message is; nil: none
}

// known reports whether the last of the list is of this stream and consumer.
func (a *acks) known(stream, consumer string) bool {
	return len(a.list) > 0 && a.stream == stream && a.consumer == consumer
}

// gather adds a plain ack.
func (c *Client) gather(x *settlement) {
	a := &c.acks
	if a.list == nil {
		a.list = make([]acked, 0, max(a.room, 1))
	}
	a.list = append(a.list, acked{receipt: x.receipt, consumer: x.consumer, reply: x.reply})
	if len(a.list) >= maxAcks {
		c.Flush()
	}
}

// Flush hands acks that came together to the broker. The transport calls it on the goroutine
// of Request and Publish, before it waits for what the client says next and at the end.
func (c *Client) Flush() {
	list := c.acks.list
	if len(list) == 0 {
		return
	}
	c.acks = acks{room: len(list)}
	settleAll(list)
	cost := int64(len(list)) * messageCost
	if c.published.Acquire(c.engine.ctx, cost) != nil {
		return
	}
	receipts := make([]queuecore.Receipt, len(list))
	for i := range list {
		receipts[i] = list[i].receipt
		receipts[i].Attempt = 0 // see settlement.acked
	}
	done := func(stale []int, err error) {
		defer c.engine.panics.Catch(c.failed)
		defer c.published.Release(cost)
		c.acked(list, stale, err)
	}
	if err := c.engine.broker.SubmitAcks(c.engine.ctx, receipts, done); err != nil {
		done(nil, err)
	}
}

// settleAll has the consumers forget deliveries that are over, and notes their objects.
func settleAll(list []acked) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].consumer == list[0].consumer {
			n++
		}
		if o := list[0].consumer; o != nil {
			o.settledAll(list[:n])
		}
		list = list[n:]
	}
}

// acked tells the clients that asked, as settlement.answer does.
func (c *Client) acked(list []acked, stale []int, err error) {
	if err != nil {
		return
	}
	for i := range list {
		if len(stale) > 0 && stale[0] == i {
			stale = stale[1:]
		} else {
			c.engine.removeObject(list[i].object)
		}
		c.engine.answer(list[i].reply, nil)
	}
}

// settledAll notes that deliveries are over, and their objects.
func (o *consumer) settledAll(list []acked) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range list {
		r := &list[i].receipt
		list[i].object = o.forget(r.Seq, r.Attempt)
	}
	o.rest()
	o.kick()
}
