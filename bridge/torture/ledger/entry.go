package ledger

import (
	"fmt"
	"strings"
)

// entry is what is known of one message in one queue.
type entry struct {
	queue, by      string
	group          *group
	sending, takes *Unit // transactions with an open outcome that send it, and that ack it
	due            int64 // ms; 0: at once
	flags          flags

	sentIn, lastIn int // rounds
	deliveries     int
	found          int // times, in the check that is under way
	last           handover
}

// handover is the last delivery.
type handover struct {
	by       string
	identity uint64
	batch    uint64
	until    int64 // ms; 0: while the connection lasts
}

// flags of an entry.
type flags uint16

const (
	sent     flags = 1 << iota // confirmed
	arrived                    // seen in the store or by a consumer
	acking                     // an ack was asked for, and may have been done
	acked                      // confirmed
	missed                     // an ack was asked for, and was not done
	nacked                     // since the last delivery
	purging                    // the ack is a purge
	dedup                      // under an id of its own
	retrying                   // will be, or is being, sent again
	retried                    // sent more than once
)

// is reports whether any of f is set.
func (e *entry) is(f flags) bool { return e.flags&f != 0 }

// known reports whether the message has been in the queue for certain.
func (e *entry) known() bool { return e.is(sent | arrived) }

// history tells the life of a message.
func (e *entry) history(id ID) string {
	var b strings.Builder
	fmt.Fprintf(&b, "message %d of %s", id, e.queue)
	if e.group != nil {
		fmt.Fprintf(&b, ", group %s", e.group.name)
	}
	fmt.Fprintf(&b, ": sent with %s in round %d", e.by, e.sentIn)
	for _, x := range []struct {
		flag flags
		text string
	}{{sent, "confirmed"}, {dedup, "with a dedup id"}, {retried, "sent again"}, {arrived, "seen"}} {
		if e.is(x.flag) {
			b.WriteString(", " + x.text)
		}
	}
	if e.deliveries > 0 {
		fmt.Fprintf(&b, "; delivered %d times, last with %s in round %d", e.deliveries, e.last.by, e.lastIn)
	}
	for _, x := range []struct {
		flag flags
		text string
	}{{nacked, "nacked"}, {missed, "an ack was not done"}, {purging, "purged"}, {acking, "ack asked for"}, {acked, "ack confirmed"}} {
		if e.is(x.flag) {
			b.WriteString("; " + x.text)
		}
	}
	return b.String()
}
