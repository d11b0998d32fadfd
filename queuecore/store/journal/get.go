package journal

import (
	"bytes"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Get implements store.Store.
func (s *Store) Get(key []byte) ([]byte, error) {
	value, found, err := s.recent(key)
	if found || err != nil {
		return value, err
	}
	return s.below.Get(key)
}

// recent returns what the generations know of a key.
func (s *Store) recent(key []byte) (value []byte, found bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, false, store.ErrClosed
	}
	for i := len(s.old); i >= 0; i-- {
		g := s.live
		if i < len(s.old) {
			g = s.old[i]
		}
		if x, ok := g.slot(string(key)); ok && x.deleted {
			return nil, false, store.ErrNotFound
		} else if ok {
			return bytes.Clone(g.value(x)), true, nil
		}
	}
	return nil, false, nil
}
