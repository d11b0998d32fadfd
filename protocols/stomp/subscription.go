package stomp

import (
	"context"
	"sync/atomic"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// ackMode is how deliveries of a subscription are settled. STOMP 1.2, "SUBSCRIBE
// ack Header".
type ackMode uint8

const (
	ackAuto       ackMode = iota // by being written to the socket
	ackClient                    // by the client; an ACK counts for all before it as well
	ackIndividual                // by the client, one by one
	ackBrowse                    // not at all: the messages stay where they are
)

// parseMode reads an ack header. client-individual is no value of 1.0, but the
// brokers of its time took it.
func parseMode(f *frame.Frame) (ackMode, error) {
	h, ok := f.Header("ack")
	switch {
	case !ok || h == "auto":
		return ackAuto, nil
	case h == "client":
		return ackClient, nil
	case h == "client-individual":
		return ackIndividual, nil
	}
	return 0, refuse("bad ack mode", "The ack header is %q; it must be auto, client or client-individual.", h)
}

// subscriptions are those of one connection. The reader owns them.
type subscriptions struct {
	byID map[string]*subscription
	made int // ever, to name the queues of topics
	// selectors is the length of all selectors of the subscriptions.
	selectors int
}

// room refuses one selector too many.
func (s *subscriptions) room(selector string) error {
	if s.selectors+len(selector) > selectorBytes {
		return refuse("too many selectors", "The limit is %d bytes for the selectors of all subscriptions of one connection.", selectorBytes)
	}
	return nil
}

// subscription is one of a client's, and what its feed needs. All but what
// stands last is set before the feed starts.
type subscription struct {
	id       string
	named    bool // the client gave the id; 1.0 may leave it out
	queue    string
	topic    string                // that it is about; "" of a queue
	attached *queuecore.Attachment // nil: it receives from a queue, not from a topic
	selector *queuecore.Selector
	text     int // bytes of the selector
	consumes queuecore.ConsumerOptions
	consumer *queuecore.Consumer // nil for a browser
	mode     ackMode
	// settlesNothing: a browser's client acknowledges what it sees.
	settlesNothing bool
	prefetch       int
	window         int                        // bytes it may hold; 0: any
	dict           mapping.STOMP              // in the style that the client used
	right          *protocols.Standing        // to receive from queue; nil: that is the client's own, and needs none
	ofQueue        *mapping.STOMPSubscription // what the destination itself names; nil: it does not

	begin  chan struct{}   // closed when the feed may start: after the RECEIPT
	wake   chan struct{}   // a token when there may be more credit
	ctx    context.Context // ends the feed
	cancel context.CancelFunc
	done   chan struct{} // closed when the feed has ended

	over   bool        // its queue is deleted; the reader's
	lost   atomic.Bool // right is, and the audit log knows
	ending atomic.Bool // its queue is being deleted: the feed may find that it is gone
	held   []*held     // oldest first; guarded by ledger.mu
	claims int         // of deliveries that still take the room of held; guarded by ledger.mu
	bytes  int         // of held and of those; guarded by ledger.mu
}

// wakeUp lets the feed look at its credit again. It does not block.
func (s *subscription) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// subscriptionID returns what the connection knows the subscription by. STOMP
// 1.0, "UNSUBSCRIBE": without an id the destination names it.
func subscriptionID(f *frame.Frame, v frame.Version) (id string, named bool, err error) {
	if id, ok := f.Header("id"); ok {
		return id, true, checkID("id", id)
	}
	if v != frame.V10 {
		return "", false, missing(f.Command, "id")
	}
	destination, ok := f.Header("destination")
	if !ok {
		return "", false, missing(f.Command, "destination")
	}
	return "\x00" + destination, false, checkID("destination", destination) // no header can hold a NUL
}

// checkID bounds what a client's subscriptions and transactions are called, as the connection keeps it.
func checkID(header, id string) error {
	if len(id) > idBytes {
		return refuse("header too long", "The header %q has %d bytes; the limit is %d.", header, len(id), idBytes)
	}
	return nil
}
