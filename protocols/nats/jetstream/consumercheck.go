package jetstream

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// check sets the defaults of c for a consumer of s, and refuses what a queue
// cannot keep. The defaults and the texts that are not about queues are
// nats-server's.
func (c *ConsumerConfig) check(s *StreamConfig) *Error {
	for _, step := range []func(*StreamConfig) *Error{c.unknownWord, c.checkNames, c.checkPush, c.refuse, c.checkAcks, c.checkFilters, c.checkSelector, c.checkLimits} {
		if err := step(s); err != nil {
			return err
		}
	}
	c.RefusedConsumer = RefusedConsumer{OptStartSeq: c.OptStartSeq, OptStartTime: c.OptStartTime}
	return nil
}

func (c *ConsumerConfig) checkNames(*StreamConfig) *Error {
	size := 0
	for k, v := range c.Metadata {
		size += len(k) + len(v)
	}
	switch {
	case c.Name != "" && !assetName(c.Name):
		return errConsumerName.with("consumer name can not contain '.', '*', '>', '\\', '/'")
	case c.Durable != "" && !assetName(c.Durable):
		return errConsumerName
	case len(c.Name) > maxName || len(c.Durable) > maxName:
		return errConsumerName.with("consumer name is too long, maximum allowed is %d", maxName)
	case c.Durable != "" && c.Name != "" && c.Durable != c.Name:
		return errNameMismatch
	case len(c.Description) > maxDescription:
		return errDescription
	case size > maxMetadata:
		return errConsumerMetadata
	}
	return nil
}

// refuse finds settings that no queue can keep, and says what to use instead.
func (c *ConsumerConfig) refuse(*StreamConfig) *Error {
	priorities := len(c.PriorityGroups) > 0 || c.PriorityPolicy != "" && c.PriorityPolicy != "none" || c.PinnedTTL != 0
	for _, x := range []struct {
		set bool
		err *Error
	}{
		{c.Replicas > 1, errReplicas},
		{c.Replicas < 0, errReplicasNegative},
		{(c.Direct || c.Sourcing) && c.DeliverSubject == "", errDirect},
		{c.Direct || c.Sourcing, errConsumerCreate.with("direct and sourcing consumers are not supported: use a consumer that acks")},
		{priorities, errPriorityGroup.with("priority groups are not supported: all pull requests of a consumer are served in turn")},
		{c.SampleFreq != "" && c.SampleFreq != "0" && c.SampleFreq != "0%",
			errConsumerCreate.with("sample_freq is not supported: the server's metrics count every delivery")},
		{c.ReplayPolicy != "" && c.ReplayPolicy != "instant",
			errConsumerCreate.with("replay_policy %q is not supported: messages are delivered at once", c.ReplayPolicy)},
	} {
		if x.set {
			return x.err
		}
	}
	c.ReplayPolicy = "instant"
	return nil
}

func (c *ConsumerConfig) checkAcks(s *StreamConfig) *Error {
	switch {
	case s.Retention == interest:
		return c.checkPolicies()
	case c.DeliverSubject == "" && (c.AckPolicy == "" || c.AckPolicy == "none"):
		return errPullExplicit
	case c.AckPolicy != "explicit":
		return errExplicitAck
	}
	if c.DeliverPolicy == "" {
		c.DeliverPolicy = "all"
	}
	switch {
	case c.DeliverPolicy != "all":
		return errDeliverAll
	case c.OptStartSeq != 0:
		return errPolicy.with("consumer delivery policy is deliver all, but optional start sequence is also set")
	case c.OptStartTime != nil:
		return errPolicy.with("consumer delivery policy is deliver all, but optional start time is also set")
	}
	return nil
}

func (c *ConsumerConfig) checkLimits(s *StreamConfig) *Error {
	for _, d := range append([]time.Duration{c.AckWait}, c.Backoff...) {
		if d > queuecore.MaxLease {
			return errConsumerCreate.with("ack_wait and backoff are at most %v", queuecore.MaxLease)
		}
	}
	if slices.ContainsFunc(c.Backoff, func(d time.Duration) bool { return d <= 0 }) {
		return errBackoffNegative
	}
	switch {
	case c.AckWait < 0:
		return errAckWaitNegative
	case c.MaxRequestExpires != 0 && c.MaxRequestExpires < time.Millisecond:
		return errSmallExpires
	}
	c.setDefaults(s)
	limits := s.ConsumerLimits
	switch {
	case len(c.Backoff) > 0 && c.MaxDeliver > 0 && len(c.Backoff) > c.MaxDeliver:
		return errDeliverBackoff
	case limits.MaxAckPending > 0 && (c.MaxAckPending < 0 || c.MaxAckPending > limits.MaxAckPending):
		return errAckPendingExcess.with("consumer max ack pending exceeds system limit of %d", limits.MaxAckPending)
	case limits.InactiveThreshold > 0 && c.InactiveThreshold > limits.InactiveThreshold:
		return errInactiveExcess.with("consumer inactive threshold exceeds system limit of %v", limits.InactiveThreshold)
	}
	return nil
}

func (c *ConsumerConfig) setDefaults(s *StreamConfig) {
	if c.MaxDeliver <= 0 {
		c.MaxDeliver = -1
	}
	switch {
	case c.DeliverSubject != "":
		c.MaxWaiting = 0
	case c.MaxWaiting <= 0:
		c.MaxWaiting = defaultWaiting
	}
	if len(c.Backoff) > 0 {
		c.AckWait = c.Backoff[0]
	}
	if c.MaxAckPending == 0 {
		c.MaxAckPending = s.ConsumerLimits.MaxAckPending
	}
	switch {
	case c.MaxAckPending == 0:
		c.MaxAckPending = defaultAckPending
	case c.MaxAckPending < 0:
		c.MaxAckPending = -1
	}
	if c.InactiveThreshold <= 0 {
		c.InactiveThreshold = s.ConsumerLimits.InactiveThreshold
	}
	if c.Durable == "" && c.InactiveThreshold <= 0 {
		c.InactiveThreshold = defaultInactive
	}
	c.MaxRequestBatch, c.MaxRequestBytes = max(c.MaxRequestBatch, 0), max(c.MaxRequestBytes, 0)
}
