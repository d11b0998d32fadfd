package queuecore

import "time"

// QueueConfig holds the rules of one queue. The zero value of a field switches
// the rule off, unless the field says otherwise.
type QueueConfig struct {
	// Lease is how long a delivery is leased when the receiver names no time.
	// Zero is DefaultLease.
	Lease time.Duration
	// Delay holds back every message that names no delivery time of its own.
	Delay time.Duration
	// Retention drops a message this long after it was sent, unless it is leased.
	Retention time.Duration
	// DedupWindow is how long a DedupID is remembered; it starts with the first
	// send and does not end with the message.
	DedupWindow time.Duration
	// DedupPerGroup has each group remember its DedupIDs apart from the others.
	DedupPerGroup bool

	// GroupOrder keeps the order of each group: a group waits while one of its
	// messages is leased, or while its first one is delayed. Priority is then
	// not looked at. Messages without a group form one group. Fixed at creation.
	GroupOrder bool
	// FairGroups keeps one group from holding up the others of a queue without group
	// order: while a group is noisy, what the others have ready is handed out first, of
	// each priority. A group is noisy from when it has, with something waiting, more than a
	// tenth of the queue's leased messages and at least 30, or more than a tenth of the
	// time for which messages were leased in the last five minutes and at least 30 s;
	// until nothing of it waits, or neither is so and it was sent nothing for five
	// minutes. Of several, the one with the fewest leased messages goes first. A
	// message without a group is never held back. Not together with GroupOrder.
	FairGroups bool
	// GroupAffinity gives each group of a queue an owner: the first Consumer that is handed
	// one of its messages. The later ones go to it alone, in order, and several may be out at once.
	// A message without a group goes to anybody, and so does one that its owner receives
	// with a selector, has looked at, and does not want. The ownership ends with the consumer,
	// when it is an exclusive one's turn, and by GroupRebalance, once what is out of the group is settled; at once, with a Message
	// that has GroupEnd; and when 10,000 groups of the queue were used since and nothing is
	// out. While others wait, a receive makes one group its own. Receives without a Consumer
	// get what nobody owns, and own nothing. Not together with GroupOrder or FairGroups.
	GroupAffinity bool
	// GroupRebalance has all owners give up their groups when a consumer joins.
	GroupRebalance bool
	// MaxInFlight is how many messages may be leased at once.
	MaxInFlight int
	// MaxMessages and MaxBytes bound the queue. A send over the bound is refused
	// with ErrFull or, with DropOldest, makes room by dropping the oldest
	// messages that are not leased. What is dead-lettered here is taken in any case,
	// and makes room with DropOldest alone.
	MaxMessages int
	MaxBytes    int64
	DropOldest  bool
	// MaxPerTopic bounds the messages of each topic that they were sent to, in whatever
	// state; what was sent to the queue itself counts as one topic. A send over the bound is refused
	// with a *TopicFull or, with DropOldestPerTopic, drops the topic's oldest, leased ones
	// too: an ack of one does nothing. A message that a transaction acks counts as gone for its sends. What is
	// dead-lettered or moved here counts, is taken in any case and drops nothing. The topics of what is in the
	// queue are read once, when the store is opened and when the bound is set, during which sends
	// to the queue wait; it cannot be set while there are over 1,000,000 messages (ErrLimit). Each message takes
	// 64 bytes of Options.MaxIndexBytes, each topic 256 and its name.
	MaxPerTopic        int
	DropOldestPerTopic bool
	// MaxMessageSize refuses larger messages with ErrTooLarge. Body, properties
	// and the other texts of a message count, here and in MaxBytes. Zero is the broker's own limit.
	MaxMessageSize int

	// MaxAttempts is how often a message is handed out before it is given up:
	// moved to DeadLetter or, when that is empty or does not exist, parked.
	MaxAttempts int
	DeadLetter  string
	// ExpiredTo is the queue that gets a message as a dead letter, for the reason
	// "expired", when its own time (Message.ExpiresAt) has passed. There it does not
	// expire by that time again. Empty, or no such queue that is as durable as this one:
	// the message is dropped. What Retention ends is dropped in any case, also if its own
	// time passed after that. Bounds hold there as they do for DeadLetter.
	ExpiredTo string
	// BackoffInitial is how long a nacked message rests after its first attempt;
	// each further attempt multiplies it by BackoffFactor (below 1 counts as 1)
	// up to BackoffMax (zero: no bound but MaxDelay).
	BackoffInitial, BackoffMax time.Duration
	BackoffFactor              float64

	// Transient keeps the queue and its messages in memory alone.
	Transient bool

	// Relay has the queue keep nothing itself: each message that is sent to it, by name or by a
	// topic, gets its next sequence number, and an entry of that number in each member that
	// takes it, in one step. Its DedupWindow, MaxMessageSize and Tx.If are of all that it is sent; what it
	// remembers is handed to nobody again. Of the other rules MaxMessages, MaxBytes, DropOldest and
	// Retention hold in each of its members by itself, and there are no more. Nobody
	// receives from a relay (ErrRelay); Browse, Purge, Remove and RemoveSome go to all
	// members, and DeleteQueue deletes them. As a DeadLetter or ExpiredTo it is as if there were none. Fixed at creation.
	Relay bool
	// Of names the relay that the queue is a member of. What is sent to a member alone, or comes
	// there otherwise, has a number of the relay's too. It has no DedupWindow and no bindings of its own. Fixed at creation.
	Of string
	// Topics are the patterns of what a member takes, as those of bindings; with none, and without
	// Own, it takes everything. 1,000 at the most, of 16 KiB together.
	Topics []string
	// Own has a member take what is sent to its relay by name, as well as its Topics.
	Own bool

	// Labels are for the callers: the core stores them and hands them back. A
	// map that was given to the broker or came from it must not be changed.
	Labels map[string]string
}

// ForQueue returns c without what a queue of that name cannot have, which is itself to hand
// on to: as its own dead-letter queue it has none, and gives nothing up.
func (c QueueConfig) ForQueue(name string) QueueConfig {
	if c.DeadLetter == name {
		c.DeadLetter, c.MaxAttempts = "", 0
	}
	if c.ExpiredTo == name {
		c.ExpiredTo = ""
	}
	return c
}
