package sqs

import (
	"context"
	"errors"
	"sync"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

func (c *call) deleteMessage(ctx context.Context, r *wire.Settle) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Receive)
	if err != nil {
		return nil, err
	}
	h, err := c.deletable(ctx, &q, r.ReceiptHandle)
	if err != nil {
		return nil, err
	}
	err = c.broker.Ack(ctx, h.receipt)
	if err == nil {
		c.dropObject(h)
	}
	return nil, deleted(&q, r.ReceiptHandle, err)
}

// deletable reads a receipt handle and, in a FIFO queue, makes sure that the
// message is still hidden: to delete it once others may receive it would break
// the promise that it is processed once. The core does not ask for that.
//
// SQS developer guide, "Exactly-once processing".
func (c *call) deletable(ctx context.Context, q *queuecore.QueueInfo, s string) (handle, error) {
	h, err := handleOf(q, s)
	if err != nil || !isFIFO(q) {
		return h, err
	}
	c.answers.forget(h.receipt)
	err = c.broker.Extend(ctx, h.receipt, deleteGrace)
	if !errors.Is(err, queuecore.ErrStale) {
		return h, err
	}
	// The message is gone, which is as good as deleted, or its time is over.
	e, err := c.entry(ctx, q, h.receipt)
	if err == nil && e != nil {
		err = expired(s)
	}
	return h, err
}

func expired(handle string) error {
	return badValue(handle, "ReceiptHandle", "The receipt handle has expired.")
}

// entry returns the message that a receipt is about, or nil if it is gone.
func (c *call) entry(ctx context.Context, q *queuecore.QueueInfo, r queuecore.Receipt) (*queuecore.Browsed, error) {
	list, err := c.broker.Browse(ctx, q.Name, r.Seq, 1)
	if err != nil || len(list) == 0 || list[0].Seq != r.Seq {
		return nil, err
	}
	return &list[0], nil
}

// deleted judges the core's answer. A handle that is older than the last receive
// does not delete: a standard queue says nothing of that, a FIFO queue does.
// DeleteMessage, description.
func deleted(q *queuecore.QueueInfo, handle string, err error) error {
	if !errors.Is(err, queuecore.ErrStale) {
		return err
	}
	if !isFIFO(q) {
		return nil
	}
	return expired(handle)
}

// deleteMessageBatch deletes each entry on its own and waits for all of them
// together.
func (c *call) deleteMessageBatch(ctx context.Context, r *wire.SettleBatch) (wire.Result, error) {
	return c.settleBatch(&r.Target, r.Entries, func(q *queuecore.QueueInfo, errs []error) {
		var wait sync.WaitGroup
		for i := range r.Entries {
			h, err := c.deletable(ctx, q, r.Entries[i].ReceiptHandle)
			if err != nil {
				errs[i] = err
				continue
			}
			wait.Add(1)
			err = c.broker.Submit(ctx, queuecore.Tx{Acks: []queuecore.Receipt{h.receipt}}, func(_ []queuecore.Sent, err error) {
				defer wait.Done()
				if err == nil {
					c.dropObject(h)
				}
				errs[i] = deleted(q, r.Entries[i].ReceiptHandle, err)
			})
			if err != nil {
				errs[i] = err
				wait.Done()
			}
		}
		wait.Wait()
	})
}

// settleBatch checks a batch, lets do settle its entries, and answers for them.
func (c *call) settleBatch(t *wire.Target, entries wire.ReceiptEntries, do func(q *queuecore.QueueInfo, errs []error)) (wire.Result, error) {
	q, err := c.open(t, protocols.Receive)
	if err != nil {
		return nil, err
	}
	if err := c.checkBatch(len(entries), func(i int) string { return entries[i].ID }); err != nil {
		return nil, err
	}
	errs := make([]error, len(entries))
	do(&q, errs)
	out := &wire.SettledBatch{Action: c.action}
	for i := range entries {
		if errs[i] != nil {
			out.Failed = append(out.Failed, wire.Failed{ID: entries[i].ID, Err: c.inWords(errs[i])})
			continue
		}
		out.Successful = append(out.Successful, entries[i].ID)
	}
	return out, nil
}
