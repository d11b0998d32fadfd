package journal

import "slices"

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

// supersede forgets those of the oldest generation's puts that newer ones have done something
// to again, so that the store below never hears of them. What was below the old slot is
// then below the new one. A newer slot that is not on disk does not count: a power cut may
// take it, when the older one must be below. What was removed in the oldest generation is left
// alone: it was below, and rarely comes again.
func (s *Store) supersede(oldest *generation, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newer := s.newer()
	for _, k := range keys {
		x, born := oldest.born[k]
		if !born {
			x = oldest.slots[k]
		}
		if x.deleted || !replaced(newer, k, x.below) {
			continue
		}
		delete(oldest.born, k)
		delete(oldest.slots, k)
	}
}

// replaced reports whether the first of the generations that has done something to a key after a put
// has done so on disk. That slot then says what is below it, or goes if it removes what nobody
// below has. It is never one that was born: the put would not be fresh.
func replaced(newer []*generation, k string, below bool) bool {
	for _, g := range newer {
		y, ok := g.slots[k]
		switch {
		case !ok:
			continue
		case int(y.at) >= g.synced:
			return false
		case y.deleted && !below:
			delete(g.slots, k)
		default:
			y.below = below
			g.slots[g.keyOf(k, y)] = y
		}
		return true
	}
	return false
}

// replaces reports whether something was done to an older generation's key, on disk.
func (g *generation) replaces(k string) bool {
	y, ok := g.slots[k]
	return ok && int(y.at) < g.synced
}

// newer returns the generations behind the oldest. s.mu is held.
func (s *Store) newer() []*generation {
	newer := s.old[1:len(s.old):len(s.old)]
	if !s.closed { // otherwise the live one is the last of the old
		newer = append(newer, s.live)
	}
	return newer
}

// sampled is how many keys of a generation lasting looks at.
const sampled = 64

// lasting reports whether a good part of what was born in the oldest generation is there yet, by a
// sample: the rest costs the store below little, and is no reason to keep it from it.
func (s *Store) lasting(oldest *generation) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	newer := s.newer()
	seen, bytes := 0, int64(0)
	for k, x := range oldest.born {
		if seen == sampled {
			break
		}
		seen++
		if !slices.ContainsFunc(newer, func(g *generation) bool { return g.replaces(k) }) {
			bytes += int64(x.n)
		}
	}
	return seen > 0 && bytes*int64(len(oldest.born))/int64(seen) >= s.options.SegmentBytes/8
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
