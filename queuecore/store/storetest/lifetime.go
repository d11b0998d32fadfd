package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/store"
)

func testReopen(t *testing.T, o Opener) {
	s := o(t)
	put(t, s, "a", "1", "b", "2", "c", "3")
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
	var b store.Batch
	b.Delete([]byte("b"))
	b.Put([]byte("c"), []byte("not synced"))
	write(t, s, &b)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	s = opened(t, o)
	wantLoad(t, s, "", "a=1", "c=not synced")
	put(t, s, "d", "4")
	wantGet(t, s, "d", "4")
}

// testRandom holds the store against a map, restarts included.
func testRandom(t *testing.T, o Opener) {
	s := o(t)
	t.Cleanup(func() { s.Close() })
	model := make(map[string]string)
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.IntRange(1, 12).Draw(rt, "steps")
		for range steps {
			switch rapid.IntRange(0, 19).Draw(rt, "step") {
			case 0:
				if err := s.Close(); err != nil {
					rt.Fatalf("Close: %v", err)
				}
				s = o(t)
			case 1, 2, 3:
				if err := s.Sync(); err != nil {
					rt.Fatalf("Sync: %v", err)
				}
			default:
				randomWrite(rt, s, model)
			}
		}
		prefix := rapid.SampledFrom([]string{"", "a", "b", "aa", "\\xff"}).Draw(rt, "prefix")
		compare(rt, s, model, prefix)
	})
}

func randomWrite(rt *rapid.T, s store.Store, model map[string]string) {
	key := rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00")), 0, 3, -1)
	var b store.Batch
	for range rapid.IntRange(1, 10).Draw(rt, "ops") {
		k := key.Draw(rt, "key")
		if rapid.Bool().Draw(rt, "delete") {
			b.Delete([]byte(k))
			delete(model, k)
			continue
		}
		v := filled(rapid.IntRange(0, 300).Draw(rt, "length"), rapid.Byte().Draw(rt, "fill"))
		b.Put([]byte(k), v)
		model[k] = string(v)
	}
	if err := s.Write(&b); err != nil {
		rt.Fatalf("Write: %v", err)
	}
}

func compare(rt *rapid.T, s store.Store, model map[string]string, prefix string) {
	var want []string
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if len(k) >= len(prefix) && k[:len(prefix)] == prefix {
			want = append(want, k+"="+model[k])
		}
	}
	var got []string
	err := s.Load([]byte(prefix), func(k, v []byte) error {
		got = append(got, string(k)+"="+string(v))
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		rt.Fatalf("Load(%q) = %q, %v, want %q", prefix, got, err, want)
	}
	for k, v := range model {
		if got, err := s.Get([]byte(k)); err != nil || string(got) != v {
			rt.Fatalf("Get(%q) = %q, %v, want %q", k, got, err, v)
		}
	}
}

// testConcurrent has readers look for halves of batches while they are written.
func testConcurrent(t *testing.T, o Opener) {
	s := opened(t, o)
	const keys, rounds = 8, 150
	round := func(n int) {
		var b store.Batch
		for k := range keys {
			b.Put(fmt.Appendf(nil, "k%d", k), fmt.Appendf(nil, "%d", n))
		}
		b.Delete(fmt.Appendf(nil, "n%d", n-1))
		b.Put(fmt.Appendf(nil, "n%d", n), nil)
		write(t, s, &b)
	}
	round(0)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		// Ends when stop is closed, below.
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					checkWhole(t, s, keys)
				}
			}
		})
	}
	for n := 1; n <= rounds; n++ {
		round(n)
		if n%10 == 0 {
			if err := s.Sync(); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	readers.Wait()
	wantLoad(t, s, "n", fmt.Sprintf("n%d=", rounds))
}

func checkWhole(t *testing.T, s store.Store, keys int) {
	seen := make(map[string]int)
	err := s.Load([]byte("k"), func(_, v []byte) error {
		seen[string(v)]++
		return nil
	})
	if err != nil || len(seen) != 1 {
		t.Errorf("Load saw the values of several batches: %v, %v", seen, err)
	}
	for _, n := range seen {
		if n != keys {
			t.Errorf("Load saw %d keys, want %d", n, keys)
		}
	}
	if _, err := s.Get([]byte("k0")); err != nil {
		t.Errorf("Get: %v", err)
	}
}

func testClosed(t *testing.T, o Opener) {
	s := o(t)
	put(t, s, "k", "v")
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	var b store.Batch
	b.Put([]byte("k"), []byte("late"))
	if err := s.Write(&b); err == nil {
		t.Error("Write to a closed store succeeded")
	}
	if err := s.Write(&store.Batch{}); err == nil {
		t.Error("Write of nothing to a closed store succeeded")
	}
	if err := s.Sync(); err == nil {
		t.Error("Sync of a closed store succeeded")
	}
	if _, err := s.Get([]byte("k")); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get from a closed store: %v, want another error", err)
	}
	if err := s.Load(nil, func(_, _ []byte) error { return nil }); err == nil {
		t.Error("Load from a closed store succeeded")
	}
	if err := s.Close(); err == nil {
		t.Error("second Close succeeded")
	}
	wantLoad(t, opened(t, o), "", "k=v")
}
