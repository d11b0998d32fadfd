package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// template is a journal of three segments, all of it synced, of which the store below
// has nothing.
type template struct {
	dir  string
	ops  []Operation
	want map[string]string
}

func newTemplate(t *testing.T) *template {
	t.Helper()
	dir := t.TempDir()
	f := storetest.NewFailing(memstore.New())
	f.FailWrite(storetest.Fault{Times: -1, Err: store.ErrNoSpace})
	s := open(t, dir, f)
	p := &template{want: make(map[string]string)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; s.segment.header.number < 3 || s.segment.end < small().SegmentBytes/2; i++ {
		var b store.Batch
		for j := range 1 + r.IntN(4) {
			b.Put(fmt.Appendf(nil, "k%03d.%d", i, j), randomBytes(r, r.IntN(200)))
		}
		b.Delete(fmt.Appendf(nil, "k%03d.0", r.IntN(i+1)))
		must(t, s.Write(&b))
		do(p.want, &b)
		if r.IntN(3) == 0 {
			must(t, s.Sync())
		}
	}
	must(t, s.Sync())
	p.dir = image(t, dir)
	must(t, s.Close())
	p.ops, _ = readAll(t, p.dir)
	return p
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func readAll(tb testing.TB, dir string) (ops []Operation, v *Survey) {
	tb.Helper()
	v, err := Read(dir, func(op Operation) error {
		ops = append(ops, op)
		return nil
	})
	must(tb, err)
	return ops, v
}

// wound is a change of a file, from one place up to another.
type wound struct {
	name     string
	from, to int
	kind     string
}

func (w wound) String() string {
	return fmt.Sprintf("%s of %s, %d to %d", w.kind, w.name, w.from, w.to)
}

// hits says whether an operation may be gone.
func (w wound) hits(op Operation) bool {
	return op.File == w.name && int(op.At) < w.to && int(op.At+op.Length) > w.from
}

// inflict damages a file of dir at random. It returns false if that changed nothing.
func inflict(tb testing.TB, r *rand.Rand, dir string) (w wound, changed bool) {
	tb.Helper()
	files, err := os.ReadDir(dir)
	must(tb, err)
	w.name = files[r.IntN(len(files))].Name()
	path := filepath.Join(dir, w.name)
	b, err := os.ReadFile(path)
	must(tb, err)
	was := bytes.Clone(b)
	w.from = r.IntN(len(b))
	if r.IntN(4) == 0 {
		w.from = r.IntN(min(len(b), 120)) // headers and first heads
	}
	switch r.IntN(5) {
	case 0, 1:
		w.kind, w.to = "a bit", w.from+1
		b[w.from] ^= 1 << r.IntN(8)
	case 2:
		w.kind, w.to = "some bytes", min(w.from+1+r.IntN(61), len(b))
		copy(b[w.from:w.to], randomBytes(r, w.to-w.from))
	case 3:
		w.kind, w.from = "a sector", w.from/512*512
		w.to = min(w.from+512, len(b))
		clear(b[w.from:w.to])
	case 4:
		w.kind, w.to = "the end", len(b)
		b = b[:w.from]
	}
	must(tb, os.WriteFile(path, b, 0o600))
	return w, !bytes.Equal(b, was)
}

// Of what was synced nothing is lost without a word, wherever damage hits, and nothing
// but what it hits. Nothing is invented.
func TestDamage(t *testing.T) {
	p := newTemplate(t)
	seed := rand.Uint64()
	counts := make(map[string]int)
	for n := range damageTrials {
		r := rand.New(rand.NewPCG(seed, uint64(n)))
		dir := filepath.Join(t.TempDir(), "d")
		must(t, os.CopyFS(dir, os.DirFS(p.dir)))
		w, changed := inflict(t, r, dir)
		got, v := readAll(t, dir)
		p.compare(t, w, got)
		opened := p.open(t, w, dir)
		if damage := v.Damage(); opened != (len(damage) == 0) {
			t.Errorf("%s: opened %v, damage %+v", w, opened, damage)
		}
		counts[fmt.Sprintf("%s of %s, opened: %v", w.kind, filepath.Ext(w.name), opened)]++
		if t.Failed() {
			t.Fatalf("seed %d, trial %d: %s, changed: %v", seed, n, w, changed)
		}
		must(t, os.RemoveAll(dir))
	}
	t.Log(counts)
}

// compare holds what was read to what there was, but for what was hit.
func (p *template) compare(t *testing.T, w wound, got []Operation) {
	t.Helper()
	for _, op := range p.ops {
		if len(got) > 0 && same(got[0], op) {
			got = got[1:]
		} else if !w.hits(op) {
			t.Errorf("%s: %q of %s at %d is gone", w, op.Key, op.File, op.At)
		}
	}
	for _, op := range got {
		t.Errorf("%s: %q of %s at %d was never written, or not then", w, op.Key, op.File, op.At)
	}
}

func same(a, b Operation) bool {
	return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Delete == b.Delete && a.File == b.File && a.At == b.At
}

// open says whether the journal opens, with all that there was.
func (p *template) open(t *testing.T, w wound, dir string) bool {
	t.Helper()
	s, err := Open(dir, memstore.New(), small())
	if err != nil {
		if !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: %v", w, err)
		}
		return false
	}
	equalMaps(t, content(t, s), p.want)
	must(t, s.Close())
	return true
}

// journalOf is a journal of one segment and records, with a hand in its bytes, which
// start returns the places of.
func journalOf(t testing.TB, batches ...*store.Batch) (dir, path string, at []int) {
	t.Helper()
	live := t.TempDir()
	o := small()
	o.SegmentBytes, o.MaxBatch = 64<<10, 32<<10
	s := openWith(t, live, memstore.New(), o)
	for _, b := range batches {
		at = append(at, int(s.segment.end))
		if b.Len() == 0 {
			at = at[:len(at)-1]
			must(t, s.Sync())
		} else {
			must(t, s.Write(b))
		}
	}
	dir = image(t, live)
	path = s.path(dir)
	must(t, s.Close())
	return dir, path, at
}

var synced = &store.Batch{} // in the batches of journalOf: a sync

// change has fn change the bytes of a file.
func change(tb testing.TB, path string, fn func(b []byte)) {
	tb.Helper()
	b, err := os.ReadFile(path)
	must(tb, err)
	fn(b)
	must(tb, os.WriteFile(path, b, 0o600))
}

// A record that any later one calls synced is damaged, not torn, also when the marks
// know nothing of it and the next one was written before the sync.
func TestProofBehind(t *testing.T) {
	dir, path, at := journalOf(t, batch("a=1"), batch("b=1"), synced, batch("c=1"))
	must(t, os.Remove(filepath.Join(dir, MarksFile)))
	change(t, path, func(b []byte) { clear(b[at[0] : at[0]+headBytes+8]) })
	if _, err := Open(dir, memstore.New(), small()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Open: %v", err)
	}
	ops, _ := readAll(t, dir)
	if len(ops) != 2 || string(ops[0].Key) != "b" || string(ops[1].Key) != "c" {
		t.Errorf("read %v", ops)
	}
}

// Damage that reaches from one record into the head of the next costs the first one's
// operations alone.
func TestTwoRecordsHit(t *testing.T) {
	dir, path, at := journalOf(t, batch("a=1", "b=1"), batch("c=1", "d=1"), batch("e=1"), synced)
	change(t, path, func(b []byte) { clear(b[at[1]-12 : at[1]+20]) })
	ops, v := readAll(t, dir)
	var keys []string
	for _, op := range ops {
		keys = append(keys, string(op.Key))
	}
	if got := strings.Join(keys, " "); got != "a c d e" {
		t.Errorf("read %q, %+v", got, v.Findings)
	}
	if len(v.Damage()) != 2 {
		t.Errorf("found %+v", v.Findings)
	}
}

// A finding names the key of an operation that was hit, and no other.
func TestKeysHit(t *testing.T) {
	dir, path, _ := journalOf(t, batch("a=1", "b=12345", "c=1", "-d"), synced)
	change(t, path, func(b []byte) { copy(b[bytes.Index(b, []byte("12345")):], "99999") })
	ops, v := readAll(t, dir)
	if len(ops) != 3 || len(v.Findings) != 1 || len(v.Findings[0].Keys) != 1 || string(v.Findings[0].Keys[0]) != "b" {
		t.Errorf("read %v, found %+v", ops, v.Findings)
	}
}

// The search for operations in a damaged stretch ends soon, also where one seems to begin
// at every byte.
func TestSearchEnds(t *testing.T) {
	var b store.Batch
	b.Put([]byte("k"), bytes.Repeat([]byte{opPut, 0, 0xff, 0xff, 0x1f}, 8<<20/5))
	live := t.TempDir()
	s := openWith(t, live, memstore.New(), Options{Log: small().Log})
	must(t, s.Write(&b), s.Sync())
	dir, path := image(t, live), s.path("")
	must(t, s.Close())
	change(t, filepath.Join(dir, path), func(b []byte) { clear(b[segmentHeader : segmentHeader+headBytes+4]) })
	r, err := openReading(dir)
	must(t, err)
	r.effort = 1 << 30
	must(t, r.segment(r.segments[0], nil, func(Operation) error { return nil }))
	if len(r.survey.Damage()) != 1 {
		t.Errorf("found %+v", r.survey.Findings)
	}
}

// What was torn is not taken for a flipped bit where one of the sums would fit: the
// pattern is the polynomial itself, to which the sum of a record is blind.
func TestTornIsNotMended(t *testing.T) {
	dir, path, at := journalOf(t, batch("a=1"), synced, batch("b="+strings.Repeat("x", 9000)))
	change(t, path, func(b []byte) {
		poly := uint64(1 | 0x82f63b78<<1)
		for i := range 5 {
			b[at[1]+1000+i] ^= byte(poly >> (8 * i))
		}
		b[at[1]+5000] ^= 1
	})
	s := open(t, dir, memstore.New())
	wantContent(t, s, "a=1")
	if n := s.Dropped(); n < 9000 || n > 9100 {
		t.Errorf("%d bytes dropped", n)
	}
	must(t, s.Close())
}
