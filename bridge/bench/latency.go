package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// LatencyOptions say how latency is measured: CoreOptions is for finding the peak.
type LatencyOptions struct {
	CoreOptions
	For   time.Duration // of the even load, in each round
	Share float64       // of the peak, over 0 and up to 1
}

// Latency measures how long a confirmed send takes at a share of the peak, while
// consumers receive and ack at the same rate. The sends come by the clock, at even
// distances, and a send's time begins when it was due: a stall counts for every
// send that was due in it. Beside it stands the median of a bare fsync, which is
// 4 KiB appended to a file of the same directory and fdatasync, while nothing
// else runs: before and after each load, in turn.
func Latency(ctx context.Context, r *Report, o LatencyOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.For <= 0 || o.Share <= 0 || o.Share > 1 {
		return errors.New("the load must last, at a share over 0 and up to 1")
	}
	for _, size := range o.Sizes {
		var f latencyFigures
		for round := range o.Rounds {
			err := inDir(o.Dir, func(dir string) error { return latencyRound(ctx, r, dir, o, size, &f) })
			if err != nil {
				return err
			}
			r.notef("latency, %d B, round %d: p99 %.0f µs, fsync %.0f µs, ratio %.1f",
				size, round+1, f.p99[round], f.fsync[round], f.ratio[round])
		}
		f.report(r, fmt.Sprintf("latency.%d", size))
	}
	return r.err
}

// latencyFigures has one value for each round; times are in microseconds.
type latencyFigures struct{ rate, fsync, p50, p99, p999, worst, ratio, lag, write99, sync99, writeMax, syncMax []float64 }

func (f *latencyFigures) report(r *Report, name string) {
	r.figure(name+".rate", "1/s", target{}, f.rate...)
	r.figure(name+".fsync", "µs", target{}, f.fsync...)
	r.figure(name+".p50", "µs", target{}, f.p50...)
	r.figure(name+".p99", "µs", target{}, f.p99...)
	r.figure(name+".p99.9", "µs", target{}, f.p999...)
	r.figure(name+".max", "µs", target{}, f.worst...)
	r.figure(name+".p99/fsync", "x", atMost(4), f.ratio...)
	r.figure(name+".generator.p99", "µs", target{}, f.lag...)
	r.figure(name+".store.write.p99", "µs", target{}, f.write99...)
	r.figure(name+".store.write.max", "µs", target{}, f.writeMax...)
	r.figure(name+".store.sync.p99", "µs", target{}, f.sync99...)
	r.figure(name+".store.sync.max", "µs", target{}, f.syncMax...)
}

func latencyRound(ctx context.Context, r *Report, dir string, o LatencyOptions, size int, f *latencyFigures) error {
	timed := &timedStore{}
	wrap := func(s store.Store) store.Store {
		timed.Store = s
		return timed
	}
	return withBroker(ctx, dir, wrap, func(b *queuecore.Broker) error {
		if _, err := b.CreateQueue(ctx, benchQueue, queuecore.QueueConfig{}); err != nil {
			return err
		}
		start := time.Now()
		if err := drive(ctx, b, o.CoreOptions, size); err != nil {
			return err
		}
		rate := float64(o.Messages) / time.Since(start).Seconds() * o.Share
		before, err := bareSyncs(dir)
		if err != nil {
			return err
		}
		timed.reset()
		l, err := loadEvenly(ctx, b, o, size, rate)
		if err != nil {
			return err
		}
		writes, syncs := timed.reset()
		after, err := bareSyncs(dir)
		if err != nil {
			return err
		}
		r.notef("  slowest writes of the store %v, slowest syncs %v", slowest(writes), slowest(syncs))
		f.add(rate, append(before, after...), l, writes, syncs)
		return nil
	})
}

func (f *latencyFigures) add(rate float64, bare []time.Duration, l *openLoad, writes, syncs []time.Duration) {
	fsync, p99 := quantile(bare, 0.5), quantile(l.took, 0.99)
	f.rate, f.fsync = append(f.rate, rate), append(f.fsync, fsync)
	f.p50, f.p99 = append(f.p50, quantile(l.took, 0.5)), append(f.p99, p99)
	f.p999, f.worst = append(f.p999, quantile(l.took, 0.999)), append(f.worst, quantile(l.took, 1))
	f.ratio = append(f.ratio, p99/fsync)
	f.lag = append(f.lag, quantile(l.late, 0.99))
	f.write99, f.writeMax = append(f.write99, quantile(writes, 0.99)), append(f.writeMax, quantile(writes, 1))
	f.sync99, f.syncMax = append(f.sync99, quantile(syncs, 0.99)), append(f.syncMax, quantile(syncs, 1))
}

// quantile returns a part of ds in microseconds, 0 when there are none. It sorts ds.
func quantile(ds []time.Duration, q float64) float64 {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	return float64(ds[min(int(q*float64(len(ds))), len(ds)-1)].Nanoseconds()) / 1e3
}

func slowest(ds []time.Duration) []time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	ds = ds[max(0, len(ds)-3):]
	slices.Reverse(ds)
	return ds
}

// bareCount is how often a bare fsync is measured before and after a load.
const bareCount = 200

func bareSyncs(dir string) (took []time.Duration, err error) {
	f, err := os.Create(filepath.Join(filepath.Dir(dir), filepath.Base(dir)+".sync"))
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	block := make([]byte, 4096)
	for range bareCount {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if err := syncFile(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		took = append(took, time.Since(start))
	}
	return took, f.Close()
}

// openLoad is a load that comes by the clock.
type openLoad struct {
	due  time.Duration // between two sends
	n    int
	took []time.Duration // from when a send was due until it was confirmed
	late []time.Duration // from when a send was due until it was begun
}

// loadEvenly sends at the rate for as long as the options say, while consumers
// keep up.
func loadEvenly(ctx context.Context, b *queuecore.Broker, o LatencyOptions, size int, rate float64) (*openLoad, error) {
	l := &openLoad{due: time.Duration(float64(time.Second) / rate)}
	l.n = max(int(o.For/max(l.due, 1)), 1)
	l.took, l.late = make([]time.Duration, l.n), make([]time.Duration, l.n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var acked atomic.Int64
	done := func() {
		if acked.Add(1) == int64(l.n) {
			cancel(errAllAcked)
		}
	}
	var all sync.WaitGroup
	for range o.Consumers {
		// Ends when ctx does, at the latest with this function.
		all.Go(func() { consume(ctx, cancel, b, done) })
	}
	if err := l.send(ctx, b, size); err != nil {
		cancel(err)
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errAllAcked) {
		return nil, err
	}
	return l, nil
}

// send submits every message when it is due and waits for no answer. The
// confirmations end before the last ack.
func (l *openLoad) send(ctx context.Context, b *queuecore.Broker, size int) error {
	start := time.Now()
	for i := range l.n {
		due := start.Add(time.Duration(i) * l.due)
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		l.late[i] = time.Since(due)
		m := &queuecore.Message{Destination: queuecore.QueueNamed(benchQueue), Body: make([]byte, size)}
		err := b.Submit(ctx, queuecore.Tx{Sends: []*queuecore.Message{m}}, func(_ []queuecore.Sent, err error) {
			if err == nil {
				l.took[i] = time.Since(due)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// timedStore remembers how long each write and sync took.
type timedStore struct {
	store.Store

	mu            sync.Mutex // guards what follows
	writes, syncs []time.Duration
}

func (s *timedStore) Write(b *store.Batch) error {
	start := time.Now()
	err := s.Store.Write(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, time.Since(start))
	return err
}

func (s *timedStore) Sync() error {
	start := time.Now()
	err := s.Store.Sync()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncs = append(s.syncs, time.Since(start))
	return err
}

// reset forgets everything and returns it.
func (s *timedStore) reset() (writes, syncs []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes, syncs = s.writes, s.syncs
	s.writes, s.syncs = nil, nil
	return writes, syncs
}
