package journal

import (
	"fmt"
	"maps"
	"runtime"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// wide has a window beyond the usual segments.
func wide() Options {
	o := small()
	o.Segments = usualSegments + 12
	return o
}

// putUntil puts values of which four fill a segment until so many segments were left.
func putUntil(t *testing.T, s *Store, want map[string]string, left int) {
	t.Helper()
	for i := 0; len(s.unsettled()) < left; i++ {
		b := batch(fmt.Sprintf("k%04d:%s", i, filler(i)))
		must(t, s.Write(b))
		do(want, b)
		must(t, s.Sync())
	}
}

// What stays waits as long as there may be segments; the store below hears nothing of it when it
// goes in time.
func TestWindowForWhatStays(t *testing.T) {
	l := &listening{Store: memstore.New()}
	s := openWith(t, t.TempDir(), l, wide())
	want := make(map[string]string)
	putUntil(t, s, want, wide().Segments-usualSegments) // the rest is for the removals
	for k := range maps.Clone(want) {
		b := batch("-" + k)
		must(t, s.Write(b))
		do(want, b)
	}
	must(t, s.Sync(), s.Settle())
	if len(l.heard) > 0 {
		t.Errorf("the store below heard of %d operations, %q the first", len(l.heard), l.heard[0])
	}
	must(t, s.Close())
}

// What comes and goes does not make the window wide.
func TestWindowForWhatGoes(t *testing.T) {
	s := openWith(t, t.TempDir(), memstore.New(), wide())
	for i := range 4 * 3 * wide().Segments {
		write(t, s, fmt.Sprintf("k%04d:%s", i, filler(i)))
		write(t, s, fmt.Sprintf("-k%04d", i))
		must(t, s.Sync())
	}
	for len(s.unsettled()) > usualSegments-busySegments { // the flusher does not wait for more
		runtime.Gosched()
	}
	must(t, s.Close())
}

// Settle gives back the segments that a burst has made, with their files, and the journal goes on,
// also to the next burst; a process that dies at any of these times leaves what can be read back.
func TestWindowIsGivenBack(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	s := openWith(t, dir, below, wide())
	want := make(map[string]string)
	for range 2 {
		putUntil(t, s, want, wide().Segments-busySegments)
		if n := countFiles(t, dir); n <= usualSegments {
			t.Fatalf("%d files of segments, want more than the usual %d", n, usualSegments)
		}
		wantAfterDeath(t, s, dir, below, want)
		must(t, s.Settle())
		awaitShrunk(t, s, dir)
		wantAfterDeath(t, s, dir, below, want)
	}
	must(t, s.Close())
	equalMaps(t, content(t, below.Crash()), want)
}

// awaitShrunk waits until there are no more than the usual segments' files.
func awaitShrunk(t *testing.T, s *Store, dir string) {
	t.Helper()
	for countFiles(t, dir) > usualSegments {
		s.flusher.hasten()
	}
}

func countFiles(t *testing.T, dir string) int {
	t.Helper()
	paths, err := segmentFiles(dir)
	must(t, err)
	return len(paths)
}

// wantAfterDeath compares what an opening would find with what was written and synced.
func wantAfterDeath(t *testing.T, s *Store, dir string, below *memstore.Store, want map[string]string) {
	t.Helper()
	left, disk := image(t, dir), below.Crash()
	again := openWith(t, left, disk, wide())
	equalMaps(t, content(t, again), want)
	must(t, again.Close())
	equalMaps(t, content(t, s), want)
}
