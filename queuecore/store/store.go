// Package store says what the core asks of a disk: an ordered map of bytes with
// atomic batches. Package storetest holds every store to it.
package store

import (
	"errors"
	"fmt"
)

// ErrNotFound is what Get returns for a key that is not there.
var ErrNotFound = errors.New("store: key not found")

// ErrTooLarge is what Write returns for a batch that the store cannot write in
// one piece. Nothing of it has been written.
var ErrTooLarge = errors.New("store: batch too large")

// ErrNotFresh is what Write wraps when a key that is said to be fresh is there
// already, in a store that looks. Nothing has been written.
var ErrNotFresh = errors.New("store: a key said to be new is there already")

// ErrCorrupt is what Get and Load wrap when what is stored is not what was
// written.
var ErrCorrupt = errors.New("stored data is damaged")

// ErrNoSpace is what Write and Room wrap when the disk has no room. Nothing has
// been written, and the store works on once there is.
var ErrNoSpace = errors.New("disk is nearly full")

// ErrFailed is what a store answers when an earlier Write or Sync failed in a way that
// leaves open what is on disk. Nothing is written any more; open the store again.
var ErrFailed = errors.New("store has failed")

// ErrClosed is what a closed store answers.
var ErrClosed = errors.New("store is closed")

// SkipTo is what the function given to Load returns to go on at Key, or at the
// first key behind it: what lies between is not read.
type SkipTo struct{ Key []byte }

func (s *SkipTo) Error() string { return fmt.Sprintf("skip to %x", s.Key) }

// Room is what a Store may have besides: it returns nil while there is space for
// new data, and otherwise an ErrNoSpace, early enough for removals to go on. It
// may be called from any goroutine.
type Room interface{ Room() error }

// Store is an ordered map from keys to values. Load, Range and Get may be called from
// any goroutine; Write and Sync from one at a time; Close once, when no other
// call is under way. After any other error of Write than ErrTooLarge and
// ErrNoSpace, and after any of Sync, what is on disk is open until the store is
// opened again.
type Store interface {
	// Load calls fn for each key with the prefix, in ascending order of the
	// bytes, as the store was when Load was called; fn may call the store. Key
	// and value are good during the call only. An error of fn ends Load and is
	// returned, except a *SkipTo, whose Key must be above the call's.
	Load(prefix []byte, fn func(key, value []byte) error) error
	// Range is Load for the keys from on, to excluded; fn must not skip.
	Range(from, to []byte, fn func(key, value []byte) error) error
	// Get returns the value of key, which belongs to the caller; ErrNotFound.
	Get(key []byte) ([]byte, error)
	// Write does all of b or nothing, in the order of its operations. What it
	// wrote survives the death of the process at once, and a power cut once
	// Sync has returned; earlier, it leaves a prefix of the writes. The store
	// keeps nothing of b.
	Write(b *Batch) error
	// Sync returns when all that was written is on disk.
	Sync() error
	Close() error
}

// Batch is a list of operations. The zero Batch is empty and ready.
type Batch struct {
	Ops  []Op
	size int
}

// Op puts Value at Key or, with Delete set, removes Key; removing a key that is
// not there does nothing.
//
// Fresh promises of a put that Key is not there when its turn comes, after all that
// was written before and the operations ahead of it in its batch. A store that keeps
// late writes in memory may then forget a key that is put and removed again, without
// asking what lies below. Write need not look whether it is true. The promise is
// about what Write finds: it does not hold for a store that does a write once more
// after a power cut.
type Op struct {
	Key, Value []byte
	Delete     bool
	Fresh      bool
}

// Put adds a put. The batch keeps key and value until Reset.
func (b *Batch) Put(key, value []byte) {
	b.Ops = append(b.Ops, Op{Key: key, Value: value})
	b.size += len(key) + len(value)
}

// PutFresh adds a put of a key that is not there: see Op. The batch keeps key and
// value until Reset.
func (b *Batch) PutFresh(key, value []byte) {
	b.Put(key, value)
	b.Ops[len(b.Ops)-1].Fresh = true
}

// Delete adds a removal. The batch keeps key until Reset.
func (b *Batch) Delete(key []byte) {
	b.Ops = append(b.Ops, Op{Key: key, Delete: true})
	b.size += len(key)
}

// Append adds operations, whose keys and values the batch keeps until Reset.
func (b *Batch) Append(ops []Op) {
	b.Ops = append(b.Ops, ops...)
	for i := range ops {
		b.size += len(ops[i].Key) + len(ops[i].Value)
	}
}

// Len returns the number of operations.
func (b *Batch) Len() int { return len(b.Ops) }

// Size returns the bytes of all keys and values.
func (b *Batch) Size() int { return b.size }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	clear(b.Ops)
	b.Ops = b.Ops[:0]
	b.size = 0
}
