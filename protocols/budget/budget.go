package budget

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Budget is a number of bytes to lend. All methods may be called from any goroutine.
type Budget struct {
	size  int64
	grace time.Duration

	mu      sync.Mutex // over what follows, and the shares
	lent    int64
	leaving int64     // of lent: by shares that have been ended and not given back
	holders list.List // of *Share that have some, those first that have had it the longest
	waiting list.List // of *claim, the oldest first
	timer   *time.Timer
}

// Share is what one connection has of a Budget. One goroutine at a time may use it.
type Share struct {
	budget *Budget
	end    func()

	bytes int64
	since time.Time
	place *list.Element // among the holders; nil: it has nothing
	ended bool
	safe  bool // from being ended
}

// claim is somebody who waits.
type claim struct {
	share *Share
	bytes int64 // more
	lent  chan struct{}
}

// New returns a Budget of size bytes.
func New(size int64, grace time.Duration) *Budget { return &Budget{size: size, grace: grace} }

// Size returns how many bytes there are.
func (b *Budget) Size() int64 { return b.size }

// Grace returns how long a share may be held while somebody waits.
func (b *Budget) Grace() time.Duration { return b.grace }

// Counts returns how many bytes are lent, and how many claims wait.
func (b *Budget) Counts() (lent int64, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lent, b.waiting.Len()
}

// Share returns a share of nothing. When it has been held for longer than the grace period and
// somebody waits, end is called, once and from a goroutine of the budget: it must not
// block, and the share must be given back soon.
func (b *Budget) Share(end func()) *Share { return &Share{budget: b, end: end} }

// Grow makes the share n bytes large, or as large as the budget when that is less, and waits
// for its turn until ctx ends, whose cause it returns then. A share that is as large is left so.
func (s *Share) Grow(ctx context.Context, n int) error {
	c := s.budget.claim(s, int64(n))
	if c == nil {
		return nil
	}
	select {
	case <-c.lent:
		return nil
	case <-ctx.Done():
		s.budget.withdraw(c)
		return context.Cause(ctx)
	}
}

// Shrink gives back all but n bytes. The time begins anew for the rest.
func (s *Share) Shrink(n int) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	back := s.bytes - int64(n)
	if back <= 0 {
		return
	}
	s.bytes -= back
	b.lent -= back
	if s.ended {
		b.leaving -= back
	}
	b.reorder(s)
	b.serve()
}

// Keep says that it is not up to the holder when the share is given back: it is not ended before
// it is.
func (s *Share) Keep() {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	s.safe = s.bytes > 0
}

// Free gives everything back.
func (s *Share) Free() {
	if s != nil {
		s.Shrink(0)
	}
}

// claim lends at once, and returns nil, or returns what to wait for.
func (b *Budget) claim(s *Share, n int64) *claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := &claim{share: s, bytes: min(n, b.size) - s.bytes, lent: make(chan struct{})}
	if c.bytes <= 0 {
		return nil
	}
	if b.waiting.Len() == 0 && b.lent+c.bytes <= b.size {
		b.lend(c)
		return nil
	}
	b.waiting.PushBack(c)
	b.serve()
	return c
}

// withdraw takes a claim back, unless it has been lent meanwhile.
func (b *Budget) withdraw(c *claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for e := b.waiting.Front(); e != nil; e = e.Next() {
		if e.Value == c {
			b.waiting.Remove(e)
			b.serve() // those behind it may want less
			return
		}
	}
}

// lend gives a claim what it wants. b.mu is held.
func (b *Budget) lend(c *claim) {
	s := c.share
	s.bytes += c.bytes
	b.lent += c.bytes
	if s.ended {
		b.leaving += c.bytes
	}
	if s.place == nil {
		b.reorder(s)
	}
}

// reorder puts s behind all other holders, or out when it has nothing. b.mu is held.
func (b *Budget) reorder(s *Share) {
	if s.place != nil {
		b.holders.Remove(s.place)
		s.place = nil
	}
	s.safe = false
	if s.bytes > 0 {
		s.since = time.Now()
		s.place = b.holders.PushBack(s)
	}
}

// serve lends to those who wait what there is, in their order, and sees to it that the first of those who go
// on waiting does not wait for ever. b.mu is held.
func (b *Budget) serve() {
	for e := b.waiting.Front(); e != nil; e = b.waiting.Front() {
		c := e.Value.(*claim)
		if b.lent+c.bytes > b.size {
			b.endSome(c)
			return
		}
		b.waiting.Remove(e)
		b.lend(c)
		close(c.lent)
	}
	if b.timer != nil {
		b.timer.Stop()
	}
}

// endSome ends shares that are overdue until there will be room for c, and comes back
// when the next is. b.mu is held.
func (b *Budget) endSome(c *claim) {
	for e := b.holders.Front(); e != nil && b.lent-b.leaving+c.bytes > b.size; e = e.Next() {
		s := e.Value.(*Share)
		if s.ended || s.safe {
			continue
		}
		if left := b.grace - time.Since(s.since); left > 0 {
			b.comeBack(left)
			return
		}
		s.ended = true
		b.leaving += s.bytes
		// Ends at once.
		go s.end()
	}
}

// comeBack has endSome look again. b.mu is held.
func (b *Budget) comeBack(in time.Duration) {
	if b.timer != nil {
		b.timer.Reset(in)
		return
	}
	b.timer = time.AfterFunc(in, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.serve()
	})
}
