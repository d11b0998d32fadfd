package killpoint

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Point is a place on the way to the disk.
type Point string

// The points. The zero Point is none.
const (
	Load   Point = "load"   // while opening: a record has been read
	Write  Point = "write"  // before a batch, or a piece of one, is written
	Pieces Point = "pieces" // between two pieces of one batch
	Sweep  Point = "sweep"  // before some of what a purge left is removed
	Sync   Point = "sync"   // what was written is not synced
	Answer Point = "answer" // it is synced, and nobody has been told
	Close  Point = "close"  // while the store closes
)

// Points returns all points, in the order in which a process may come to them.
func Points() []Point { return []Point{Load, Write, Pieces, Sweep, Sync, Answer, Close} }

// What tells one sort of write from another. Both are far from what is usual: a
// batch that brings this much has somebody who waits for the sync, so the next
// write before a sync is a piece of the same batch; and no client acks this many
// messages in the time of one write.
const (
	pieceBytes   = 1 << 20
	sweepDeletes = 3000
)

// Plan says when to die.
type Plan struct {
	Point Point
	// Pass is the pass of Point that is the last; 0 is the first one, as 1 is.
	Pass int
	// Delay is how long Close works before it is cut short. Of the other points
	// there is no delay.
	Delay time.Duration
	// Die ends the process, and does not return.
	Die func()
}

// Check returns an error that names the points if p.Point is none of them.
func (p *Plan) Check() error {
	if p.Point != "" && !slices.Contains(Points(), p.Point) {
		return fmt.Errorf("no kill point %q; there are %q", p.Point, Points())
	}
	return nil
}

// Store is a store.Store that dies by plan and else does what another one does.
type Store struct {
	store.Store
	plan     Plan
	passes   atomic.Int64
	hurried  atomic.Bool
	unsynced int // bytes of the last write, unless a sync followed; of whoever writes
}

// Wrap returns s with the plan, which has been checked.
func Wrap(s store.Store, p Plan) *Store { return &Store{Store: s, plan: p} }

// Hurry has the process die at the next pass of its point, whichever that is. Any
// goroutine may call it.
func (s *Store) Hurry() { s.hurried.Store(true) }

// pass says that the process has come to a point.
func (s *Store) pass(at Point) {
	if s.plan.Point != at {
		return
	}
	if n := s.passes.Add(1); n == int64(max(s.plan.Pass, 1)) || s.hurried.Load() {
		s.plan.Die()
	}
}

// Load implements store.Store.
func (s *Store) Load(prefix []byte, fn func(key, value []byte) error) error {
	return s.Store.Load(prefix, func(key, value []byte) error {
		err := fn(key, value)
		s.pass(Load)
		return err
	})
}

// Write implements store.Store.
func (s *Store) Write(b *store.Batch) error {
	s.pass(Write)
	if s.unsynced >= pieceBytes {
		s.pass(Pieces)
	}
	if s.plan.Point == Sweep && deletes(b) >= sweepDeletes {
		s.pass(Sweep)
	}
	err := s.Store.Write(b)
	s.unsynced = b.Size()
	return err
}

func deletes(b *store.Batch) (n int) {
	for i := range b.Ops {
		if b.Ops[i].Delete {
			n++
		}
	}
	return n
}

// Sync implements store.Store.
func (s *Store) Sync() error {
	s.pass(Sync)
	err := s.Store.Sync()
	s.unsynced = 0
	s.pass(Answer)
	return err
}

// Close implements store.Store.
func (s *Store) Close() error {
	if s.plan.Point != Close {
		return s.Store.Close()
	}
	died := make(chan struct{})
	timer := time.AfterFunc(s.plan.Delay, func() { defer close(died); s.plan.Die() })
	err := s.Store.Close()
	if timer.Stop() {
		s.plan.Die()
	} else {
		<-died // or the process might end in order first
	}
	return err
}

// Room implements store.Room for stores that do.
func (s *Store) Room() error {
	if r, ok := s.Store.(store.Room); ok {
		return r.Room()
	}
	return nil
}
