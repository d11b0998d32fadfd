package coretest

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// compare lets the twin come to rest and looks at everything there is to see.
func (w *walk) compare() {
	before := w.tally()
	w.rest()
	for range 2 { // has the broker look at its clock, and do what it does not do all at once
		_, err := w.b.Totals(w.ctx)
		w.must(err)
	}
	w.rest()
	for _, t := range w.twin.settle() {
		w.served(t)
	}
	w.happened(before)
	w.compareDirectory()
	for _, q := range w.twin.queues {
		w.compareStats(q)
		w.compareEntries(q)
		w.compareMoves(q)
	}
	totals, err := w.b.Totals(w.ctx)
	w.must(err)
	if want := w.twin.totals(); totals != want {
		w.t.Fatalf("in all %+v, want %+v", totals, want)
	}
	w.disk.remember(w.twin)
}

func (w *walk) compareDirectory() {
	infos := w.b.Queues("")
	if len(infos) != len(w.twin.queues) {
		w.t.Fatalf("there are %d queues, want %d", len(infos), len(w.twin.queues))
	}
	for _, info := range infos {
		q := w.twin.queue(info.Name)
		if q == nil || q.id != info.ID {
			w.t.Fatalf("there is %+v", info)
		}
		w.sameConfig(q, info.Config)
		w.sameSubscription(q, info.Subscription)
		if byID, err := w.b.QueueByID(info.ID); err != nil || byID.Name != info.Name {
			w.t.Fatalf("queue %d is %q: %v", info.ID, byID.Name, err)
		}
	}
	want := slices.SortedFunc(slices.Values(w.twin.bound), func(x, y queuecore.Binding) int {
		return cmp.Or(cmp.Compare(x.Queue, y.Queue), cmp.Compare(x.Pattern, y.Pattern))
	})
	if got := w.b.Bindings(""); !slices.Equal(got, want) {
		w.t.Fatalf("bound are %v, want %v", got, want)
	}
	for _, topic := range []string{"t.a", "t.b", "u.b", "v.v"} {
		var names []string
		for _, q := range w.twin.topics(topic) {
			names = append(names, q.name)
		}
		slices.Sort(names)
		if got := w.b.Match(topic); !slices.Equal(got, names) {
			w.t.Fatalf("%s reaches %v, want %v", topic, got, names)
		}
	}
}

func (w *walk) sameConfig(q *twinQueue, c queuecore.QueueConfig) {
	want := q.config
	if !maps.Equal(c.Labels, want.Labels) {
		w.t.Fatalf("%s has the labels %v, want %v", q.name, c.Labels, want.Labels)
	}
	c.Labels, want.Labels = nil, nil
	if !reflect.DeepEqual(c, want) {
		w.t.Fatalf("%s has %+v, want %+v", q.name, c, want)
	}
}

func (w *walk) compareStats(q *twinQueue) {
	got, err := w.b.Stats(w.ctx, q.name)
	w.must(err)
	want := queuecore.Stats{
		Ready: q.count(queuecore.Ready), Delayed: q.count(queuecore.Delayed), Leased: q.count(queuecore.Leased), Parked: q.count(queuecore.Parked),
		Resting: q.resting(), Again: q.again(),
		Bytes: int64(q.bytes()), FirstSeq: q.last + 1, LastSeq: q.last, Waiting: w.twin.waiting(q), Totals: q.totals,
		Fair: q.fairCounts(),
	}
	if len(q.all) > 0 {
		want.FirstSeq, want.OldestSentAt = q.all[0].seq, w.time.ahead(q.all[0].sent-w.twin.now)
	}
	if !got.OldestSentAt.Equal(want.OldestSentAt) {
		w.t.Fatalf("the oldest of %s is of %v, want %v", q.name, got.OldestSentAt, want.OldestSentAt)
	}
	if q.config.Relay {
		w.compareHeld(q)
	}
	if got.OldestSentAt = want.OldestSentAt; got != want {
		w.t.Fatalf("%s has %+v, want %+v", q.name, got, want)
	}
	if got.Len() > 100 {
		w.saw("by itself", "long queue")
	}
}

func (w *walk) compareEntries(q *twinQueue) {
	if q.config.Relay {
		w.browseRelay(q)
		return
	}
	for i := 0; ; i += queuecore.MaxReceive {
		want := q.all[min(i, len(q.all)):min(i+queuecore.MaxReceive, len(q.all))]
		from := q.last + 1
		if len(want) > 0 {
			from = want[0].seq
		}
		if i == 0 {
			from = 0
		}
		entries, err := w.b.Browse(w.ctx, q.name, from, queuecore.MaxReceive)
		w.must(err)
		if w.sameEntries(q, entries, want); len(want) < queuecore.MaxReceive {
			return
		}
	}
}

func (w *walk) sameEntries(q *twinQueue, entries []queuecore.Browsed, want []*twinMessage) {
	if len(entries) != len(want) {
		w.t.Fatalf("%s shows %d messages, want %d", q.name, len(entries), len(want))
	}
	for i, e := range entries {
		m := want[i]
		if e.Seq != m.seq || e.State != m.state || e.Attempt != m.attempt || string(e.Body) != m.body || !sameDead(e.Dead, m.dead) {
			w.t.Fatalf("%s shows %d %v@%d %.9q %v, want %+v", q.name, e.Seq, e.State, e.Attempt, e.Body, e.Dead, m)
		}
	}
}

// tally is what coverage is told from.
type tally struct {
	delayed, leased, ready int
	parked                 map[*twinMessage]bool
	totals                 queuecore.Totals
	retained               int // whose retention is over
	moves                  map[string]int
}

func (w *walk) tally() tally {
	t := tally{parked: make(map[*twinMessage]bool), totals: w.twin.totals(), moves: w.moveStates()}
	for _, q := range w.twin.queues {
		t.delayed += q.count(queuecore.Delayed)
		t.leased += q.count(queuecore.Leased)
		t.ready += q.count(queuecore.Ready)
		for _, m := range q.all {
			if m.state == queuecore.Parked {
				t.parked[m] = true
			}
			if r := q.config.Retention; r > 0 && m.sent+r <= w.twin.now && m.state != queuecore.Leased && (m.expires == 0 || m.sent+r < m.expires) {
				t.retained++
			}
		}
	}
	return t
}

// happened counts what has happened by itself since.
func (w *walk) happened(before tally) {
	w.movesHappened(before.moves)
	now := w.tally()
	for what, did := range map[string]bool{
		"delay ends":     now.delayed < before.delayed && now.ready > before.ready,
		"lease ends":     now.leased < before.leased && now.ready > before.ready,
		"expires":        now.totals.Expired > before.totals.Expired,
		"retention ends": before.retained > 0 && now.totals.Expired > before.totals.Expired,
		"dead letter":    now.totals.DeadLettered > before.totals.DeadLettered,
		"parked":         len(now.parked) > len(before.parked),
		"unparked":       w.unparked(before.parked),
		"parked goes to its dead-letter queue": len(before.parked) > len(now.parked) &&
			now.totals.DeadLettered > before.totals.DeadLettered,
	} {
		if did {
			w.saw("by itself", what)
		}
	}
}

// unparked reports whether one of the messages may be handed out again.
func (w *walk) unparked(parked map[*twinMessage]bool) bool {
	for _, q := range w.twin.queues {
		for _, m := range q.all {
			if parked[m] && m.state == queuecore.Ready {
				return true
			}
		}
	}
	return false
}
