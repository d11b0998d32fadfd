package stomp

import (
	"slices"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// makeQueue makes a queue, and those that it names for its dead letters and for what
// expires in it, which is the server's own doing and needs no right.
func (c *conn) makeQueue(queue string) (bool, error) {
	if err := c.user.Make(queue); err != nil {
		c.witness.Saw(protocols.AuditCreate, byUse, queue, err)
		return false, err
	}
	config, err := c.ready(queue)
	if err != nil {
		return false, err
	}
	_, err = c.gateway.broker.EnsureQueue(c.ctx, queue, config)
	c.witness.Saw(protocols.AuditCreate, byUse, queue, err)
	if err != nil {
		return false, err
	}
	return true, c.bindVirtual(queue)
}

// ready returns the configuration of a queue that is about to be made, with the queues
// that it names there already.
func (c *conn) ready(queue string) (queuecore.QueueConfig, error) {
	for _, name := range slices.Backward(c.named(queue)[1:]) {
		if err := c.ensureNamed(name); err != nil {
			return queuecore.QueueConfig{}, err
		}
	}
	return c.firstUse(queue), nil
}

// ensureNamed makes a queue that another one names, unless it is there.
func (c *conn) ensureNamed(queue string) error {
	if _, err := c.gateway.broker.Queue(queue); err == nil {
		return nil
	}
	_, err := c.gateway.broker.EnsureQueue(c.ctx, queue, c.firstUse(queue))
	c.witness.Saw(protocols.AuditCreate, byUse, queue, err)
	return err
}

// named returns the queue, and behind it those that it names, those that these name, and so on.
func (c *conn) named(queue string) []string {
	names := []string{queue}
	for i := 0; i < len(names); i++ {
		config := c.firstUse(names[i])
		for _, further := range []string{config.DeadLetter, config.ExpiredTo} {
			if further != "" && !slices.Contains(names, further) {
				names = append(names, further)
			}
		}
	}
	return names
}

// firstUse is the configuration of a queue that is made by its use: what the dialect has
// for such, and over it what the rules say. The habits' dead-letter
// queue has none of its own.
func (c *conn) firstUse(queue string) queuecore.QueueConfig {
	h := &c.gateway.habits
	config := queuecore.QueueConfig{DedupWindow: dedupWindow, DeadLetter: h.DeadLetter, ExpiredTo: h.ExpiredTo, GroupAffinity: h.GroupAffinity}
	config.BackoffInitial, config.BackoffMax, config.BackoffFactor = h.Rest.First, h.Rest.Most, h.Rest.Factor
	if rules := c.gateway.options.Rules; rules != nil {
		config = rules(queue, config)
	}
	return config.ForQueue(queue)
}

// transient is the configuration of the queue of a topic subscription, or of a temporary
// one: a NACK rests there as it does in the dialect's other queues.
func (g *Gateway) transient() queuecore.QueueConfig {
	config := transientQueue()
	config.BackoffInitial, config.BackoffMax, config.BackoffFactor = g.habits.Rest.First, g.habits.Rest.Most, g.habits.Rest.Factor
	return config
}
