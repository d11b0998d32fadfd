package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// crashed writes to a store, and returns a copy of its directory made without
// closing it, with the path of its log and how many bytes there are in it.
func crashed(t *testing.T, writes ...*store.Batch) (dir, log string, used int64) {
	t.Helper()
	s := openTiny(t, filepath.Join(t.TempDir(), "data"))
	for _, b := range writes {
		if err := s.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	awaitOneLog(s)
	dir = filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, filepath.Base(s.wal.path(s.wal.number))), s.wal.used.file
}

// awaitOneLog returns when badger has made sorted tables of all full memory tables, and
// removed their logs.
func awaitOneLog(s *base) {
	for oldLogs(s) > 0 {
		runtime.Gosched()
	}
}

// flip changes one byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

func openLogged(t *testing.T, dir string, o Options) (*base, *bytes.Buffer) {
	t.Helper()
	var lines bytes.Buffer
	o.Log, o.KeepEvery, o.tune = slog.New(slog.NewTextHandler(&lines, nil)), -1, small
	s, err := openKept(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &lines
}

func TestLogsAreReported(t *testing.T) {
	writes := []*store.Batch{batch("a", "1", "b", "1"), batch("c", "1"), batch("d", "1", "large", strings.Repeat("x", 100_000))}
	dir, log, used := crashed(t, writes...)
	good, dropped, err := settleLog(log)
	if err != nil || good != used || dropped != 0 {
		t.Errorf("a whole log: %d good bytes, %d dropped, %v, want %d and 0", good, dropped, err, used)
	}
	s, lines := openLogged(t, dir, Options{})
	if !strings.Contains(lines.String(), "not closed") || strings.Contains(lines.String(), "damaged") {
		t.Errorf("logged: %s", lines)
	}
	wantGet(t, s, "large", strings.Repeat("x", 100_000))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, lines := openLogged(t, dir, Options{}); lines.Len() != 0 {
		t.Errorf("logged after a clean end: %s", lines)
	}
}

// A log with a hole in what was never synced is what a power cut leaves.
func TestTornLogIsReported(t *testing.T) {
	dir, log, used := crashed(t, batch("a", "1"), batch("b", "1"), batch("c", "1"))
	for i := range int64(5) {
		flip(t, log, logHeader+used/2+i)
	}
	s, lines := openLogged(t, dir, Options{})
	if strings.Contains(lines.String(), "level=ERROR") || strings.Contains(lines.String(), "level=WARN") || !strings.Contains(lines.String(), "dropped=") {
		t.Errorf("logged: %s", lines)
	}
	wantGet(t, s, "a", "1")
	if _, err := s.Get([]byte("c")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what comes after the damage is there: %v", err)
	}
	if s.dropped == 0 {
		t.Error("nothing is counted")
	}
}

// A power cut in the middle of an opening must not make damage of what an earlier
// one has left: when the marks are gone, nothing explains a hole any more.
func TestCutWhileOpening(t *testing.T) {
	dir, log, used := crashed(t, batch("a", "1"), batch("b", "1"), batch("c", "1"))
	for i := range int64(5) {
		flip(t, log, logHeader+used/2+i)
	}
	quiet := slog.New(slog.DiscardHandler)
	if _, err := inspect(dir, time.Time{}, quiet); err != nil {
		t.Fatal(err)
	}
	if err := dropMarks(dir); err != nil {
		t.Fatal(err)
	}
	s, lines := openLogged(t, dir, Options{})
	wantGet(t, s, "a", "1")
	if s.dropped != 0 {
		t.Errorf("dropped %d bytes again: %s", s.dropped, lines)
	}
}

// What is dropped is an error only below what was synced, and unknown without marks.
func TestDroppedLevels(t *testing.T) {
	for want, m := range map[string]mark{
		"level=INFO":  {written: 1000, synced: logHeader + 100},
		"level=ERROR": {written: 1000, synced: logHeader + 101},
		"level=WARN":  {},
	} {
		var lines bytes.Buffer
		sayDropped(slog.New(slog.NewTextHandler(&lines, nil)), "1.mem", 100, 50, m)
		if !strings.Contains(lines.String(), want) {
			t.Errorf("%+v: %s, want %s", m, &lines, want)
		}
	}
}

// Badger takes a log's length away before its name. A kill in between is no loss.
func TestKilledWhileRemovingLog(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1")
	if err := s.flushTable(); err != nil {
		t.Fatal(err)
	}
	put(t, s, "b", "1")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	awaitOneLog(s)
	killed := copied(t, dir)
	old := filepath.Join(killed, logName(s.wal.number-1))
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantSound(t, killed)
	again, lines := openLogged(t, killed, Options{})
	if again.dropped != 0 || strings.Contains(lines.String(), "level=ERROR") {
		t.Errorf("dropped %d: %s", again.dropped, lines)
	}
	wantGet(t, again, "a", "1")
	wantGet(t, again, "b", "1")
}

// wantSound has the directory checked, which must find nothing but what is harmless.
func wantSound(t *testing.T, dir string) {
	t.Helper()
	sum, err := Check(context.Background(), dir, nil, func(f Finding) {
		if !f.Harmless {
			t.Errorf("check: %+v", f)
		}
	})
	if err != nil || sum.Damaged > 0 || sum.Left > 0 {
		t.Errorf("check: %+v, %v", sum, err)
	}
}

// wantSalvaged has the directory salvaged, and returns what came out.
func wantSalvaged(t *testing.T, dir string) map[string]string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "to")
	if _, err := Salvage(context.Background(), dir, to, quiet(), nil, func(Finding) {}); err != nil {
		t.Fatal(err)
	}
	return contents(t, to)
}

// Badger removes the log in the end. If the marks cannot say so before, it must not,
// or the next opening would miss it.
func TestCloseWithoutMarks(t *testing.T) {
	s, err := openKept(t.TempDir(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "1")
	if err := s.wal.markFile.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err == nil {
		t.Error("closed")
	}
	again, _ := openLogged(t, copied(t, s.dir), Options{})
	wantGet(t, again, "a", "1")
	if err := errors.Join(s.db.Close(), s.lock.Close()); err != nil {
		t.Error(err)
	}
}

// Marks that stay behind when the log has gone say that it may.
func TestCloseLeavesMarks(t *testing.T) {
	s, err := openKept(t.TempDir(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "1")
	if err := errors.Join(s.Sync(), s.wal.noteTurn()); err != nil {
		t.Fatal(err)
	}
	marks, err := os.ReadFile(filepath.Join(s.dir, marksFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, marksFile), marks, 0o600); err != nil {
		t.Fatal(err)
	}
	wantSound(t, s.dir)
	again, _ := openLogged(t, s.dir, Options{})
	wantGet(t, again, "a", "1")
}

// A log that ends before what was synced, wherever, is damaged, and so is one
// with a single wrong bit. It must not be opened: badger would drop the rest.
func TestDamagedLogIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1")
	first := s.wal.used.file
	put(t, s, "b", "1")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Base(s.wal.path(s.wal.number))
	for name, harm := range map[string]func(string){
		"cut between writes": func(path string) {
			if err := os.Truncate(path, logHeader+first); err != nil {
				t.Fatal(err)
			}
		},
		"cut to nothing": func(path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		},
		"bit": func(path string) { flip(t, path, logHeader+first+5) },
	} {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		harm(filepath.Join(copied, log))
		if _, err := openKept(copied, Options{Log: slog.New(slog.DiscardHandler), tune: small}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

// TestOpenSyncsLogs: what a dead process wrote without a sync is on disk before
// anybody can see it, and build on it.
func TestOpenSyncsLogs(t *testing.T) {
	probe := openStuck(t)
	put(t, probe, "a", "1")
	log := probe.wal.path(probe.wal.number)
	for dirtyBytes(t, log) == 0 { // the kernel may have written it by itself
		put(t, probe, "a", "1")
	}
	if _, err := settleLogs(probe.dir, probe.log); err != nil {
		t.Fatal(err)
	}
	if n := dirtyBytes(t, log); n != 0 {
		t.Errorf("%d bytes are not on disk", n)
	}
}

// TestDamagedRecord flips a byte of a value in a sorted table that is in use.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	for i := range 100 {
		put(t, s, fmt.Sprintf("key%02d", i), fmt.Sprintf("value number %02d", i))
	}
	put(t, s, "large", strings.Repeat("large", 50_000/5)+strings.Repeat("X", 50_000))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, lines := openLogged(t, dir, Options{})
	damage(t, dir, "value number 42")
	damage(t, dir, "XXXXXXXXXX")
	for _, key := range []string{"key42", "large"} {
		if v, err := s.Get([]byte(key)); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), key) {
			t.Errorf("Get(%s) = %.20q, %v, want ErrCorrupt", key, v, err)
		}
	}
	wantGet(t, s, "key41", "value number 41")
	wantGet(t, s, "key43", "value number 43")
	if err := s.Load(nil, func(_, _ []byte) error { return nil }); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Load: %v, want ErrCorrupt", err)
	}
	s.skipCorrupt = true
	n := 0
	if err := s.Load(nil, func(_, _ []byte) error { n++; return nil }); err != nil || n != 99 {
		t.Errorf("Load past the damage: %d records, %v, want 99", n, err)
	}
	if strings.Count(lines.String(), "damaged record") != 2 {
		t.Errorf("logged: %s", lines)
	}
	put(t, s, "key42", "mended")
	wantGet(t, s, "key42", "mended")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openKept(dir, Options{Log: s.log, tune: small}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open of a damaged table: %v, want ErrCorrupt", err)
	}
}

// damage flips a byte within the text, wherever it stands in the sorted tables.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(content, []byte(text)); at >= 0 {
			flip(t, path, int64(at+len(text)/2))
			return
		}
	}
	t.Fatalf("%q is in none of %v", text, paths)
}

// TestBadgerLosesTableThatCannotBeMade shows why descriptors must never run out,
// see FileReserve: when one of the tables of a compaction cannot be made, badger
// drops the tables that it was made from all the same. Should the test fail,
// badger has mended it.
func TestBadgerLosesTableThatCannotBeMade(t *testing.T) {
	s, err := openKept(t.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1, tune: func(b badger.Options) badger.Options {
		return small(b).WithNumCompactors(0)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const records = 10_000
	for i := range records {
		put(t, s, fmt.Sprintf("key%06d", i*7919%records), strings.Repeat("x", 300))
	}
	if err := s.flushTable(); err != nil { // nothing is under way after it
		t.Fatal(err)
	}
	next := uint64(0)
	for _, table := range s.db.Tables() {
		next = max(next, table.ID+1)
	}
	obstacle := filepath.Join(s.dir, fmt.Sprintf("%06d.sst", next))
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Flatten(1); err != nil {
		t.Fatalf("badger says what went wrong: %v: DESIGN.md is out of date", err)
	}
	n := 0
	if err := s.Load(nil, func(_, _ []byte) error { n++; return nil }); err != nil || n == records {
		t.Errorf("%d records, %v: badger has lost nothing: DESIGN.md is out of date", n, err)
	}
}
