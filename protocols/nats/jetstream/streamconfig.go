package jetstream

import (
	"encoding/json"
	"time"
)

// StreamConfig is the configuration of a stream as the JetStream API spells it
// (nats-server 2.12, io.nats.jetstream.api.v1.stream_configuration). Fields that
// no queue can keep are here so that they can be refused by name.
type StreamConfig struct {
	Name         string        `json:"name"`
	Description  string        `json:"description,omitempty"`
	Subjects     []string      `json:"subjects,omitempty"`
	Retention    string        `json:"retention"`
	MaxConsumers int           `json:"max_consumers"`
	MaxMsgs      int64         `json:"max_msgs"`
	MaxBytes     int64         `json:"max_bytes"`
	MaxAge       time.Duration `json:"max_age"`
	MaxPer       int64         `json:"max_msgs_per_subject"`
	MaxMsgSize   int           `json:"max_msg_size,omitempty"`
	Discard      string        `json:"discard"`
	DiscardPer   bool          `json:"discard_new_per_subject,omitempty"`
	Storage      string        `json:"storage"`
	Replicas     int           `json:"num_replicas"`
	NoAck        bool          `json:"no_ack,omitempty"`
	Duplicates   time.Duration `json:"duplicate_window,omitempty"`
	Compression  string        `json:"compression"`
	DenyDelete   bool          `json:"deny_delete"`
	DenyPurge    bool          `json:"deny_purge"`

	AllowMsgTTL       bool              `json:"allow_msg_ttl"`
	AllowMsgSchedules bool              `json:"allow_msg_schedules,omitempty"`
	ConsumerLimits    ConsumerLimits    `json:"consumer_limits"`
	Metadata          map[string]string `json:"metadata,omitempty"`

	Refused

	// said is what a request says of words, and windowUnnamed that it names no
	// duplicate_window.
	said          map[string]string
	windowUnnamed bool
}

// ConsumerLimits are what a stream allows its consumers, and their defaults.
type ConsumerLimits struct {
	InactiveThreshold time.Duration `json:"inactive_threshold,omitempty"`
	MaxAckPending     int           `json:"max_ack_pending,omitempty"`
}

// Refused are the settings that no queue can keep. A configuration that has been
// checked holds none of them.
type Refused struct {
	FirstSeq      uint64          `json:"first_seq,omitempty"`
	Sealed        bool            `json:"sealed"`
	AllowRollup   bool            `json:"allow_rollup_hdrs"`
	AllowDirect   bool            `json:"allow_direct"`
	MirrorDirect  bool            `json:"mirror_direct"`
	MarkerTTL     time.Duration   `json:"subject_delete_marker_ttl,omitempty"`
	AllowCounter  bool            `json:"allow_msg_counter,omitempty"`
	AllowAtomic   bool            `json:"allow_atomic,omitempty"`
	AllowBatched  bool            `json:"allow_batched,omitempty"`
	PersistMode   string          `json:"persist_mode,omitempty"`
	Placement     json.RawMessage `json:"placement,omitempty"`
	Mirror        json.RawMessage `json:"mirror,omitempty"`
	Sources       json.RawMessage `json:"sources,omitempty"`
	Transform     json.RawMessage `json:"subject_transform,omitempty"`
	Republish     json.RawMessage `json:"republish,omitempty"`
	TemplateOwner string          `json:"template_owner,omitempty"`
}

// The words of a configuration that are kept.
const (
	workQueue   = "workqueue"
	interest    = "interest"
	discardOld  = "old"
	discardNew  = "new"
	storageFile = "file"
)

// text is the configuration as its label keeps it. Equal configurations that
// have been checked have equal texts.
func (c *StreamConfig) text() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings, numbers and checked raw values: it cannot fail
	}
	return string(b)
}
