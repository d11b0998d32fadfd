package badgerstore

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestStore(t *testing.T) {
	runSuite(t, Options{}, func(dir string, o Options) (store.Store, error) { return Open(dir, o) })
}

func TestBase(t *testing.T) {
	runSuite(t, Options{}, func(dir string, o Options) (store.Store, error) { return openKept(dir, o) })
}

func runSuite(t *testing.T, o Options, open func(string, Options) (store.Store, error)) {
	o.Log = slog.New(slog.DiscardHandler)
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(suiteChecks); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) }) // it was good before
	}
	storetest.Run(t, func(tb testing.TB) storetest.Opener {
		dir := tb.TempDir()
		return func(tb testing.TB) store.Store {
			s, err := open(dir, o)
			if err != nil {
				tb.Fatal(err)
			}
			return s
		}
	})
}

// openKept opens badger without a journal before it.
func openKept(dir string, o Options) (*base, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	b, err := openBase(dir, o)
	if err != nil {
		return nil, explain(dir, err, o.Advice)
	}
	b.keep.start(b, o.KeepEvery)
	return b, nil
}

// small makes badger's parts small enough for a test to fill them.
func small(b badger.Options) badger.Options {
	return b.WithMemTableSize(1 << 20).WithValueThreshold(64 << 10).
		WithBaseTableSize(1 << 20).WithBaseLevelSize(1 << 20).
		WithNumLevelZeroTablesStall(15) // badger looks every 50 ms whether there is something to compact
}

func openTiny(t *testing.T, dir string) *base {
	t.Helper()
	s, err := openKept(dir, Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1, tune: small})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func batch(pairs ...string) *store.Batch {
	var b store.Batch
	for i := 0; i < len(pairs); i += 2 {
		b.Put([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	return &b
}

func put(t *testing.T, s *base, pairs ...string) {
	t.Helper()
	if err := s.Write(batch(pairs...)); err != nil {
		t.Fatal(err)
	}
}

func wantGet(t *testing.T, s *base, key, want string) {
	t.Helper()
	if v, err := s.Get([]byte(key)); err != nil || string(v) != want {
		t.Errorf("Get(%q) = %.20q, %v, want %.20q", key, v, err, want)
	}
}

// TestBatchLimit holds the store to the sizes that the core counts on.
func TestBatchLimit(t *testing.T) {
	s, err := openKept(t.TempDir(), Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b store.Batch
	for i := range 4 {
		b.Put(fmt.Appendf(nil, "m%d", i), make([]byte, 2<<20))
	}
	if err := s.Write(&b); err != nil {
		t.Errorf("8 MiB in four values: %v", err)
	}
	b.Reset()
	for i := range 60_000 {
		b.Put(fmt.Appendf(nil, "q%d", i), make([]byte, 100))
	}
	if err := s.Write(&b); err != nil {
		t.Errorf("60,000 records: %v", err)
	}
	b.Reset()
	b.Put([]byte("k"), make([]byte, 10<<20))
	if err := s.Write(&b); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("10 MiB: %v, want ErrTooLarge", err)
	}
	b.Reset()
	b.Put(make([]byte, maxKey+1), nil)
	if err := s.Write(&b); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a key over the limit: %v, want ErrTooLarge", err)
	}
	b.Reset()
	b.Put(make([]byte, maxKey), make([]byte, 2<<20))
	if err := s.Write(&b); err != nil {
		t.Errorf("the longest key with a large value: %v", err)
	}
	if err := s.Sync(); err != nil {
		t.Errorf("Sync: %v", err)
	}
}

// TestNothingInValueLog: what is in badger's value log is synced and collected
// by rules of its own.
func TestNothingInValueLog(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	for n := 60 << 10; n < 70<<10; n += 512 {
		put(t, s, fmt.Sprint(n), string(make([]byte, n)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("value logs: %v, %v", logs, err)
	}
	for _, path := range logs {
		if info, err := os.Stat(path); err != nil || info.Size() > 20 {
			t.Errorf("%s is more than a header: %v, %v", path, info.Size(), err)
		}
	}
}

// TestLargeValueLeavesNoParts: parts that nobody refers to would stay for ever.
func TestLargeValueLeavesNoParts(t *testing.T) {
	s := openTiny(t, t.TempDir())
	large := func(n int) string { return string(bytes.Repeat([]byte("x"), n)) }
	put(t, s, "a", large(100_000))
	put(t, s, "b", large(130_000))
	put(t, s, "a", large(70_000))
	put(t, s, "b", "small")
	wantGet(t, s, "a", large(70_000))
	wantGet(t, s, "b", "small")
	var b store.Batch
	b.Delete([]byte("a"))
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	if parts, err := s.findLarge(); err != nil || len(parts) != 0 || len(s.large) != 0 {
		t.Errorf("parts of %v are left, %v are known, %v", parts, s.large, err)
	}
}

// TestProcessDeath: what Write has returned for is found by the next process,
// without Sync and without Close.
func TestProcessDeath(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1", "b", "1")
	put(t, s, "a", "2", "large", string(make([]byte, 100_000)))
	left := t.TempDir()
	if err := os.CopyFS(filepath.Join(left, "copy"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := openTiny(t, filepath.Join(left, "copy"))
	wantGet(t, again, "a", "2")
	wantGet(t, again, "b", "1")
	wantGet(t, again, "large", string(make([]byte, 100_000)))
}

// TestTornLog: of a batch whose log is cut short nothing is left, and all of the
// earlier ones.
func TestTornLog(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1", "b", "1")
	whole := s.wal.used.file
	put(t, s, "a", "2", "b", "2", "c", "2")
	end := s.wal.used.file
	for cut := whole + 1; cut < end; cut += 7 {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		log := filepath.Join(copied, filepath.Base(s.wal.path(s.wal.number)))
		if err := os.Truncate(log, logHeader+cut); err != nil {
			t.Fatal(err)
		}
		again := openTiny(t, copied)
		wantGet(t, again, "a", "1")
		wantGet(t, again, "b", "1")
		if _, err := again.Get([]byte("c")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("cut at %d of %d: c is there: %v", cut, end, err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailedSync(t *testing.T) {
	s := openTiny(t, t.TempDir())
	put(t, s, "a", "1")
	broken := errors.New("input/output error")
	s.wal.sync = func(*os.File) error { return broken }
	if err := s.Sync(); !errors.Is(err, ErrFailed) || !errors.Is(err, broken) {
		t.Errorf("Sync: %v", err)
	}
	s.wal.sync = disk.SyncFile
	if err := s.Sync(); !errors.Is(err, ErrFailed) {
		t.Errorf("Sync after a failed one: %v, want ErrFailed", err)
	}
	if err := s.Write(batch("b", "1")); !errors.Is(err, ErrFailed) {
		t.Errorf("Write after a failed Sync: %v, want ErrFailed", err)
	}
	wantGet(t, s, "a", "1")
}

// TestBrokenBadger: when badger cannot make its next log, it is left in a state
// in which nearly every call panics.
func TestBrokenBadger(t *testing.T) {
	s := openTiny(t, t.TempDir())
	put(t, s, "a", "1")
	if err := os.Mkdir(s.wal.path(s.wal.number+1), 0o700); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = s.Write(batch(fmt.Sprint(i), strings.Repeat("x", 1000)))
	}
	if !errors.Is(err, ErrFailed) {
		t.Fatalf("Write: %v, want ErrFailed", err)
	}
	if err := s.Write(batch("b", "1")); !errors.Is(err, ErrFailed) {
		t.Errorf("Write: %v, want ErrFailed", err)
	}
	if err := s.Sync(); !errors.Is(err, ErrFailed) {
		t.Errorf("Sync: %v, want ErrFailed", err)
	}
	if _, err := s.Get([]byte("a")); !errors.Is(err, ErrFailed) {
		t.Errorf("Get: %v, want ErrFailed", err)
	}
	if err := s.Load(nil, nil); !errors.Is(err, ErrFailed) {
		t.Errorf("Load: %v, want ErrFailed", err)
	}
	if err := s.Close(); err != nil {
		t.Logf("Close: %v", err)
	}
}

// Sends should stop where the caller says; what makes room goes on.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	free, _, err := space(dir)
	if err != nil || free < 1<<26 {
		t.Skipf("%d bytes free: %v", free, err)
	}
	s, err := openKept(dir, Options{Log: slog.New(slog.DiscardHandler), MinFree: 4 * free, tune: small})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Room(); !errors.Is(err, ErrNoSpace) {
		t.Errorf("Room: %v, want ErrNoSpace", err)
	}
	for i := range 3_000 { // more than a log of 1 MiB holds
		put(t, s, "k", fmt.Sprint(i)+strings.Repeat("x", 1000))
	}
	s.room.min = 1
	if err := s.Room(); err != nil {
		t.Errorf("Room: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// The marks go by what badger may need: a store with little in it needs little.
func TestRoomMarks(t *testing.T) {
	const table = 64 << 20
	for _, tt := range []struct{ min, size, ahead, mark, low int64 }{ // in MiB
		{0, 0, 0, 512, 256},
		{0, 100, 0, 612, 356},
		{0, 100, 30, 672, 356},
		{0, 5000, 0, 1280, 1024},
		{1000, 100, 0, 1000, 356},
		{4000, 5000, 30, 4000, 1024},
	} {
		r := room{
			min: tt.min << 20, table: table,
			size: func() int64 { return tt.size << 20 }, ahead: func() int64 { return tt.ahead << 20 },
		}
		if mark, low := r.mark()>>20, r.low()>>20; mark != tt.mark || low != tt.low {
			t.Errorf("%d MiB wanted, %d MiB in tables: marks %d and %d, want %d and %d", tt.min, tt.size, mark, low, tt.mark, tt.low)
		}
	}
}
