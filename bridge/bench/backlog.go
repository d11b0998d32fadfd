package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// BacklogOptions say how a long queue is measured.
type BacklogOptions struct {
	Dir       string // as in CoreOptions
	Messages  int    // of the backlog, over all queues together
	Queues    int
	Mixed     bool // a part of the backlog is delayed, leased or has a priority
	Size      int  // of the bodies, in bytes
	Moved     int  // messages sent, and then received and acked, in each round
	Producers int
	Consumers int
	Rounds    int
	Drain     bool          // empty the queues at the end and watch the disk
	Settle    time.Duration // how long the disk may take to shrink
}

func (o *BacklogOptions) check() error {
	if min(o.Messages, o.Queues, o.Moved, o.Producers, o.Consumers, o.Rounds) < 1 || o.Size < 0 {
		return errors.New("messages, queues, moved, producers, consumers and rounds must be 1 or more")
	}
	if o.Messages < o.Queues {
		return errors.New("there must be a message for each queue")
	}
	return nil
}

// backlog is one run: a broker over a store that keeps the backlog.
type backlog struct {
	o   BacklogOptions
	r   *Report
	dir string

	name   string
	broker *queuecore.Broker
	before memory // with an empty store
}

// Backlog measures a long queue (or several): what it takes to load, in memory, on
// disk and to open again, and how fast it sends and receives. Sends go to its end
// and receives take from its head. Its rivals are a short queue of the same
// broker, the only queue of a broker (alone), and one whose broker keeps no
// message in memory (cold): the head of a long queue is read from the store, a
// short queue is in memory.
//
// The parts of a mixed backlog: a tenth is delayed by a day, three tenths have a
// priority other than the usual one, and a hundredth, at most 100,000, is leased
// for a day.
func Backlog(ctx context.Context, r *Report, o BacklogOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	return inDir(o.Dir, func(dir string) error {
		b := &backlog{o: o, r: r, dir: filepath.Join(dir, "long"), name: fmt.Sprintf("backlog.%d", o.Messages)}
		err := b.run(ctx)
		if b.broker != nil {
			err = errors.Join(err, b.broker.Close())
		}
		return errors.Join(err, r.err)
	})
}

func (b *backlog) run(ctx context.Context) error {
	if err := b.open(ctx); err != nil {
		return err
	}
	b.before = settledMemory()
	for _, step := range []func(context.Context) error{b.load, b.lease, b.reopen, b.compare, b.drain} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *backlog) open(ctx context.Context) (err error) {
	b.broker, err = openBroker(ctx, b.dir, nil)
	return err
}

func longQueue(i int) string { return fmt.Sprintf("long-%d", i) }

// shortQueue is of the same broker as the long ones.
const shortQueue = "short"

// reopen measures what the backlog takes in memory and on disk, and how long the
// store takes to open with it.
func (b *backlog) reopen(ctx context.Context) error {
	loaded := settledMemory()
	if err := b.broker.Close(); err != nil {
		return err
	}
	b.broker = nil
	settledMemory()
	start := time.Now()
	if err := b.open(ctx); err != nil {
		return err
	}
	b.r.figure(b.name+".open", "s", target{}, time.Since(start).Seconds())
	b.r.figure(b.name+".heap.opening", "MB", target{}, heapNow()/1e6)
	opened := settledMemory()
	own, mapped := residentParts()
	b.r.figure(b.name+".heap.loaded", "MB", target{}, loaded.heap/1e6)
	b.r.figure(b.name+".heap.opened", "MB", target{}, opened.heap/1e6)
	b.r.figure(b.name+".heap.message", "B/message", target{}, (opened.heap-b.before.heap)/float64(b.o.Messages))
	b.r.figure(b.name+".rss.loaded", "MB", target{}, loaded.resident/1e6)
	b.r.figure(b.name+".rss.opened", "MB", target{}, opened.resident/1e6)
	b.r.figure(b.name+".rss.opened.own", "MB", target{}, own/1e6)
	b.r.figure(b.name+".rss.opened.mapped", "MB", target{}, mapped/1e6)
	return b.disk("full")
}

func (b *backlog) disk(when string) error {
	n, err := diskBytes(b.dir)
	if err == nil {
		b.r.figure(b.name+".disk."+when, "MB", target{}, n/1e6)
	}
	return err
}

// compare moves messages through the long queue and its rivals, each round in
// another order.
func (b *backlog) compare(ctx context.Context) error {
	if _, err := b.broker.EnsureQueue(ctx, shortQueue, queuecore.QueueConfig{}); err != nil {
		return err
	}
	var long, short, alone, cold moved
	for round := range b.o.Rounds {
		ways := []func() error{
			func() error { return b.alone(ctx, 0, &alone) },
			func() error { return b.alone(ctx, -1, &cold) },
			func() error { return b.move(ctx, b.broker, shortQueue, &short) },
			func() error { return b.move(ctx, b.broker, longQueue(round%b.o.Queues), &long) },
		}
		for i := range ways {
			if err := ways[(i+round)%len(ways)](); err != nil {
				return err
			}
		}
		b.r.notef("backlog, round %d: sends %.0f/s long, %.0f/s short, %.0f/s alone; receives %.0f/s, %.0f/s, %.0f/s, cold %.0f/s", round+1,
			long.sent[round], short.sent[round], alone.sent[round],
			long.received[round], short.received[round], alone.received[round], cold.received[round])
	}
	alone.report(b.r, b.name+".alone")
	cold.report(b.r, b.name+".cold")
	short.report(b.r, b.name+".short")
	long.report(b.r, b.name+".long")
	b.r.figure(b.name+".send.long/short", "x", near(0.2), divided(long.sent, short.sent)...)
	b.r.figure(b.name+".send.long/alone", "x", target{}, divided(long.sent, alone.sent)...)
	b.r.figure(b.name+".receive.long/short", "x", near(0.2), divided(long.received, short.received)...)
	b.r.figure(b.name+".receive.long/alone", "x", target{}, divided(long.received, alone.received)...)
	b.r.figure(b.name+".receive.long/cold", "x", target{}, divided(long.received, cold.received)...)
	return nil
}

// alone does the same on a broker that has nothing else.
func (b *backlog) alone(ctx context.Context, cache int64, m *moved) error {
	return inDir(b.o.Dir, func(dir string) (err error) {
		other, err := openCaching(ctx, dir, nil, cache)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, other.Close()) }()
		if _, err := other.CreateQueue(ctx, shortQueue, queuecore.QueueConfig{}); err != nil {
			return err
		}
		return b.move(ctx, other, shortQueue, m)
	})
}

// drain acks what is ready and purges the rest.
func (b *backlog) drain(ctx context.Context) error {
	own, mapped := residentParts()
	b.r.figure(b.name+".rss.busy.own", "MB", target{}, own/1e6)
	b.r.figure(b.name+".rss.busy.mapped", "MB", target{}, mapped/1e6)
	if !b.o.Drain {
		return nil
	}
	if err := b.disk("before-drain"); err != nil {
		return err
	}
	start := time.Now()
	n, err := b.ackReady(ctx)
	if err != nil {
		return err
	}
	b.r.figure(b.name+".drain", "1/s", target{}, float64(n)/time.Since(start).Seconds())
	for i := range b.o.Queues {
		if _, err := b.broker.Purge(ctx, longQueue(i)); err != nil {
			return err
		}
	}
	if err := b.disk("drained"); err != nil {
		return err
	}
	b.settle(ctx)
	m := settledMemory()
	b.r.figure(b.name+".heap.drained", "MB", target{}, m.heap/1e6)
	b.r.figure(b.name+".rss.drained", "MB", target{}, m.resident/1e6)
	return b.disk("settled")
}

// settle gives the store the time to shrink, and ends early when it is small.
func (b *backlog) settle(ctx context.Context) {
	const small = 150e6 // two logs and what little is left
	start := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for time.Since(start) < b.o.Settle {
		if n, err := diskBytes(b.dir); err == nil && n < small {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	b.r.figure(b.name+".settling", "s", target{}, time.Since(start).Seconds())
}
