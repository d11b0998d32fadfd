package journal

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// model is a store in a directory beside a map, with all that a crash may leave.
type model struct {
	t       *testing.T
	rt      *rapid.T
	options Options
	s       *Store
	dir     string
	below   *memstore.Store
	batches int

	now     map[string]string
	synced  map[string]string // what was there at the last sync
	pending []*store.Batch    // since then

	disk  map[string][]byte // what it has for certain of the segments' files, if not zeros
	marks [][]byte          // that it may have
	stop  func()            // ends the readers
}

// TestModel holds a journal of small segments to a map, over restarts, kills and power
// cuts, with readers at work.
func TestModel(t *testing.T) { testModel(t, small()) }

// TestModelOfWideWindow is the same with segments beyond the usual ones.
func TestModelOfWideWindow(t *testing.T) { testModel(t, wide()) }

func testModel(t *testing.T, o Options) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, f.Value.Set(modelChecks))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) }) // it was good before
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: t, rt: rt, options: o, now: make(map[string]string), synced: make(map[string]string)}
		m.open(t.TempDir(), memstore.New())
		defer func() {
			m.stop()
			m.s.Close()
		}()
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			m.step(rapid.IntRange(0, 99).Draw(rt, "step"))
		}
		m.compare()
	})
}

func (m *model) open(dir string, below *memstore.Store) {
	s, err := Open(dir, below, m.options)
	if err != nil {
		m.rt.Fatalf("Open: %v", err)
	}
	m.s, m.dir, m.below, m.disk, m.marks = s, dir, below, make(map[string][]byte), nil
	m.isSynced()
	m.track()
	s.sync = func(f *os.File) error {
		b, err := os.ReadFile(f.Name())
		m.disk[filepath.Base(f.Name())] = b
		m.isSynced()
		return err
	}
	m.stop = m.read()
}

func (m *model) step(n int) {
	switch {
	case n < 2:
		m.close()
		m.open(m.dir, m.below.Crash())
	case n < 5:
		m.crash(m.dies)
	case n < 10:
		m.crash(m.losesPower)
	case n < 12:
		m.must(m.s.Settle())
		if len(m.s.unsettled()) > 0 {
			m.rt.Fatal("Settle left something")
		}
	case n < 15:
		handOn(m.s)
	case n < 30:
		m.must(m.s.Sync())
	case n < 36:
		m.compare()
	default:
		for range n / 16 {
			m.write()
		}
	}
	m.track()
}

func (m *model) must(err error) {
	if err != nil {
		m.rt.Fatal(err)
	}
}

func (m *model) close() {
	m.stop()
	m.must(m.s.Close())
	m.isSynced()
	wantNoFiles(m.t, m.dir)
}

func (m *model) isSynced() { m.synced, m.pending = maps.Clone(m.now), nil }

// write does a random batch. Each counts in two keys, for the readers.
func (m *model) write() {
	var b store.Batch
	m.batches++
	for _, k := range []string{"~1", "~2"} {
		b.Put([]byte(k), fmt.Appendf(nil, "%06d", m.batches))
	}
	after := maps.Clone(m.now)
	do(after, &b)
	for range rapid.IntRange(0, 8).Draw(m.rt, "ops") {
		m.op(&b, after)
	}
	m.must(m.s.Write(&b))
	m.now = after
	m.pending = append(m.pending, &b)
}

// op adds an operation to a batch, and does it to a map.
func (m *model) op(b *store.Batch, to map[string]string) {
	k := rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00")), 0, 3, -1).Draw(m.rt, "key")
	if rapid.IntRange(0, 2).Draw(m.rt, "delete") == 0 {
		b.Delete([]byte(k))
		delete(to, k)
		return
	}
	v := strings.Repeat(string(rune('a'+m.batches%26)), rapid.IntRange(0, 400).Draw(m.rt, "length"))
	if _, there := to[k]; !there && rapid.Bool().Draw(m.rt, "fresh") {
		b.PutFresh([]byte(k), []byte(v))
	} else {
		b.Put([]byte(k), []byte(v))
	}
	to[k] = v
}

// compare looks at the store in all ways there are.
func (m *model) compare() {
	m.want(m.now)
	prefix := rapid.SampledFrom([]string{"a", "b", "aa", "~"}).Draw(m.rt, "prefix")
	from := rapid.SampledFrom([]string{"", "a", "ab"}).Draw(m.rt, "from")
	to := rapid.SampledFrom([]string{"a", "ab", "b", "z"}).Draw(m.rt, "to")
	m.walked(func(fn func(k, v []byte) error) error { return m.s.Load([]byte(prefix), fn) },
		func(k string) bool { return strings.HasPrefix(k, prefix) })
	m.walked(func(fn func(k, v []byte) error) error { return m.s.Range([]byte(from), []byte(to), fn) },
		func(k string) bool { return k >= from && k < to })
	for _, k := range []string{"", "a", "b", "aa", "ab", "a\x00", "~1"} {
		v, err := m.s.Get([]byte(k))
		if want, there := m.now[k]; there != (err == nil) || string(v) != want {
			m.rt.Fatalf("Get(%q) = %q, %v, want %q (%v)", k, v, err, want, there)
		}
	}
}

func (m *model) walked(walk func(fn func(k, v []byte) error) error, in func(string) bool) {
	got, want, last := make(map[string]string), make(map[string]string), ""
	m.must(walk(func(k, v []byte) error {
		if len(got) > 0 && string(k) <= last {
			m.rt.Fatalf("%q comes behind %q", k, last)
		}
		last = string(k)
		got[last] = string(v)
		return nil
	}))
	for k, v := range m.now {
		if in(k) {
			want[k] = v
		}
	}
	if d := difference(got, want); d != "" {
		m.rt.Fatal(d)
	}
}

func (m *model) want(want map[string]string) {
	if d := difference(content(m.t, m.s), want); d != "" {
		m.rt.Fatal(d)
	}
}

// read has readers look for halves of batches, and for older ones behind newer ones.
func (m *model) read() (stop func()) {
	s, quit, done := m.s, make(chan struct{}), make(chan string, 2)
	last, _ := s.Get([]byte("~1"))
	for n := range 2 {
		// Ends when quit is closed, by stop.
		go func() {
			seen := string(last)
			for {
				select {
				case <-quit:
					done <- ""
					return
				default:
				}
				if n == 0 {
					v, _ := s.Get([]byte("~2"))
					if string(v) < seen {
						done <- fmt.Sprintf("Get: %q after %q", v, seen)
						return
					}
					seen = string(v)
					continue
				}
				var vs []string
				if err := s.Load([]byte("~"), func(_, v []byte) error { vs = append(vs, string(v)); return nil }); err != nil {
					done <- err.Error()
					return
				}
				if len(vs) > 0 && (vs[0] != vs[1] || vs[0] < seen) || len(vs) == 0 && seen != "" {
					done <- fmt.Sprintf("Load: %q after %q", vs, seen)
					return
				}
				if len(vs) > 0 {
					seen = vs[0]
				}
			}
		}()
	}
	return func() {
		close(quit)
		for range 2 {
			if wrong := <-done; wrong != "" {
				m.t.Error(wrong)
			}
		}
		m.stop = func() {}
	}
}

// track notes which marks a power cut may leave.
func (m *model) track() {
	marks, err := os.ReadFile(filepath.Join(m.dir, MarksFile))
	m.must(err)
	// Applied is never noted without a sync.
	if n := len(m.marks); n > 0 && !bytes.Equal(m.marks[n-1][28:36], marks[28:36]) {
		m.marks = nil
	}
	m.marks = append(m.marks, marks)
}

// crash goes on with what an end of a kind leaves in a copy of the directory.
func (m *model) crash(left func(dir string) (n int)) {
	if rapid.Bool().Draw(m.rt, "hand on first") {
		handOn(m.s)
	}
	// The store below may be ahead of what the journal knows of it, not behind.
	dir := image(m.t, m.dir)
	keep := rapid.IntRange(0, 3).Draw(m.rt, "below keeps")
	below := m.below.CrashKeeping(keep)
	n, pending := left(dir), m.pending
	m.now = m.synced
	m.stop()
	m.must(m.s.Close())
	s, err := Open(dir, below, m.options)
	m.must(err)
	got := content(m.t, s)
	m.must(s.Close())
	for i := 0; ; i++ {
		d := difference(got, m.now)
		if d == "" && i >= n {
			break
		}
		if i == len(pending) {
			m.rt.Fatalf("after a crash, with %d of %d more batches to be there: %s", n, i, d)
		}
		do(m.now, pending[i])
	}
	m.open(dir, below.Crash())
}

// dies leaves all.
func (m *model) dies(string) int { return len(m.pending) }

// losesPower takes sectors of what was not synced away, and any newer marks.
func (m *model) losesPower(dir string) int {
	kind := rapid.IntRange(0, 3).Draw(m.rt, "what is kept")
	paths, err := segmentFiles(dir)
	m.must(err)
	for _, path := range paths {
		now, err := os.ReadFile(path)
		m.must(err)
		base := append(bytes.Clone(m.disk[filepath.Base(path)]), make([]byte, len(now))...)
		for at := 0; at < len(now); at += 512 {
			end := min(at+512, len(now))
			if !bytes.Equal(now[at:end], base[at:end]) && (kind == 0 || kind != 1 && rapid.Bool().Draw(m.rt, "lost")) {
				copy(now[at:end], base[at:end])
			}
		}
		m.must(os.WriteFile(path, now, 0o600))
	}
	applied, err := os.ReadFile(filepath.Join(dir, MarksFile))
	m.must(err)
	if marks := rapid.SampledFrom(m.marks).Draw(m.rt, "marks"); bytes.Equal(marks[28:36], applied[28:36]) {
		m.must(os.WriteFile(filepath.Join(dir, MarksFile), marks, 0o600))
	}
	return 0
}
