package storetest_test

import (
	"errors"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func batch(key string) *store.Batch {
	var b store.Batch
	b.Put([]byte(key), nil)
	return &b
}

func has(s store.Store, key string) bool {
	_, err := s.Get([]byte(key))
	return err == nil
}

func TestFailingIsAStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) storetest.Opener {
		s := memstore.New()
		return func(testing.TB) store.Store {
			s = s.Reopen()
			return storetest.NewFailing(s)
		}
	})
}

func TestFailWrite(t *testing.T) {
	f := storetest.NewFailing(memstore.New())
	f.FailWrite(storetest.Fault{At: 2, Times: 2})
	for i, want := range []error{nil, storetest.ErrInjected, storetest.ErrInjected, nil} {
		key := string(rune('a' + i))
		if err := f.Write(batch(key)); err != want {
			t.Errorf("write %d: %v, want %v", i+1, err, want)
		}
		if has(f, key) != (want == nil) {
			t.Errorf("write %d: key is there: %v", i+1, has(f, key))
		}
	}
	if f.Writes() != 4 || f.Syncs() != 0 {
		t.Errorf("counted %d writes and %d syncs, want 4 and 0", f.Writes(), f.Syncs())
	}
}

func TestFailWriteDone(t *testing.T) {
	f := storetest.NewFailing(memstore.New())
	full := errors.New("disk full")
	f.FailWrite(storetest.Fault{Err: full, Done: true})
	if err := f.Write(batch("a")); err != full || !has(f, "a") {
		t.Errorf("Write: %v, key is there: %v; want the error and the key", err, has(f, "a"))
	}
}

func TestFailSyncForEver(t *testing.T) {
	m := memstore.New()
	f := storetest.NewFailing(m)
	f.FailSync(storetest.Fault{Times: -1})
	if err := f.Write(batch("a")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := f.Sync(); err != storetest.ErrInjected {
			t.Errorf("Sync: %v", err)
		}
	}
	if has(m.Crash(), "a") {
		t.Error("a failed Sync has synced")
	}
	f.Heal()
	if err := f.Sync(); err != nil || !has(m.Crash(), "a") {
		t.Errorf("Sync of a healed store: %v", err)
	}
}

func TestGate(t *testing.T) {
	f := storetest.NewFailing(memstore.New())
	first, second := f.HoldWrite(), f.HoldWrite()
	done := make(chan error, 1)
	// Ends when both gates are open.
	go func() { done <- errors.Join(f.Write(batch("a")), f.Write(batch("b"))) }()
	<-first.Reached
	if has(f, "a") || f.Writes() != 1 {
		t.Error("a held write was done")
	}
	first.Open()
	<-second.Reached
	if !has(f, "a") || has(f, "b") {
		t.Error("want the first write done and the second one not")
	}
	second.Open()
	second.Open()
	if err := <-done; err != nil || !has(f, "b") {
		t.Errorf("writes: %v", err)
	}
	if err := f.Write(batch("c")); err != nil {
		t.Error(err)
	}
}
