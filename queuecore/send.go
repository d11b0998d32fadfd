package queuecore

import (
	"context"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Nack says that a delivery failed. Delay is how long the message rests before
// it is handed out again; Backoff leaves that to the queue's policy, and GiveUp says never.
type Nack struct {
	Receipt Receipt
	Delay   time.Duration
}

// Backoff as a delay means the queue's own back-off.
const Backoff = machine.Backoff

// GiveUp as a delay means that there is no further attempt: the message moves to the
// queue's dead-letter queue with the reason "rejected", or is parked where there is none.
// It is written right behind the rest of its transaction; a crash between costs a
// redelivery.
const GiveUp = machine.GiveUp

// Tx is what happens together or not at all. Acks of messages that are gone
// count as done; every other failure refuses the whole.
type Tx struct {
	// Origin says who sends: a subscription whose NoLocal it is gets none of the sends to
	// topics. It is not kept with the messages.
	Origin string
	Sends  []*Message
	Acks   []Receipt
	Nacks  []Nack
	// If, when not nil, refuses the whole with a *WrongLast or *WrongID unless the queue is as it says when
	// the transaction takes effect. Nothing comes between the look and the sends.
	If *Expect
}

// Expect names a queue and what is expected of it: the highest Placed.Seq that it has given, 0 for a
// queue that never had a message (unless AnyLast); the highest that is there of a
// topic, 0 for none; the DedupID of what was sent last. A repeated send (see Message.DedupID) is answered
// whatever it says. Numbers rise by more than 1 when the broker was killed: the number to expect is then
// WrongLast.Last. A topic is known in queues with QueueConfig.MaxPerTopic. Another queue is read
// for the first such transaction, which waits meanwhile, and then knows its topics while it has no more than 100,000
// messages, at 64 bytes each; a longer one is ErrUncounted. The last DedupID is known from the
// first send on after the store was opened; of before if the broker was closed in order and
// the id's window is not over.
type Expect = machine.Expect

// TopicLast is what an Expect says of a topic.
type TopicLast = machine.TopicLast

// WrongLast is the error of a Tx.If whose number does not hold. Last is the one that would have.
type WrongLast = machine.WrongLast

// WrongID is the error of a Tx.If whose dedup id does not hold. ID is the one that would have, if any.
type WrongID = machine.WrongID

// TopicFull is the error of a send over QueueConfig.MaxPerTopic, and an ErrFull.
type TopicFull = machine.TopicFull

// txCall is a transaction on its way.
type txCall struct {
	machine.Tx
	b     *Broker
	done  func([]Sent, error)
	bytes int64 // taken from Broker.pending
}

// newTxCall returns a call with memory for what t holds: most transactions are one
// send or one ack, which take one piece with the call.
func newTxCall(t *Tx) *txCall {
	switch {
	case len(t.Sends) == 1 && len(t.Acks) == 0:
		c := &struct {
			txCall
			send [1]machine.Send
		}{}
		c.Sends = c.send[:0]
		return &c.txCall
	case len(t.Acks) == 1 && len(t.Sends) == 0:
		c := &struct {
			txCall
			ack [1]machine.Receipt
		}{}
		c.Acks = c.ack[:0]
		return &c.txCall
	}
	return &txCall{}
}

func (c *txCall) answered(err error) {
	if c.bytes > 0 {
		c.b.pending.Release(c.bytes)
	}
	if err == nil {
		err = c.Err
	}
	if err != nil {
		c.done(nil, err)
		return
	}
	c.done(c.sent(), nil)
}

func (c *txCall) sent() []Sent {
	if len(c.Sends) == 0 {
		return nil
	}
	sent := make([]Sent, len(c.Sends))
	for i := range c.Sends {
		s := &c.Sends[i]
		sent[i].ID = s.ID
		sent[i].Placed = make([]Placed, len(s.Placed))
		for j, p := range s.Placed {
			sent[i].Placed[j] = Placed{Queue: p.Queue, Seq: p.Seq, ID: p.ID, Duplicate: p.Duplicate}
		}
	}
	return sent
}

// requestBytes is what a request costs in memory besides its messages.
const requestBytes = 256

// Submit hands t to the broker and returns without waiting for the disk. done is
// called exactly once, unless Submit returns an error, with one Sent for each
// send; the calls come in the order in which the transactions took effect. done
// runs on the broker's own goroutine: it must not block and must not call the
// broker. Submit itself waits, until ctx ends, while too many bytes are pending.
// The broker owns the messages from then on, even when it refuses them.
func (b *Broker) Submit(ctx context.Context, t Tx, done func([]Sent, error)) error {
	if err := b.plan(ctx, t.Sends); err != nil {
		return err
	}
	return b.submit(ctx, t, done)
}

func (b *Broker) submit(ctx context.Context, t Tx, done func([]Sent, error)) error {
	if len(t.Sends)+len(t.Acks)+len(t.Nacks) > MaxTxOps {
		return fmt.Errorf("transaction of %d operations, the limit is %d: %w",
			len(t.Sends)+len(t.Acks)+len(t.Nacks), MaxTxOps, ErrTooLarge)
	}
	c := newTxCall(&t)
	c.b, c.done, c.Owner, c.If = b, done, c, t.If
	if err := c.fill(&t); err != nil {
		return err
	}
	n := min(c.bytes, b.options.MaxPendingBytes)
	if !b.pending.TryAcquire(n) {
		if err := b.pending.Acquire(ctx, n); err != nil {
			return err
		}
	}
	c.bytes = n
	if err := b.inbox.put(c); err != nil {
		b.pending.Release(n)
		return b.refusal(err)
	}
	return nil
}

// fill checks and encodes t, on the caller's goroutine.
func (c *txCall) fill(t *Tx) error {
	c.bytes = requestBytes + int64(len(t.Acks)+len(t.Nacks))*32
	if p := c.b.noRoom.Load(); p != nil && len(t.Sends) > 0 {
		return *p
	}
	for _, m := range t.Sends {
		s, err := c.b.encode(m)
		if err != nil {
			return err
		}
		s.Origin = t.Origin
		c.bytes += int64(len(s.Record)) + requestBytes + int64(len(s.Asked.Yes))*8
		c.Sends = append(c.Sends, s)
	}
	if len(t.Sends) > 1 && c.bytes > MaxTxBytes {
		return fmt.Errorf("transaction of %d bytes, the limit is %d: %w", c.bytes, MaxTxBytes, ErrTooLarge)
	}
	for _, r := range t.Acks {
		c.Acks = append(c.Acks, machine.Receipt(r))
	}
	for _, n := range t.Nacks {
		if n.Delay > MaxDelay {
			return fmt.Errorf("nack with a delay of %v, the limit is %v: %w", n.Delay, MaxDelay, ErrInvalid)
		}
		c.Nacks = append(c.Nacks, machine.Nack{Receipt: machine.Receipt(n.Receipt), Delay: n.Delay})
	}
	return nil
}

// encode completes m and turns it into what the machine takes.
func (b *Broker) encode(m *Message) (machine.Send, error) {
	size, err := m.check(b.options.MaxMessageBytes)
	if err != nil {
		return machine.Send{}, err
	}
	now := b.options.Now()
	if m.ID.IsZero() {
		m.ID = b.ids.next(now.UnixNano())
	}
	if m.SentAt.IsZero() {
		m.SentAt = now
	}
	if m.Plan != nil && m.DeliverAt.IsZero() {
		if m.DeliverAt, err = m.Plan.First(now); err != nil {
			return machine.Send{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	if m.DeliverAt.After(now.Add(MaxDelay)) {
		return machine.Send{}, fmt.Errorf("delivery at %v is over %v ahead: %w", m.DeliverAt, MaxDelay, ErrInvalid)
	}
	s := machine.Send{
		Name: m.Destination.Name, Topic: m.Destination.Kind == KindTopic, ID: m.ID, DedupID: m.DedupID, Seat: m.Seat, Body: m, Fields: m,
		Head: machine.Head{
			Visible: b.clock.own(m.DeliverAt), Sent: b.clock.own(m.SentAt), Expires: b.clock.own(m.ExpiresAt),
			Priority: uint8(m.Priority.Level()), Group: m.Group, GroupEnd: m.GroupEnd && m.Group != "", Size: uint32(size),
		},
	}
	if m.Plan != nil {
		m.planned(&s)
	}
	if s.Topic {
		s.Asked = b.directory.asked(m)
	}
	s.Record = appendMessage(machine.AppendHead(make([]byte, 0, recordSize(m)), &s.Head), m)
	return s, nil
}

// recordSize is a good guess at the bytes of m's record.
func recordSize(m *Message) int {
	n := 160 + len(m.Body) + len(m.Destination.Name) + len(m.ReplyTo.Name) + len(m.ContentType) +
		len(m.CorrelationID) + len(m.Type) + len(m.UserID) + 2*len(m.Group) + len(m.DedupID)
	for i := range m.Properties {
		n += len(m.Properties[i].Name) + 24
		if s, ok := m.Properties[i].Value.(string); ok {
			n += len(s)
		}
	}
	return n
}

// Commit does t and returns once it is on disk. When ctx ends first, t may still
// take effect.
func (b *Broker) Commit(ctx context.Context, t Tx) ([]Sent, error) {
	type answer struct {
		sent []Sent
		err  error
	}
	done := make(chan answer, 1)
	if err := b.Submit(ctx, t, func(sent []Sent, err error) { done <- answer{sent, err} }); err != nil {
		return nil, err
	}
	select {
	case a := <-done:
		return a.sent, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Send is Commit with one send.
func (b *Broker) Send(ctx context.Context, m *Message) (Sent, error) {
	sent, err := b.Commit(ctx, Tx{Sends: []*Message{m}})
	if err != nil {
		return Sent{}, err
	}
	return sent[0], nil
}

// Ack settles a delivery and returns once that is on disk. A message that is
// gone already is no error; one that was handed out again is ErrStale.
func (b *Broker) Ack(ctx context.Context, r Receipt) error {
	_, err := b.Commit(ctx, Tx{Acks: []Receipt{r}})
	return err
}

// Nack gives a delivery back (see Nack.Delay). ErrStale when it is over.
func (b *Broker) Nack(ctx context.Context, r Receipt, delay time.Duration) error {
	_, err := b.Commit(ctx, Tx{Nacks: []Nack{{r, delay}}})
	return err
}
