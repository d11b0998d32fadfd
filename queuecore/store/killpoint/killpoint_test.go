package killpoint_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/killpoint"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

var errDied = errors.New("died")

// Until it dies, it is a store.
func TestIsAStore(t *testing.T) {
	for _, point := range []killpoint.Point{"", killpoint.Sweep} { // the one that looks into batches too
		t.Run("point "+string(point), func(t *testing.T) {
			storetest.Run(t, func(testing.TB) storetest.Opener {
				s := memstore.New()
				return func(testing.TB) store.Store {
					s = s.Reopen()
					return killpoint.Wrap(s, killpoint.Plan{Point: point, Pass: 1 << 40, Die: func() { panic(errDied) }})
				}
			})
		})
	}
}

// died runs do and reports whether it died.
func died(do func()) (dead bool) {
	defer func() {
		if x := recover(); x == errDied {
			dead = true
		} else if x != nil {
			panic(x)
		}
	}()
	do()
	return false
}

func put(keys ...string) *store.Batch {
	var b store.Batch
	for _, k := range keys {
		b.Put([]byte(k), nil)
	}
	return &b
}

func large() *store.Batch {
	var b store.Batch
	b.Put([]byte("large"), make([]byte, 2<<20))
	return &b
}

func removals(n int) *store.Batch {
	var b store.Batch
	for i := range n {
		b.Delete(fmt.Append(nil, i))
	}
	return &b
}

// A point is met at the given pass, not before, and nothing after it is done.
func TestDies(t *testing.T) {
	type step struct {
		do   func(s store.Store)
		dies bool
	}
	write := func(b *store.Batch) func(store.Store) { return func(s store.Store) { _ = s.Write(b) } }
	sync := func(s store.Store) { _ = s.Sync() }
	load := func(s store.Store) { _ = s.Load(nil, func(_, _ []byte) error { return nil }) }
	for _, x := range []struct {
		point  killpoint.Point
		pass   int
		steps  []step
		has    string // keys on disk when the process is gone
		hasNot string
		synced string // keys that a power cut would leave too
	}{
		{point: killpoint.Write, pass: 2, has: "a", hasNot: "b", steps: []step{
			{write(put("a")), false}, {sync, false}, {write(put("b")), true}}},
		{point: killpoint.Write, pass: 0, hasNot: "a", steps: []step{{write(put("a")), true}}},
		{point: killpoint.Sync, pass: 2, has: "b", synced: "a", steps: []step{
			{write(put("a")), false}, {sync, false}, {write(put("b")), false}, {sync, true}}},
		{point: killpoint.Answer, pass: 1, has: "a", synced: "a", steps: []step{
			{write(put("a")), false}, {sync, true}}},
		{point: killpoint.Pieces, pass: 1, has: "a", hasNot: "b", steps: []step{
			{write(large()), false}, {sync, false}, {write(put("a")), false}, {write(put("c")), false},
			{sync, false}, {write(large()), false}, {write(put("b")), true}}},
		{point: killpoint.Sweep, pass: 1, has: "a", steps: []step{
			{write(put("a")), false}, {write(removals(10)), false}, {write(removals(4000)), true}}},
		{point: killpoint.Load, pass: 3, steps: []step{
			{write(put("a", "b")), false}, {load, false}, {load, true}}},
	} {
		inner := memstore.New()
		s := killpoint.Wrap(inner, killpoint.Plan{Point: x.point, Pass: x.pass, Die: func() { panic(errDied) }})
		for i, step := range x.steps {
			if got := died(func() { step.do(s) }); got != step.dies {
				t.Errorf("%s: step %d: died %v, want %v", x.point, i+1, got, step.dies)
			}
		}
		if x.has != "" && !has(inner, x.has) || x.hasNot != "" && has(inner, x.hasNot) {
			t.Errorf("%s: want %q on disk and %q not", x.point, x.has, x.hasNot)
		}
		if x.synced != "" && !has(inner.Crash(), x.synced) {
			t.Errorf("%s: %q is not synced", x.point, x.synced)
		}
		if x.point == killpoint.Sync && has(inner.Crash(), x.has) {
			t.Errorf("%s: %q is synced", x.point, x.has)
		}
	}
}

// Who is in a hurry dies at the next pass of the point, and at no other one.
func TestHurry(t *testing.T) {
	s := killpoint.Wrap(memstore.New(), killpoint.Plan{Point: killpoint.Sync, Pass: 1 << 40, Die: func() { panic(errDied) }})
	write := func() { _ = s.Write(put("a")) }
	sync := func() { _ = s.Sync() }
	if died(write) || died(sync) {
		t.Error("it dies before its pass")
	}
	if s.Hurry(); died(write) {
		t.Error("it dies at another point")
	}
	if !died(sync) {
		t.Error("it lives")
	}
}

func has(s store.Store, key string) bool {
	_, err := s.Get([]byte(key))
	return err == nil
}

// stuck is a store whose Close works until it is let go.
type stuck struct {
	*memstore.Store
	let chan struct{}
}

func (s stuck) Close() error {
	<-s.let
	return s.Store.Close()
}

func TestDiesWhileClosing(t *testing.T) {
	let := make(chan struct{})
	s := killpoint.Wrap(stuck{memstore.New(), let}, killpoint.Plan{
		Point: killpoint.Close, Delay: time.Microsecond, Die: func() { close(let) },
	})
	if err := s.Close(); err != nil { // ends because Die was called meanwhile
		t.Error(err)
	}
}

func TestDiesWhenClosed(t *testing.T) {
	s := killpoint.Wrap(memstore.New(), killpoint.Plan{
		Point: killpoint.Close, Delay: time.Hour, Die: func() { panic(errDied) },
	})
	if !died(func() { _ = s.Close() }) {
		t.Error("it lives")
	}
}

func TestCheck(t *testing.T) {
	for _, p := range append(killpoint.Points(), "") {
		if err := (&killpoint.Plan{Point: p}).Check(); err != nil {
			t.Error(err)
		}
	}
	if err := (&killpoint.Plan{Point: "x"}).Check(); err == nil {
		t.Error("no error for a point that there is not")
	}
}

// full is a store that has no room.
type full struct{ *memstore.Store }

func (full) Room() error { return store.ErrNoSpace }

func TestRoom(t *testing.T) {
	if err := killpoint.Wrap(full{memstore.New()}, killpoint.Plan{}).Room(); err != store.ErrNoSpace {
		t.Errorf("Room: %v", err)
	}
	if err := killpoint.Wrap(memstore.New(), killpoint.Plan{}).Room(); err != nil {
		t.Errorf("Room of a store that has none: %v", err)
	}
}
