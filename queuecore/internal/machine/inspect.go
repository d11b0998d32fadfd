package machine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// Facts are what a record says by itself, for whoever looks after a store that
// is damaged.
type Facts struct {
	Family  byte
	Queue   uint32 // of all families but counters and shared messages
	Seq     uint64 // of an entry or its state; of a mark, the number in it; of a move, its own
	Number  uint64 // of a shared message, in the key or in the entry; of counters, the next one
	Name    string // of a queue
	Message []byte // of an entry that holds its message, and of a shared message
	Reason  string // of a dead letter: the queue it came from
}

// Dissect takes a record apart. The error is ErrInvalid, beside what the key
// alone says. What is of a family that is not known here has Family alone.
func Dissect(k, v []byte) (f Facts, err error) {
	if len(k) == 0 {
		return f, fmt.Errorf("empty key: %w", ErrInvalid)
	}
	f.Family = k[0]
	if err := f.key(k); err != nil {
		return f, err
	}
	return f, f.value(k, v)
}

func (f *Facts) key(k []byte) error {
	short := fmt.Errorf("key %x: %w", k, ErrInvalid)
	switch f.Family {
	case FamilyShared:
		if len(k) != sharedKeyBytes {
			return short
		}
		f.Number = binary.BigEndian.Uint64(k[1:])
	case FamilyEntry, FamilyState, FamilyMove, FamilySeat:
		if len(k) != entryKeyBytes {
			return short
		}
		f.Queue, f.Seq = queueID(k), binary.BigEndian.Uint64(k[5:])
	case FamilyQueue, FamilyNext, FamilyPurged, FamilyBinding, FamilyDedup:
		if len(k) < 5 {
			return short
		}
		f.Queue = queueID(k)
	}
	return nil
}

func (f *Facts) value(k, v []byte) (err error) {
	switch f.Family {
	case FamilyCounters:
		if len(v) != 1+4+8 && len(v) != 1+4+8+8 || v[0] == 0 || v[0] > formatVersion {
			return fmt.Errorf("counters of %d bytes: %w", len(v), ErrInvalid)
		}
		f.Queue, f.Number = binary.BigEndian.Uint32(v[1:]), binary.BigEndian.Uint64(v[5:])
	case FamilyQueue:
		var r queueRecord
		if err := json.Unmarshal(v, &r); err != nil || len(k) != 5 {
			return fmt.Errorf("queue record %x: %w", k, ErrInvalid)
		}
		f.Name = r.Name
	case FamilySeat:
		if len(v) == 0 {
			return fmt.Errorf("seat of %d bytes: %w", len(v), ErrInvalid)
		}
	case FamilyNext, FamilyPurged:
		if len(k) != 5 || len(v) != 8 {
			return fmt.Errorf("mark %x of %d bytes: %w", k, len(v), ErrInvalid)
		}
		f.Seq = binary.BigEndian.Uint64(v)
	case FamilyEntry:
		var h Head
		h, f.Message, err = ParseHead(v)
		f.Number = h.Shared
	case FamilyShared:
		_, f.Message, err = ParseHead(v) // it begins as the entry did when there was one
	case FamilyState:
		var s stateRecord
		if s, err = parseState(v); err == nil && s.dead != nil {
			f.Reason = s.dead.Queue
		}
	case FamilyDedup:
		_, err = parseFirst(v)
	case FamilyMove:
		_, err = parseMove(v)
	case FamilyBinding:
		_, err = Compile(string(v), selector.Options{})
	}
	return err
}

// IsIndex says whether the records of a family can be made again from others.
func IsIndex(family byte) bool { return family == FamilyPage }

// The keys of records that others name.

// QueueKey is where a queue's configuration stands.
func QueueKey(id uint32) []byte { return appendQueueKey(nil, FamilyQueue, id) }

// NextKey is where the sequence numbers stand that a queue has spoken for.
func NextKey(id uint32) []byte { return appendQueueKey(nil, FamilyNext, id) }

// EntryKey is where an entry stands.
func EntryKey(id uint32, seq uint64) []byte { return appendEntryKey(nil, FamilyEntry, id, seq) }

// SharedKey is where a message stands that entries name.
func SharedKey(number uint64) []byte { return appendSharedKey(nil, number) }

// CountersKey is where the machine's counters stand.
func CountersKey() []byte { return []byte{FamilyCounters} }

// QueueRecord is the record of a queue with a configuration of zeros.
func QueueRecord(name string, created time.Time) []byte {
	return encodeQueue(&queue{name: name, created: created.UnixNano(), modified: created.UnixNano()})
}

// NextRecord is the record under NextKey.
func NextRecord(next uint64) []byte { return binary.BigEndian.AppendUint64(nil, next) }

// CountersRecord is the record under CountersKey.
func CountersRecord(nextID uint32, nextShared uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32([]byte{formatVersion}, nextID), nextShared)
}
