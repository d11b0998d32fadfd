package jetstream

import (
	"errors"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// An interest stream is a relay, and each of its consumers a member, which gets what its
// filters cover. The consumer's record is a label of the member, whether it is durable or not, so that one
// step makes and ends both.

// memberDot stands between the name of a stream's queue and that of a consumer in the name
// of the consumer's own queue.
const memberDot = "."

// memberNames returns the names of an interest stream's consumers, sorted.
func (e *Engine) memberNames(s *stream) []string {
	var names []string
	for _, info := range e.broker.Members(s.queue.Name) {
		name := strings.TrimPrefix(info.Name, s.queue.Name+memberDot)
		if _, ok := info.Config.Labels[consumerLabel+name]; ok {
			names = append(names, name)
		}
	}
	return names
}

// home returns the queue that a consumer has its messages from.
func (e *Engine) home(s *stream, name string) (queuecore.QueueInfo, error) {
	if !s.relays() {
		return s.queue, nil
	}
	info, err := e.broker.Queue(s.queue.Name + memberDot + name)
	if err != nil || info.Config.Of != s.queue.Name {
		return info, errConsumerNotFound
	}
	return info, nil
}

// storeMember makes a consumer's own queue, or has it follow a change.
func (e *Engine) storeMember(s *stream, name string, old *record, r *record) error {
	if old == nil {
		return e.makeMember(s, name, r)
	}
	_, err := e.broker.UpdateQueue(e.ctx, s.queue.Name+memberDot+name, func(q *queuecore.QueueConfig) error {
		r.tune(q, s, name, old)
		return nil
	})
	if err != nil {
		return memberError(err)
	}
	return nil
}

func (e *Engine) makeMember(s *stream, name string, r *record) error {
	begin, seen, err := e.beginning(s, &r.Config)
	if err != nil {
		return err
	}
	q := queuecore.QueueConfig{Of: s.queue.Name}
	r.tune(&q, s, name, nil)
	info, err := e.broker.CreateMember(e.ctx, s.queue.Name+memberDot+name, q, begin)
	if errors.Is(err, queuecore.ErrTooLarge) {
		return errConsumerCreate.with("deliver_policy %q would begin with more than %d messages that other consumers hold, or with too many bytes: "+
			"use deliver_policy new, or begin later", r.Config.DeliverPolicy, queuecore.MaxFill)
	}
	if err != nil {
		return memberError(err)
	}
	if begin.From > 0 && len(r.Config.filters()) > 0 {
		if err := e.prune(s, info.Name, r.Config.filters(), seen); err != nil {
			e.log.Warn("a consumer begins with messages that its filters do not cover", "stream", s.name, "consumer", name, "err", err)
		}
	}
	return nil
}

// memberError says what is wrong with a consumer's queue.
func memberError(err error) error {
	if errors.Is(err, queuecore.ErrExists) || errors.Is(err, queuecore.ErrFull) {
		return errConsumerCreate.with("the consumer's queue cannot be made: %v", err)
	}
	return apiError(err, errConsumerCreate)
}

// tune makes q the queue of a consumer of s. What another dialect has made of its attempts
// stays until max_deliver changes.
func (r *record) tune(q *queuecore.QueueConfig, s *stream, name string, old *record) {
	c := &r.Config
	q.Topics, q.Own = nil, false
	for _, f := range c.filters() {
		q.Topics = append(q.Topics, f)
		q.Own = q.Own || router.Covers(f, s.name)
	}
	if old == nil || old.Config.AckWait != c.AckWait {
		q.Lease = c.AckWait
	}
	if old == nil || old.Config.MaxDeliver != c.MaxDeliver {
		q.MaxAttempts = max(c.MaxDeliver, 0)
	}
	if q.Labels == nil {
		q.Labels = make(map[string]string)
	}
	q.Labels[consumerLabel+name] = r.text()
}

// removeMember ends a consumer with its queue. The token for administration is held.
func (e *Engine) removeMember(o *consumer) error {
	if info, err := e.broker.QueueByID(o.queueID); err == nil {
		if err := e.broker.DeleteQueue(e.ctx, info.Name); err != nil && !errors.Is(err, queuecore.ErrNotFound) {
			return apiError(err, errConsumerCreate)
		}
	}
	e.unregister(o)
	e.adviseConsumer("DELETED", "delete", o.stream, o.name)
	return nil
}

// sweepMembers forgets consumers whose own queues other gateways have deleted.
func (e *Engine) sweepMembers() {
	var gone []*consumer
	e.mu.RLock()
	for _, byName := range e.consumers {
		for _, o := range byName {
			if _, err := e.broker.QueueByID(o.queueID); err != nil {
				gone = append(gone, o)
			}
		}
	}
	e.mu.RUnlock()
	for _, o := range gone {
		e.unregister(o)
	}
}

// checkPolicies sets and checks how a consumer of an interest stream acks, and where it begins
// (nats-server 2.12, checkConsumerCfg).
func (c *ConsumerConfig) checkPolicies() *Error {
	if c.AckPolicy != "explicit" {
		return errConsumerCreate.with("ack_policy %q is not kept: a message is gone once each consumer has acknowledged it, so use explicit", c.AckPolicy)
	}
	if c.DeliverPolicy == "" {
		c.DeliverPolicy = "all"
	}
	words := strings.ReplaceAll(c.DeliverPolicy, "_", " ")
	seq, at := c.DeliverPolicy == "by_start_sequence", c.DeliverPolicy == "by_start_time"
	switch c.DeliverPolicy {
	case "all", "new", "last", "last_per_subject", "by_start_sequence", "by_start_time":
	default:
		return errJSON.with("invalid JSON: deliver_policy %q is none", c.DeliverPolicy)
	}
	set := func(what, is string) *Error {
		return errPolicy.with("consumer delivery policy is deliver %s, but optional %s is %s set", words, what, is)
	}
	switch {
	case seq && c.OptStartSeq == 0:
		return set("start sequence", "not")
	case at && c.OptStartTime == nil:
		return set("start time", "not")
	case !seq && c.OptStartSeq != 0:
		return set("start sequence", "also")
	case !at && c.OptStartTime != nil:
		return set("start time", "also")
	case c.DeliverPolicy == "last_per_subject" && len(c.filters()) == 0:
		return set("filter subject", "not")
	}
	return nil
}

// checkStart refuses to change where a consumer begins (nats-server 2.12, checkNewConsumerConfig).
func (c *ConsumerConfig) checkStart(now *ConsumerConfig) error {
	start := func(x *ConsumerConfig) (t time.Time) {
		if x.OptStartTime != nil {
			t = *x.OptStartTime
		}
		return t
	}
	switch {
	case c.DeliverPolicy != now.DeliverPolicy:
		return errConsumerCreate.with("deliver policy can not be updated")
	case c.OptStartSeq != now.OptStartSeq:
		return errConsumerCreate.with("start sequence can not be updated")
	case !start(c).Equal(start(now)):
		return errConsumerCreate.with("start time can not be updated")
	}
	return nil
}
