package queuecore_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

func (r *rig) sendIf(last uint64, m *queuecore.Message) (queuecore.Placed, error) {
	m.Destination = queuecore.QueueNamed("q")
	sent, err := r.Commit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{m}, If: &queuecore.Expect{Queue: "q", Last: last}})
	if err != nil {
		return queuecore.Placed{}, err
	}
	return sent[0].Placed[0], nil
}

// A send that expects a number is refused with the right one, which then holds; also after a
// restart, and after all messages are gone.
func TestExpectedLastNumber(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	first, err := r.sendIf(0, &queuecore.Message{})
	r.must(err)
	var wrong *queuecore.WrongLast
	if _, err := r.sendIf(first.Seq+1, &queuecore.Message{}); !errors.As(err, &wrong) || wrong.Last != first.Seq || wrong.Queue != "q" {
		t.Fatalf("%v", err)
	}
	r.must(r.Ack(r.ctx, r.receive("q", 1)[0].Receipt))
	r.restart(nil)
	if _, err := r.sendIf(wrong.Last, &queuecore.Message{}); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if n := r.stats("q").Len(); n != 1 {
		t.Errorf("%d messages", n)
	}
	_, err = r.Commit(r.ctx, queuecore.Tx{If: &queuecore.Expect{Queue: "none"}})
	if !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("no queue: %v", err)
	}
}

// Of many who expect the same number one gets through.
func TestExpectedLastNumberHasOneWinner(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	for round := range uint64(20) {
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			// Ends with its one send.
			wg.Go(func() {
				if _, err := r.sendIf(round, &queuecore.Message{}); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d sends were taken at %d", won.Load(), round)
		}
	}
}

// A send that is repeated because its answer was lost gets that answer.
func TestExpectedLastNumberOfARepeatedSend(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DedupWindow: queuecore.MaxDelay})
	first, err := r.sendIf(0, &queuecore.Message{DedupID: "a"})
	r.must(err)
	again, err := r.sendIf(0, &queuecore.Message{DedupID: "a"})
	if err != nil || !again.Duplicate || again.Seq != first.Seq {
		t.Errorf("%+v, %v", again, err)
	}
}

// What is removed is gone, in whatever state, and nothing else.
func TestRemoveSome(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	for range 4 {
		r.send("q", "x")
	}
	leased := r.receive("q", 1)[0].Receipt.Seq
	n, err := r.RemoveSome(r.ctx, "q", []uint64{leased, leased + 2, leased + 99})
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	r.restart(nil)
	left, err := r.Browse(r.ctx, "q", 0, 10)
	r.must(err)
	if len(left) != 2 || left[0].Seq != leased+1 || left[1].Seq != leased+3 {
		t.Errorf("%+v", left)
	}
	for want, ask := range map[error]func() (int, error){
		queuecore.ErrNotFound: func() (int, error) { return r.RemoveSome(r.ctx, "none", nil) },
		queuecore.ErrInvalid:  func() (int, error) { return r.RemoveSome(r.ctx, queuecore.ScheduleQueue, nil) },
		queuecore.ErrTooLarge: func() (int, error) { return r.RemoveSome(r.ctx, "q", make([]uint64, queuecore.MaxReceive+1)) },
	} {
		if _, err := ask(); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// Who watches is told of what is parked and of what becomes a dead letter, once each.
func TestWatchGivenUp(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{MaxAttempts: 1})
	told := make(chan queuecore.GivenUp, 10)
	stop := r.WatchGivenUp(func(all []queuecore.GivenUp) {
		for _, x := range all {
			told <- x
		}
	})
	info, err := r.Queue("q")
	r.must(err)
	giveUp := func() uint64 {
		r.send("q", "x")
		d := r.receive("q", 1)[0]
		r.must(r.Nack(r.ctx, d.Receipt, 0))
		return d.Receipt.Seq
	}
	parked := giveUp()
	if x := <-told; x != (queuecore.GivenUp{Queue: info.ID, Seq: parked, Attempts: 1, Reason: queuecore.ReasonAttempts}) {
		t.Errorf("parked: %+v", x)
	}
	_, err = r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.DeadLetter = "dlq"; return nil })
	r.must(err)
	r.create("dlq", queuecore.QueueConfig{})
	r.until("the parked one has moved", func() bool { return r.stats("dlq").Ready == 1 })
	dead := giveUp()
	if x := <-told; x.Seq != dead {
		t.Errorf("dead letter: %+v, want message %d", x, dead)
	}
	stop()
	giveUp()
	r.until("all have moved", func() bool { return r.stats("dlq").Ready == 3 })
	if len(told) != 0 {
		t.Errorf("told on: %+v", <-told)
	}
}
