package queuecore

import (
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// The core's own limits. Each is checked once, when a request enters the Broker.
const (
	// MaxNameBytes bounds the name of a queue or topic, in bytes.
	MaxNameBytes = 255
	// MaxPatternBytes bounds a binding's pattern, in bytes.
	MaxPatternBytes = 1024
	// MaxTopics and MaxTopicBytes bound the topics of a relay's member, and their bytes together.
	MaxTopics     = 1_000
	MaxTopicBytes = MaxSelectorBytes
	// MaxMembers bounds the members of one relay.
	MaxMembers = machine.MaxMembers
	// MaxFill bounds what a member begins with.
	MaxFill = machine.MaxFill
	// MaxGroupBytes and MaxDedupBytes bound a group's name and a dedup id.
	MaxGroupBytes = 256
	MaxDedupBytes = 256
	// MaxFieldBytes bounds each of a message's other texts, such as its content type.
	MaxFieldBytes = 64 << 10
	// DefaultMaxMessageBytes bounds body and properties of one message. It is
	// well over what any dialect lets in, so that a dialect's own limit is met first.
	DefaultMaxMessageBytes = 2 << 20
	// MaxTxOps bounds the sends, acks and nacks of one transaction.
	MaxTxOps = 10_000
	// MaxTxBytes bounds the bodies of one transaction, which must fit in one
	// atomic write of the store.
	MaxTxBytes = 6 << 20
	// MaxSelectorBytes and MaxSelectorNodes bound a selector: its text, and the values,
	// names and operators in it.
	MaxSelectorBytes = machine.SelectorBytes
	MaxSelectorNodes = machine.SelectorNodes
	// MaxReceive bounds the deliveries of one Receive.
	MaxReceive = 1_000
	// MaxLabelBytes bounds the labels of one queue, names and values.
	MaxLabelBytes = 256 << 10

	// DefaultLease is the lease of a queue that names none.
	DefaultLease = 30 * time.Second
	// MaxLease bounds a lease by clock.
	MaxLease = 7 * 24 * time.Hour
	// MaxDelay bounds delays of sends and nacks.
	MaxDelay = 10 * 365 * 24 * time.Hour
)
