package memstore

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store"
)

// ErrClosed is what a closed Store answers.
var ErrClosed = errors.New("memstore: store is closed")

// Store keeps an ordered map in memory. All methods may be called from any
// goroutine.
type Store struct {
	mu       sync.RWMutex
	data     *list
	unsynced [][]entry // for each write since the last Sync: what it replaced
	closed   bool
}

// entry is a key and what it holds. Values are never changed in place; a nil
// value is a key that is not there.
type entry struct {
	key   string
	value []byte
}

// New returns an empty store.
func New() *Store { return &Store{data: newList()} }

// Load implements store.Store. It shows the store as it was when Load was
// called; fn may call the store.
func (s *Store) Load(prefix []byte, fn func(key, value []byte) error) error {
	found, err := s.find(string(prefix))
	if err != nil {
		return err
	}
	next := ""
	for _, e := range found {
		if e.key < next {
			continue
		}
		err := fn([]byte(e.key), slices.Clip(e.value))
		if skip := (*store.SkipTo)(nil); errors.As(err, &skip) {
			next = string(skip.Key)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Range implements store.Store.
func (s *Store) Range(from, to []byte, fn func(key, value []byte) error) error {
	found, err := s.between(string(from), func(key string) bool { return key < string(to) })
	if err != nil {
		return err
	}
	for _, e := range found {
		if err := fn([]byte(e.key), slices.Clip(e.value)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) find(prefix string) ([]entry, error) {
	return s.between(prefix, func(key string) bool { return strings.HasPrefix(key, prefix) })
}

// between returns the entries from a key on, as long as in holds.
func (s *Store) between(from string, in func(key string) bool) ([]entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	var found []entry
	for n := s.data.from(from); n != nil && in(n.key); n = n.next[0] {
		found = append(found, n.entry)
	}
	return found, nil
}

// Get implements store.Store.
func (s *Store) Get(key []byte) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	v := s.data.get(string(key))
	if v == nil {
		return nil, store.ErrNotFound
	}
	return bytes.Clone(v), nil
}

// Write implements store.Store. No batch is too large. A key that is said to be
// fresh and is there gives store.ErrNotFresh: whoever makes that promise is wrong, and
// a store that relies on it would lose something without a word.
func (s *Store) Write(b *store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	replaced := make([]entry, 0, b.Len())
	for i := range b.Ops {
		old := s.do(&b.Ops[i])
		replaced = append(replaced, old)
		if b.Ops[i].Fresh && old.value != nil {
			s.undo(replaced)
			return fmt.Errorf("key %x: %w", old.key, store.ErrNotFresh)
		}
	}
	s.unsynced = append(s.unsynced, replaced)
	return nil
}

// do does one operation and returns what it replaced.
func (s *Store) do(op *store.Op) entry {
	e := entry{key: string(op.Key)}
	if !op.Delete {
		e.value = append([]byte{}, op.Value...)
	}
	return entry{e.key, s.data.set(e)}
}

// undo puts back what the operations of one write have replaced.
func (s *Store) undo(replaced []entry) {
	for _, e := range slices.Backward(replaced) {
		s.data.set(e)
	}
}

// Sync implements store.Store: what was written so far survives Crash.
func (s *Store) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.unsynced = nil
	return nil
}

// Close implements store.Store. Reopen and Crash still work.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	return nil
}

// Reopen returns a store with all that was written to s, as a restarted process
// would find it. s may be open or closed, and shares nothing with the new store.
func (s *Store) Reopen() *Store { return s.CrashKeeping(math.MaxInt) }

// Crash returns a store with the least that a power cut leaves: what was there
// at the last Sync. s may be open or closed, and shares nothing with the new store.
func (s *Store) Crash() *Store { return s.CrashKeeping(0) }

// CrashKeeping is Crash when the first n of the writes since the last Sync had
// reached the disk all the same. [Store.Unsynced] says how many there are.
func (s *Store) CrashKeeping(n int) *Store {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := New()
	for e := s.data.from(""); e != nil; e = e.next[0] {
		c.data.set(e.entry)
	}
	for i := len(s.unsynced) - 1; i >= n; i-- {
		c.undo(s.unsynced[i])
	}
	return c
}

// Unsynced returns the number of writes since the last Sync.
func (s *Store) Unsynced() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.unsynced)
}
