//go:build darwin || linux

package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// variant is another way to set badger up, or to write to it.
type variant struct {
	name    string
	value   int // bytes of a value; 0: 200
	entries int // puts, and as many deletes, of a batch; 0: 100
	tune    func(badger.Options) badger.Options
	write   func(stores []*base, batches []store.Batch) func(n int) error // nil: write, sync
	stores  int                                                           // 0: 1
	vlog    bool                                                          // values lie in the value log, which must be synced too
}

func variants() []variant {
	tuned := func(name string, tune func(badger.Options) badger.Options) variant {
		return variant{name: name, tune: tune}
	}
	threshold := func(n int64) func(badger.Options) badger.Options {
		return func(o badger.Options) badger.Options { return o.WithValueThreshold(n).WithValueLogFileSize(64 << 20) }
	}
	table := func(n int64) func(badger.Options) badger.Options {
		return func(o badger.Options) badger.Options { return o.WithMemTableSize(n << 20) }
	}
	compressed := func(c options.CompressionType) func(badger.Options) badger.Options {
		return func(o badger.Options) badger.Options { return o.WithCompression(c).WithBlockCacheSize(64 << 20) }
	}
	return []variant{
		{name: "same"},
		{name: "threshold=64/value=200", tune: threshold(64), vlog: true},
		{name: "threshold=1Ki/value=4096", value: 4096, tune: threshold(1024), vlog: true},
		tuned("memtable=16Mi", table(16)),
		tuned("memtable=128Mi", table(128)),
		tuned("memtable=256Mi", table(256)),
		tuned("memtables=4", func(o badger.Options) badger.Options { return o.WithNumMemtables(4) }),
		tuned("compression=snappy", compressed(options.Snappy)),
		tuned("compression=zstd", compressed(options.ZSTD)),
		tuned("compactors=4", func(o badger.Options) badger.Options { return o.WithNumCompactors(4) }),
		tuned("l0tables=8", func(o badger.Options) badger.Options {
			return o.WithNumLevelZeroTables(8).WithNumLevelZeroTablesStall(24)
		}),
		tuned("conflicts=on", func(o badger.Options) badger.Options { return o.WithDetectConflicts(true) }),
		tuned("blockcache=64Mi", func(o badger.Options) badger.Options { return o.WithBlockCacheSize(64 << 20) }),
		tuned("basetable=2Mi", func(o badger.Options) badger.Options { return o.WithBaseTableSize(2 << 20) }),
		{name: "stores=2", stores: 2, write: writeSplit},
		{name: "syncs-under-way=1", write: func(s []*base, b []store.Batch) func(int) error { return writeAhead(s[0], b, 1) }},
		{name: "syncs-under-way=2", write: func(s []*base, b []store.Batch) func(int) error { return writeAhead(s[0], b, 2) }},
		{name: "entries=10", entries: 10},
		{name: "entries=1000", entries: 1000},
	}
}

// BenchmarkTuning runs the store as it is and a variant of it in turn, block by
// block, and reports how much faster the variant is (x, over all blocks; x-median,
// of the block in the middle), how much less processor time it takes (x-cpu, what
// badger does in the background included), and what both do to the slowest
// batches. With entries, x is for each message.
//
//	go test -run - -bench Tuning -benchtime 12x ./queuecore/store/badgerstore
func BenchmarkTuning(b *testing.B) {
	for _, v := range variants() {
		b.Run(v.name, func(b *testing.B) { benchmarkVariant(b, v) })
	}
}

func benchmarkVariant(b *testing.B, v variant) {
	plain := newSide(b, variant{value: v.value})
	other := newSide(b, v)
	b.ResetTimer()
	var ratios []float64
	for n := 0; b.Loop(); n++ {
		first, second := plain, other
		if n%2 == 1 {
			first, second = other, plain
		}
		first.block(b)
		second.block(b)
		ratios = append(ratios, plain.last.Seconds()/other.last.Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(plain.spent.Seconds()/other.spent.Seconds(), "x")
	b.ReportMetric(plain.cpu.Seconds()/other.cpu.Seconds(), "x-cpu")
	b.ReportMetric(ratios[len(ratios)/2], "x-median")
	b.ReportMetric(plain.at(0.99), "µs-p99-plain")
	b.ReportMetric(other.at(0.99), "µs-p99")
	b.ReportMetric(plain.at(1), "µs-max-plain")
	b.ReportMetric(other.at(1), "µs-max")
}

// side is one of the two that take turns.
type side struct {
	v       variant
	stores  []*base
	batches []store.Batch
	write   func(n int) error
	n       int
	last    time.Duration // the time of the last block
	spent   time.Duration // the time of all blocks
	cpu     time.Duration // the process's, during all blocks
	took    []time.Duration
}

// blockMessages is how many messages go through a side before it is the other's turn.
const blockMessages = 20_000

func newSide(b *testing.B, v variant) *side {
	if v.value == 0 {
		v.value = 200
	}
	if v.entries == 0 {
		v.entries = 100
	}
	s := &side{v: v, batches: make([]store.Batch, 1)}
	for range max(v.stores, 1) {
		opened, err := openKept(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1, tune: v.tune})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := opened.Close(); err != nil {
				b.Error(err)
			}
		})
		opened.part = valueThreshold - 1<<10 // also where badger's threshold is lower
		s.stores = append(s.stores, opened)
	}
	s.batches = make([]store.Batch, len(s.stores))
	s.write = writeSynced(s.stores[0], s.batches, v.vlog)
	if v.write != nil {
		s.write = v.write(s.stores, s.batches)
	}
	return s
}

// block brings messages through the side and remembers how long each batch took.
func (s *side) block(b *testing.B) {
	value := make([]byte, s.v.value)
	cpu := cpuTime(b)
	s.last = 0
	messages := blockMessages * 200 / s.v.value
	for range messages / s.v.entries {
		for i := range s.batches {
			fillTurn(&s.batches[i], s.n, s.v.entries/len(s.batches), value)
		}
		start := time.Now()
		if err := s.write(s.n); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		s.took, s.last = append(s.took, took), s.last+took
		s.n++
	}
	s.spent += s.last
	s.cpu += cpuTime(b) - cpu
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fillTurn puts some records into b, and removes those of twenty turns before.
func fillTurn(b *store.Batch, n, entries int, value []byte) {
	b.Reset()
	for i := n * entries; i < (n+1)*entries; i++ {
		b.Put(fmt.Appendf(nil, "q/%016x", i), value)
		b.Delete(fmt.Appendf(nil, "q/%016x", i-20*entries))
	}
}

func (s *side) at(q float64) float64 {
	slices.Sort(s.took)
	return float64(s.took[min(int(q*float64(len(s.took))), len(s.took)-1)].Microseconds())
}

func writeSynced(s *base, batches []store.Batch, vlog bool) func(int) error {
	return func(int) error {
		if err := s.Write(&batches[0]); err != nil {
			return err
		}
		if vlog {
			if err := s.db.Sync(); err != nil {
				return err
			}
		}
		return s.Sync()
	}
}

// writeSplit writes a batch to each store at once, and syncs both.
func writeSplit(stores []*base, batches []store.Batch) func(int) error {
	return func(n int) error {
		done := make(chan error)
		// Ends with its write; the receive below waits for it.
		go func() { done <- writeSynced(stores[1], batches[1:], false)(n) }()
		err := writeSynced(stores[0], batches[:1], false)(n)
		return errors.Join(err, <-done)
	}
}

// writeAhead writes a batch while the syncs of those before it run, at most so
// many. What such a sync covers is what was written when it began.
func writeAhead(s *base, batches []store.Batch, most int) func(int) error {
	var underWay []chan error
	return func(int) error {
		if err := s.Write(&batches[0]); err != nil {
			return err
		}
		if len(underWay) == most {
			if err := <-underWay[0]; err != nil {
				return err
			}
			underWay = underWay[1:]
		}
		done := make(chan error, 1)
		s.mu.Lock()
		f := s.wal.file
		s.mu.Unlock()
		// Ends with the sync. A log that the store has left meanwhile is synced and closed.
		go func() {
			err := disk.SyncFile(f)
			if errors.Is(err, syscall.EBADF) {
				err = nil
			}
			done <- err
		}()
		underWay = append(underWay, done)
		return nil
	}
}
