// Package rules says what queues are like that nobody makes on purpose: those that STOMP
// clients make by using them. It is pure; who makes queues asks it.
package rules

import (
	"slices"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/glob"
	"github.com/sluicemq/sluice/queuecore"
)

// Rules are queue_rules of the configuration. Any goroutine may ask them.
type Rules struct{ list []config.QueueRule }

// New returns the rules of a configuration that has been checked. It keeps the list,
// which must not be changed.
func New(list []config.QueueRule) *Rules { return &Rules{list} }

// Config returns what a queue is to be like that is about to be made and would be like c
// without rules. The first rule that has a fitting pattern counts, and no other.
func (r *Rules) Config(queue string, c queuecore.QueueConfig) queuecore.QueueConfig {
	if i := r.find(queue); i >= 0 {
		lay(&r.list[i], &c)
		order(&r.list[i], &c)
	}
	return c.ForQueue(queue)
}

// order takes from c what a dialect has for all queues and x's order of groups excludes.
func order(x *config.QueueRule, c *queuecore.QueueConfig) {
	if x.GroupAffinity == nil && (c.GroupOrder || c.FairGroups) {
		c.GroupAffinity = false
	}
	c.GroupRebalance = c.GroupRebalance && c.GroupAffinity
}

// Differs returns the number of the rule for a queue that is there, and the keys of what
// the rule says and the queue is not like. No rule, or no key: the two agree.
func (r *Rules) Differs(q *queuecore.QueueInfo) (rule int, keys []string) {
	rule = r.find(q.Name)
	if rule < 0 || q.Config.Transient {
		return -1, nil
	}
	laid := q.Config
	lay(&r.list[rule], &laid)
	order(&r.list[rule], &laid)
	laid = laid.ForQueue(q.Name)
	return rule, lay(whole(&laid), &q.Config)
}

func (r *Rules) find(queue string) int {
	return slices.IndexFunc(r.list, func(x config.QueueRule) bool {
		return slices.ContainsFunc(x.Queues, func(p string) bool { return glob.Stars(p, queue) })
	})
}

// lay lays what x names over c, and returns the keys of what was otherwise there.
func lay(x *config.QueueRule, c *queuecore.QueueConfig) (keys []string) {
	put(&keys, "max_attempts", &c.MaxAttempts, x.MaxAttempts)
	put(&keys, "dead_letter", &c.DeadLetter, x.DeadLetter)
	put(&keys, "backoff", &c.BackoffInitial, x.Backoff)
	put(&keys, "backoff_factor", &c.BackoffFactor, x.BackoffFactor)
	put(&keys, "backoff_max", &c.BackoffMax, x.BackoffMax)
	put(&keys, "expired_to", &c.ExpiredTo, x.ExpiredTo)
	put(&keys, "lease", &c.Lease, x.Lease)
	put(&keys, "delay", &c.Delay, x.Delay)
	put(&keys, "retention", &c.Retention, x.Retention)
	put(&keys, "dedup_window", &c.DedupWindow, x.DedupWindow)
	put(&keys, "max_messages", &c.MaxMessages, x.MaxMessages)
	put(&keys, "max_bytes", &c.MaxBytes, x.MaxBytes)
	put(&keys, "drop_oldest", &c.DropOldest, x.DropOldest)
	put(&keys, "max_in_flight", &c.MaxInFlight, x.MaxInFlight)
	put(&keys, "max_message_size", &c.MaxMessageSize, x.MaxMessageSize)
	put(&keys, "group_order", &c.GroupOrder, x.GroupOrder)
	put(&keys, "fair_groups", &c.FairGroups, x.FairGroups)
	put(&keys, "group_affinity", &c.GroupAffinity, x.GroupAffinity)
	put(&keys, "group_rebalance", &c.GroupRebalance, x.GroupRebalance)
	return keys
}

func put[T comparable](keys *[]string, key string, to, from *T) {
	if from != nil && *to != *from {
		*to = *from
		*keys = append(*keys, key)
	}
}

// whole is the rule that names everything of c.
func whole(c *queuecore.QueueConfig) *config.QueueRule {
	return &config.QueueRule{
		QueueRedelivery: config.QueueRedelivery{
			MaxAttempts: &c.MaxAttempts, DeadLetter: &c.DeadLetter, ExpiredTo: &c.ExpiredTo,
			Backoff: &c.BackoffInitial, BackoffFactor: &c.BackoffFactor, BackoffMax: &c.BackoffMax,
		},
		QueueTimes: config.QueueTimes{Lease: &c.Lease, Delay: &c.Delay, Retention: &c.Retention, DedupWindow: &c.DedupWindow},
		QueueBounds: config.QueueBounds{
			MaxMessages: &c.MaxMessages, MaxBytes: &c.MaxBytes, DropOldest: &c.DropOldest,
			MaxInFlight: &c.MaxInFlight, MaxMessageSize: &c.MaxMessageSize,
		},
		QueueOrder: config.QueueOrder{GroupOrder: &c.GroupOrder, FairGroups: &c.FairGroups, GroupAffinity: &c.GroupAffinity, GroupRebalance: &c.GroupRebalance},
	}
}
