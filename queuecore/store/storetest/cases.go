package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
)

func testEmpty(t *testing.T, o Opener) {
	s := opened(t, o)
	wantLoad(t, s, "")
	wantNone(t, s, "a")
	wantNone(t, s, "")
	write(t, s, &store.Batch{})
	if err := s.Sync(); err != nil {
		t.Errorf("Sync of an empty store: %v", err)
	}
}

func testGet(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "k", "v", "empty", "", "\x00\xff", "odd", "", "empty key")
	wantGet(t, s, "k", "v")
	wantGet(t, s, "empty", "")
	wantGet(t, s, "\x00\xff", "odd")
	wantGet(t, s, "", "empty key")
	wantNone(t, s, "K")
	wantNone(t, s, "k\x00")
	wantNone(t, s, "emp")
}

func testOwnership(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "k", "value")
	v, err := s.Get([]byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	clear(v)
	_ = append(v, "overrun"...)
	wantGet(t, s, "k", "value")
	put(t, s, "k", "other")
	equalBytes(t, "a value after its key was overwritten", v, make([]byte, 5))
}

func testBatchReuse(t *testing.T, o Opener) {
	s := opened(t, o)
	key, value := []byte("key"), []byte("value")
	var b store.Batch
	b.Put(key, value)
	write(t, s, &b)
	clear(key)
	clear(value)
	wantLoad(t, s, "", "key=value")
	for i := range 3 {
		b.Reset()
		copy(key, fmt.Sprintf("k%02d", i))
		copy(value, fmt.Sprintf("va%03d", i))
		b.Put(key, value)
		write(t, s, &b)
	}
	wantLoad(t, s, "", "k00=va000", "k01=va001", "k02=va002", "key=value")
}

func testOrder(t *testing.T, o Opener) {
	s := opened(t, o)
	keys := []string{"", "\x00", "\x00\x00", "\x01", "A", "a", "a\x00", "a\x00b", "aa", "ab", "b", "\x7f", "\x80", "\xff", "\xff\x00", "\xff\xff"}
	for i := range keys {
		put(t, s, keys[(i*7)%len(keys)], "")
	}
	want := make([]string, len(keys))
	for i, k := range slices.Sorted(slices.Values(keys)) {
		want[i] = k + "="
	}
	wantLoad(t, s, "", want...)
}

func testPrefix(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "a", "1", "a/1", "2", "a/2", "3", "a0", "4", "b", "5", "\xff", "6", "\xff\xff", "7")
	wantLoad(t, s, "a/", "a/1=2", "a/2=3")
	wantLoad(t, s, "a", "a=1", "a/1=2", "a/2=3", "a0=4")
	wantLoad(t, s, "a/1", "a/1=2")
	wantLoad(t, s, "\xff", "\xff=6", "\xff\xff=7")
	wantLoad(t, s, "a/11")
	wantLoad(t, s, "c")
}

func testLoadError(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "a", "", "b", "", "c", "")
	stop := errors.New("enough")
	var seen []string
	err := s.Load(nil, func(k, _ []byte) error {
		if seen = append(seen, string(k)); len(seen) == 2 {
			return stop
		}
		return nil
	})
	if err != stop || !slices.Equal(seen, []string{"a", "b"}) {
		t.Errorf("Load saw %q and returned %v, want a, b and the error itself", seen, err)
	}
}

func testLoadSkips(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "a", "", "b", "", "c", "", "d", "", "e", "", "f", "")
	var seen []string
	err := s.Load(nil, func(k, _ []byte) error {
		seen = append(seen, string(k))
		switch string(k) {
		case "a":
			return &store.SkipTo{Key: []byte("b0")} // between two keys
		case "c":
			return fmt.Errorf("wrapped: %w", &store.SkipTo{Key: []byte("e")})
		case "f":
			return &store.SkipTo{Key: []byte("z")} // behind all
		}
		return nil
	})
	if want := []string{"a", "c", "e", "f"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("Load saw %q and returned %v, want %q", seen, err, want)
	}
}

func testRange(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "a", "0", "b", "1", "ba", "2", "bb", "3", "c", "4", "d", "5")
	for _, x := range []struct{ from, to, want string }{
		{"b", "c", "[b=1 ba=2 bb=3]"},
		{"b0", "bb", "[ba=2]"},
		{"", "b", "[a=0]"},
		{"bb", "z", "[bb=3 c=4 d=5]"},
		{"c", "c", "[]"},
		{"x", "z", "[]"},
	} {
		seen := []string{}
		err := s.Range([]byte(x.from), []byte(x.to), func(k, v []byte) error {
			seen = append(seen, string(k)+"="+string(v))
			return nil
		})
		if err != nil || fmt.Sprint(seen) != x.want {
			t.Errorf("from %q to %q: %v, %v, want %s", x.from, x.to, seen, err, x.want)
		}
	}
	stop := errors.New("enough")
	if err := s.Range([]byte("a"), []byte("z"), func(_, _ []byte) error { return stop }); err != stop {
		t.Errorf("Range returned %v, want the error of fn", err)
	}
}

func testLoadNested(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "a", "1", "b", "2", "c", "3")
	var seen []string
	err := s.Load(nil, func(k, v []byte) error {
		seen = append(seen, string(k)+"="+string(v))
		wantGet(t, s, "a", "1")
		var b store.Batch
		b.Delete([]byte("c"))
		b.Put([]byte("d"), nil)
		return s.Write(&b)
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a=1", "b=2", "c=3"}; !slices.Equal(seen, want) {
		t.Errorf("Load saw %q, want %q: the store as it was when Load began", seen, want)
	}
	wantLoad(t, s, "", "a=1", "b=2", "d=")
}

func testOverwrite(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "k", "1", "l", "1")
	put(t, s, "k", "two", "m", "1")
	wantLoad(t, s, "", "k=two", "l=1", "m=1")
	var b store.Batch
	b.Delete([]byte("k"))
	b.Delete([]byte("not there"))
	write(t, s, &b)
	wantLoad(t, s, "", "l=1", "m=1")
	wantNone(t, s, "k")
	put(t, s, "k", "again")
	wantLoad(t, s, "", "k=again", "l=1", "m=1")
}

func testBatchOrder(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "c", "old", "d", "old")
	var b store.Batch
	b.Put([]byte("a"), []byte("1"))
	b.Put([]byte("a"), []byte("2"))
	b.Put([]byte("b"), []byte("1"))
	b.Delete([]byte("b"))
	b.Delete([]byte("c"))
	b.Put([]byte("c"), []byte("new"))
	b.Put([]byte("d"), []byte("new"))
	b.Delete([]byte("d"))
	write(t, s, &b)
	wantLoad(t, s, "", "a=2", "c=new")
	wantNone(t, s, "b")
	wantNone(t, s, "d")
}

// testFresh puts keys that are not there, and removes them in the same batch, the
// next one and after a restart. What was removed before may be new again.
func testFresh(t *testing.T, o Opener) {
	s := opened(t, o)
	put(t, s, "old", "1")
	var b store.Batch
	b.PutFresh([]byte("a"), []byte("1"))
	b.Delete([]byte("a"))
	b.PutFresh([]byte("a"), []byte("2"))
	b.PutFresh([]byte("b"), []byte("1"))
	b.PutFresh([]byte("c"), []byte("1"))
	b.Put([]byte("c"), []byte("2"))
	b.PutFresh([]byte("gone"), nil)
	b.Delete([]byte("gone"))
	b.Delete([]byte("old"))
	b.PutFresh([]byte("old"), []byte("2"))
	write(t, s, &b)
	wantLoad(t, s, "", "a=2", "b=1", "c=2", "old=2")
	b.Reset()
	b.Delete([]byte("b"))
	b.PutFresh([]byte("gone"), []byte("back"))
	b.Delete([]byte("old"))
	write(t, s, &b)
	wantLoad(t, s, "", "a=2", "c=2", "gone=back")
	s.Close()
	s = opened(t, o)
	wantLoad(t, s, "", "a=2", "c=2", "gone=back")
	b.Reset()
	b.Delete([]byte("a"))
	b.PutFresh([]byte("b"), []byte("again"))
	b.Delete([]byte("c"))
	write(t, s, &b)
	wantLoad(t, s, "", "b=again", "gone=back")
}

// sizes are those at which a store may begin to keep values in another way.
var sizes = []int{0, 1, 31, 32, 4 << 10, 64 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 2<<20 + 64<<10, 6 << 20}

func testSizes(t *testing.T, o Opener) {
	s := opened(t, o)
	check := func(s store.Store, shift int) {
		t.Helper()
		i := 0
		err := s.Load(nil, func(k, v []byte) error {
			n := sizes[(i+shift)%len(sizes)]
			equalBytes(t, fmt.Sprintf("Load of %d bytes", n), v, filled(n, byte(n)))
			i++
			return nil
		})
		if err != nil || i != len(sizes) {
			t.Errorf("Load: %d keys, %v, want %d", i, err, len(sizes))
		}
		for i := range sizes {
			n := sizes[(i+shift)%len(sizes)]
			v, err := s.Get(fmt.Appendf(nil, "k%02d", i))
			if err != nil {
				t.Errorf("Get of %d bytes: %v", n, err)
			}
			equalBytes(t, fmt.Sprintf("Get of %d bytes", n), v, filled(n, byte(n)))
		}
	}
	// Each key holds a small value, then a large one, and the other way round.
	for _, shift := range []int{0, 5, 7} {
		for i := range sizes {
			n := sizes[(i+shift)%len(sizes)]
			var b store.Batch
			b.Put(fmt.Appendf(nil, "k%02d", i), filled(n, byte(n)))
			write(t, s, &b)
		}
		check(s, shift)
	}
	s.Close()
	s = opened(t, o)
	check(s, 7)
	var b store.Batch
	for i := range sizes {
		b.Delete(fmt.Appendf(nil, "k%02d", i))
	}
	write(t, s, &b)
	wantLoad(t, s, "")
	// A large value that comes, changes and goes within one batch.
	b.Reset()
	b.Put([]byte("x"), filled(3<<20, 1))
	b.Put([]byte("x"), filled(2<<20, 2))
	b.Put([]byte("y"), filled(2<<20, 3))
	b.Delete([]byte("y"))
	b.Put([]byte("z"), []byte("small"))
	write(t, s, &b)
	if v, err := s.Get([]byte("x")); err != nil {
		t.Error(err)
	} else {
		equalBytes(t, "the last of two large values", v, filled(2<<20, 2))
	}
	wantNone(t, s, "y")
	wantGet(t, s, "z", "small")
}

// testLargeBatch writes the largest batches that every store must take: 8 MiB,
// in few values and in many.
func testLargeBatch(t *testing.T, o Opener) {
	s := opened(t, o)
	var b store.Batch
	for i := range 4 {
		b.Put(fmt.Appendf(nil, "few%d", i), filled(2<<20-16, byte(i)))
	}
	write(t, s, &b)
	b.Reset()
	for i := range 30_000 {
		b.Put(fmt.Appendf(nil, "many%05d", i), filled(250, byte(i)))
	}
	write(t, s, &b)
	if n := len(load(t, s, "")); n != 30_004 {
		t.Errorf("%d keys, want 30,004", n)
	}
	v, err := s.Get([]byte("few3"))
	if err != nil {
		t.Error(err)
	}
	equalBytes(t, "few3", v, filled(2<<20-16, 3))
}

// testTooLarge writes ever larger batches until the store refuses one. A store
// that takes them all has no limit, and passes.
func testTooLarge(t *testing.T, o Opener) {
	s := opened(t, o)
	large := string(filled(2<<20, 9))
	for n := 12; n <= 48; n *= 2 {
		put(t, s, "a", "before", "large", large)
		prefix := fmt.Sprintf("big%d-", n)
		var b store.Batch
		b.Put([]byte("a"), []byte("after"))
		b.Delete([]byte("large"))
		for i := range n {
			b.Put(fmt.Appendf(nil, "%s%d", prefix, i), filled(1<<20, 0))
		}
		if err := s.Write(&b); err == nil {
			wantGet(t, s, "a", "after")
			continue
		} else if !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("Write of %d MiB: %v, want ErrTooLarge", n, err)
		}
		wantGet(t, s, "a", "before")
		wantGet(t, s, "large", large)
		wantLoad(t, s, prefix)
		put(t, s, "a", "the store goes on")
		wantGet(t, s, "a", "the store goes on")
		return
	}
}
