package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
)

// small has segments that fill up soon.
func small() Options {
	return Options{Log: slog.New(slog.DiscardHandler), SegmentBytes: 4 << 10, Segments: 6, MaxBatch: 6 << 10}
}

func open(tb testing.TB, dir string, below store.Store) *Store {
	tb.Helper()
	return openWith(tb, dir, below, small())
}

func openWith(tb testing.TB, dir string, below store.Store, o Options) *Store {
	tb.Helper()
	s, err := Open(dir, below, o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// batch makes a batch of words: "key=value", "key:value" for a fresh one, "-key".
func batch(words ...string) *store.Batch {
	var b store.Batch
	for _, w := range words {
		i := strings.IndexAny(w, "=:")
		switch {
		case w[0] == '-':
			b.Delete([]byte(w[1:]))
		case w[i] == ':':
			b.PutFresh([]byte(w[:i]), []byte(w[i+1:]))
		default:
			b.Put([]byte(w[:i]), []byte(w[i+1:]))
		}
	}
	return &b
}

func write(tb testing.TB, s store.Store, words ...string) {
	tb.Helper()
	if err := s.Write(batch(words...)); err != nil {
		tb.Fatal(err)
	}
}

func must(tb testing.TB, errs ...error) {
	tb.Helper()
	for _, err := range errs {
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// turn has the store go on with its next segment.
func turn(tb testing.TB, s *Store) {
	tb.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	must(tb, s.turn())
}

// handOn has all that is frozen handed on, and no more.
func handOn(s *Store) {
	waits := s.unsettled()
	s.flusher.hasten()
	for _, done := range waits {
		<-done
	}
}

// content returns what a store shows.
func content(tb testing.TB, s store.Store) map[string]string {
	tb.Helper()
	m := make(map[string]string)
	must(tb, s.Load(nil, func(k, v []byte) error {
		m[string(k)] = string(v)
		return nil
	}))
	return m
}

// wantContent compares what a store shows with words "key=value".
func wantContent(tb testing.TB, s store.Store, words ...string) {
	tb.Helper()
	var got []string
	m := content(tb, s)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		got = append(got, k+"="+m[k])
	}
	if !slices.Equal(got, words) {
		tb.Errorf("the store has %q, want %q", got, words)
	}
}

// image returns a copy of the directory of a journal, as a dead process leaves it.
func image(tb testing.TB, dir string) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), "image")
	for {
		err := os.CopyFS(to, os.DirFS(dir))
		if !errors.Is(err, fs.ErrNotExist) { // the flusher gives up a segment that it has no space or no use for
			must(tb, err)
			return to
		}
		must(tb, os.RemoveAll(to))
	}
}

// awaitSpare waits until there is a spare segment, and leaves it where it is: the flusher would
// make another one.
func awaitSpare(s *Store) {
	for len(s.flusher.spare) == 0 {
		runtime.Gosched()
	}
}

// path is the path of the segment that is written to, in a copy of the directory.
func (s *Store) path(dir string) string {
	return filepath.Join(dir, filepath.Base(s.segment.file.Name()))
}

// filler is a value of which a few fill a segment.
func filler(n int) string { return strings.Repeat(fmt.Sprint(n%10), 900) }

func words(s string) []string { return strings.Fields(s) }

// do does to a map what a batch does to a store.
func do(m map[string]string, b *store.Batch) {
	for _, op := range b.Ops {
		if op.Delete {
			delete(m, string(op.Key))
		} else {
			m[string(op.Key)] = string(op.Value)
		}
	}
}

func equalMaps(tb testing.TB, got, want map[string]string) {
	tb.Helper()
	if d := difference(got, want); d != "" {
		tb.Error(d)
	}
}

// difference says in what two maps differ.
func difference(got, want map[string]string) (d string) {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[k]; !ok || v != want[k] {
			d += fmt.Sprintf("%q is %.40q (%v), want %.40q; ", k, v, ok, want[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			d += fmt.Sprintf("%q is %.40q and should not be there; ", k, got[k])
		}
	}
	return d
}
