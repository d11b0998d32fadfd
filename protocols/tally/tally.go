// Package tally counts what was refused, or slowed down, because of a limit.
package tally

import (
	"maps"
	"sync"
)

// Tally counts by the setting of the limit, such as stomp_max_body. Its methods may be called
// from any goroutine, and a nil Tally counts nothing. Settings are names of our own, never
// what a client says, so that there is a bounded number of them.
type Tally struct {
	mu     sync.Mutex // over counts
	counts map[string]uint64
}

// New returns a Tally of nothing that has a place for each of the settings.
func New(settings ...string) *Tally {
	t := &Tally{counts: make(map[string]uint64)}
	for _, s := range settings {
		t.counts[s] = 0
	}
	return t
}

// Add counts one refusal.
func (t *Tally) Add(setting string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[setting]++
}

// AddIf is Add, unless the setting is "".
func (t *Tally) AddIf(setting string) {
	if setting != "" {
		t.Add(setting)
	}
}

// Counts returns what has been counted since the start.
func (t *Tally) Counts() map[string]uint64 {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
