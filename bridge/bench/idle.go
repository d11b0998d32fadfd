package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// IdleOptions say how idle consumers are measured. CoreOptions is for the
// throughput beside them; the first of its sizes counts.
type IdleOptions struct {
	CoreOptions
	Idle int           // consumers that wait
	For  time.Duration // how long the processor time is watched
}

// Idle measures what consumers cost that wait for a message and get none: first
// each on a queue of its own, then all on one. The throughput is that of another
// queue; the processor time is that of the process while nothing is sent, less the
// same without consumers.
func Idle(ctx context.Context, r *Report, o IdleOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Idle < 1 || o.For <= 0 {
		return errors.New("there must be idle consumers and a time to watch them")
	}
	many, one := idleFigures{name: "queues", queue: ownQueue}, idleFigures{name: "queue", queue: sharedQueue}
	for range o.Rounds {
		for _, f := range []*idleFigures{&many, &one} {
			err := inDir(o.Dir, func(dir string) error { return idleRound(ctx, dir, o, f) })
			if err != nil {
				return err
			}
			r.notef("idle, %d consumers on %s: throughput ratio %.2f", o.Idle, f.name, f.ratio[len(f.ratio)-1])
		}
	}
	many.report(r, o.Idle)
	one.report(r, o.Idle)
	return r.err
}

// idleFigures has one value for each round.
type idleFigures struct {
	name  string
	queue func(i int) string

	without, with, ratio, cpu, cpuWithout, memory []float64
}

func (f *idleFigures) report(r *Report, n int) {
	name := fmt.Sprintf("idle.%d.%s", n, f.name)
	r.figure(name+".throughput.without", "1/s", target{}, f.without...)
	r.figure(name+".throughput", "1/s", target{}, f.with...)
	r.figure(name+".throughput.ratio", "x", atLeast(0.9), f.ratio...)
	r.figure(name+".cpu.without", "ms/s", target{}, f.cpuWithout...)
	r.figure(name+".cpu", "ms/s", target{}, f.cpu...)
	r.figure(name+".cpu.more", "ms/s", atMost(1), minus(f.cpu, f.cpuWithout)...)
	r.figure(name+".memory", "B/consumer", target{}, f.memory...)
}

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

func ownQueue(i int) string  { return fmt.Sprintf("idle-%d", i) }
func sharedQueue(int) string { return "idle" }

// idleRound watches the processor before anything was sent, since a store that has
// been written to compacts for a while. The throughput without consumers is the
// mean of one before and one after.
func idleRound(ctx context.Context, dir string, o IdleOptions, f *idleFigures) error {
	return withBroker(ctx, dir, nil, func(b *queuecore.Broker) error {
		if err := idleQueues(ctx, b, o.Idle, f.queue); err != nil {
			return err
		}
		if err := f.watch(ctx, b, o); err != nil {
			return err
		}
		before, err := throughput(ctx, b, o.CoreOptions)
		if err != nil {
			return err
		}
		stop, err := startWaiting(ctx, b, o.Idle, f.queue)
		if err != nil {
			return err
		}
		with, err := throughput(ctx, b, o.CoreOptions)
		stop()
		if err != nil {
			return err
		}
		after, err := throughput(ctx, b, o.CoreOptions)
		without := (before + after) / 2
		f.without, f.with, f.ratio = append(f.without, without), append(f.with, with), append(f.ratio, ratio(with, without))
		return err
	})
}

// watch measures memory and processor time while nothing is sent.
func (f *idleFigures) watch(ctx context.Context, b *queuecore.Broker, o IdleOptions) error {
	before := settledMemory()
	f.cpuWithout = append(f.cpuWithout, watchCPU(o.For))
	stop, err := startWaiting(ctx, b, o.Idle, f.queue)
	if err != nil {
		return err
	}
	defer stop()
	after := settledMemory()
	f.cpu = append(f.cpu, watchCPU(o.For))
	f.memory = append(f.memory, (after.heap+after.stacks-before.heap-before.stacks)/float64(o.Idle))
	return nil
}

func idleQueues(ctx context.Context, b *queuecore.Broker, n int, queue func(int) string) error {
	if _, err := b.CreateQueue(ctx, benchQueue, queuecore.QueueConfig{}); err != nil {
		return err
	}
	for i := range n {
		if _, err := b.EnsureQueue(ctx, queue(i), queuecore.QueueConfig{}); err != nil {
			return err
		}
	}
	return nil
}

func throughput(ctx context.Context, b *queuecore.Broker, o CoreOptions) (float64, error) {
	start := time.Now()
	err := drive(ctx, b, o, o.Sizes[0])
	return float64(o.Messages) / time.Since(start).Seconds(), err
}

// watchCPU returns the milliseconds of processor time that the process uses in
// a second while nothing is asked of it.
func watchCPU(d time.Duration) float64 {
	used := cpuOf(func() { time.Sleep(d) })
	return used.Seconds() * 1e3 / d.Seconds()
}

// startWaiting has n receivers wait, and returns once all of them do. stop ends them.
func startWaiting(ctx context.Context, b *queuecore.Broker, n int, queue func(int) string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range n {
		// Ends when ctx does, by stop.
		all.Go(func() {
			// It ends with ctx's error and nothing else, since nothing is sent.
			_, _ = b.Receive(ctx, queue(i), queuecore.ReceiveOptions{Wait: -1})
		})
	}
	stop = func() {
		cancel()
		all.Wait()
	}
	for {
		waiting, err := countWaiting(ctx, b, n, queue)
		if err != nil {
			stop()
			return nil, err
		}
		if waiting >= n {
			return stop, nil
		}
	}
}

func countWaiting(ctx context.Context, b *queuecore.Broker, n int, queue func(int) string) (waiting int, err error) {
	seen := make(map[string]bool)
	for i := range n {
		if seen[queue(i)] {
			continue
		}
		seen[queue(i)] = true
		s, err := b.Stats(ctx, queue(i))
		if err != nil {
			return 0, err
		}
		waiting += s.Waiting
	}
	return waiting, nil
}
