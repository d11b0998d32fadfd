package config

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

func checkQueueRules(rules []QueueRule) error {
	if len(rules) > MaxQueueRules {
		return fmt.Errorf("%s has %d rules: there may be %d", queueRulesKey, len(rules), MaxQueueRules)
	}
	for i := range rules {
		if err := rules[i].check(fmt.Sprintf("%s[%d]", queueRulesKey, i)); err != nil {
			return err
		}
	}
	return nil
}

// check says what is wrong with the rule that stands at a place of the list.
func (r *QueueRule) check(at string) error {
	if len(r.Queues) == 0 {
		return fmt.Errorf("%s.queues is missing: it must be a pattern of queue names, or a list of them", at)
	}
	return cmp.Or(
		checkPatterns(at, r.Queues),
		checkBarePatterns(at, r.Queues),
		r.checkRedelivery(at),
		r.checkTimes(at),
		r.checkBounds(at),
		r.checkOrder(at),
	)
}

func (r *QueueRedelivery) checkRedelivery(at string) error {
	return cmp.Or(
		within(at+".max_attempts", r.MaxAttempts, 0, MaxCount),
		checkQueueName(at+".dead_letter", r.DeadLetter),
		checkQueueName(at+".expired_to", r.ExpiredTo),
		within(at+".backoff", r.Backoff, 0, MaxQueueTime),
		within(at+".backoff_factor", r.BackoffFactor, 1, MaxBackoffFactor),
		within(at+".backoff_max", r.BackoffMax, 0, MaxQueueTime),
	)
}

func (r *QueueTimes) checkTimes(at string) error {
	return cmp.Or(
		within(at+".lease", r.Lease, 0, MaxQueueLease),
		within(at+".delay", r.Delay, 0, MaxQueueTime),
		within(at+".retention", r.Retention, 0, MaxQueueTime),
		within(at+".dedup_window", r.DedupWindow, 0, MaxQueueTime),
	)
}

func (r *QueueBounds) checkBounds(at string) error {
	if r.DropOldest != nil && *r.DropOldest && r.MaxMessages == nil && r.MaxBytes == nil {
		return fmt.Errorf("%s.drop_oldest is true without max_messages or max_bytes: there is nothing to drop for", at)
	}
	return cmp.Or(
		within(at+".max_messages", r.MaxMessages, 0, MaxCount),
		within(at+".max_bytes", r.MaxBytes, 0, MaxQueueBytes),
		within(at+".max_in_flight", r.MaxInFlight, 0, MaxCount),
		within(at+".max_message_size", r.MaxMessageSize, 0, MaxCount),
	)
}

func (r *QueueOrder) checkOrder(at string) error {
	said := func(b *bool) bool { return b != nil && *b }
	switch {
	case said(r.GroupOrder) && said(r.FairGroups):
		return fmt.Errorf("%s.fair_groups and group_order are both true: a queue with group order is fair already", at)
	case said(r.GroupAffinity) && (said(r.GroupOrder) || said(r.FairGroups)):
		return fmt.Errorf("%s.group_affinity is true besides group_order or fair_groups: a queue has one of the three", at)
	case said(r.GroupRebalance) && r.GroupAffinity != nil && !*r.GroupAffinity:
		return fmt.Errorf("%s.group_rebalance is true without group_affinity: no group has an owner to give it up", at)
	}
	return nil
}

// within is for what need not be set.
func within[T int | int64 | float64 | time.Duration](key string, v *T, low, high T) error {
	if v != nil && !(*v >= low && *v <= high) { // so that no NaN passes
		return fmt.Errorf("%s is %v: it must be between %v and %v", key, *v, low, high)
	}
	return nil
}

// checkBare refuses a destination where a queue's name belongs: it would fit no queue, without a word.
func checkBare(key, name string) error {
	for _, prefix := range []string{"/queue/", "/topic/"} {
		if strings.HasPrefix(name, prefix) {
			return fmt.Errorf("%s is %q: write the name alone, without %s", key, name, prefix)
		}
	}
	return nil
}

func checkBarePatterns(at string, patterns []string) error {
	for i, p := range patterns {
		if err := checkBare(fmt.Sprintf("%s.queues[%d]", at, i), p); err != nil {
			return err
		}
	}
	return nil
}

// checkQueueName refuses what is no queue's name. Empty is no queue.
func checkQueueName(key string, name *string) error {
	if name == nil {
		return nil
	}
	if err := checkBare(key, *name); err != nil {
		return err
	}
	if len(*name) > MaxQueueName || !printable(*name) || strings.Contains(*name, "*") {
		return fmt.Errorf("%s is %q: it must be the name of one queue of at most %d bytes, or empty", key, *name, MaxQueueName)
	}
	return nil
}
