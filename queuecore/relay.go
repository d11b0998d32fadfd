package queuecore

import (
	"context"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Fill says what a new member of a relay begins with, of what the other members hold.
type Fill struct {
	Seqs []uint64 // these, as far as they are still there
	From uint64   // and everything with a Seq of at least From, whatever its topic; 0: nothing else
}

// CreateMember is CreateQueue for the member of a relay (QueueConfig.Of), which begins with
// what f says if it is made. Nothing comes between that and what is sent from then on. ErrTooLarge, and no
// queue, when that is more than MaxFill messages, or their records more than 4 MiB, in which what came to one member alone stands in full.
func (b *Broker) CreateMember(ctx context.Context, name string, c QueueConfig, f Fill) (QueueInfo, error) {
	if err := Reserved(name); err != nil {
		return QueueInfo{}, err
	}
	return b.createQueue(ctx, &machine.CreateQueue{Name: name, Config: machine.Config(c), Fill: &machine.Fill{Seqs: f.Seqs, From: f.From}})
}

// Holding counts what the members of a relay hold, each message once.
type Holding struct {
	Messages          int
	Bytes             int64
	FirstSeq, LastSeq uint64    // FirstSeq is of the oldest message, or LastSeq+1
	FirstSentAt       time.Time // of the oldest message; zero when there is none
	// Exact is false when the members hold more than asked for together: Messages and Bytes are
	// then those of the longest, and so the least that there may be.
	Exact bool
}

// Held returns what the members of a relay hold, or what any other queue holds. It looks
// through no more than bound entries, on the broker's own goroutine; what one member has by itself needs no look.
func (b *Broker) Held(ctx context.Context, queue string, bound int) (Holding, error) {
	r := &machine.Held{Name: queue, Bound: bound}
	if err := b.ask(ctx, r, &r.Owner); err != nil {
		return Holding{}, err
	}
	h := &r.Holding
	return Holding{h.Messages, h.Bytes, h.FirstSeq, h.LastSeq, b.clock.shown(h.FirstSent), h.Exact}, r.Err
}

// Members returns the members of a relay, sorted by name; nil when there are none, or no
// such relay. It costs no round trip through the loop.
func (b *Broker) Members(relay string) []QueueInfo {
	d := &b.directory
	d.mu.RLock()
	defer d.mu.RUnlock()
	var all []QueueInfo
	for _, name := range d.members[relay] {
		all = append(all, d.byName[name])
	}
	return all
}

// enroll notes that a queue is a member of a relay, if of names one.
func (d *directory) enroll(of, name string) {
	if of == "" {
		return
	}
	if i, there := slices.BinarySearch(d.members[of], name); !there {
		d.members[of] = slices.Insert(d.members[of], i, name)
	}
}

// dismiss is the inverse of enroll.
func (d *directory) dismiss(of, name string) {
	if i, there := slices.BinarySearch(d.members[of], name); there {
		if d.members[of] = slices.Delete(d.members[of], i, i+1); len(d.members[of]) == 0 {
			delete(d.members, of)
		}
	}
}
