package stomp

import (
	"fmt"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// ownerLabel is the label of a durable subscription's queue that names its user: anybody can
// say another one's client id, and would get what is kept for him.
const ownerLabel = "stomp.user"

// own writes into the configuration of a new subscription's queue whose it is. A shared one
// without a client id is of everybody who may receive from its queue.
func (c *conn) own(q *queuecore.QueueConfig, x mapping.STOMPSubscription) {
	if x.Client == "" || c.who.Name() == "" {
		return
	}
	labels := map[string]string{ownerLabel: c.who.Name()}
	for k, v := range q.Labels {
		labels[k] = v
	}
	q.Labels = labels
}

// foreignSubscription reports whether a durable subscription is another user's.
func (c *conn) foreignSubscription(x mapping.STOMPSubscription) bool {
	q, err := c.gateway.broker.Queue(x.Queue)
	if err != nil || x.Client == "" {
		return false
	}
	owner := q.Config.Labels[ownerLabel]
	return owner != "" && owner != c.who.Name()
}

// mayKeep says whether the client may have a durable subscription, which SUBSCRIBE makes.
func (c *conn) mayKeep(x mapping.STOMPSubscription) error {
	to := queuecore.QueueNamed(x.Queue)
	if !c.who.May(protocols.CreateByUse, to) {
		return denied("create", to)
	}
	if c.foreignSubscription(x) {
		return denied("receive from", to)
	}
	return c.mayHear(to)
}

func (c *conn) mayDelete(x mapping.STOMPSubscription) error {
	if d := queuecore.QueueNamed(x.Queue); !c.who.May(protocols.Delete, d) || c.foreignSubscription(x) {
		return denied("delete", d)
	}
	return nil
}

// mayHear says whether the client may receive from d.
func (c *conn) mayHear(d queuecore.Destination) error {
	if !c.who.May(protocols.Receive, d) {
		return denied("receive from", d)
	}
	return nil
}

// mayHearAll says whether the client may receive from everything that a topic stands for in its dialect.
func (c *conn) mayHearAll(dict mapping.STOMP, topic queuecore.Destination) error {
	for _, pattern := range dict.Patterns(topic) {
		if err := c.mayHear(queuecore.TopicNamed(pattern)); err != nil {
			return err
		}
	}
	return nil
}

// standing is the right that s goes on to use. The queue of a subscription to a topic that has no name is the client's own.
func (c *conn) standing(s *subscription) *protocols.Standing {
	if s.attached != nil && s.attached.Queue().Subscription.Name == "" {
		return nil
	}
	return protocols.NewStanding(c.who, s.action(), queuecore.QueueNamed(s.queue))
}

// lose returns what ends the connection when the policy of a queue has changed and s may not go on.
func (c *conn) lose(s *subscription) error {
	err := &refusal{
		message: "access refused", detail: fmt.Sprintf("This user may not %s the queue %q any more.", s.verb(), s.queue), ends: true, denied: true,
	}
	if s.lost.CompareAndSwap(false, true) {
		c.witness.Saw(s.audited(), frame.Subscribe, s.queue, err)
	}
	return err
}

// guard ends the connection when s may not go on, whether there is a message or not. The function that it
// returns puts an end to that.
func (c *conn) guard(s *subscription) (stop func()) {
	if s.right == nil {
		return func() {}
	}
	return protocols.OnShift(c.who, func() {
		defer c.panics.Catch(c.failed)
		if !s.right.Holds() {
			c.stop(c.lose(s))
		}
	})
}
