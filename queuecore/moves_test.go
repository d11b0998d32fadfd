package queuecore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// deadLetters makes the queue q, its dead-letter queue dlq, and the bodies in that.
func (r *rig) deadLetters(bodies ...string) {
	r.t.Helper()
	r.create("dlq", queuecore.QueueConfig{})
	r.create("q", queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dlq"})
	for _, body := range bodies {
		r.send("q", body)
		r.must(r.Nack(r.ctx, r.receive("q", 1)[0].Receipt, 0))
	}
	r.until("they have moved", func() bool { return r.stats("dlq").Ready == len(bodies) })
}

func (r *rig) move(source, destination string, rate int) queuecore.Move {
	r.t.Helper()
	v, err := r.StartMove(r.ctx, source, destination, rate)
	r.must(err)
	return v
}

// lastMove is the latest move from a queue.
func (r *rig) lastMove(source string) queuecore.Move {
	r.t.Helper()
	moves, err := r.Moves(r.ctx, source)
	r.must(err)
	return moves[0]
}

func (r *rig) moved(source string) queuecore.Move {
	r.t.Helper()
	r.until("the move has ended", func() bool { return r.lastMove(source).Status != queuecore.MoveRunning })
	return r.lastMove(source)
}

// Dead letters go back to where they came from, as they were; there they have all
// attempts before them, though the count goes on.
func TestMoveBack(t *testing.T) {
	clock := newClock()
	r := newRig(t, &queuecore.Options{Now: clock.Now, CacheBytes: -1})
	large := strings.Repeat("large", 2000)
	r.deadLetters("small", large)
	began := clock.Now()
	start := r.move("dlq", "", 0)
	if start.Status != queuecore.MoveRunning || start.Total != 2 || !start.Started.Equal(began) || !start.Ended.IsZero() {
		t.Errorf("started: %+v", start)
	}
	if v := r.moved("dlq"); v.ID != start.ID || v.Status != queuecore.MoveDone || v.Moved != 2 || !v.Ended.Equal(began) {
		t.Errorf("ended: %+v", v)
	}
	ds := r.receive("q", 2)
	if len(ds) != 2 || string(ds[0].Body) != "small" || string(ds[1].Body) != large || ds[0].Attempt != 2 || ds[0].Dead != nil {
		t.Fatalf("%d deliveries, %+v", len(ds), ds)
	}
	r.must(r.Nack(r.ctx, ds[0].Receipt, 0))
	r.must(r.Ack(r.ctx, ds[1].Receipt))
	r.until("it is a dead letter again", func() bool { return r.stats("dlq").Ready == 1 })
}

// A move with a rate goes on after restarts, and after a death and a power cut; what was moved by then
// is moved, once.
func TestMoveOutlivesTheBroker(t *testing.T) {
	clock := newClock()
	o := &queuecore.Options{Now: clock.Now}
	r := newRig(t, o)
	r.create("to", queuecore.QueueConfig{})
	r.create("from", queuecore.QueueConfig{})
	for i := range 8 {
		r.send("from", fmt.Sprint(i))
	}
	r.move("from", "to", 1)
	r.until("one has moved", func() bool { return r.lastMove("from").Moved == 1 })
	r.restart(o)
	r.until("another has moved", func() bool { return r.lastMove("from").Moved == 2 })
	clock.add(time.Second)
	r.until("another has moved", func() bool { return r.lastMove("from").Moved == 3 })
	next := r.disk.CrashKeeping(0)
	r.must(r.Close())
	r.disk = next
	r.open(o)
	for moved := 4; moved <= 8; moved++ {
		r.until("another has moved", func() bool { return r.lastMove("from").Moved == moved })
		if v := r.lastMove("from"); r.stats("to").Ready != moved || r.stats("from").Ready != 8-moved || v.Rate != 1 || v.Total != 8 {
			t.Fatalf("%+v, %+v", v, r.stats("to"))
		}
		clock.add(time.Second)
	}
	if v := r.moved("from"); v.Status != queuecore.MoveDone {
		t.Errorf("%+v", v)
	}
	r.restart(o)
	if v := r.lastMove("from"); v.Status != queuecore.MoveDone || v.Moved != 8 {
		t.Errorf("%+v", v)
	}
	ds := r.receive("to", 10)
	if len(ds) != 8 || slices.ContainsFunc(ds, func(d queuecore.Delivery) bool { return d.Attempt != 1 }) {
		t.Errorf("%+v", ds)
	}
}

// What StartMove, CancelMove and Moves refuse.
func TestMoveRefused(t *testing.T) {
	clock := newClock()
	r := newRig(t, &queuecore.Options{Now: clock.Now})
	r.create("a", queuecore.QueueConfig{})
	r.create("b", queuecore.QueueConfig{})
	r.create("t", queuecore.QueueConfig{Transient: true})
	for _, x := range []struct {
		source, destination string
		rate                int
		want                error
	}{
		{"a", "b", -1, queuecore.ErrInvalid}, {"a", "a", 0, queuecore.ErrInvalid}, {"a", "t", 0, queuecore.ErrInvalid},
		{"x", "b", 0, queuecore.ErrNotFound}, {"a", "x", 0, queuecore.ErrNotFound},
	} {
		if _, err := r.StartMove(r.ctx, x.source, x.destination, x.rate); !errors.Is(err, x.want) {
			t.Errorf("%+v: %v", x, err)
		}
	}
	r.send("a", "1")
	r.send("a", "2")
	v := r.move("a", "b", 1)
	if _, err := r.StartMove(r.ctx, "a", "b", 0); !errors.Is(err, queuecore.ErrExists) {
		t.Errorf("a second move: %v", err)
	}
	if _, err := r.CancelMove(r.ctx, "b", v.ID); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("of another queue: %v", err)
	}
	c, err := r.CancelMove(r.ctx, "a", v.ID)
	if err != nil || c.Status != queuecore.MoveCanceled || c.Moved > 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := r.CancelMove(r.ctx, "a", v.ID); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
	if _, err := r.Moves(r.ctx, "x"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Error(err)
	}
}

// A large move costs few syncs, and those who wait at the destination get what comes.
func TestLargeMove(t *testing.T) {
	r := newRig(t, &queuecore.Options{IndexEntries: -1, CacheBytes: -1})
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	const n = 5000
	tx := queuecore.Tx{}
	for i := range n {
		tx.Sends = append(tx.Sends, text("from", fmt.Sprint(i)))
	}
	_, err := r.Commit(r.ctx, tx)
	r.must(err)
	before := r.store.Syncs()
	r.move("from", "to", 0)
	for got := 0; got < n; {
		ds, err := r.Receive(r.ctx, "to", queuecore.ReceiveOptions{Max: 1000, Wait: -1})
		r.must(err)
		for _, d := range ds {
			if string(d.Body) != fmt.Sprint(got) {
				t.Fatalf("%q came as number %d", d.Body, got)
			}
			got++
		}
	}
	if syncs := r.store.Syncs() - before; syncs > 40 {
		t.Errorf("%d syncs", syncs)
	}
	if v := r.moved("from"); v.Moved != n || v.Status != queuecore.MoveDone {
		t.Errorf("%+v", v)
	}
}

// While the disk has no room moves rest, as sends do, and go on when there is some.
func TestMovesRestOnAFullDisk(t *testing.T) {
	clock := newClock()
	r := newRig(t, &queuecore.Options{Now: clock.Now})
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	r.send("from", "x")
	r.store.FailRoom(store.ErrNoSpace)
	r.until("sends are refused", func() bool { return r.Err() != nil })
	r.move("from", "to", 0)
	clock.add(time.Minute)
	if v := r.lastMove("from"); v.Status != queuecore.MoveRunning || v.Moved != 0 {
		t.Errorf("%+v", v)
	}
	r.store.Heal()
	r.until("sends are taken", func() bool { return r.Err() == nil })
	clock.add(time.Second)
	if v := r.moved("from"); v.Moved != 1 {
		t.Errorf("%+v", v)
	}
}
