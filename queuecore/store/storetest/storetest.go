package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
)

// Opener opens a store on data of its own. The first call finds it empty; each
// later one finds what was written through the earlier stores, which have been
// closed by then.
type Opener func(testing.TB) store.Store

// Run holds the stores that come from open to the promise of store.Store. Each
// call of open returns an Opener with new data.
func Run(t *testing.T, open func(testing.TB) Opener) {
	tests := []struct {
		name string
		run  func(*testing.T, Opener)
	}{
		{"empty store", testEmpty},
		{"get what was put", testGet},
		{"values belong to the caller", testOwnership},
		{"store keeps nothing of the batch", testBatchReuse},
		{"load in order of bytes", testOrder},
		{"load by prefix", testPrefix},
		{"load ends with the error of fn", testLoadError},
		{"range shows what lies between two keys", testRange},
		{"load goes on where it is told to", testLoadSkips},
		{"fn may call the store", testLoadNested},
		{"overwrite and delete", testOverwrite},
		{"operations of a batch in their order", testBatchOrder},
		{"fresh keys that come and go", testFresh},
		{"values of all sizes", testSizes},
		{"large batch", testLargeBatch},
		{"a batch too large leaves nothing", testTooLarge},
		{"data is there after reopening", testReopen},
		{"random operations and restarts", testRandom},
		{"readers beside a writer", testConcurrent},
		{"closed store answers with errors", testClosed},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) { x.run(t, open(t)) })
	}
}

// opened opens a store that is closed when the test ends.
func opened(t *testing.T, o Opener) store.Store {
	t.Helper()
	s := o(t)
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s store.Store, pairs ...string) {
	t.Helper()
	var b store.Batch
	for i := 0; i < len(pairs); i += 2 {
		b.Put([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	write(t, s, &b)
}

func write(t *testing.T, s store.Store, b *store.Batch) {
	t.Helper()
	if err := s.Write(b); err != nil {
		t.Fatalf("Write of %d operations, %d bytes: %v", b.Len(), b.Size(), err)
	}
}

func wantGet(t *testing.T, s store.Store, key, value string) {
	t.Helper()
	if v, err := s.Get([]byte(key)); err != nil || string(v) != value {
		t.Errorf("Get(%.40q) = %s, %v, want %s", key, brief(v), err, brief([]byte(value)))
	}
}

func wantNone(t *testing.T, s store.Store, key string) {
	t.Helper()
	if v, err := s.Get([]byte(key)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get(%.40q) = %s, %v, want ErrNotFound", key, brief(v), err)
	}
}

// load returns what Load shows, as key=value.
func load(t *testing.T, s store.Store, prefix string) []string {
	t.Helper()
	var out []string
	err := s.Load([]byte(prefix), func(k, v []byte) error {
		out = append(out, string(k)+"="+string(v))
		return nil
	})
	if err != nil {
		t.Fatalf("Load(%q): %v", prefix, err)
	}
	return out
}

func wantLoad(t *testing.T, s store.Store, prefix string, want ...string) {
	t.Helper()
	if got := load(t, s, prefix); !slices.Equal(got, want) {
		t.Errorf("Load(%q) = %q, want %q", prefix, got, want)
	}
}

func brief(v []byte) string {
	if len(v) <= 40 {
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprintf("%d bytes starting with %q", len(v), v[:20])
}

// filled returns n bytes that differ with seed and with their place.
func filled(n int, seed byte) []byte {
	v := make([]byte, n)
	x := uint32(seed) + 1
	for i := range v {
		x = x*1664525 + 1013904223
		v[i] = byte(x >> 24)
	}
	return v
}

func equalBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %s, want %s", what, brief(got), brief(want))
	}
}
