package protocols

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sluicemq/sluice/queuecore"
)

// Shifts counts changes of what principals may do that are no changes of their users: a queue has another policy, say.
// The zero Shifts is ready; all methods may be called from any goroutine.
type Shifts struct {
	count atomic.Uint64

	mu      sync.Mutex // over what follows; not held while anybody is told
	told    map[*func()]struct{}
	telling bool // a goroutine does
	again   bool // there was another shift meanwhile
}

// Shift notes one that has happened, and returns before those who wait for it are told. It does not block.
func (s *Shifts) Shift() {
	s.count.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.again = true; s.telling {
		return
	}
	s.telling = true
	// Ends when all have been told, none of whom may block.
	go s.tell()
}

func (s *Shifts) tell() {
	for {
		all := s.next()
		if all == nil {
			return
		}
		for _, f := range all {
			(*f)()
		}
	}
}

// next returns whom to tell of what has happened since the last time; nil: nothing has.
func (s *Shifts) next() []*func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.telling = s.again; !s.again {
		return nil
	}
	s.again = false
	return slices.AppendSeq(make([]*func(), 0, len(s.told)), maps.Keys(s.told))
}

func (s *Shifts) watch(f func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = make(map[*func()]struct{})
	}
	s.told[&f] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.told, &f)
	}
}

// Shifting is a Principal of whom May may say something else while it is valid.
type Shifting interface {
	// Shifts counts when it may. May says the new as soon as the count has moved.
	Shifts() *Shifts
}

// OnShift calls f after each change of what p may do, or after several that follow each other at once, in a goroutine that is not
// the caller's. f must not block, and must catch its own panics. The function returned calls that off, and
// must be called when the connection ends; f may still be called once.
func OnShift(p Principal, f func()) (stop func()) {
	if x, ok := p.(Shifting); ok {
		return x.Shifts().watch(f)
	}
	return func() {}
}

// Standing is a right that something goes on to use: a subscription, to receive. All methods may be called
// from any goroutine.
type Standing struct {
	who    Principal
	action Action
	at     queuecore.Destination
	shifts *Shifts       // nil: it cannot be lost
	seen   atomic.Uint64 // the count at which it was there, and 1; 0: nobody has looked
}

// NewStanding returns the right of p to do a at d.
func NewStanding(p Principal, a Action, d queuecore.Destination) *Standing {
	s := &Standing{who: p, action: a, at: d}
	if x, ok := p.(Shifting); ok {
		s.shifts = x.Shifts()
	}
	return s
}

// Holds reports whether the right is still there. Unless something has shifted since it was asked last, that
// costs two loads from memory. A nil Standing needs no right.
func (s *Standing) Holds() bool {
	if s == nil || s.shifts == nil {
		return true
	}
	n := s.shifts.count.Load() + 1
	if s.seen.Load() == n {
		return true
	}
	if !s.who.May(s.action, s.at) {
		return false
	}
	s.seen.Store(n)
	return true
}
