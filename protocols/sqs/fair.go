package sqs

import (
	"context"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// SQS developer guide, "Amazon SQS fair queues": a standard queue treats its tenants, which
// MessageGroupId names, fairly, and nothing needs to be switched on. Queues that SQS clients
// make are configured so; those that they made before the core knew fair groups are from
// the first message with a MessageGroupId on. What another dialect made stays as it is.

// treatFairly has q, to which entries are about to be sent, treat its tenants fairly, if
// it is such a queue and there are tenants.
func (c *call) treatFairly(ctx context.Context, q *queuecore.QueueInfo, entries ...entryCheck) error {
	if q.Config.FairGroups || !madeStandard(&q.Config) || !anyGroup(entries) {
		return nil
	}
	_, err := c.broker.UpdateQueue(ctx, q.Name, func(config *queuecore.QueueConfig) error {
		config.FairGroups = true
		return nil
	})
	return err
}

func anyGroup(entries []entryCheck) bool {
	for i := range entries {
		if entries[i].entry.GroupID != "" {
			return true
		}
	}
	return false
}

// madeStandard reports whether a queue is a standard one that an SQS client made: those
// have a retention and standardWindow from the beginning, and no other dialect's labels.
func madeStandard(c *queuecore.QueueConfig) bool {
	if c.GroupOrder || c.Retention == 0 || c.DedupWindow != standardWindow {
		return false
	}
	for name := range c.Labels {
		if !strings.HasPrefix(name, label) {
			return false
		}
	}
	return true
}
