package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// CoreOptions say how much a benchmark of the core does.
type CoreOptions struct {
	Dir       string // where the stores go, each in a directory of its own that is removed; "": the system's temporary directory
	Messages  int    // of each round
	Producers int
	Consumers int
	Rounds    int
	Sizes     []int // of the bodies, in bytes
}

func (o *CoreOptions) check() error {
	if min(o.Messages, o.Producers, o.Consumers, o.Rounds) < 1 {
		return errors.New("messages, producers, consumers and rounds must be 1 or more")
	}
	if len(o.Sizes) == 0 {
		return errors.New("there must be a size")
	}
	return nil
}

// Core measures send → receive → ack at the Broker's API, synced always, beside
// a plain badger loop that does the same puts and deletes in the same batches
// with the same syncs. What is allocated is measured in a round of its own, in
// which nothing is recorded; the callers' own allocations are in it.
func Core(ctx context.Context, r *Report, o CoreOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	for _, size := range o.Sizes {
		if err := coreSize(ctx, r, o, size); err != nil {
			return err
		}
	}
	return r.err
}

// coreFigures has one value for each round.
type coreFigures struct{ core, plain, ratio, batch, writing, syncing []float64 }

func coreSize(ctx context.Context, r *Report, o CoreOptions, size int) error {
	var f coreFigures
	var plainAlloc allocation
	for round := range o.Rounds {
		l, p, err := coreRound(ctx, o, size)
		if err != nil {
			return err
		}
		plainAlloc = p.allocated
		f.add(float64(o.Messages), &l, &p)
		r.notef("core, %d B, round %d: ratio %.2f; %d batches of %.0f operations; %s",
			size, round+1, f.ratio[round], len(l.shape.batches), l.shape.mean(), l.limit())
	}
	var alloc allocation
	err := inDir(o.Dir, func(dir string) (err error) {
		alloc, err = lifecycleAllocations(ctx, dir, o, size)
		return err
	})
	if err != nil {
		return err
	}
	name := fmt.Sprintf("core.%d", size)
	r.figure(name+".messages", "1/s", target{}, f.core...)
	r.figure(name+".plain", "1/s", target{}, f.plain...)
	r.figure(name+".ratio", "x", atLeast(0.6), f.ratio...)
	r.figure(name+".batch", "operations", target{}, f.batch...)
	r.figure(name+".writing", "% of time", target{}, f.writing...)
	r.figure(name+".syncing", "% of time", target{}, f.syncing...)
	r.figure(name+".allocs", "1/message", target{}, alloc.objects)
	r.figure(name+".bytes", "B/message", target{}, alloc.bytes)
	r.figure(name+".plain.allocs", "1/message", target{}, plainAlloc.objects)
	r.figure(name+".plain.bytes", "B/message", target{}, plainAlloc.bytes)
	return nil
}

func (f *coreFigures) add(messages float64, l *lifecycleResult, p *plainResult) {
	c, q := messages/l.took.Seconds(), messages/p.took.Seconds()
	f.core, f.plain, f.ratio = append(f.core, c), append(f.plain, q), append(f.ratio, c/q)
	f.batch = append(f.batch, l.shape.mean())
	f.writing = append(f.writing, l.part(l.shape.writing))
	f.syncing = append(f.syncing, l.part(l.shape.syncing))
}

// part returns d as percentage of the round.
func (l *lifecycleResult) part(d time.Duration) float64 { return 100 * d.Seconds() / l.took.Seconds() }

// limit says where the time of a round went.
func (l *lifecycleResult) limit() string {
	writing, syncing := l.part(l.shape.writing), l.part(l.shape.syncing)
	what := "the core and its callers"
	if writing+syncing > 75 {
		what = "the store"
	}
	return fmt.Sprintf("%.0f%% of the time in the store's writes, %.0f%% in its syncs: %s is the limit", writing, syncing, what)
}

// coreRound runs the core and then the plain loop, each in a fresh directory.
func coreRound(ctx context.Context, o CoreOptions, size int) (l lifecycleResult, p plainResult, err error) {
	err = inDir(o.Dir, func(dir string) (err error) {
		l, err = lifecycle(ctx, dir, o, size)
		return err
	})
	if err != nil {
		return l, p, err
	}
	err = inDir(o.Dir, func(dir string) (err error) {
		p, err = plainBadger(dir, &l.shape, o.Messages)
		return err
	})
	return l, p, err
}

func inDir(parent string, fn func(dir string) error) error {
	dir, err := os.MkdirTemp(parent, "sluice-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return fn(dir)
}
