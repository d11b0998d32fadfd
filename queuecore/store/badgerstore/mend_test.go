package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// A cut between making a log and giving it its length leaves nothing to read, and no
// reason to refuse the rest.
func TestUnbornLogs(t *testing.T) {
	dir, log, _ := crashed(t, batch("a", "1"))
	var n int
	if _, err := fmt.Sscanf(filepath.Base(log), "%d.mem", &n); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fmt.Sprintf("%05d.mem", n+1), "000001.vlog"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantSound(t, dir)
	same(t, wantSalvaged(t, dir), map[string]string{"a": "1"})
	s, _ := openLogged(t, dir, Options{})
	wantGet(t, s, "a", "1")
}

// Unclean ends do not pile up value logs.
func TestUnusedValueLogs(t *testing.T) {
	dir, _, _ := crashed(t, batch("a", "1"))
	for _, name := range []string{"000002.vlog", "000003.vlog"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("h", logHeader)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 8<<20); err != nil {
			t.Fatal(err)
		}
	}
	s, _ := openLogged(t, dir, Options{})
	wantGet(t, s, "a", "1")
	logs, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if err != nil || len(logs) != 1 {
		t.Errorf("%v: %v", logs, err)
	}
}

// A change of the manifest that is not whole was never acted on.
func TestTornManifest(t *testing.T) {
	for name, tail := range map[string]string{
		"wrong sum":       "\x00\x00\x00\x04\x01\x02\x03\x04torn",
		"wrong length":    "\x7f\xff\x00\x00\x00\x00\x00\x00",
		"too short":       "\x00\x00\x00\x08\x00\x00\x00\x00to",
		"zeros":           strings.Repeat("\x00", 16),
		"half a head":     "\x00\x00\x00",
		"a length, zeros": "\x00\x00\x00\x06\x01\x02\x03\x04" + strings.Repeat("\x00", 6),
	} {
		t.Run(name, func(t *testing.T) {
			dir, _, _ := crashed(t, batch("a", "1"))
			appendTo(t, filepath.Join(dir, "MANIFEST"), tail)
			wantSound(t, dir)
			same(t, wantSalvaged(t, dir), map[string]string{"a": "1"})
			s, _ := openLogged(t, dir, Options{})
			wantGet(t, s, "a", "1")
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A last change that is damaged, after badger has acted on it, is no torn one.
func TestDamagedManifest(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flipLast(t, filepath.Join(dir, "MANIFEST"))
	s, err := openKept(dir, Options{KeepEvery: -1, tune: small})
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("opened: %v", err)
	}
}

// Whatever byte of a manifest is wrong: it is refused and left as it is, or what it
// said was not needed.
func TestFlippedManifest(t *testing.T) {
	dir := filledTwice(t)
	want := contents(t, dir)
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := range int64(len(manifest)) {
		hit := copied(t, dir)
		flip(t, filepath.Join(hit, "MANIFEST"), at)
		before, err := os.ReadFile(filepath.Join(hit, "MANIFEST"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := openKept(hit, quiet())
		if err == nil {
			same(t, contentsOf(t, s), want)
			s.Close()
			continue
		}
		refused++
		after, rerr := os.ReadFile(filepath.Join(hit, "MANIFEST"))
		if !errors.Is(err, ErrCorrupt) || rerr != nil || !bytes.Equal(before, after) {
			t.Fatalf("byte %d: %v; the manifest has %d bytes of %d, %v", at, err, len(after), len(before), rerr)
		}
		if at%16 == 0 {
			same(t, wantSalvaged(t, hit), want)
		}
	}
	if refused == 0 {
		t.Error("none was refused")
	}
}

// Only the last change can be torn: one that a whole one comes after is damaged,
// whatever length it says.
func TestTornIsLast(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "MANIFEST")
	for at := int64(manifestHeader); at < manifestHeader+28; at++ {
		if err := os.WriteFile(path, []byte("Bdgr\x00\x00\x00\x08"), 0o600); err != nil {
			t.Fatal(err)
		}
		for id := range uint64(2) {
			if err := forgetTables(dir, []uint64{id + 1}); err != nil {
				t.Fatal(err)
			}
		}
		m, err := readManifest(dir)
		if err != nil || m.torn || m.broken != "" || len(m.deleted) != 2 {
			t.Fatalf("%+v, %v", m, err)
		}
		second := manifestHeader + (m.size-manifestHeader)/2
		flip(t, path, at)
		if m, err = readManifest(dir); err != nil {
			t.Fatal(err)
		}
		if last := at >= second; m.torn != last || (m.broken != "") == last {
			t.Errorf("byte %d of %d, the last change begins at %d: %+v", at, m.size, second, m)
		}
	}
}

// A table that somebody has deleted is not made again of nothing.
func TestDeletedTable(t *testing.T) {
	dir := filledTwice(t)
	tables, err := numbered(dir, ".sst")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range tables {
		hit := copied(t, dir)
		if err := os.Remove(filepath.Join(hit, tableName(n))); err != nil {
			t.Fatal(err)
		}
		if _, err := openKept(hit, quiet()); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "missing") {
			t.Errorf("without %s: %v", tableName(n), err)
		}
	}
}

// A change that names a table is torn: the table is made again of its log.
func TestTornCreation(t *testing.T) {
	dir, _ := unnamed(t)
	flipLast(t, filepath.Join(dir, "MANIFEST"))
	wantSound(t, dir)
	s, lines := openLogged(t, dir, Options{})
	if !strings.Contains(lines.String(), "torn") {
		t.Errorf("logged: %s", lines)
	}
	wantGet(t, s, "first", "table")
	wantGet(t, s, "b", "2")
}

func flipLast(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	flip(t, path, info.Size()-1)
}

// unnamed returns a directory as a power cut leaves it where the names are those
// of the last sync of the directory: the manifest knows a table, the table has no
// name, and its log has not lost its own.
func unnamed(t *testing.T) (dir, log string) {
	t.Helper()
	s, err := openKept(t.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1, tune: func(b badger.Options) badger.Options {
		return small(b).WithNumCompactors(0)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	put(t, s, "first", "table")
	if err := s.flushTable(); err != nil {
		t.Fatal(err)
	}
	awaitOneLog(s)
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	log = s.wal.path(s.wal.number)
	before := t.TempDir()
	if err := os.CopyFS(before, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.flushTable(); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(s.dir, "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(before, "MANIFEST"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	return before, filepath.Join(before, filepath.Base(log))
}

func TestUnnamedTable(t *testing.T) {
	dir, _ := unnamed(t)
	// A log that nothing was written to before the cut is removed at the next opening, which
	// goes on after its number.
	empty := filepath.Join(dir, "00090.mem")
	if err := os.WriteFile(empty, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	wantSound(t, dir)
	same(t, wantSalvaged(t, dir), map[string]string{"first": "table", "a": "1", "b": "2"})
	s, lines := openLogged(t, dir, Options{})
	if !strings.Contains(lines.String(), "lost their names") {
		t.Errorf("logged: %s", lines)
	}
	wantGet(t, s, "first", "table")
	wantGet(t, s, "a", "1")
	wantGet(t, s, "b", "2")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, lines = openLogged(t, dir, Options{})
	if lines.Len() > 0 {
		t.Errorf("logged the second time: %s", lines)
	}
	wantGet(t, s, "b", "2")
}

// A table that is gone with its log is damage, whatever other logs there are.
func TestLostTable(t *testing.T) {
	tests := map[string]func(t *testing.T, dir, log string){
		"its log is gone": func(t *testing.T, _, log string) {
			if err := os.Remove(log); err != nil {
				t.Fatal(err)
			}
		},
		"another log does not follow on it": func(t *testing.T, dir, log string) {
			var n int
			if _, err := fmt.Sscanf(filepath.Base(log), "%d.mem", &n); err != nil {
				t.Fatal(err)
			}
			later, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.mem", n+2)), later, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"its log is damaged": func(t *testing.T, _, log string) { flip(t, log, logHeader+10) },
	}
	for name, lose := range tests {
		t.Run(name, func(t *testing.T) {
			dir, log := unnamed(t)
			lose(t, dir, log)
			s, err := openKept(dir, Options{KeepEvery: -1, tune: small})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("opened: %v", err)
			}
		})
	}
}
