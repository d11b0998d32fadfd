package sqs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

func (c *call) changeVisibility(ctx context.Context, r *wire.Settle) (wire.Result, error) {
	q, err := c.open(&r.Target, protocols.Receive)
	if err != nil {
		return nil, err
	}
	return nil, c.changeOne(ctx, &q, &r.ReceiptEntry, 0)
}

// changeVisibilityBatch changes entry after entry: none of them waits for the disk.
func (c *call) changeVisibilityBatch(ctx context.Context, r *wire.SettleBatch) (wire.Result, error) {
	return c.settleBatch(&r.Target, r.Entries, func(q *queuecore.QueueInfo, errs []error) {
		for i := range r.Entries {
			errs[i] = c.changeOne(ctx, q, &r.Entries[i], i+1)
		}
	})
}

// changeOne lets a message be seen again so many seconds from now. batch is the
// number of the entry in its batch, or 0.
//
// ChangeMessageVisibility: the receive counts as one whatever comes of it, and no
// message is hidden for more than 12 hours from its receive.
func (c *call) changeOne(ctx context.Context, q *queuecore.QueueInfo, e *wire.ReceiptEntry, batch int) error {
	if err := checkTimeout(e, batch); err != nil {
		return err
	}
	h, err := handleOf(q, e.ReceiptHandle)
	if err != nil {
		return err
	}
	d := time.Duration(e.VisibilityTimeout.Value) * second
	if d > 0 && c.Now().Sub(h.received)+d > maxVisibility*second {
		return badValue(e.VisibilityTimeout.Value, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	c.answers.forget(h.receipt)
	err = c.hide(ctx, h.receipt, d)
	if errors.Is(err, queuecore.ErrStale) {
		return c.notHeld(ctx, q, e, h.receipt)
	}
	return err
}

// hide lets a message that is out be seen again after d.
func (c *call) hide(ctx context.Context, r queuecore.Receipt, d time.Duration) error {
	if d == 0 {
		return c.broker.Nack(ctx, r, 0)
	}
	return c.broker.Extend(ctx, r, d)
}

func checkTimeout(e *wire.ReceiptEntry, batch int) error {
	if e.ReceiptHandle == "" {
		return missing("ReceiptHandle")
	}
	v := e.VisibilityTimeout
	switch {
	case !v.Set && batch > 0:
		return missing(fmt.Sprintf("ChangeMessageVisibilityBatchRequestEntry.%d.VisibilityTimeout", batch))
	case !v.Set:
		return missing("VisibilityTimeout")
	case v.Value >= 0 && v.Value <= maxVisibility:
		return nil
	case batch > 0:
		return badValue(v.Value, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200.")
	}
	return badValue(v.Value, "VisibilityTimeout", "Must be between 0 and 43200.")
}

// notHeld finds out why a message could not be hidden: it is there for anyone to
// receive, or it is gone or somebody else's. To show a message that is shown
// already is no error.
func (c *call) notHeld(ctx context.Context, q *queuecore.QueueInfo, e *wire.ReceiptEntry, r queuecore.Receipt) error {
	x, err := c.entry(ctx, q, r)
	if err != nil {
		return err
	}
	free := x != nil && x.State != queuecore.Leased && x.Attempt == int(r.Attempt)
	switch {
	case free && e.VisibilityTimeout.Value == 0:
		return nil
	case free:
		return wire.Errorf(wire.MessageNotInflight, "The message referred to is not in flight.")
	}
	return badValue(e.ReceiptHandle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
}
