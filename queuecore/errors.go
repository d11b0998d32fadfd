package queuecore

import (
	"errors"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// The errors of the core. They come wrapped with what they are about; callers
// compare with errors.Is.
var (
	// ErrNotFound: no such queue, binding, subscription, message or move.
	ErrNotFound = machine.ErrNotFound
	// ErrExists: a queue of that name is there with another configuration, or a move
	// from that queue is under way.
	ErrExists = machine.ErrExists
	// ErrInvalid: the request makes no sense; the text says what and why.
	ErrInvalid = machine.ErrInvalid
	// ErrTooLarge: a message or transaction is over a limit that the text names.
	ErrTooLarge = machine.ErrTooLarge
	// ErrFull: the queue is at its MaxMessages or MaxBytes, or there may be no more
	// queues or bindings.
	ErrFull = machine.ErrFull
	// ErrUncounted: a Tx.If is about a topic of a queue that neither bounds its topics
	// (QueueConfig.MaxPerTopic) nor is short enough to be read for it.
	ErrUncounted = machine.ErrUncounted
	// ErrLimit: what all queues together may take is taken, such as Options.MaxLeases
	// or Options.MaxIndexBytes.
	ErrLimit = machine.ErrLimit
	// ErrInFlight: the queue is at its MaxInFlight, and the receiver wants to know.
	ErrInFlight = machine.ErrInFlight
	// ErrInUse: the subscription has a consumer, and what is asked for cannot be while it has.
	ErrInUse = machine.ErrInUse
	// ErrRelay: the queue hands on what it is sent (QueueConfig.Relay); the text names its members,
	// which keep it.
	ErrRelay = machine.ErrRelay
	// ErrStale: the receipt's delivery is over; the message was handed out again or is gone.
	ErrStale = machine.ErrStale
	// ErrClosed: the broker is closed or closing.
	ErrClosed = machine.ErrClosed
	// ErrUnavailable: the store cannot confirm. It has failed, or it is ErrNoSpace as well.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrNoSpace: the disk has no room for new messages. Sends are refused until
	// it has; receives and acks go on.
	ErrNoSpace = store.ErrNoSpace
)
