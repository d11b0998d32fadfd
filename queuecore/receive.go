package queuecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// Lease says what ends a delivery that nobody settles. The zero Lease is the
// queue's own time.
type Lease struct {
	session *Session
	d       time.Duration
	set     bool
}

// LeaseFor is a lease that the clock ends, at most MaxLease. Zero or less ends
// it at once: the message may be handed out again immediately.
func LeaseFor(d time.Duration) Lease { return Lease{d: min(max(d, 0), MaxLease), set: true} }

// ReceiveOptions say how to receive.
type ReceiveOptions struct {
	Max   int           // at most so many; 0 is 1, and MaxReceive the limit
	Wait  time.Duration // for the first one; 0: do not wait, negative: until ctx ends
	Lease Lease
	// Selector, of CompileSelector, says which messages; nil: any. What does not match
	// stays for others and holds up nobody. A receive that does not wait looks through
	// the whole queue before it says that there is nothing; Wait counts that time as
	// well. Of each group of a queue with GroupOrder it gets one message at a time, and
	// a group whose first message does not match waits for somebody else.
	Selector *Selector
	// Subjects says which messages by where they were sent, besides the Selector and as it
	// does: what does not match stays and holds up nobody. The zero Subjects is any.
	Subjects Subjects
	// TellInFlight has a receive that does not wait, and that MaxInFlight leaves
	// nothing, return ErrInFlight instead of no messages.
	TellInFlight bool
	Consumer     *Consumer // in whose name; nil: nobody's. It must be one of the same queue
}

// receiveCall is a receiver that waits.
type receiveCall struct {
	machine.Receive
	call
}

// cancelCall ends a receiver's waiting. The receiver is answered, not the call.
type cancelCall struct{ machine.Cancel }

func (*cancelCall) answered(error) {}

// seenCall says that last attempts have been read.
type seenCall struct{ machine.Seen }

func (*seenCall) answered(error) {}

// Receive takes up to Max messages, as soon as there is at least one. When Wait
// is over it returns none and no error. When ctx ends it returns ctx's error,
// and what was handed out to the call meanwhile is released; that takes as long as
// the write under way. Waiting receivers are served by the priority of their consumers, and
// then in the order in which they came.
func (b *Broker) Receive(ctx context.Context, queue string, o ReceiveOptions) ([]Delivery, error) {
	if err := Reserved(queue); err != nil {
		return nil, err
	}
	if err := o.Subjects.check(); err != nil {
		return nil, err
	}
	return b.receive(ctx, queue, o)
}

func (b *Broker) receive(ctx context.Context, queue string, o ReceiveOptions) ([]Delivery, error) {
	deadline, stop := waitTimer(o.Wait)
	defer stop()
	for {
		c := newReceive(queue, &o)
		timedOut, err := b.await(ctx, c, deadline)
		if err != nil {
			return nil, err
		}
		ds, err := b.deliveries(ctx, queue, c.Deliveries)
		if err != nil || len(ds) > 0 || timedOut || o.Wait == 0 {
			return ds, err
		}
	}
}

// waitTimer returns a channel that yields after d; never when d is negative.
func waitTimer(d time.Duration) (<-chan time.Time, func()) {
	if d <= 0 {
		return nil, func() {}
	}
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

func newReceive(queue string, o *ReceiveOptions) *receiveCall {
	c := &receiveCall{call: newCall()}
	c.Receive = machine.Receive{
		Owner: c, Queue: queue, Max: min(max(o.Max, 1), MaxReceive), Wait: o.Wait != 0, TellInFlight: o.TellInFlight,
		Choice: machine.Choice{Selector: o.Selector, Topics: slices.Clone(o.Subjects.Topics), Own: o.Subjects.Own},
		Lease:  o.Lease.d, HasLease: o.Lease.set,
	}
	if o.Lease.session != nil {
		c.Session = o.Lease.session.id
	}
	if o.Consumer != nil {
		c.Consumer = o.Consumer.id
	}
	return c
}

// await puts c into the inbox and waits until it is answered, at the latest
// after the deadline.
func (b *Broker) await(ctx context.Context, c *receiveCall, deadline <-chan time.Time) (timedOut bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := b.inbox.put(c); err != nil {
		return false, b.refusal(err)
	}
	select {
	case <-c.done:
	case <-deadline:
		timedOut = true
		b.cancel(c)
	case <-ctx.Done():
		b.cancel(c)
		if c.call.err == nil && len(c.Deliveries) > 0 {
			b.giveBack(c.Deliveries)
		}
		return false, ctx.Err()
	}
	if c.call.err != nil {
		return timedOut, c.call.err
	}
	return timedOut, c.Receive.Err
}

// cancel ends c's waiting and returns when c is answered.
func (b *Broker) cancel(c *receiveCall) {
	// A closed inbox has answered all receivers or will.
	_ = b.inbox.put(&cancelCall{machine.Cancel{Receive: &c.Receive}})
	<-c.done
}

// giveBack releases deliveries that nobody waits for any more.
func (b *Broker) giveBack(ds []machine.Delivery) {
	rs := make([]Receipt, len(ds))
	for i := range ds {
		rs[i] = Receipt(ds[i].Receipt)
	}
	if err := b.Release(context.Background(), rs); err != nil && !errors.Is(err, ErrClosed) {
		b.options.Log.Warn("deliveries were not given back; they come back when their lease ends", "err", err)
	}
}

// deliveries reads the messages that ds hands out. Those that were purged
// meanwhile are left out.
func (b *Broker) deliveries(ctx context.Context, queue string, ds []machine.Delivery) ([]Delivery, error) {
	out := make([]Delivery, 0, len(ds))
	shift := b.clock.shift()
	for i := range ds {
		d := &ds[i]
		m, err := b.message(d)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, ErrInvalid), errors.Is(err, store.ErrCorrupt):
			b.park(ctx, queue, d, err)
			continue
		case err != nil:
			b.giveBack(ds)
			return nil, fmt.Errorf("message %d of queue %q: %w", d.Receipt.Seq, queue, b.readError(err))
		}
		out = append(out, Delivery{
			Message: m, Receipt: Receipt(d.Receipt), Queue: queue, Attempt: int(d.Receipt.Attempt),
			Until: shownBy(shift, d.Until), First: shownBy(shift, d.First), Dead: (*DeadLetter)(d.Dead),
		})
	}
	b.seen(ds)
	return out, nil
}

// seen lets messages move on that had to stay where they are until they were read.
func (b *Broker) seen(ds []machine.Delivery) {
	c := &seenCall{}
	for i := range ds {
		if ds[i].Unread {
			c.Receipts = append(c.Receipts, ds[i].Receipt)
		}
	}
	if len(c.Receipts) > 0 {
		// A closed inbox takes no more; leases that are over end at the next start.
		_ = b.inbox.put(c)
	}
}

// message returns what d hands out, from memory or from the store.
func (b *Broker) message(d *machine.Delivery) (*Message, error) {
	if m, ok := d.Body.(*Message); ok {
		return m, nil
	}
	v, err := b.record(d)
	if err != nil {
		return nil, err
	}
	h, record, err := machine.ParseHead(v)
	if err != nil {
		return nil, err
	}
	m, err := parseMessage(record)
	if err != nil {
		return nil, err
	}
	m.GroupEnd = h.GroupEnd
	return m, nil
}

// readError says in the core's words why the store could not be read.
func (b *Broker) readError(err error) error {
	if errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// record reads the record that holds d's message, unless the store is closed.
func (b *Broker) record(d *machine.Delivery) ([]byte, error) {
	b.reading.RLock()
	defer b.reading.RUnlock()
	select {
	case <-b.done:
		return nil, ErrClosed
	default:
	}
	if d.Shared == 0 && !d.Sparse {
		if v := b.ahead.take(d.Receipt.Queue, d.Receipt.Seq, b.store.Range); v != nil {
			return v, nil
		}
	}
	return b.store.Get(d.Key(nil))
}

// park puts a message aside that cannot be read, so that the queue goes on.
func (b *Broker) park(ctx context.Context, queue string, d *machine.Delivery, cause error) {
	err := b.reject(ctx, &machine.Reject{Receipt: d.Receipt, Reason: "damaged", Park: true})
	switch {
	case errors.Is(err, ErrStale):
		// It was purged, or settled, before it could be read.
	case err != nil:
		b.options.Log.Error("a damaged message could not be parked", "queue", queue, "seq", d.Receipt.Seq, "cause", cause, "err", err)
	default:
		b.options.Log.Error("a message is damaged and has been parked", "queue", queue, "seq", d.Receipt.Seq, "err", cause)
	}
}
