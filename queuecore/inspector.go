package queuecore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store"
)

// Inspector knows what the records of a store mean that nobody has open: it
// names them, finds what is wrong between them, and makes again what a broker
// cannot open without. It serves one look at one store, from one goroutine.
type Inspector struct {
	queues  map[uint32]string
	missing map[uint32]missed
	last    map[uint32]uint64 // the highest sequence number seen
	next    map[uint32]bool   // queues whose numbers spoken for are known
	shared  uint64            // the highest number of a shared message
	counts  machine.Facts     // the counters, when they are there
}

// NewInspector returns an Inspector that knows nothing yet.
func NewInspector() *Inspector {
	return &Inspector{
		queues: make(map[uint32]string), missing: make(map[uint32]missed),
		last: make(map[uint32]uint64), next: make(map[uint32]bool),
	}
}

var _ store.Meaning = (*Inspector)(nil)

// Names is the prefix of queue records.
func (i *Inspector) Names() []byte { return []byte{machine.FamilyQueue} }

// Learn takes note of a queue's name.
func (i *Inspector) Learn(key, value []byte) {
	if f, err := machine.Dissect(key, value); err == nil && f.Family == machine.FamilyQueue {
		i.queues[f.Queue] = f.Name
	}
}

// Name says in words what stands at a key.
func (i *Inspector) Name(key []byte) string {
	f, _ := machine.Dissect(key, nil) // the key says enough
	switch f.Family {
	case machine.FamilyCounters:
		return "the broker's counters"
	case machine.FamilyQueue:
		return i.queue(f.Queue)
	case machine.FamilyNext, machine.FamilyPurged:
		return "a mark of " + i.queue(f.Queue)
	case machine.FamilyBinding:
		return fmt.Sprintf("binding %q of %s", key[min(len(key), 5):], i.queue(f.Queue))
	case machine.FamilyMove:
		return fmt.Sprintf("move %d from %s", f.Seq, i.queue(f.Queue))
	case machine.FamilyDedup:
		return fmt.Sprintf("dedup id %q of %s", key[min(len(key), 5):], i.queue(f.Queue))
	case machine.FamilySeat:
		return fmt.Sprintf("seat of message %d of %s", f.Seq, i.queue(f.Queue))
	case machine.FamilyEntry:
		return fmt.Sprintf("message %d of %s", f.Seq, i.queue(f.Queue))
	case machine.FamilyState:
		return fmt.Sprintf("state of message %d of %s", f.Seq, i.queue(f.Queue))
	case machine.FamilyShared:
		return fmt.Sprintf("shared message %d", f.Number)
	case machine.FamilyPage:
		return "a page of an index, which is made again"
	}
	return fmt.Sprintf("record %q", key)
}

func (i *Inspector) queue(id uint32) string {
	if name, ok := i.queues[id]; ok {
		return fmt.Sprintf("queue %q", name)
	}
	return fmt.Sprintf("queue number %d", id)
}

// Judge says whether a record can be kept, and what is wrong with it. Look says
// whether another record can be read.
func (i *Inspector) Judge(key, value []byte, look func(key []byte) store.Presence) (keep bool, problem string) {
	f, err := machine.Dissect(key, value)
	if err != nil {
		return false, "a record does not decode"
	}
	if machine.IsIndex(f.Family) {
		return false, ""
	}
	switch f.Family {
	case machine.FamilyCounters:
		i.counts = f
	case machine.FamilyNext:
		i.next[f.Queue] = true
	case machine.FamilyShared:
		return i.judgeShared(&f)
	case machine.FamilyEntry:
		return i.judgeEntry(&f, look)
	case machine.FamilyState:
		return i.judgeState(&f, look)
	case machine.FamilyBinding, machine.FamilyMove:
		if _, ok := i.queues[f.Queue]; !ok {
			return i.miss(f.Queue, "", look).lost, ""
		}
	}
	return true, ""
}

func (i *Inspector) judgeShared(f *machine.Facts) (bool, string) {
	i.shared = max(i.shared, f.Number)
	if m, err := parseMessage(f.Message); err != nil {
		return false, "a message does not decode"
	} else if m.ID.IsZero() {
		return false, "a message has no id"
	}
	return true, ""
}

func (i *Inspector) judgeEntry(f *machine.Facts, look func([]byte) store.Presence) (bool, string) {
	i.last[f.Queue] = max(i.last[f.Queue], f.Seq)
	i.shared = max(i.shared, f.Number)
	name := ""
	if f.Number == 0 {
		m, err := parseMessage(f.Message)
		if err != nil {
			return false, "a message does not decode"
		}
		if m.Destination.Kind == KindQueue {
			name = m.Destination.Name
		}
	}
	if _, ok := i.queues[f.Queue]; !ok {
		i.miss(f.Queue, name, look)
	}
	if f.Number != 0 && look(machine.SharedKey(f.Number)) != store.Present {
		return false, fmt.Sprintf("the message is gone: shared message %d cannot be read", f.Number)
	}
	return true, ""
}

func (i *Inspector) judgeState(f *machine.Facts, look func([]byte) store.Presence) (bool, string) {
	switch look(machine.EntryKey(f.Queue, f.Seq)) {
	case store.Present:
		return true, ""
	case store.Lost:
		return false, "the message is gone: its entry cannot be read"
	}
	return false, "a state without its message"
}

// missed is a queue whose record is not there.
type missed struct {
	lost bool   // it may have stood in what is lost
	name string // what a message was sent to, if that says anything
}

// miss takes note of a queue whose record is not there. If it may be lost, the
// queue is made again: without the record a broker takes the queue for deleted,
// and removes its messages. What a deletion has left is not made again.
func (i *Inspector) miss(id uint32, name string, look func([]byte) store.Presence) missed {
	m, seen := i.missing[id]
	if !seen {
		m.lost = look(machine.QueueKey(id)) == store.Lost
	}
	if m.name == "" {
		m.name = name
	}
	i.missing[id] = m
	return m
}

// Mend returns the records without which a broker would not open, or would lose
// more: queues, with a configuration of zeros, and counters that number nothing
// twice.
func (i *Inspector) Mend(func(key []byte) store.Presence) []store.Repair {
	var rs []store.Repair
	for _, id := range slices.Sorted(maps.Keys(i.missing)) {
		m := i.missing[id]
		if !m.lost {
			continue
		}
		name := i.freeName(id, m.name)
		i.queues[id] = name
		rs = append(rs, store.Repair{
			Key: machine.QueueKey(id), Value: machine.QueueRecord(name, time.Now()),
			What: "the queue's record is lost; its messages are kept in a queue with the default settings",
		})
	}
	for _, id := range slices.Sorted(maps.Keys(i.last)) {
		if _, ok := i.queues[id]; ok && !i.next[id] {
			rs = append(rs, store.Repair{
				Key: machine.NextKey(id), Value: machine.NextRecord(i.last[id] + skipped),
				What: "the sequence numbers spoken for are lost; new ones begin further up",
			})
		}
	}
	return append(rs, i.mendCounters()...)
}

// skipped is more than the sequence numbers that a queue speaks for at a time.
const skipped = 1 << 16

// freeName is a name that no other queue has.
func (i *Inspector) freeName(id uint32, name string) string {
	taken := slices.Collect(maps.Values(i.queues))
	if name == "" || slices.Contains(taken, name) {
		name = fmt.Sprintf("salvaged-%d", id)
	}
	for slices.Contains(taken, name) {
		name += "-"
	}
	return name
}

func (i *Inspector) mendCounters() []store.Repair {
	id, shared := i.counts.Queue, i.counts.Number
	for used := range i.queues {
		id = max(id, used+1)
	}
	shared = max(shared, i.shared+1)
	if i.counts.Family != 0 && id == i.counts.Queue && shared == i.counts.Number || len(i.queues) == 0 && shared == 1 {
		return nil
	}
	return []store.Repair{{
		Key: machine.CountersKey(), Value: machine.CountersRecord(id, shared+skipped),
		What: "the counters are lost or behind; they are made again",
	}}
}
