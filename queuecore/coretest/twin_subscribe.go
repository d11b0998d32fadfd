package coretest

import (
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// twinSub is what a queue is that is a subscription.
type twinSub struct {
	queuecore.Subscription
	consumers []twinAttached
}

type twinAttached struct{ number, session int }

func (x *twinSub) clone() *twinSub {
	if x == nil {
		return nil
	}
	return &twinSub{x.Subscription, slices.Clone(x.consumers)}
}

// named returns the subscription with the client and name, durable or not; nil.
func (w *twin) named(x *queuecore.Subscription) *twinQueue {
	for _, q := range w.queues {
		if q.sub != nil && x.Name != "" && q.sub.Client == x.Client && q.sub.Name == x.Name && q.sub.Durable == x.Durable {
			return q
		}
	}
	return nil
}

// differs reports whether q is another subscription than x with that queue would be, but
// for its being shared.
func (q *twinQueue) differs(x *queuecore.SubscribeOptions) bool {
	return q.name != x.Queue || !slices.Equal(q.sub.Topics, x.Topics) || q.sub.Selector != x.Selector || q.sub.NoLocal != x.NoLocal
}

// keepsOut reports whether q gets nothing that comes from the origin, by topics.
func (q *twinQueue) keepsOut(origin string) bool {
	return q.sub != nil && origin != "" && q.sub.NoLocal == origin
}

func (q *twinQueue) isSubscribed(pattern string) bool {
	return q.sub != nil && slices.Contains(q.sub.Topics, pattern)
}

// endsWith reports whether q is no more when those consumers are gone.
func (q *twinQueue) endsWith(gone func(twinAttached) bool) bool {
	return q.sub != nil && !q.sub.Durable && !slices.ContainsFunc(q.sub.consumers, func(c twinAttached) bool { return !gone(c) })
}

// endsWithSessions reports whether q is no more when all sessions are over.
func (q *twinQueue) endsWithSessions() bool { return q.owner != 0 || q.sub != nil && !q.sub.Durable }

// detach lets consumers go, and with the last of them q, if it is not durable.
func (w *twin) detach(q *twinQueue, gone func(twinAttached) bool) {
	ends := q.endsWith(gone)
	if q.sub != nil {
		q.sub.consumers = slices.DeleteFunc(q.sub.consumers, gone)
	}
	if ends {
		w.delete(q)
	}
}

// subscribed makes the queue that was just made a subscription.
func (w *twin) subscribed(name string, x queuecore.Subscription) *twinQueue {
	q := w.queue(name)
	q.sub = &twinSub{Subscription: x}
	for _, topic := range x.Topics {
		w.bind(queuecore.Binding{Pattern: topic, Queue: name, Selector: x.Selector})
	}
	return q
}
