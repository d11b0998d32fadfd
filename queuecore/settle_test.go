package queuecore_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// Of acks that go together each has its own outcome, and those that are told to be done
// are on disk.
func TestAcksTogetherAreEachForItself(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	for _, body := range []string{"a", "b", "c"} {
		r.send("q", body)
	}
	ds := r.receive("q", 2)
	a, b := ds[0].Receipt, ds[1].Receipt
	r.must(r.Nack(r.ctx, b, 0))
	if again := r.receive("q", 1); len(again) != 1 || again[0].Receipt.Seq != b.Seq {
		t.Fatalf("%+v", again)
	}
	waits := queuecore.Receipt{Queue: a.Queue, Seq: b.Seq + 1} // nobody was given it
	stale := make(chan []int, 1)
	told := func(x []int, err error) { r.must(err); stale <- x }
	r.must(r.SubmitAcks(r.ctx, []queuecore.Receipt{b, a, waits, a}, told))
	if got := <-stale; !slices.Equal(got, []int{0, 2}) {
		t.Errorf("stale are %v", got)
	}
	r.restart(nil)
	if n := r.stats("q").Len(); n != 2 {
		t.Errorf("%d messages are left, want b and c", n)
	}
}

func TestAcksTogetherThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	never := func([]int, error) { t.Error("an answer beside the error") }
	if err := r.SubmitAcks(r.ctx, make([]queuecore.Receipt, queuecore.MaxTxOps+1), never); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Errorf("too many: %v", err)
	}
	r.must(r.Close())
	if err := r.SubmitAcks(r.ctx, make([]queuecore.Receipt, 1), never); !errors.Is(err, queuecore.ErrClosed) {
		t.Errorf("of a closed broker: %v", err)
	}
}

// A store that fails answers all of them with the error.
func TestAcksTogetherAreNotToldWhenTheStoreFails(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "a")
	x := r.receive("q", 1)[0].Receipt
	r.store.FailSync(storetest.Fault{Times: -1})
	failed := make(chan error, 1)
	r.must(r.SubmitAcks(r.ctx, []queuecore.Receipt{x, x}, func(_ []int, err error) { failed <- err }))
	if err := <-failed; !errors.Is(err, queuecore.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
