package budget_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/budget"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func grow(t *testing.T, s *budget.Share, n int) {
	t.Helper()
	if err := s.Grow(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func wantCounts(t *testing.T, b *budget.Budget, lent int64, waiting int) {
	t.Helper()
	if l, w := b.Counts(); l != lent || w != waiting {
		t.Errorf("%d lent, %d wait; want %d and %d", l, w, lent, waiting)
	}
}

func never(t *testing.T) func() { return func() { t.Error("ended") } }

// Who wants more than there is waits, and is served in his turn: a small claim does not
// overtake a large one, which would wait for ever.
func TestClaimsWaitInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(100, time.Hour)
		first := b.Share(never(t))
		grow(t, first, 60)
		grow(t, first, 50) // has it already
		wantCounts(t, b, 60, 0)
		var order []string
		var waiting sync.WaitGroup
		for _, c := range []struct {
			name  string
			bytes int
		}{{"large", 80}, {"small", 30}} {
			waiting.Go(func() {
				s := b.Share(never(t))
				if err := s.Grow(context.Background(), c.bytes); err != nil {
					t.Error(err)
				}
				order = append(order, c.name)
				s.Free()
			})
			synctest.Wait()
		}
		wantCounts(t, b, 60, 2)
		first.Shrink(30)
		synctest.Wait()
		wantCounts(t, b, 30, 2)
		first.Free()
		waiting.Wait()
		if len(order) != 2 || order[0] != "large" {
			t.Errorf("%q", order)
		}
		wantCounts(t, b, 0, 0)
	})
}

// Holding is allowed as long as nobody waits. Then those who have held the longest are ended
// once their time is over, and no more of them than needed.
func TestWhoHoldsForTooLongIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(100, 10*time.Second)
		var mu sync.Mutex
		var ended []int
		sorted := func() []int {
			mu.Lock()
			defer mu.Unlock()
			return slices.Sorted(slices.Values(ended))
		}
		shares := make([]*budget.Share, 4)
		for i := range shares {
			shares[i] = b.Share(func() {
				mu.Lock()
				ended = append(ended, i)
				mu.Unlock()
				shares[i].Free()
			})
			grow(t, shares[i], 25)
			time.Sleep(4 * time.Second)
		}
		time.Sleep(time.Hour)
		if e := sorted(); len(e) != 0 {
			t.Fatalf("%v ended, and nobody waits", e)
		}
		shares[0].Shrink(20) // something came of it: its time begins anew
		start := time.Now()
		late := b.Share(never(t))
		grow(t, late, 50)
		if e := sorted(); time.Since(start) != 0 || !slices.Equal(e, []int{1, 2}) {
			t.Fatalf("after %v: %v ended", time.Since(start), e)
		}
		grow(t, b.Share(never(t)), 30) // waits: 3 is overdue, and its 25 and 5 of the budget are enough
		if e := sorted(); !slices.Equal(e, []int{1, 2, 3}) {
			t.Errorf("%v ended", e)
		}
		start = time.Now()
		grow(t, b.Share(never(t)), 10) // 0 is not overdue yet
		if d := time.Since(start); d != 10*time.Second || len(sorted()) != 4 {
			t.Errorf("after %v: %v ended", d, sorted())
		}
	})
}

// Two who hold a part each and want the rest do not wait for each other for ever.
func TestNobodyWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(100, time.Minute)
		errSlow := errors.New("slow")
		results, both := make(chan error, 2), make(chan struct{})
		for range 2 {
			ctx, stop := context.WithCancelCause(t.Context())
			s := b.Share(func() { stop(errSlow) })
			grow(t, s, 50)
			go func() {
				<-both
				results <- s.Grow(ctx, 100)
				s.Free()
				stop(nil)
			}()
			time.Sleep(time.Second)
		}
		close(both)
		if err := <-results; !errors.Is(err, errSlow) {
			t.Errorf("the first: %v", err)
		}
		if err := <-results; err != nil {
			t.Errorf("the second: %v", err)
		}
		synctest.Wait()
		wantCounts(t, b, 0, 0)
	})
}

// A claim that is withdrawn lets those behind it in. One that is larger than the budget gets all of it.
func TestWithdrawnAndTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(100, time.Hour)
		first := b.Share(never(t))
		grow(t, first, 60)
		ctx, cancel := context.WithCancel(t.Context())
		large := make(chan error)
		go func() { large <- b.Share(never(t)).Grow(ctx, 1000) }()
		synctest.Wait()
		small := make(chan error)
		go func() { small <- b.Share(never(t)).Grow(t.Context(), 40) }()
		synctest.Wait()
		wantCounts(t, b, 60, 2)
		cancel()
		if err := <-large; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := <-small; err != nil {
			t.Error(err)
		}
		wantCounts(t, b, 100, 0)
		all := b.Share(never(t))
		first.Free()
		go func() { small <- all.Grow(t.Context(), 60) }()
		if err := <-small; err != nil {
			t.Error(err)
		}
		wantCounts(t, b, 100, 0)
	})
}

// A share that others are at work on is not ended, however long it takes.
func TestKeptSharesAreNotEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(100, 10*time.Second)
		first, ended := b.Share(never(t)), make(chan struct{})
		grow(t, first, 60)
		var second *budget.Share
		second = b.Share(func() { second.Free(); close(ended) })
		grow(t, second, 40)
		first.Keep()
		late := b.Share(never(t))
		grow(t, late, 40) // that of the second
		<-ended
		done := make(chan error)
		go func() { done <- b.Share(never(t)).Grow(t.Context(), 50) }()
		late.Keep()
		time.Sleep(time.Hour)
		wantCounts(t, b, 100, 1)
		first.Free()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
