package coretest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// move begins to move what is in a queue.
func (w *walk) move() {
	source, to := w.queueName(), ""
	if !w.seldom(3) {
		to = w.queueName()
	}
	rate := rapid.SampledFrom([]int{0, 0, 1, 2, 25}).Draw(w.t, "rate")
	if w.seldom(12) {
		rate = -1
	}
	color := w.one("color", "", "", "", "", "", "", "r", "b")
	if w.twin.raced(source, to, color) {
		return
	}
	q, d := w.twin.queue(source), w.twin.queue(to)
	v, err := w.b.StartMoveOf(w.ctx, source, to, w.selector(color), rate)
	outcome, want := "done", error(nil)
	switch {
	case rate < 0:
		outcome, want = "invalid", queuecore.ErrInvalid
	case q == nil:
		outcome, want = "not found", queuecore.ErrNotFound
	case w.twin.running(q) != nil:
		outcome, want = "under way", queuecore.ErrExists
	case to != "" && d == nil:
		outcome, want = "no destination", queuecore.ErrNotFound
	case to == source || d != nil && d.config.Transient != q.config.Transient:
		outcome, want = "invalid", queuecore.ErrInvalid
	case to == "":
		outcome = "to the origins"
	}
	if want == nil && color != "" {
		w.saw("move", "of a color")
	}
	w.is("move", err, want)
	w.saw("move", outcome)
	if want == nil {
		w.sameMove(v, w.twin.startMove(q, v.ID, to, color, rate))
	}
}

// cancelMove ends a move, if one runs.
func (w *walk) cancelMove() {
	source, id := w.queueName(), queuecore.MessageID{}
	running := func(v *twinMove) bool { return v.Status == queuecore.MoveRunning }
	if i := slices.IndexFunc(w.twin.moves, running); i >= 0 && !w.seldom(4) { // drawn, it is seldom one of these
		source = w.twin.moves[i].Source
	}
	q := w.twin.queue(source)
	var v *twinMove
	if q != nil {
		v = w.twin.running(q)
	}
	if v != nil {
		id = v.ID
	}
	got, err := w.b.CancelMove(w.ctx, source, id)
	if v == nil {
		w.is("cancel move", err, queuecore.ErrNotFound)
		w.saw("move", "not there to cancel")
		return
	}
	w.must(err)
	w.twin.endMove(v, queuecore.MoveCanceled, "", "")
	w.sameMove(got, v)
	w.saw("move", "canceled")
}

func (w *walk) compareMoves(q *twinQueue) {
	got, err := w.b.Moves(w.ctx, q.name)
	w.must(err)
	want := w.twin.movesOf(q)
	if len(got) != len(want) {
		w.t.Fatalf("%s has %d moves, want %d", q.name, len(got), len(want))
	}
	for i := range got {
		w.sameMove(got[i], want[i])
	}
}

// sameMove compares moves, and when they began and ended by the wall clock as it is now.
func (w *walk) sameMove(got queuecore.Move, v *twinMove) {
	want := v.Move
	want.Started, want.Ended = w.time.ahead(v.started-w.twin.now), time.Time{}
	if v.over != 0 {
		want.Ended = w.time.ahead(v.over - w.twin.now)
	}
	if !got.Started.Equal(want.Started) || !got.Ended.Equal(want.Ended) {
		w.t.Fatalf("a move from %v to %v, want %v to %v", got.Started, got.Ended, want.Started, want.Ended)
	}
	if got.Started, got.Ended = want.Started, want.Ended; got != want {
		w.t.Fatalf("a move is %+v, want %+v", got, want)
	}
}

// movesHappened counts what became of moves by themselves since there were so many in
// each state.
func (w *walk) movesHappened(before map[string]int) {
	for what, n := range w.moveStates() {
		if n > before[what] && what != failures()[queuecore.MoveUnlike] { // which is too seldom to be wanted
			w.saw("move", what)
		}
	}
}

func (w *walk) moveStates() map[string]int {
	n := make(map[string]int)
	for _, v := range w.twin.moves {
		switch {
		case v.Status == queuecore.MoveDone && v.Moved > 0 && v.color != "":
			n["ends of a color"]++
		case v.Status == queuecore.MoveDone && v.Moved == 0:
			n["ends empty"]++
		case v.Status == queuecore.MoveDone:
			n["ends"]++
		case v.Status == queuecore.MoveFailed:
			n[failures()[v.Reason]]++
		case v.Reason == queuecore.MoveFull:
			n["waits for room"]++
		case v.Moved > 0:
			n["goes on later"]++
		}
	}
	return n
}

// failures are short names of the reasons.
func failures() map[queuecore.MoveReason]string {
	return map[queuecore.MoveReason]string{
		queuecore.MoveNoOrigin: "fails for want of an origin", queuecore.MoveNoQueue: "fails for want of a queue",
		queuecore.MoveUnlike: "fails between unlike queues", queuecore.MoveTooLarge: "fails of size",
	}
}

// moveTo returns the queue that a move is under way to, or nil.
func (w *walk) moveTo() *twinQueue {
	for _, v := range w.twin.moves {
		if v.Status == queuecore.MoveRunning && v.Destination != "" {
			return w.twin.queue(v.Destination)
		}
	}
	return nil
}
