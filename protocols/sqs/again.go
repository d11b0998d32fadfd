package sqs

import (
	"context"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// checkAttemptID judges the id of a receive, at which a standard queue does not look.
// ReceiveMessage, "ReceiveRequestAttemptId": "applies only to FIFO (first-in-first-out) queues".
func checkAttemptID(q *queuecore.QueueInfo, id string) error {
	if id != "" && isFIFO(q) && !isID(id) {
		return badID(id, "ReceiveRequestAttemptId")
	}
	return nil
}

// receiveOnce receives, unless a receive with the same id has an answer that is still
// good: that one is given again. It returns when the messages were handed out, too.
//
// While the other receive is under way this one waits for it, as long as it would wait
// for messages: a client that has lost its connection to a long poll must be given what
// comes to that. A short poll waits for none but another short poll.
//
// With another selector it is another receive: its answer is not what that one asks for.
//
// ReceiveMessage, "ReceiveRequestAttemptId": "retrieve the same set of messages".
func (c *call) receiveOnce(ctx context.Context, q *queuecore.QueueInfo, r *wire.ReceiveMessage, o queuecore.ReceiveOptions) ([]queuecore.Delivery, time.Time, error) {
	key := answerKey{q.ID, c.userID(), attemptWith(o.Selector, r.AttemptID)}
	short, end := o.Wait == 0, time.Now().Add(o.Wait)
	for ; short || o.Wait > 0; o.Wait = max(time.Until(end), 0) {
		a, first := c.answers.claim(key, short, c.Now())
		if first {
			list, err := c.receiveFor(ctx, q.Name, o, a)
			return list, a.at, err
		}
		if ended, err := c.awaitEnd(ctx, a, short, o.Wait); !ended || err != nil {
			return nil, time.Time{}, err
		}
		if list, ok := c.again(ctx, q, r, a); ok {
			return list, a.at, nil
		}
		if ctx.Err() != nil { // which says nothing of the messages
			return nil, time.Time{}, ctx.Err()
		}
		c.answers.void(a)
	}
	return nil, time.Time{}, nil
}

// attemptWith is the id of a receive with its selector, if it has one; no id has a space.
func attemptWith(x *queuecore.Selector, id string) string {
	if x == nil {
		return id
	}
	return id + " " + x.String()
}

// receiveFor receives what a is answered with.
func (c *call) receiveFor(ctx context.Context, queue string, o queuecore.ReceiveOptions, a *answer) (list []queuecore.Delivery, err error) {
	defer func() { c.answers.end(a, list, c.Now()) }() // after a panic too, or others would wait for ever
	if list, err = c.receive(ctx, queue, o); err == nil {
		c.owe(list)
		c.given = a
	}
	return list, err
}

// awaitEnd waits for the receive that a is of, and reports whether it has ended. When
// the gateway shuts down, that one ends.
func (c *call) awaitEnd(ctx context.Context, a *answer, short bool, wait time.Duration) (bool, error) {
	var over <-chan time.Time // never: a short poll ends by itself
	if !short || !a.short {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-a.done:
	case <-over:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return a.hasEnded(), nil
}

// again gives the messages of a once more and begins their visibility timeout anew. It
// is not ok when the receive that a is of holds one of them no more, whoever and in
// whatever dialect has settled it: only the core knows.
//
// ReceiveMessage, "ReceiveRequestAttemptId": "if none of the messages have been modified
// (deleted or had their visibility changes)"; a retry "resets the visibility timeout".
func (c *call) again(ctx context.Context, q *queuecore.QueueInfo, r *wire.ReceiveMessage, a *answer) (list []queuecore.Delivery, ok bool) {
	a.giving.Lock()
	defer a.giving.Unlock()
	if !c.answers.reuse(a) {
		return nil, false
	}
	for i := range a.handed {
		d, ok := c.stillOut(ctx, q, &a.handed[i])
		if !ok {
			return nil, false
		}
		list = append(list, d)
	}
	timeout := visibility(&q.Config, r)
	for i := range a.handed {
		if err := c.hide(ctx, a.handed[i].receipt, timeout); err != nil {
			return nil, false
		}
	}
	return list, true
}

// stillOut returns the delivery of a message, if nothing has ended it.
func (c *call) stillOut(ctx context.Context, q *queuecore.QueueInfo, h *handed) (queuecore.Delivery, bool) {
	e, err := c.entry(ctx, q, h.receipt)
	if err != nil || e == nil || e.State != queuecore.Leased || e.Attempt != int(h.receipt.Attempt) {
		return queuecore.Delivery{}, false
	}
	return queuecore.Delivery{
		Message: e.Message, Receipt: h.receipt, Queue: q.Name, Attempt: e.Attempt, First: h.first, Dead: e.Dead,
	}, true
}

// visibility returns how long a receive hides what it hands out.
func visibility(config *queuecore.QueueConfig, r *wire.ReceiveMessage) time.Duration {
	switch {
	case r.VisibilityTimeout.Set:
		return time.Duration(r.VisibilityTimeout.Value) * second
	case noVisibility(config):
		return 0
	case config.Lease > 0:
		return config.Lease
	}
	return queuecore.DefaultLease
}
