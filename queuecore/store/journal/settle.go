package journal

// Settle returns when the store below has all that was written before the call, or
// cannot take it: ErrNoSpace while it has no room.
func (s *Store) Settle() error {
	s.writing.Lock()
	err := s.usable()
	if err == nil && s.begun() {
		err = s.turn()
	}
	waits := s.unsettled()
	s.writing.Unlock()
	if err != nil {
		return err
	}
	s.flusher.hasten()
	for _, done := range waits {
		if err := s.flusher.await(done); err != nil {
			return err
		}
	}
	return s.flusher.bad.failure()
}

// supersede forgets those of the oldest generation's keys that newer ones have done something
// to again, so that the store below never hears of them. What was below the old slot is
// then below the new one. A newer slot that is not on disk does not count: a power cut may
// take it, when the older one must be below.
func (s *Store) supersede(oldest *generation, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newer := s.old[1:len(s.old):len(s.old)]
	if !s.closed { // otherwise the live one is the last of the old
		newer = append(newer, s.live)
	}
	for _, k := range keys {
		x := oldest.slots[k]
		for _, g := range newer {
			y, ok := g.slots[k]
			if !ok {
				continue
			}
			if int(y.at) >= g.synced {
				break
			}
			if y.below = x.below; y.deleted && !y.below {
				delete(g.slots, k)
			} else {
				g.slots[g.keyOf(k, y)] = y
			}
			delete(oldest.slots, k)
			break
		}
	}
}

// unsettled returns a channel for each generation that the store below has not got,
// which is closed when it has, or never will.
func (s *Store) unsettled() (waits []chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.old {
		waits = append(waits, g.done)
	}
	return waits
}

// hasFrozen reports whether there is a generation that the flusher has yet to finish.
func (s *Store) hasFrozen() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.old) > 0
}

// Ahead returns how many bytes the journal has of what the store below may not have.
func (s *Store) Ahead() (n int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.old {
		n += int64(len(g.image))
	}
	return n + int64(len(s.live.image))
}
