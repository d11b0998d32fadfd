package soak

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pace says when the next turn of a kind is due, for all its workers together.
type pace struct {
	turns atomic.Int64 // taken

	mu       sync.Mutex    // guards what follows
	interval time.Duration // 0: without a pause
	next     time.Time
}

// behind is how far a kind may fall back before turns are left out.
const behind = time.Second

// set changes the distance of two turns.
func (p *pace) set(interval time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval, p.next = interval, time.Now()
}

// wait returns when the next turn is due, or with ctx's error.
func (p *pace) wait(ctx context.Context) error {
	p.turns.Add(1)
	wait := p.reserve()
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pace) reserve() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interval == 0 {
		return 0
	}
	now := time.Now()
	if now.Sub(p.next) > behind {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(p.interval)
	return wait
}
