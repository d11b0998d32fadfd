package jetstream

import (
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// A queue has one MaxAttempts, and each of a stream's consumers may have a max_deliver. The
// queue allows what the most generous consumer does, and a consumer that allows less gives
// up for itself what it is handed once more. What the queue had before any of them is in the
// record of each that has one.

// rule returns the MaxAttempts of a queue with such consumers; base is the queue's own,
// which those without a max_deliver have. 0 is no limit.
func rule(base int, all []record) int {
	most, named := 0, false
	for i := range all {
		n := all[i].Config.MaxDeliver
		if named = named || n > 0; n <= 0 {
			n = base
		}
		if n == 0 {
			return 0
		}
		most = max(most, n)
	}
	if !named {
		return base
	}
	return most
}

// base returns the MaxAttempts that q has without the max_deliver of all.
func base(q *queuecore.QueueConfig, all []record) int {
	for i := range all {
		if all[i].Config.MaxDeliver > 0 {
			return all[i].Attempts
		}
	}
	return q.MaxAttempts
}

// limited reports whether one of the consumers has a max_deliver.
func limited(all []record) bool {
	return slices.ContainsFunc(all, func(r record) bool { return r.Config.MaxDeliver > 0 })
}

// obey has q keep the rule of the consumers after a change. What others have made of
// MaxAttempts meanwhile stays, unless the consumer that is set now says otherwise.
func obey(q *queuecore.QueueConfig, before, after []record, says bool) {
	if own := base(q, before); says || q.MaxAttempts == rule(own, before) {
		q.MaxAttempts = rule(own, after)
	}
}

// others returns the records of a stream's consumers but for one. The token for
// administration is held.
func (e *Engine) others(s *stream, but string) (all []record) {
	for _, name := range e.consumerNames(s) {
		if name == but {
			continue
		}
		o, err := e.consumer(s, name)
		if err != nil {
			continue // its record cannot be read
		}
		o.mu.Lock()
		all = append(all, o.record)
		o.mu.Unlock()
	}
	return all
}

// overspent gives up a message that is handed out more often than the consumer allows, and
// reports whether it did. When the broker does not answer, the message goes out once more.
func (o *consumer) overspent(x *queuecore.Delivery) bool {
	if x.Attempt <= 1 {
		return false
	}
	allowed := o.config().MaxDeliver
	if allowed <= 0 || x.Attempt <= allowed {
		return false
	}
	gone, err := o.engine.broker.Spend(o.engine.ctx, x.Receipt, allowed)
	if err != nil {
		o.engine.log.Warn("a message is handed out past max_deliver", "stream", o.stream, "consumer", o.name, "err", err)
	}
	return gone
}
