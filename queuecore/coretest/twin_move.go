package coretest

import (
	"cmp"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// twinMove is a move that runs or is remembered; of Move, the times mean nothing.
type twinMove struct {
	queuecore.Move
	limit         uint64 // the last number that is moved
	color         string // that is moved; "": any
	seen          uint64 // with a color: the last number that has had its turn
	next          time.Duration
	started, over time.Duration
}

// running returns the move from q that runs, or nil.
func (w *twin) running(q *twinQueue) *twinMove {
	for _, v := range w.moves {
		if v.Source == q.name && v.Status == queuecore.MoveRunning {
			return v
		}
	}
	return nil
}

// movesOf returns the moves from q, the latest first.
func (w *twin) movesOf(q *twinQueue) (all []*twinMove) {
	for _, v := range slices.Backward(w.moves) {
		if v.Source == q.name {
			all = append(all, v)
		}
	}
	return all
}

// raced reports whether a move would meet another in some queue, one of them with a color. When
// both are due at once, as after a restart, the one with a color waits for a Look, and nothing says
// how many others go before it comes back: who gets which number, or the last room, is open.
func (w *twin) raced(source, to, color string) bool {
	return slices.ContainsFunc(w.moves, func(v *twinMove) bool {
		anywhere := to == "" || v.Destination == ""
		meet := anywhere || to == v.Destination || to == v.Source || source == v.Destination
		return v.Status == queuecore.MoveRunning && v.Source != source && meet && (color != "" || v.color != "")
	})
}

func (w *twin) startMove(q *twinQueue, id queuecore.MessageID, to, color string, rate int) *twinMove {
	v := &twinMove{limit: q.last, color: color, next: w.now, started: w.now}
	v.Move = queuecore.Move{ID: id, Source: q.name, Destination: to, Selector: selectorOf(color), Rate: rate, Status: queuecore.MoveRunning, Total: q.count(queuecore.Ready)}
	w.moves = append(w.moves, v)
	if all := w.movesOf(q); len(all) > 10 {
		w.moves = slices.DeleteFunc(w.moves, func(x *twinMove) bool { return x == all[10] })
	}
	return v
}

// endMove ends v.
func (w *twin) endMove(v *twinMove, s queuecore.MoveStatus, reason queuecore.MoveReason, at string) {
	v.Status, v.Reason, v.At, v.over = s, reason, at, w.now
}

// shift goes on with the moves whose time it is.
func (w *twin) shift() {
	for _, v := range w.moves {
		if v.Status == queuecore.MoveRunning && v.next <= w.now {
			w.goOn(v)
		}
	}
}

// goOn moves what the rate allows at once: a tenth of what it allows in a second.
func (w *twin) goOn(v *twinMove) {
	q, n := w.queue(v.Source), 0
	for v.Status == queuecore.MoveRunning && (v.Rate == 0 || n < max(v.Rate/10, 1)) {
		if !w.moveNext(v, q) {
			break
		}
		n++
	}
	if v.Rate > 0 && n > 0 {
		v.next = max(v.next, w.now+time.Duration(n)*time.Second/time.Duration(v.Rate))
		if v.Status == queuecore.MoveRunning && v.color == "" && q.movable(v.limit) == nil {
			w.endMove(v, queuecore.MoveDone, "", "")
		}
	}
}

func (w *twin) moveNext(v *twinMove, q *twinQueue) bool {
	m := w.candidate(v, q)
	if m == nil {
		w.endMove(v, queuecore.MoveDone, "", "")
		return false
	}
	name := v.Destination
	if name == "" && m.dead != nil {
		name = m.dead.Queue
	}
	to := w.queue(name)
	switch {
	case name == "":
		w.endMove(v, queuecore.MoveFailed, queuecore.MoveNoOrigin, "")
	case to == nil || to == q:
		w.endMove(v, queuecore.MoveFailed, queuecore.MoveNoQueue, name)
	case to.config.Transient != q.config.Transient:
		w.endMove(v, queuecore.MoveFailed, queuecore.MoveUnlike, name)
	case to.config.MaxBytes > 0 && m.size > int(to.config.MaxBytes):
		w.endMove(v, queuecore.MoveFailed, queuecore.MoveTooLarge, name)
	case to.over(1, m.size):
		v.Reason, v.At, v.next = queuecore.MoveFull, name, w.now+time.Second
	default:
		w.transfer(q, m, to)
		v.Moved++
		v.Reason, v.At = "", ""
		v.seen = m.seq
		return true
	}
	return false
}

// candidate returns what v moves next, or nil.
func (w *twin) candidate(v *twinMove, q *twinQueue) *twinMessage {
	if v.color == "" {
		return q.movable(v.limit)
	}
	for _, m := range slices.SortedFunc(slices.Values(q.all), func(a, b *twinMessage) int { return cmp.Compare(a.seq, b.seq) }) {
		if m.seq <= v.seen || m.seq > v.limit {
			continue
		}
		if wants(v.color, m) && m.state == queuecore.Ready && !q.heldUp(m) {
			return m
		}
		v.seen = m.seq
	}
	return nil
}

// heldUp reports whether another message of m's group is to come back before m.
func (q *twinQueue) heldUp(m *twinMessage) bool {
	first := m
	for _, x := range q.all {
		switch {
		case !q.config.GroupOrder || x.group != m.group:
		case x.state == queuecore.Leased:
			return true
		case x.state != queuecore.Parked && x.seq < first.seq:
			first = x
		}
	}
	return first.state == queuecore.Delayed
}

// movable returns what would be handed out first of what is there up to number limit,
// if all groups were quiet, or nil.
func (q *twinQueue) movable(limit uint64) *twinMessage {
	all := q.all
	old := *q
	old.all = slices.DeleteFunc(slices.Clone(all), func(m *twinMessage) bool { return m.seq > limit && m.state != queuecore.Leased })
	return old.next(nil, "")
}

func (w *twin) transfer(q *twinQueue, m *twinMessage, to *twinQueue) {
	w.take(q, m)
	w.arrives(to, m.group)
	d := *m
	d.seq, d.state, d.visible, d.sent, d.dead, d.base = w.number(to), queuecore.Ready, 0, w.now, nil, m.attempt
	to.all = append(to.all, &d)
}

// reopenMoves has moves go on at once, in the order of their queues.
func (w *twin) reopenMoves() {
	for _, v := range w.moves {
		v.next = w.now
	}
	slices.SortStableFunc(w.moves, func(a, b *twinMove) int {
		return cmp.Compare(w.queue(a.Source).id, w.queue(b.Source).id)
	})
}
