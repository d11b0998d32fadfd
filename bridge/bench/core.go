package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// CoreOptions say how much the core's benchmark does.
type CoreOptions struct {
	Dir       string // where the stores go, each in a directory of its own that is removed; "": the system's temporary directory
	Messages  int    // of each round
	Producers int
	Consumers int
	Rounds    int
	Sizes     []int // of the bodies, in bytes
}

// Core measures send → receive → ack at the Broker's API, synced always, beside
// a plain badger loop that does the same puts and deletes in the same batches
// with the same syncs.
func Core(ctx context.Context, r *Report, o CoreOptions) error {
	if min(o.Messages, o.Producers, o.Consumers, o.Rounds) < 1 {
		return errors.New("messages, producers, consumers and rounds must be 1 or more")
	}
	for _, size := range o.Sizes {
		if err := coreSize(ctx, r, o, size); err != nil {
			return err
		}
	}
	return r.Err()
}

func coreSize(ctx context.Context, r *Report, o CoreOptions, size int) error {
	var core, plain, ratio, batch []float64
	for round := range o.Rounds {
		l, p, err := coreRound(ctx, o, size)
		if err != nil {
			return err
		}
		c := float64(o.Messages) / l.took.Seconds()
		q := float64(o.Messages) / p.Seconds()
		r.Printf("%d B, round %d: core %.0f messages/s, plain badger %.0f, ratio %.2f\n", size, round+1, c, q, c/q)
		r.Printf("  %d batches of %.0f operations, %d syncs; %s\n", len(l.shape.batches), l.shape.mean(), l.shape.syncs, l.limit())
		core, plain, ratio = append(core, c), append(plain, q), append(ratio, c/q)
		batch = append(batch, l.shape.mean())
	}
	name := fmt.Sprintf("core.lifecycle.%d", size)
	r.Figure(name+".messages", median(core), "messages/s")
	r.Figure(name+".plain", median(plain), "messages/s")
	r.Figure(name+".ratio", median(ratio), "x")
	r.Figure(name+".batch", median(batch), "operations")
	return nil
}

// limit says where the time of a round went.
func (l *lifecycleResult) limit() string {
	part := func(d time.Duration) float64 { return 100 * d.Seconds() / l.took.Seconds() }
	writing, syncing := part(l.shape.writing), part(l.shape.syncing)
	what := "the core and its callers"
	if writing+syncing > 75 {
		what = "the store"
	}
	return fmt.Sprintf("%.0f%% of the time in the store's writes, %.0f%% in its syncs: %s is the limit", writing, syncing, what)
}

// coreRound runs the core and then the plain loop, each in a fresh directory.
func coreRound(ctx context.Context, o CoreOptions, size int) (lifecycleResult, time.Duration, error) {
	var l lifecycleResult
	err := inDir(o.Dir, func(dir string) (err error) {
		l, err = lifecycle(ctx, dir, o, size)
		return err
	})
	if err != nil {
		return l, 0, err
	}
	var p time.Duration
	err = inDir(o.Dir, func(dir string) (err error) {
		p, err = plainBadger(dir, &l.shape)
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
