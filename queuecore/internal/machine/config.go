package machine

import (
	"math"
	"time"
)

// Config is queuecore.QueueConfig, field by field; see there.
type Config struct {
	Lease, Delay, Retention, DedupWindow time.Duration
	DedupPerGroup                        bool
	GroupOrder                           bool
	FairGroups                           bool
	GroupAffinity, GroupRebalance        bool
	MaxInFlight                          int
	MaxMessages                          int
	MaxBytes                             int64
	DropOldest                           bool
	MaxPerTopic                          int
	DropOldestPerTopic                   bool
	MaxMessageSize                       int
	MaxAttempts                          int
	DeadLetter                           string
	ExpiredTo                            string
	BackoffInitial, BackoffMax           time.Duration
	BackoffFactor                        float64
	Transient                            bool
	Relay                                bool
	Of                                   string
	Topics                               []string
	Own                                  bool
	Labels                               map[string]string
}

// Backoff as a delay asks for the queue's own.
const Backoff time.Duration = -1

// GiveUp as a delay asks for no further attempt.
const GiveUp time.Duration = -2

// maxDelay keeps sums of times within an int64.
const maxDelay = 10 * 365 * 24 * time.Hour

// backoff returns the rest after the attempt, counted from 1.
func (c *Config) backoff(attempt uint32) time.Duration {
	if c.BackoffInitial <= 0 || attempt == 0 {
		return 0
	}
	limit := float64(maxDelay)
	if c.BackoffMax > 0 {
		limit = float64(c.BackoffMax)
	}
	d := float64(c.BackoffInitial) * math.Pow(max(c.BackoffFactor, 1), float64(attempt-1))
	return time.Duration(min(d, limit))
}
