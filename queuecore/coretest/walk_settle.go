package coretest

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// receipt draws a receipt that was once handed out; good or stale.
func (w *walk) receipt() (queuecore.Receipt, bool) {
	if len(w.receipts) == 0 {
		return queuecore.Receipt{}, false
	}
	if held := w.held(); len(held) > 0 && !w.seldom(3) {
		return rapid.SampledFrom(held).Draw(w.t, "receipt"), true
	}
	from := w.receipts
	if n := len(from); n > 6 && !w.seldom(4) {
		from = from[n-6:]
	}
	return rapid.SampledFrom(from).Draw(w.t, "receipt"), true
}

// held lists the receipts of the leases that there are.
func (w *walk) held() (rs []queuecore.Receipt) {
	for _, q := range w.twin.queues {
		for _, m := range q.all {
			if m.state == queuecore.Leased {
				rs = append(rs, queuecore.Receipt{Queue: q.id, Seq: m.seq, Attempt: uint32(m.attempt)})
			}
		}
	}
	return rs
}

// settled compares the answer to something that needs a living lease.
func (w *walk) settled(op string, r queuecore.Receipt, err error) (*twinQueue, *twinMessage) {
	q, m := w.twin.held(r)
	if m == nil {
		w.is(op, err, queuecore.ErrStale)
		w.saw(op, "stale")
		return nil, nil
	}
	w.is(op, err, nil)
	return q, m
}

func (w *walk) ack() {
	r, ok := w.receipt()
	if !ok {
		return
	}
	if w.seldom(5) {
		r.Attempt = 0
	}
	outcome := "gone"
	if q := w.twin.queueByID(r.Queue); q != nil && q.message(r.Seq) != nil {
		m := q.message(r.Seq)
		switch {
		case m.attempt == 0:
			outcome = "never handed out"
		case !m.fits(r):
		case r.Attempt == 0:
			outcome = "any attempt"
		case m.state == queuecore.Parked:
			outcome = "parked"
		case m.state != queuecore.Leased:
			outcome = "late"
		}
	}
	var want error
	if w.twin.stale(r) {
		want = queuecore.ErrStale
		w.saw("ack", "stale")
	}
	w.is("ack", w.ackWithOthers(r), want)
	if w.twin.ack(r) {
		w.saw("ack", "done")
	}
	if outcome != "gone" || want == nil {
		w.saw("ack", outcome)
	}
}

// ackWithOthers acks by a list, in which others stand that settle nothing and fail nothing.
func (w *walk) ackWithOthers(r queuecore.Receipt) error {
	type answer struct {
		stale []int
		err   error
	}
	done := make(chan answer, 1)
	none := queuecore.Receipt{Queue: math.MaxUint32, Seq: 1}
	err := w.b.SubmitAcks(w.ctx, []queuecore.Receipt{none, r, none}, func(stale []int, err error) { done <- answer{stale, err} })
	if err != nil {
		return err
	}
	switch a := <-done; {
	case a.err != nil:
		return a.err
	case len(a.stale) == 0:
		return nil
	case slices.Equal(a.stale, []int{1}):
		return queuecore.ErrStale
	default:
		return fmt.Errorf("stale are %v", a.stale)
	}
}

// nackDelay draws how long a nacked message rests.
func (w *walk) nackDelay() time.Duration {
	if w.seldom(3) {
		return queuecore.Backoff
	}
	if w.seldom(8) {
		return queuecore.GiveUp
	}
	return time.Duration(rapid.IntRange(0, 10).Draw(w.t, "rest")) * time.Second
}

func (w *walk) nack() {
	r, ok := w.receipt()
	if !ok {
		return
	}
	n := queuecore.Nack{Receipt: r, Delay: w.nackDelay()}
	q, m := w.settled("nack", r, w.b.Nack(w.ctx, r, n.Delay))
	if m == nil {
		return
	}
	w.saw("nack", "done")
	switch {
	case n.Delay == queuecore.GiveUp:
		w.saw("nack", "never again")
	case q.spent(m):
		w.saw("nack", "last attempt")
	case n.Delay == 0:
		w.saw("nack", "at once")
	case n.Delay > 0:
		w.saw("nack", "later")
	case q.backoff(m.attempts()) > 0:
		w.saw("nack", "back-off")
	}
	w.twin.nack(n)
}

func (w *walk) extend() {
	r, ok := w.receipt()
	if !ok {
		return
	}
	if w.seldom(8) {
		w.is("extend", w.b.Extend(w.ctx, r, 0), queuecore.ErrInvalid)
		w.saw("extend", "invalid")
		return
	}
	d := w.duration("extension")
	_, m := w.settled("extend", r, w.b.Extend(w.ctx, r, d))
	switch {
	case m == nil:
	case m.session != 0:
		w.saw("extend", "by session")
	default:
		m.visible = w.twin.now + d
		w.saw("extend", "by clock")
	}
}

func (w *walk) reject() {
	r, ok := w.receipt()
	if !ok {
		return
	}
	if w.seldom(4) {
		w.spend(r)
		return
	}
	q, m := w.settled("reject", r, w.b.Reject(w.ctx, r, "no"))
	if m == nil {
		return
	}
	switch {
	case q.config.DeadLetter == "":
		w.saw("reject", "dropped")
	case w.twin.deadLetterQueue(q) == nil:
		w.saw("reject", "parked")
	default:
		w.saw("reject", "dead letter")
	}
	w.twin.reject(q, m, "no")
}

// spend gives a message up whose attempts its receiver counts.
func (w *walk) spend(r queuecore.Receipt) {
	allowed := rapid.IntRange(0, 1).Draw(w.t, "allowed")
	done, err := w.b.Spend(w.ctx, r, allowed)
	q, m := w.settled("reject", r, err)
	if m == nil {
		return
	}
	if want := m.attempts() > allowed; done != want {
		w.t.Fatalf("spent is %t, want %t: %+v", done, want, m)
	}
	if !done {
		w.saw("reject", "not spent")
		return
	}
	w.saw("reject", "spent")
	m.attempt--
	reason := spent
	if w.twin.deadLetterQueue(q) == nil {
		reason = "attempts of a receiver"
	}
	w.twin.giveUp(q, m, reason)
}

func (w *walk) release() {
	var rs []queuecore.Receipt
	for range rapid.IntRange(1, 3).Draw(w.t, "n") {
		if r, ok := w.receipt(); ok {
			rs = append(rs, r)
		}
	}
	w.must(w.b.Release(w.ctx, rs))
	for _, r := range rs {
		if _, m := w.twin.held(r); m != nil {
			w.saw("release", "done")
		} else {
			w.saw("release", "over")
		}
		w.twin.release(r)
	}
	if len(rs) > 1 {
		w.saw("release", "several")
	}
}
