package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// A journal opens with other settings than it was written with, large batches included.
func TestOtherSizes(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	large, want := strings.Repeat("x", 5<<10), make(map[string]string)
	for i, size := range []int64{4 << 10, 64 << 10, 1 << 10, 16 << 10} {
		o := small()
		o.SegmentBytes, o.Segments = size, 2+i
		s := openWith(t, dir, below, o)
		equalMaps(t, content(t, s), want)
		for j := range 20 {
			b := batch(fmt.Sprintf("%d.%d=%s", i, j, large[:j*250]))
			must(t, s.Write(b))
			do(want, b)
		}
		equalMaps(t, content(t, s), want)
		left := image(t, dir)
		must(t, s.Close())
		dir, below = left, below.Crash()
	}
}

// Empty keys and values, and batches at their bounds.
func TestBounds(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	o := small()
	o.MaxKey = 100
	s := openWith(t, dir, below, o)
	write(t, s, "=", "a=")
	write(t, s, "="+strings.Repeat("x", o.MaxBatch))
	write(t, s, strings.Repeat("k", o.MaxKey)+"=")
	for _, b := range []*store.Batch{
		batch("a=" + strings.Repeat("x", o.MaxBatch)),
		batch(strings.Repeat("k", o.MaxKey+1) + "="),
		batch("-" + strings.Repeat("k", o.MaxKey+1)),
		batch(slices.Repeat([]string{"-a"}, o.MaxBatch)...),
	} {
		if err := s.Write(b); !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("a batch of %d operations and %d bytes: %v", b.Len(), b.Size(), err)
		}
	}
	want := []string{"=" + strings.Repeat("x", o.MaxBatch), "a=", strings.Repeat("k", o.MaxKey) + "="}
	wantContent(t, s, want...)
	left := image(t, dir)
	must(t, s.Close())
	s = open(t, left, memstore.New())
	wantContent(t, s, want...)
	must(t, s.Close())
}

// A segment that is not there any more is missed, the newest one by its mark.
func TestMissingSegment(t *testing.T) {
	p := newTemplate(t)
	files, err := segmentFiles(p.dir)
	must(t, err)
	for _, path := range files {
		if _, ok := number(t, path); !ok {
			continue // a spare one
		}
		dir := filepath.Join(t.TempDir(), "d")
		must(t, os.CopyFS(dir, os.DirFS(p.dir)), os.Remove(filepath.Join(dir, filepath.Base(path))))
		if _, err := Open(dir, memstore.New(), small()); !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "missing") {
			t.Errorf("without %s: %v", path, err)
		}
		got, _ := readAll(t, dir)
		p.compare(t, wound{name: filepath.Base(path), to: 1 << 20}, got)
	}
}

func number(tb testing.TB, path string) (uint64, bool) {
	tb.Helper()
	b, err := os.ReadFile(path)
	must(tb, err)
	h, ok := parseHeader(b)
	return h.number, ok
}

// Marks that are gone, or of an earlier time, make the judgement milder and lose nothing.
func TestMarks(t *testing.T) {
	p := newTemplate(t)
	for name, fn := range map[string]func(path string) error{
		"none":  os.Remove,
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"torn":  func(path string) error { return os.Truncate(path, 20) },
		"earlier": func(path string) error {
			m := marks{segment: 1, written: segmentHeader, synced: segmentHeader}
			return os.WriteFile(path, m.encode(), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			must(t, os.CopyFS(dir, os.DirFS(p.dir)), fn(filepath.Join(dir, MarksFile)))
			if !p.open(t, wound{}, dir) {
				t.Error("the journal does not open")
			}
		})
	}
}

// The end of what was not synced is dropped where it is not whole, and counted.
func TestDropped(t *testing.T) {
	for name, x := range map[string]struct {
		hurt    func(b []byte, at []int)
		records int // that are left
	}{
		"nothing":         {func([]byte, []int) {}, 4},
		"a bit":           {func(b []byte, at []int) { b[at[3]+70] ^= 4 }, 4},
		"a value":         {func(b []byte, at []int) { clear(b[at[2]+60 : at[2]+80]) }, 2},
		"a head":          {func(b []byte, at []int) { clear(b[at[1] : at[1]+headBytes]) }, 1},
		"all of it":       {func(b []byte, at []int) { clear(b[at[1]:]) }, 1},
		"what is between": {func(b []byte, at []int) { clear(b[at[1]:at[3]]) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := strings.Repeat("x", 100)
			dir, path, at := journalOf(t, batch("a="+v), synced, batch("b="+v), batch("c="+v), batch("d="+v))
			change(t, path, func(b []byte) { x.hurt(b, at) })
			for _, marks := range []bool{true, false} {
				d := filepath.Join(t.TempDir(), "d")
				must(t, os.CopyFS(d, os.DirFS(dir)))
				if !marks {
					must(t, os.Remove(filepath.Join(d, MarksFile)))
				}
				s := open(t, d, memstore.New())
				if n := len(content(t, s)); n != x.records {
					t.Errorf("with marks %v: %d records are left, want %d", marks, n, x.records)
				}
				want := int64(4-x.records) * int64(at[1]-at[0])
				if !marks && name == "all of it" {
					want = 0 // nobody knows of it
				}
				if n := s.Dropped(); n != want {
					t.Errorf("with marks %v: %d bytes dropped, want %d", marks, n, want)
				}
				must(t, s.Close())
			}
		})
	}
}

// An Open that fails leaves what there was, no file open and nobody running (see TestMain).
func TestOpenFails(t *testing.T) {
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		t.Skip("the files that are open cannot be counted here")
	}
	dir, path, _ := journalOf(t, batch("a=1"), synced)
	f := storetest.NewFailing(memstore.New())
	before := openFiles(t)
	fails := func(what string, want error) {
		t.Helper()
		if _, err := Open(dir, f, small()); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
		if n := openFiles(t); n != before {
			t.Errorf("%s: %d files stay open", what, n-before)
		}
	}
	f.FailWrite(storetest.Fault{Err: store.ErrNoSpace})
	fails("a store below without room", store.ErrNoSpace)
	f.FailSync(storetest.Fault{})
	fails("a store below that does not sync", storetest.ErrInjected)
	must(t, os.Rename(filepath.Join(dir, MarksFile), filepath.Join(dir, "marks")), os.Mkdir(filepath.Join(dir, MarksFile), 0o700))
	fails("marks that cannot be read", syscall.EISDIR)
	must(t, os.Remove(filepath.Join(dir, MarksFile)), os.Rename(filepath.Join(dir, "marks"), filepath.Join(dir, MarksFile)))
	must(t, os.Mkdir(filepath.Join(dir, "98"+Extension), 0o700))
	fails("a segment that cannot be read", syscall.EISDIR)
	must(t, os.Remove(filepath.Join(dir, "98"+Extension)))
	change(t, path, func(b []byte) { clear(b[100:108]) })
	fails("damage", store.ErrCorrupt)
}

func openFiles(tb testing.TB) int {
	tb.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(tb, err)
	return len(list)
}

// A store that is closed has no file open either, whatever went wrong before.
func TestClosedFiles(t *testing.T) {
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		t.Skip("the files that are open cannot be counted here")
	}
	before := openFiles(t)
	for name, fail := range map[string]func(s *Store, f *storetest.Failing){
		"nothing": func(*Store, *storetest.Failing) {},
		"below":   func(_ *Store, f *storetest.Failing) { f.FailWrite(storetest.Fault{}) },
		"no room": func(_ *Store, f *storetest.Failing) { f.FailWrite(storetest.Fault{Times: -1, Err: store.ErrNoSpace}) },
		"begin": func(s *Store, _ *storetest.Failing) {
			g := <-s.flusher.spare
			must(t, g.segment.file.Close())
			g.segment.file, _ = os.Open(g.segment.file.Name()) // not for writing
			s.flusher.spare <- g
		},
		"a sync": func(s *Store, _ *storetest.Failing) { s.sync = func(*os.File) error { return os.ErrInvalid } },
	} {
		f := storetest.NewFailing(memstore.New())
		s := open(t, t.TempDir(), f)
		write(t, s, "a=1")
		turn(t, s)
		write(t, s, "b=1")
		fail(s, f)
		_ = s.Settle()
		_ = s.Close()
		if n := openFiles(t); n != before {
			t.Errorf("%s: %d files stay open", name, n-before)
		}
	}
}
