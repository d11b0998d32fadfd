package bridge

import (
	"fmt"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/rules"
	"github.com/sluicemq/sluice/queuecore"
)

// shownQueues bounds the queues that the log names one by one.
const shownQueues = 20

// queueRules returns what changes the configuration of queues that are made by their use,
// or nil. It tells of the queues that are there and are not as the rules say: they keep
// what they have.
func (h *House) queueRules(list []config.QueueRule) func(string, queuecore.QueueConfig) queuecore.QueueConfig {
	if len(list) == 0 {
		return nil
	}
	r := rules.New(list)
	differ := 0
	for _, q := range h.broker.Queues("") {
		rule, keys := r.Differs(&q)
		if len(keys) == 0 {
			continue
		}
		if differ++; differ <= shownQueues {
			h.log.Info("a queue is not as queue_rules say, which hold for queues that are made from now on",
				"queue", q.Name, "rule", fmt.Sprintf("queue_rules[%d]", rule), "differs", keys)
		}
	}
	if differ > shownQueues {
		h.log.Info("more queues are not as queue_rules say", "queues", differ-shownQueues)
	}
	return r.Config
}
