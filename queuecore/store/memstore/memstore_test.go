package memstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) storetest.Opener {
		s := memstore.New()
		return func(testing.TB) store.Store {
			s = s.Reopen()
			return s
		}
	})
}

func put(t *testing.T, s *memstore.Store, pairs ...string) {
	t.Helper()
	var b store.Batch
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			b.Delete([]byte(pairs[i]))
		} else {
			b.Put([]byte(pairs[i]), []byte(pairs[i+1]))
		}
	}
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
}

func dump(t *testing.T, s *memstore.Store) string {
	t.Helper()
	out := ""
	err := s.Load(nil, func(k, v []byte) error {
		out += fmt.Sprintf("%s=%s ", k, v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCrash(t *testing.T) {
	s := memstore.New()
	put(t, s, "a", "1", "b", "1", "c", "1")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "2", "a", "3", "b", "", "d", "2")
	put(t, s, "b", "4", "d", "", "c", "4", "a", "")
	states := []string{
		"a=1 b=1 c=1 ",
		"a=3 c=1 d=2 ",
		"b=4 c=4 ",
	}
	if n := s.Unsynced(); n != 2 {
		t.Fatalf("%d unsynced writes, want 2", n)
	}
	for n, want := range states {
		if got := dump(t, s.CrashKeeping(n)); got != want {
			t.Errorf("after a crash that kept %d writes: %q, want %q", n, got, want)
		}
	}
	if got := dump(t, s.Crash()); got != states[0] {
		t.Errorf("after a crash: %q, want %q", got, states[0])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, s.Reopen()); got != states[2] {
		t.Errorf("after a restart: %q, want %q", got, states[2])
	}
}

// A key that is said to be new and is not is a fault of whoever writes: nothing of
// the batch is done.
func TestNotFresh(t *testing.T) {
	s := memstore.New()
	put(t, s, "a", "1", "b", "1")
	for _, x := range []struct {
		ahead func(b *store.Batch)
		fails bool
	}{
		{func(*store.Batch) {}, true},
		{func(b *store.Batch) { b.Delete([]byte("a")) }, false},
		{func(b *store.Batch) { b.Delete([]byte("a")); b.Put([]byte("a"), nil) }, true},
		{func(b *store.Batch) { b.Delete([]byte("a")); b.PutFresh([]byte("a"), nil) }, true},
	} {
		s := s.Reopen()
		var b store.Batch
		b.Put([]byte("b"), []byte("2"))
		b.PutFresh([]byte("c"), []byte("2"))
		x.ahead(&b)
		b.PutFresh([]byte("a"), []byte("2"))
		b.Delete([]byte("b"))
		err, want := s.Write(&b), "a=2 c=2 "
		if x.fails {
			want = "a=1 b=1 "
		}
		if got := dump(t, s); got != want || errors.Is(err, store.ErrNotFresh) != x.fails {
			t.Errorf("%v, and %q, want %q", err, got, want)
		}
	}
}

func TestCrashSharesNothing(t *testing.T) {
	s := memstore.New()
	put(t, s, "a", "1")
	c := s.Reopen()
	put(t, c, "a", "2", "b", "2")
	put(t, s, "a", "3")
	if got := dump(t, s) + dump(t, c); got != "a=3 a=2 b=2 " {
		t.Errorf("stores hold %q", got)
	}
}

// BenchmarkWrite puts 100 values of 200 bytes and removes the 100 of an earlier
// batch, in a store of 100,000 keys.
func BenchmarkWrite(b *testing.B) {
	s := memstore.New()
	value := make([]byte, 200)
	var batch store.Batch
	const standing = 100_000
	turn := func(from int) {
		batch.Reset()
		for i := from; i < from+100; i++ {
			batch.Put(fmt.Appendf(nil, "q/%016x", i), value)
			batch.Delete(fmt.Appendf(nil, "q/%016x", i-standing))
		}
		if err := s.Write(&batch); err != nil {
			b.Fatal(err)
		}
		if err := s.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; i < standing; i += 100 {
		turn(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		turn(standing + i*100)
	}
}
