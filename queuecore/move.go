package queuecore

import (
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Move is a move of messages from one queue to another, or from a dead-letter queue
// back to where each of them came from.
//
// It takes what stood in the source when it began, and of that what is ready when its
// turn comes: in the order in which it would be handed out, and in a queue with group
// order not before an earlier message of its group. What is leased or delayed moves if
// it is ready again before the rest has moved, and else stays; parked messages stay. When
// nothing is left to move the move is done.
//
// A message keeps its id, properties, group, priority, expiry and count of attempts. In
// its new queue it is ready at once, is no dead letter, has all of MaxAttempts before
// it, and the queue's retention starts anew. Each message moves in one piece: it is in
// one of the queues, whenever the power goes.
//
// A move with a selector takes what matches and is ready when its turn comes, in the order
// of arrival. Whatever else it comes by stays, and holds up nothing: it is looked at once, and
// what is leased or delayed just then is not come back to. In a queue with group order a message
// also stays while a leased one of its group, or a delayed one before it, is to come back. What
// is damaged matches nothing. See DeadReason for what selectors see of a dead letter.
//
// MaxMessages and MaxBytes of the destination hold, and nothing is dropped for a move: when
// there is no room, it waits. So it does while the disk has none. MaxMessageSize and
// DedupWindow are for sends alone.
type Move struct {
	ID          MessageID // of the move
	Source      string
	Destination string // "": where each message came from
	Selector    string // what it takes, as Selector.String; "": everything
	Rate        int    // messages a second; 0: no bound
	Status      MoveStatus
	Reason      MoveReason // why it failed or, while it runs, what it waits for; "" otherwise
	At          string     // the destination that Reason is about, if it is about one
	Moved       int        // so far; after a crash it may be some too few
	Total       int        // that were ready in the source when it began; how many of them match nobody knows
	Started     time.Time
	Ended       time.Time // zero while it runs
}

// MoveStatus says how far a move has come.
type MoveStatus string

// A move runs until it is done, failed or canceled. Those never change again.
const (
	MoveRunning  = MoveStatus(machine.MoveRunning)
	MoveDone     = MoveStatus(machine.MoveDone)
	MoveCanceled = MoveStatus(machine.MoveCanceled)
	MoveFailed   = MoveStatus(machine.MoveFailed)
)

// MoveReason is a sentence for people; programs compare it with the constants.
type MoveReason string

// The first four end a move, with the message that it is about and all others left in
// the source. The others make it wait; it looks again every second.
const (
	MoveNoOrigin = MoveReason(machine.MoveNoOrigin) // a message did not come as a dead letter
	MoveNoQueue  = MoveReason(machine.MoveNoQueue)  // the destination is gone
	MoveUnlike   = MoveReason(machine.MoveUnlike)   // one of the queues is transient
	MoveTooLarge = MoveReason(machine.MoveTooLarge) // a message is over the destination's MaxBytes
	MoveFull     = MoveReason(machine.MoveFull)     // the destination is at MaxMessages or MaxBytes
	MoveUnread   = MoveReason(machine.MoveUnread)   // for a selector: the store does not read
)
