package jetstream

import (
	"encoding/json"
	"time"
)

// ConsumerConfig is the configuration of a consumer as the JetStream API spells
// it (nats-server 2.12, io.nats.jetstream.api.v1.consumer_configuration). Fields
// that no queue can keep are here so that they can be refused by name.
type ConsumerConfig struct {
	Durable        string          `json:"durable_name,omitempty"`
	Name           string          `json:"name,omitempty"`
	Description    string          `json:"description,omitempty"`
	DeliverPolicy  string          `json:"deliver_policy"`
	AckPolicy      string          `json:"ack_policy"`
	AckWait        time.Duration   `json:"ack_wait,omitempty"`
	MaxDeliver     int             `json:"max_deliver,omitempty"`
	Backoff        []time.Duration `json:"backoff,omitempty"`
	FilterSubject  string          `json:"filter_subject,omitempty"`
	FilterSubjects []string        `json:"filter_subjects,omitempty"`
	ReplayPolicy   string          `json:"replay_policy"`
	MaxWaiting     int             `json:"max_waiting,omitempty"`
	MaxAckPending  int             `json:"max_ack_pending,omitempty"`
	HeadersOnly    bool            `json:"headers_only,omitempty"`

	MaxRequestBatch   int           `json:"max_batch,omitempty"`
	MaxRequestExpires time.Duration `json:"max_expires,omitempty"`
	MaxRequestBytes   int           `json:"max_bytes,omitempty"`

	InactiveThreshold time.Duration     `json:"inactive_threshold,omitempty"`
	Replicas          int               `json:"num_replicas"`
	MemStorage        bool              `json:"mem_storage,omitempty"`
	Metadata          map[string]string `json:"metadata,omitempty"`
	PauseUntil        *time.Time        `json:"pause_until,omitempty"`

	PushConfig
	RefusedConsumer
}

// RefusedConsumer are the settings that no queue can keep. A configuration that
// has been checked holds none of them.
type RefusedConsumer struct {
	OptStartSeq    uint64        `json:"opt_start_seq,omitempty"`
	OptStartTime   *time.Time    `json:"opt_start_time,omitempty"`
	SampleFreq     string        `json:"sample_freq,omitempty"`
	Direct         bool          `json:"direct,omitempty"`
	Sourcing       bool          `json:"sourcing,omitempty"`
	PriorityGroups []string      `json:"priority_groups,omitempty"`
	PriorityPolicy string        `json:"priority_policy,omitempty"`
	PinnedTTL      time.Duration `json:"priority_timeout,omitempty"`
}

// filters returns the filters, however they are spelled.
func (c *ConsumerConfig) filters() []string {
	if c.FilterSubject != "" {
		return []string{c.FilterSubject}
	}
	return c.FilterSubjects
}

// ackWait is the lease of the nth delivery of a message, or 0: the queue's own.
func (c *ConsumerConfig) ackWait(attempt int) time.Duration {
	if len(c.Backoff) == 0 {
		return c.AckWait
	}
	return c.Backoff[min(max(attempt, 1), len(c.Backoff))-1]
}

// text is the configuration as its label keeps it. Equal configurations that
// have been checked have equal texts.
func (c *ConsumerConfig) text() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings, numbers and times: it cannot fail
	}
	return string(b)
}

// record is what is known of a consumer besides its name. A durable one's is
// kept in a label of its queue.
type record struct {
	Config  ConsumerConfig `json:"config"`
	Created time.Time      `json:"created"`
	// Attempts is the queue's MaxAttempts without the consumer's max_deliver.
	Attempts int `json:"attempts,omitempty"`
	// Reached is how far the consumer was when the server last stopped in order; nil: it never did.
	Reached *reached `json:"reached,omitempty"`
}

func (r *record) text() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // see ConsumerConfig.text
	}
	return string(b)
}
