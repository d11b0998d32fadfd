package queuecore

import (
	"encoding/hex"
	"time"
)

// Kind tells a queue from a topic.
type Kind uint8

// The two kinds of destination. The zero Kind is no destination at all.
const (
	NoDestination Kind = iota
	KindQueue          // one queue keeps the message
	KindTopic          // every queue with a matching binding gets the message
)

// Destination is where a message is sent. Name is a queue's name or a topic's
// subject: tokens separated by dots.
type Destination struct {
	Kind Kind
	Name string
}

// QueueNamed returns the destination of the queue called name.
func QueueNamed(name string) Destination { return Destination{KindQueue, name} }

// TopicNamed returns the destination of the topic called name.
func TopicNamed(name string) Destination { return Destination{KindTopic, name} }

// IsZero reports whether d names nothing.
func (d Destination) IsZero() bool { return d.Kind == NoDestination }

// MessageID names a message for ever, in every queue it passes through. IDs are
// RFC 9562 version 7 UUIDs and so sort by arrival.
type MessageID [16]byte

// IsZero reports whether the id has not been set.
func (id MessageID) IsZero() bool { return id == MessageID{} }

// String returns the 36-character form of the id.
func (id MessageID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
	return string(b[:])
}

// BodyKind says what a body was to its producer.
type BodyKind uint8

// The kinds of body. Unspecified lets each dialect judge by the bytes.
const (
	BodyUnspecified BodyKind = iota
	BodyText
	BodyBytes
	BodyMap
	BodyObject
	BodyStream
)

// DefaultPriority is the priority of a message whose producer named none, and of
// Message.Priority's zero value (see [Message.Priority]).
const DefaultPriority = 4

// Message is what a producer sent. The core never changes one after Send has
// taken it, and neither may anyone else: from then on it may be shared by any
// number of deliveries and goroutines.
type Message struct {
	// ID is set by Send. A caller that sets it first keeps its own (a link
	// that carries a message from elsewhere).
	ID          MessageID
	Destination Destination // as the producer named it; kept across dead-lettering
	Body        []byte
	BodyKind    BodyKind

	ContentType   string
	CorrelationID string
	ReplyTo       Destination
	Type          string // the application's own name for this sort of message
	UserID        string // authenticated sender, set by the gateway alone

	Group    string // messages of one group keep their order in a queue with GroupOrder, and share fairly with others where there are FairGroups
	GroupEnd bool   // the message is the last of its group: in a queue with GroupAffinity the next one's owner is chosen anew
	DedupID  string // sends with the same id within the queue's window make one entry
	Priority Priority

	SentAt    time.Time // set by Send when zero
	DeliverAt time.Time // not handed out before; zero: at once
	ExpiresAt time.Time // not handed out after; zero: never

	// Seat is the name under which the message waits until DeliverAt, in each of its queues:
	// at most MaxNameBytes. The next message of that name removes the one that still waits, in
	// the transaction that sends it, whether it waits itself or not. Who is due leaves his seat.
	// It is not kept with the message: see Broker.Seats. Not with a Plan.
	Seat string

	Properties Properties // the user's own, in the producer's order

	// Plan has the message go out again and again (see Plan); nil: once.
	Plan *Plan
}

// Priority is 0 (lowest) to 9, stored as one more than itself so that the zero
// value means that the producer named none.
type Priority uint8

// PriorityOf returns the Priority for the level n, 0 to 9; levels outside are
// cut to the nearest.
func PriorityOf(n int) Priority { return Priority(min(max(n, 0), 9) + 1) }

// Level returns 0 to 9; DefaultPriority when none was named.
func (p Priority) Level() int {
	if p == 0 || p > 10 {
		return DefaultPriority
	}
	return int(p) - 1
}

// IsSet reports whether the producer named a priority.
func (p Priority) IsSet() bool { return p != 0 }

// Decimal is a number of any precision in its producer's own spelling.
type Decimal string

// Property is one user property. Value is one of string, []byte, bool, int8,
// int16, int32, int64, float32, float64 or Decimal.
type Property struct {
	Name  string
	Value any
	Label string // a producer's own refinement of the type, opaque to the core
}

// Properties is an ordered list of properties with distinct names.
type Properties []Property

// Get returns the value of the property called name.
func (p Properties) Get(name string) (any, bool) {
	for i := range p {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return nil, false
}

// Delivery is one hand-over of one message to one receiver.
type Delivery struct {
	*Message
	Receipt Receipt
	Queue   string      // the queue it came from
	Attempt int         // 1 the first time; more means redelivered
	Until   time.Time   // end of the lease; zero while a session holds it
	First   time.Time   // when it was handed out for the first time
	Dead    *DeadLetter // set when this queue got it as a dead letter
}

// DeadLetter says why a message is in a dead-letter queue.
type DeadLetter struct {
	Queue    string // the queue that gave it up
	Reason   string // "attempts", "rejected", "expired" or what Reject was given
	Attempts int    // how often it had been handed out by then
}

// Sent is the answer to a send that is on disk.
type Sent struct {
	ID     MessageID
	Placed []Placed // one for each queue that got the message; empty for a topic nobody is bound to
}

// Placed says where in one queue a message went.
type Placed struct {
	Queue     string
	Seq       uint64 // rises by at least 1 with each message of the queue, also over restarts
	ID        MessageID
	Duplicate bool // the queue already had this DedupID: Seq and ID are the first send's
}

// Binding routes what is sent to matching topics into a queue. Pattern is made
// of tokens separated by dots; "*" stands for one token and a last ">" for one or
// more. A durable subscription is a queue and a binding.
type Binding struct {
	Pattern string
	Queue   string
	// Selector is the text of what a message must be besides; empty: anything. Options
	// stand in it as prefixes (selector.Selector.String). A queue has one binding of a
	// Pattern.
	Selector string
}

// QueueInfo describes a queue. It is a snapshot and belongs to the caller,
// except Config.Labels, which must not be changed.
type QueueInfo struct {
	Name     string
	ID       uint32 // never used again for another queue
	Config   QueueConfig
	Created  time.Time
	Modified time.Time
	// Subscription says what a queue holds that is a subscription; nil for other queues. It
	// must not be changed.
	Subscription *Subscription
}

// State is what an entry of a queue is doing.
type State uint8

// The states of an entry.
const (
	Ready   State = iota + 1 // may be handed out
	Delayed                  // waits for its time
	Leased                   // handed out and not settled
	Parked                   // given up and kept, since there is no dead-letter queue for it
)

// Stats counts a queue's entries by state, and what happened to them since the
// store was opened.
type Stats struct {
	Ready, Delayed, Leased, Parked int
	Resting                        int       // those of Delayed that were handed out before, and given back with a delay
	Again                          int       // those of Leased and Resting that were handed out more than once
	Bytes                          int64     // of all entries, properties included
	FirstSeq, LastSeq              uint64    // FirstSeq is of the oldest entry, or LastSeq+1
	OldestSentAt                   time.Time // of the oldest entry by Seq; zero when empty
	Waiting                        int       // receivers waiting
	Looking                        int       // for how many things the queue is being looked through: selectors of theirs, a move with one, topics
	Totals                         Totals
	Fair                           FairCounts // zero in a queue without FairGroups
}

// FairCounts count what is not of noisy groups; messages without a group are not.
type FairCounts struct {
	NoisyGroups                           int
	QuietReady, QuietDelayed, QuietLeased int
}

// Len returns the number of entries.
func (s Stats) Len() int { return s.Ready + s.Delayed + s.Leased + s.Parked }

// Totals are counters that only rise. Those of a queue start at 0 when the store
// is opened. What has expired counts as Expired wherever it goes; DeadLettered is what was
// given up for other reasons.
type Totals struct {
	Sent, Duplicate, Delivered, Redelivered, Acked, Nacked, Expired, DeadLettered, Dropped uint64
}

// Browsed is one entry seen without touching it.
type Browsed struct {
	*Message
	Seq     uint64
	State   State
	Attempt int // how often it has been handed out
	Dead    *DeadLetter
	Over    bool // its time has passed, and it is about to go. Message.ExpiresAt does not say so: what was a dead letter stays
}
