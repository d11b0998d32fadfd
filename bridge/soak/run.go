package soak

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options say how long a soak lasts and how heavy it is.
type Options struct {
	For       time.Duration // of the even load, warm-up included; it goes on until there are looks enough to judge
	WarmUp    time.Duration // its part that is not judged
	Every     time.Duration // between two looks at the server
	Calibrate time.Duration // how long the peak is measured
	Backlog   int           // messages in each queue that has a backlog
	Share     float64       // of the peak, over 0 and up to 1
}

func (o *Options) check() error {
	if o.For <= o.WarmUp || o.Every <= 0 || o.Calibrate <= 0 || o.Backlog < 0 || o.WarmUp < 0 {
		return errors.New("a soak needs times over zero, and more than its warm-up")
	}
	if o.Share <= 0 || o.Share > 1 {
		return fmt.Errorf("share %g is not over 0 and up to 1", o.Share)
	}
	return nil
}

// Result is what a soak saw.
type Result struct {
	Started time.Time
	Options Options
	Peak    float64 // messages a second, acked, without a pause
	Samples []Sample
}

// turnPatience bounds a turn that hangs.
const turnPatience = 2 * time.Minute

// run is one soak.
type run struct {
	o       Options
	site    *site
	log     *slog.Logger
	watcher *watcher
	latency latencies

	kinds []kind
	paces []*pace
	flows [][]flow // by kind
}

// Run puts a server under load and watches it. The first failure of a client
// ends it: a server under half of its peak has no reason for one.
func Run(ctx context.Context, server *Server, o Options, log *slog.Logger) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	clients, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut() // only once the clients have said goodbye
	site, err := build(ctx, server)
	if err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	r := &run{o: o, site: site, log: log, kinds: kinds()}
	r.watcher = newWatcher(server)
	defer r.close()
	if err := r.open(clients); err != nil {
		return nil, err
	}
	return r.soak(ctx)
}

// open connects all clients and loads the backlog.
func (r *run) open(ctx context.Context) error {
	for i := range r.kinds {
		k := &r.kinds[i]
		r.paces = append(r.paces, &pace{})
		r.flows = append(r.flows, nil)
		for worker := range k.workers {
			f, err := k.open(ctx, r.site, worker)
			if err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			r.flows[i] = append(r.flows[i], f)
			if c, ok := f.(*crossing); ok && k.preload {
				if err := c.fill(ctx, r.o.Backlog/k.workers); err != nil {
					return fmt.Errorf("%s: backlog: %w", k.name, err)
				}
			}
		}
	}
	return nil
}

func (r *run) close() {
	for _, fs := range r.flows {
		for _, f := range fs {
			f.close()
		}
	}
}

// soak runs all workers until the time is over.
func (r *run) soak(ctx context.Context) (*Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for i, fs := range r.flows {
		for _, f := range fs {
			// Ends with ctx, at the end of this function.
			workers.Go(func() {
				if err := r.work(ctx, f, r.paces[i]); err != nil {
					cancel(fmt.Errorf("%s: %w", r.kinds[i].name, err))
				}
			})
		}
	}
	result, err := r.watch(ctx)
	failed := context.Cause(ctx)
	cancel(errOver)
	workers.Wait()
	if failed != nil {
		err = failed
	}
	return result, err
}

var errOver = errors.New("the soak is over")

// work takes turns until ctx ends. A turn that is under way then comes to its end.
func (r *run) work(ctx context.Context, f flow, p *pace) error {
	for {
		if p.wait(ctx) != nil {
			return nil
		}
		turn, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnPatience)
		took, err := f.turn(turn)
		cancel()
		if err != nil {
			return err
		}
		if took > 0 {
			r.latency.add(took)
		}
	}
}

// watch measures the peak, sets the pace, and looks at the server until the end.
func (r *run) watch(ctx context.Context) (*Result, error) {
	result := &Result{Started: time.Now(), Options: r.o}
	peak, err := r.calibrate(ctx)
	if err != nil {
		return result, err
	}
	result.Peak = peak
	r.log.Info("peak measured", "messages_per_second", int(peak), "share", r.o.Share)
	r.latency.take()
	tick := time.NewTicker(r.o.Every)
	defer tick.Stop()
	start := time.Now()
	for time.Since(start) < r.o.For || len(result.judged()) < leastLooks {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return result, context.Cause(ctx)
		}
		s, err := r.watcher.look(ctx)
		if err != nil {
			return result, err
		}
		s.At, s.Latency = time.Since(start), r.latency.take()
		result.Samples = append(result.Samples, s)
		r.log.Info("looked", "at", s.At.Round(time.Second), "rss_mb", int(s.RSS/1e6), "heap_mb", int(s.Heap/1e6),
			"goroutines", int(s.Goroutines), "descriptors", int(s.Descriptors), "disk_mb", int(s.Disk/1e6),
			"depth", int(s.Depth), "messages_per_second", int(s.Rate), "p99_ms", float64(s.Latency.P99.Microseconds())/1e3)
	}
	return result, nil
}

// calibrate lets everybody run without a pause, measures how far each kind gets,
// and gives it its share of that. It goes on until something is acked.
func (r *run) calibrate(ctx context.Context) (peak float64, err error) {
	pause := func() error {
		t := time.NewTimer(r.o.Calibrate)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := pause(); err != nil { // to get under way
		return 0, err
	}
	before := make([]int64, len(r.paces))
	for i, p := range r.paces {
		before[i] = p.turns.Load()
	}
	if _, err := r.watcher.look(ctx); err != nil {
		return 0, err
	}
	start := time.Now()
	var s Sample
	for s.Rate == 0 {
		if err := pause(); err != nil {
			return 0, err
		}
		if s, err = r.watcher.look(ctx); err != nil {
			return 0, err
		}
	}
	took := time.Since(start)
	for i, p := range r.paces {
		turns := max(p.turns.Load()-before[i], 1)
		p.set(time.Duration(float64(took) / float64(turns) / r.o.Share))
	}
	return s.Rate, nil
}
