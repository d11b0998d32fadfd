package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

func (c *call) sendMessage(ctx context.Context, r *wire.SendMessage) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Send)
	if err != nil {
		return nil, err
	}
	x := entryCheck{entry: &r.SendEntry, queue: &q, fifo: isFIFO(&q)}
	if err := x.check(); err != nil {
		return nil, err
	}
	m, err := c.message(&x)
	if err != nil {
		return nil, err
	}
	if err := c.treatFairly(ctx, &q, x); err != nil {
		return nil, err
	}
	sent, err := c.broker.Send(ctx, m)
	if err != nil {
		return nil, err
	}
	out := x.sent(sent)
	return &out, nil
}

// message turns an entry that was checked into a message.
func (c *call) message(x *entryCheck) (*queuecore.Message, error) {
	e := x.entry
	in := mapping.SQSMessage{
		Body:        e.Body,
		GroupID:     e.GroupID,
		DedupID:     x.dedupID(),
		TraceHeader: c.trace(e),
		Delay:       -1,
	}
	if e.Delay.Set && !x.fifo {
		in.Delay = time.Duration(e.Delay.Value) * second
	}
	if len(e.Attributes) > 0 {
		in.Attributes = make([]mapping.SQSAttribute, len(e.Attributes))
		for i := range e.Attributes {
			a := &e.Attributes[i]
			in.Attributes[i] = mapping.SQSAttribute{Name: a.Name, DataType: a.DataType, Text: a.Text, Binary: a.Binary}
		}
	}
	m, err := c.names.Decode(in, c.Now())
	if err != nil {
		return nil, err
	}
	m.Destination = queuecore.QueueNamed(x.queue.Name)
	m.UserID = c.userID()
	return m, nil
}

// dedupID returns the id by which the core tells a repeated send.
// SQS developer guide, "Exactly-once processing": with content-based
// deduplication, the SHA-256 of the body, not of the attributes.
func (x *entryCheck) dedupID() string {
	if !x.fifo {
		return ""
	}
	id := x.entry.DedupID
	if id == "" {
		sum := sha256.Sum256([]byte(x.entry.Body))
		id = hex.EncodeToString(sum[:])
	}
	return id
}

// sent answers for an entry. A repeated send is answered with the first one's id
// and sequence number, but with the digests of the message that came now.
func (x *entryCheck) sent(s queuecore.Sent) wire.Sent {
	out := wire.Sent{
		ID:                    x.entry.ID,
		MD5OfBody:             wire.MD5OfBody(x.entry.Body),
		MD5OfAttributes:       x.entry.Attributes.MD5(),
		MD5OfSystemAttributes: x.entry.System.MD5(),
	}
	id := s.ID
	if len(s.Placed) > 0 {
		id = s.Placed[0].ID
		if x.fifo {
			out.SequenceNumber = sequence(s.Placed[0].Seq)
		}
	}
	out.MessageID = id.String()
	return out
}

// sequence spells a sequence number in the 20 digits that SQS has.
func sequence(seq uint64) string { return fmt.Sprintf("%020d", seq) }

// sendMessageBatch sends each entry on its own, in order, and waits for all of
// them together: they go to the disk in one piece, and fail one by one.
func (c *call) sendMessageBatch(ctx context.Context, r *wire.SendMessageBatch) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Send)
	if err != nil {
		return nil, err
	}
	if err := c.checkBatch(len(r.Entries), func(i int) string { return r.Entries[i].ID }); err != nil {
		return nil, err
	}
	if err := checkTotal(r.Entries); err != nil {
		return nil, err
	}
	b := newSendBatch(&q, r.Entries)
	if err := b.check(); err != nil {
		return nil, err
	}
	if err := c.treatFairly(ctx, &q, b.entries...); err != nil {
		return nil, err
	}
	c.sendAll(ctx, b)
	return c.sentBatch(b), nil
}

func checkTotal(entries wire.SendEntries) error {
	total := 0
	for i := range entries {
		total += entries[i].Size()
	}
	if total > maxBatchBytes {
		return wire.Errorf(wire.BatchRequestTooLong, "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, total)
	}
	return nil
}

// sendBatch is a batch under way: what each entry is, and what became of it.
type sendBatch struct {
	entries []entryCheck
	sent    []queuecore.Sent
	errs    []error
}

func newSendBatch(q *queuecore.QueueInfo, entries wire.SendEntries) *sendBatch {
	b := &sendBatch{
		entries: make([]entryCheck, len(entries)),
		sent:    make([]queuecore.Sent, len(entries)),
		errs:    make([]error, len(entries)),
	}
	for i := range entries {
		b.entries[i] = entryCheck{entry: &entries[i], queue: q, fifo: isFIFO(q), batch: i + 1}
	}
	return b
}

// check marks the entries that may not be sent. In a FIFO queue one of them
// spoils the batch: to send the rest would break the order.
func (b *sendBatch) check() error {
	for i := range b.entries {
		err := b.entries[i].check()
		if err == nil {
			continue
		}
		if b.entries[i].fifo {
			return err
		}
		b.errs[i] = err
	}
	return nil
}

func (c *call) sendAll(ctx context.Context, b *sendBatch) {
	var wait sync.WaitGroup
	for i := range b.entries {
		if b.errs[i] != nil {
			continue
		}
		m, err := c.message(&b.entries[i])
		if err != nil {
			b.errs[i] = err
			continue
		}
		wait.Add(1)
		tx := queuecore.Tx{Sends: []*queuecore.Message{m}}
		err = c.broker.Submit(ctx, tx, func(sent []queuecore.Sent, err error) {
			defer wait.Done()
			if b.errs[i] = err; err == nil {
				b.sent[i] = sent[0]
			}
		})
		if err != nil {
			b.errs[i] = err
			wait.Done()
		}
	}
	wait.Wait()
}

func (c *call) sentBatch(b *sendBatch) *wire.SentBatch {
	out := &wire.SentBatch{Successful: make([]wire.Sent, 0, len(b.entries))}
	for i := range b.entries {
		x := &b.entries[i]
		if b.errs[i] != nil {
			out.Failed = append(out.Failed, wire.Failed{ID: x.entry.ID, Err: c.inWords(b.errs[i])})
			continue
		}
		out.Successful = append(out.Successful, x.sent(b.sent[i]))
	}
	return out
}
