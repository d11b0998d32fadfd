package badgerstore

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4/skl"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// moment is what badger was at while a batch was written.
type moment string

const (
	calm       moment = "calm"
	turning    moment = "turning"    // the batch found the memory table full
	flushing   moment = "flushing"   // an older memory table is being made a sorted one
	compacting moment = "compacting" // the levels below the first changed
)

// BenchmarkStalls writes at about half of the possible speed and reports the
// slowest writes and syncs, by what badger was at as far as its files tell. A busy
// machine stalls them too, whatever badger is at.
//
//	go test -run - -bench Stalls -benchtime 6000x ./queuecore/store/badgerstore
func BenchmarkStalls(b *testing.B) {
	s, err := openKept(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	writes, syncs := make(map[moment][]time.Duration), make(map[moment][]time.Duration)
	inside := make(map[moment][]time.Duration) // what of a write went into syncs of the log
	var syncing time.Duration
	s.wal.sync = func(f *os.File) error {
		start := time.Now()
		defer func() { syncing += time.Since(start) }()
		return disk.SyncFile(f)
	}
	var batch store.Batch
	value := make([]byte, 200)
	lower := lowerTables(s)
	for n := 0; b.Loop(); n++ {
		fillTurn(&batch, n, 400, value)
		syncing = 0
		log, start := s.wal.number, time.Now()
		if err := s.Write(&batch); err != nil {
			b.Fatal(err)
		}
		wrote, within := time.Now(), syncing
		if err := s.Sync(); err != nil {
			b.Fatal(err)
		}
		synced := time.Now()
		at := calm
		switch now := lowerTables(s); {
		case s.wal.number != log:
			at = turning
		case oldLogs(s) > 0:
			at = flushing
		case now != lower:
			at, lower = compacting, now
		}
		writes[at], syncs[at] = append(writes[at], wrote.Sub(start)), append(syncs[at], synced.Sub(wrote))
		inside[at] = append(inside[at], within)
		time.Sleep(synced.Sub(start))
	}
	for _, at := range []moment{calm, turning, flushing, compacting} {
		reportTail(b, string(at)+"-write", writes[at])
		reportTail(b, string(at)+"-write-of-it-syncs", inside[at])
		reportTail(b, string(at)+"-sync", syncs[at])
	}
}

func reportTail(b *testing.B, name string, ds []time.Duration) {
	if len(ds) == 0 {
		return
	}
	slices.Sort(ds)
	us := func(q float64) float64 { return float64(ds[min(int(q*float64(len(ds))), len(ds)-1)].Microseconds()) }
	b.Logf("%-28s %6d times: µs p50 %6.0f, p90 %6.0f, p99 %6.0f, max %6.0f", name, len(ds), us(0.5), us(0.9), us(0.99), us(1))
}

// oldLogs counts the logs of memory tables that are not sorted tables yet.
func oldLogs(s *base) int {
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.mem")) // the pattern is good
	n := 0
	for _, l := range logs {
		if _, err := os.Stat(l); err == nil && l != s.wal.path(s.wal.number) {
			n++
		}
	}
	return n
}

// lowerTables counts the tables below the first level, which compactions alone change.
func lowerTables(s *base) (n int) {
	for _, t := range s.db.Tables() {
		if t.Level > 0 {
			n++
		}
	}
	return n
}

// BenchmarkTurn takes apart what a turn to a new memory table does: the skip list
// of the next one, in memory that Go may have to clear; and the directory's sync after a
// file was made in it.
func BenchmarkTurn(b *testing.B) {
	dir := b.TempDir()
	var tables, dirs []time.Duration
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		l := skl.NewSkiplist(83 << 20)
		made := time.Now()
		l.DecrRef()
		f, err := os.Create(filepath.Join(dir, strconv.Itoa(n)))
		if err == nil {
			err = errors.Join(f.Truncate(2*memTableSize), f.Close())
		}
		if err != nil {
			b.Fatal(err)
		}
		before := time.Now()
		if err := disk.SyncDir(dir); err != nil {
			b.Fatal(err)
		}
		tables, dirs = append(tables, made.Sub(start)), append(dirs, time.Since(before))
	}
	reportTail(b, "skip list", tables)
	reportTail(b, "directory's sync", dirs)
}
