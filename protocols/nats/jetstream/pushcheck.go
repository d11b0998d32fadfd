package jetstream

import (
	"time"

	"github.com/sluicemq/sluice/protocols/nats/router"
)

// PushConfig are the settings of a consumer that delivers by itself.
type PushConfig struct {
	DeliverSubject string        `json:"deliver_subject,omitempty"` // "": a pull consumer
	DeliverGroup   string        `json:"deliver_group,omitempty"`   // a queue group of subscribers
	FlowControl    bool          `json:"flow_control,omitempty"`
	Heartbeat      time.Duration `json:"idle_heartbeat,omitempty"`
	RateLimit      uint64        `json:"rate_limit_bps,omitempty"` // bits a second; 0: none
}

// leastHeartbeat is nats-server's.
const leastHeartbeat = 100 * time.Millisecond

// checkPush refuses what goes with pull consumers or with push consumers only, and
// deliver subjects that lead nowhere (nats-server 2.12, checkConsumerCfg).
func (c *ConsumerConfig) checkPush(s *StreamConfig) *Error {
	c.Heartbeat = max(c.Heartbeat, 0)
	check := c.checkPull
	if c.DeliverSubject != "" {
		check = c.checkDeliver
	}
	if err := check(s); err != nil {
		return err
	}
	if c.FlowControl && c.Heartbeat == 0 {
		return errFlowNeedsHeartbeat
	}
	return nil
}

func (c *ConsumerConfig) checkPull(*StreamConfig) *Error {
	switch {
	case c.RateLimit != 0:
		return errPullRateLimit
	case c.Heartbeat > 0:
		return errPullHeartbeat
	case c.FlowControl:
		return errPullFlowControl
	}
	return nil
}

func (c *ConsumerConfig) checkDeliver(s *StreamConfig) *Error {
	switch {
	case !router.Literal(c.DeliverSubject):
		return errDeliverWildcard
	case !router.Valid(c.DeliverSubject):
		return errDeliverSubject
	case s.keeps(c.DeliverSubject):
		return errDeliverCycle
	case c.MaxWaiting > 0:
		return errPushMaxWaiting
	case c.Heartbeat > 0 && c.Heartbeat < leastHeartbeat:
		return errSmallHeartbeat
	case c.PriorityPolicy != "" && c.PriorityPolicy != "none":
		return errPushPriority
	}
	return nil
}

// keeps reports whether a subject is one of the stream's.
func (s *StreamConfig) keeps(subject string) bool {
	for _, own := range s.Subjects {
		if router.Covers(own, subject) {
			return true
		}
	}
	return false
}

// checkElsewhere refuses to deliver into another stream: what is delivered reaches
// subscribers alone.
func (e *Engine) checkElsewhere(c *ConsumerConfig) error {
	if c.DeliverSubject == "" {
		return nil
	}
	for _, s := range e.streams(nil) {
		if s.config.keeps(c.DeliverSubject) {
			return errConsumerCreate.with(
				"deliver_subject %q is a subject of stream %q, which a push consumer cannot fill: name a subject of no stream, or publish to that one", c.DeliverSubject, s.name)
		}
	}
	return nil
}

// checkPushUpdate refuses changes that a consumer cannot go through (nats-server 2.12,
// checkNewConsumerConfig).
func (o *consumer) checkPushUpdate(now *ConsumerConfig) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := &o.record.Config
	switch {
	case was.Heartbeat != now.Heartbeat:
		return errConsumerCreate.with("heart beats can not be updated")
	case was.FlowControl != now.FlowControl:
		return errConsumerCreate.with("flow control can not be updated")
	case was.DeliverSubject == now.DeliverSubject:
		return nil
	case was.DeliverSubject == "":
		return errConsumerCreate.with("can not update pull consumer to push based")
	case now.DeliverSubject == "":
		return errConsumerCreate.with("can not update push consumer to pull based")
	case o.engine.transport.Interest([]byte(was.DeliverSubject)):
		return errConsumerInUse
	}
	return nil
}
