package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
)

// copied returns a copy of a directory.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestManifestEnds: badger removes the tables that its manifest does not name.
// That is right for what a crash has left, and fatal when the manifest was cut.
func TestManifestEnds(t *testing.T) {
	dir := filledTwice(t)
	want := contents(t, dir)
	m, err := readManifest(dir)
	if err != nil || m.broken != "" || m.torn || m.good != m.size {
		t.Fatalf("%+v, %v", m, err)
	}
	tables, err := numbered(dir, ".sst")
	if err != nil {
		t.Fatal(err)
	}
	last := slices.Max(tables)

	crashed := copied(t, dir)
	if err := os.Link(filepath.Join(crashed, tableName(last)), filepath.Join(crashed, tableName(last+50))); err != nil {
		t.Fatal(err)
	}
	s, lines := openLogged(t, crashed, Options{})
	if !strings.Contains(lines.String(), tableName(last+50)) || !strings.Contains(lines.String(), "harmless") {
		t.Errorf("logged: %s", lines)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, crashed), want)

	for size := int64(0); size < m.size; size++ {
		cut := copied(t, dir)
		if err := os.Truncate(filepath.Join(cut, "MANIFEST"), size); err != nil {
			t.Fatal(err)
		}
		s, err := openKept(cut, quiet())
		if err == nil {
			err = s.Close()
		}
		if err == nil {
			same(t, contents(t, cut), want)
		} else if !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", size, err)
		}
	}
}

// TestMissingLog: a log that has a mark was there, unless badger may have left it.
func TestMissingLog(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	put(t, s, "a", "1")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	lost := copied(t, dir)
	if err := s.wal.noteTurn(); err != nil {
		t.Fatal(err)
	}
	left := copied(t, dir)
	for _, d := range []string{lost, left} {
		if err := os.Remove(filepath.Join(d, logName(s.wal.number))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openKept(lost, quiet()); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("Open without the log: %v", err)
	}
	contents(t, left)
	found := 0
	if sum, err := Check(context.Background(), lost, nil, func(Finding) { found++ }); err != nil || sum.Damaged != 1 || found != 1 {
		t.Errorf("check: %+v, %d findings, %v", sum, found, err)
	}
}

// TestMarks: they are read as they were written, damaged ones are not, and they
// tell the logs apart.
func TestMarks(t *testing.T) {
	dir := t.TempDir()
	var m marks
	for i := range marksKept + 2 {
		m.begin(i, nil)
		m[marksKept-1].seed[0] = byte(i + 1)
	}
	m[marksKept-1].synced, m[marksKept-1].left = 100, true
	path := filepath.Join(dir, marksFile)
	if err := os.WriteFile(path, m.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readMarks(dir); err != nil || got != m {
		t.Errorf("%+v, %v, want %+v", got, err, m)
	}
	header := make([]byte, logHeader)
	const last = marksKept + 1
	header[8] = last + 1
	if got := m.of(last, header); got.synced != 100 {
		t.Errorf("the last log: %+v", got)
	}
	header[8]++
	if got := m.of(last, header); got.written != 0 {
		t.Errorf("another log of that number: %+v", got)
	}
	if got := m.of(last, nil); got.synced != 100 {
		t.Errorf("a log whose header is gone: %+v", got)
	}
	if got := m.of(last+1, header); got.synced != logHeader {
		t.Errorf("a log that began since: %+v", got)
	}
	flip(t, path, 7)
	if _, err := readMarks(dir); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged marks: %v", err)
	}
}

// TestMarkIsExact: it says where the log ends, also when a batch has a key more
// than once, and with values of any size.
func TestMarkIsExact(t *testing.T) {
	s := openTiny(t, t.TempDir())
	for i := range 40 {
		var b store.Batch
		for j := range i {
			b.Put(fmt.Appendf(nil, "key%d", j%7), make([]byte, j*i*2))
			b.Delete(fmt.Appendf(nil, "key%d", j%5))
		}
		b.Put([]byte("last"), []byte{0, 0, 0})
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		good, dropped, err := settleLog(s.wal.path(s.wal.number))
		m := s.wal.marks.newest()
		if err != nil || dropped != 0 || m.written != logHeader+good {
			t.Fatalf("batch %d: marked %d, the log has %d and %d, %v", i, m.written, logHeader+good, dropped, err)
		}
		if err := s.Sync(); err != nil || s.wal.marks.newest().synced != m.written {
			t.Fatalf("batch %d: %+v, %v", i, s.wal.marks.newest(), err)
		}
	}
}
