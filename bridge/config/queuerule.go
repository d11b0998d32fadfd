package config

import "time"

// queueRulesKey is a setting that is a list.
const queueRulesKey = "queue_rules"

// QueueRule says what queues are like that are made by their use. The first rule with a
// fitting pattern counts, and no other. What a rule does not name (nil) is as it would be without it.
type QueueRule struct {
	// Queues are patterns of the queues' names, those that STOMP clients write behind
	// /queue/. In a pattern * stands for any characters, none included.
	Queues []string `yaml:"queues"`

	QueueRedelivery `yaml:",inline"`
	QueueTimes      `yaml:",inline"`
	QueueBounds     `yaml:",inline"`
	QueueOrder      `yaml:",inline"`
}

// QueueRedelivery says what becomes of messages that are not acked.
type QueueRedelivery struct {
	// MaxAttempts is how often a message is handed out before it goes to DeadLetter, which
	// is made with the queue; 0: without end. An empty DeadLetter is none.
	MaxAttempts *int    `yaml:"max_attempts,omitempty"`
	DeadLetter  *string `yaml:"dead_letter,omitempty"`
	// Backoff is how long a nacked message rests after its first attempt. Each further one
	// multiplies it by BackoffFactor, up to BackoffMax (0: ten years).
	Backoff       *time.Duration `yaml:"backoff,omitempty"`
	BackoffFactor *float64       `yaml:"backoff_factor,omitempty"`
	BackoffMax    *time.Duration `yaml:"backoff_max,omitempty"`
	// ExpiredTo gets what expires by its producer's time, and is made with the queue; empty: nothing does.
	ExpiredTo *string `yaml:"expired_to,omitempty"`
}

// QueueTimes are the times of a queue.
type QueueTimes struct {
	Lease       *time.Duration `yaml:"lease,omitempty"`        // of receivers that name none; 0: 30 s
	Delay       *time.Duration `yaml:"delay,omitempty"`        // of messages that name none
	Retention   *time.Duration `yaml:"retention,omitempty"`    // 0: until they are acked
	DedupWindow *time.Duration `yaml:"dedup_window,omitempty"` // 0: duplicates are taken
}

// QueueBounds bound a queue; 0 is no bound.
type QueueBounds struct {
	MaxMessages    *int   `yaml:"max_messages,omitempty"`
	MaxBytes       *int64 `yaml:"max_bytes,omitempty"`
	DropOldest     *bool  `yaml:"drop_oldest,omitempty"` // instead of refusing what is too much
	MaxInFlight    *int   `yaml:"max_in_flight,omitempty"`
	MaxMessageSize *int   `yaml:"max_message_size,omitempty"` // in bytes
}

// QueueOrder says what groups are to a queue.
type QueueOrder struct {
	GroupOrder     *bool `yaml:"group_order,omitempty"`
	FairGroups     *bool `yaml:"fair_groups,omitempty"`
	GroupAffinity  *bool `yaml:"group_affinity,omitempty"`
	GroupRebalance *bool `yaml:"group_rebalance,omitempty"`
}
