package coretest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// relayActions are what walks do that are about a relay "h" and its members.
func (w *walk) relayActions() map[string]func() {
	return map[string]func(){
		"send": w.sendOn, "send 2": w.sendOn, "topic": w.topicOn, "topic 2": w.topicOn, "topic 3": w.topicOn, "tx": w.tx,
		"receive": w.receive, "receive 2": w.receive, "receive 3": w.receive, "receive 4": w.receive, "wait": w.wait, "cancel": w.cancel,
		"ack": w.ack, "ack 2": w.ack, "nack": w.nack, "extend": w.extend, "reject": w.reject, "release": w.release,
		"relate": w.relate, "relate 2": w.relate, "retune": w.retune, "undo": w.deleteRelated, "unbound": w.unboundMember, "unmoved": w.unmoved,
		"purge": w.purgeRelated, "remove": w.removeRelated, "close session": w.closeSession, "redrive": w.redrive,
		"advance": w.advance, "restart": w.restart, "kill": w.kill, "cut": w.cut, "cut a lease": w.cutLease,
	}
}

func (w *walk) sendOn() {
	name := w.queueName()
	w.handsOn(w.letter(queuecore.QueueNamed(name)), "send")
}

func (w *walk) topicOn() {
	w.handsOn(w.letter(queuecore.TopicNamed(w.one("topic", "t.a", "t.b", "u.b"))), "topic")
}

// handsOn sends l, and counts what became of it where a relay got it.
func (w *walk) handsOn(l *letter, op string) {
	var relay *twinQueue
	for _, q := range l.targets {
		if q.config.Relay {
			relay = q
		}
	}
	outcome, _ := w.refusal([]*letter{l}, nil, nil)
	if relay != nil && outcome == "done" {
		outcome = [...]string{"nobody takes it", "one takes it", "several take it"}[min(len(w.twin.takers(relay, &l.x)), 2)]
		if _, dup := w.twin.duplicate(relay, &l.x); dup {
			outcome = "duplicate"
		}
	}
	sent, err := w.b.Commit(w.ctx, queuecore.Tx{Sends: []*queuecore.Message{l.m}})
	if w.commit(op, []*letter{l}, nil, nil, sent, err); relay != nil {
		w.saw("relay", outcome)
	}
}

// related draws the configuration of the relay or of a member.
func (w *walk) related(name string) queuecore.QueueConfig {
	c := w.config(name)
	if name == "h" {
		r := queuecore.QueueConfig{Relay: true, DedupWindow: c.DedupWindow, DedupPerGroup: c.DedupPerGroup, MaxMessageSize: c.MaxMessageSize, Retention: c.Retention}
		r.MaxMessages, r.MaxBytes, r.DropOldest, r.Labels = c.MaxMessages, c.MaxBytes, c.DropOldest, c.Labels
		return r
	}
	c.Of, c.DedupWindow, c.DedupPerGroup, c.FairGroups = "h", 0, false, false
	c.MaxPerTopic, c.DropOldestPerTopic = 0, false // which TestRelaysThatCannotBe has
	switch w.one("takes", "all", "topics", "own", "both") {
	case "topics":
		c.Topics = []string{w.one("topics", "t.*", "u.b")}
	case "own":
		c.Own = true
	case "both":
		c.Topics, c.Own = []string{"t.a", "*.b"}, true
	}
	return c
}

// relate makes the relay or a member.
func (w *walk) relate() {
	name := w.one("related", "h", "h.1", "h.2", "h.3")
	c, h := w.related(name), w.twin.queue("h")
	c.GroupOrder = c.Of != "" && w.seldom(4)
	if q := w.twin.queue(name); q != nil {
		_, err := w.b.CreateQueue(w.ctx, name, q.config)
		w.is("relate", err, nil)
		w.saw("relay", "again")
		return
	}
	if name == "h" {
		info, err := w.b.CreateQueue(w.ctx, name, c)
		w.made(name, info, c, 0, err)
		x := queuecore.Binding{Pattern: w.one("pattern", "t.*", ">"), Queue: "h"}
		w.must(w.b.Bind(w.ctx, x))
		w.twin.bind(x)
		w.saw("relay", "made")
		return
	}
	if h == nil {
		_, err := w.b.CreateQueue(w.ctx, name, c)
		w.is("relate", err, queuecore.ErrNotFound)
		w.saw("relay", "no such relay")
		return
	}
	w.member(name, c, h)
}

func (w *walk) member(name string, c queuecore.QueueConfig, h *twinQueue) {
	held := w.twin.heldBy(h)
	var f queuecore.Fill
	if w.seldom(2) {
		f.From = uint64(rapid.IntRange(0, int(h.last)).Draw(w.t, "from"))
	}
	for _, m := range held {
		if w.seldom(3) {
			f.Seqs = append(f.Seqs, m.seq)
		}
	}
	info, err := w.b.CreateMember(w.ctx, name, c, f)
	inherit(&c, h.config)
	w.made(name, info, c, 0, err)
	q := w.twin.queue(name)
	w.twin.fill(q, f, held)
	w.saw("relay", "member made")
	switch n := len(q.all); {
	case n == 0:
		w.saw("relay", "filled with nothing")
	case n < len(held):
		w.saw("relay", "filled with some")
	default:
		w.saw("relay", "filled")
	}
}

// retune changes the rules of the relay or of a member.
func (w *walk) retune() {
	q := w.twin.queue(w.one("related", "h", "h.1", "h.2"))
	if q == nil {
		return
	}
	c := w.related(q.name)
	c.GroupOrder = q.config.GroupOrder
	if q.config.Relay {
		w.must(w.change(q, c))
		w.twin.update(q, c)
		w.saw("relay", "updated")
		for _, t := range w.twin.membersOf(q) {
			own := t.config
			inherit(&own, c)
			w.twin.update(t, own)
			w.saw("relay", "its members follow")
		}
		return
	}
	if inherit(&c, q.config); w.seldom(4) {
		c.MaxMessages++
		w.is("retune", w.change(q, c), queuecore.ErrInvalid)
		w.saw("relay", "not its own to say")
		return
	}
	w.must(w.change(q, c))
	w.twin.update(q, c)
	w.saw("relay", "member updated")
}

func (w *walk) noReceiving(q *twinQueue) {
	_, err := w.b.Receive(w.ctx, q.name, queuecore.ReceiveOptions{Wait: -1})
	w.is("receive", err, queuecore.ErrRelay)
	w.saw("relay", "no receiving")
}

func (w *walk) unboundMember() {
	if q := w.twin.queue("h.1"); q != nil {
		w.is("bind", w.b.Bind(w.ctx, queuecore.Binding{Pattern: "t.a", Queue: q.name}), queuecore.ErrInvalid)
		w.saw("relay", "no binding")
	}
}

func (w *walk) unmoved() {
	if w.twin.queue("h") == nil || w.twin.queue("a") == nil {
		return
	}
	source, to := "h", "a"
	if w.seldom(2) {
		source, to = "a", "h"
	}
	_, err := w.b.StartMove(w.ctx, source, to, 0)
	w.is("move", err, queuecore.ErrRelay)
	w.saw("relay", "no moving")
}

func (w *walk) deleteRelated() {
	q := w.twin.queue(w.one("related", "h", "h.1", "h.2", "h.3"))
	if q == nil || q.config.Relay && !w.seldom(3) || !w.seldom(2) {
		return
	}
	outcome := "member deleted"
	if len(w.twin.membersOf(q)) > 0 {
		outcome = "deleted with members"
	}
	w.must(w.b.DeleteQueue(w.ctx, q.name))
	w.deleted(q)
	w.twin.delete(q)
	w.saw("relay", outcome)
}

func (w *walk) purgeRelated() {
	h := w.twin.queue("h")
	if h == nil || !w.seldom(5) {
		w.purgeMember()
		return
	}
	n, err := w.b.Purge(w.ctx, "h")
	w.must(err)
	if want := len(w.twin.heldBy(h)); n != want {
		w.t.Fatalf("purged %d of the relay, want %d", n, want)
	}
	for _, q := range w.twin.membersOf(h) {
		q.totals.Dropped += uint64(len(q.all))
		q.all = nil
	}
	w.saw("relay", "purged")
}

func (w *walk) purgeMember() {
	q := w.twin.queue(w.one("related", "h.1", "h.2"))
	if q == nil || len(q.all) == 0 || !w.seldom(4) {
		return
	}
	n, err := w.b.Purge(w.ctx, q.name)
	w.must(err)
	if n != len(q.all) {
		w.t.Fatalf("purged %d of %s, want %d", n, q.name, len(q.all))
	}
	q.totals.Dropped += uint64(n)
	q.all = nil
}

func (w *walk) removeRelated() {
	h := w.twin.queue("h")
	if h == nil {
		return
	}
	held := w.twin.heldBy(h)
	if len(held) == 0 {
		w.is("remove", w.b.Remove(w.ctx, "h", 1<<40), queuecore.ErrNotFound)
		return
	}
	seq, n := rapid.SampledFrom(held).Draw(w.t, "message").seq, 0
	removed, err := w.b.RemoveSome(w.ctx, "h", []uint64{seq, 1 << 40})
	if w.must(err); removed != 1 {
		w.t.Fatalf("removed %d messages of one number", removed)
	}
	for _, q := range w.twin.membersOf(h) {
		if m := q.message(seq); m != nil {
			w.twin.take(q, m)
			q.totals.Dropped++
			n++
		}
	}
	if n > 1 {
		w.saw("relay", "removed from several")
	}
}

// browseRelay compares what a relay shows with what its members hold.
func (w *walk) browseRelay(h *twinQueue) {
	want := w.twin.heldBy(h)
	got, err := w.b.Browse(w.ctx, h.name, 0, queuecore.MaxReceive)
	w.must(err)
	w.sameEntries(h, got, want[:min(len(want), queuecore.MaxReceive)])
	from := h.last / 2
	want = slices.DeleteFunc(want, func(m *twinMessage) bool { return m.seq < from })
	got, err = w.b.Browse(w.ctx, h.name, from, 3)
	w.must(err)
	w.sameEntries(h, got, want[:min(len(want), 3)])
	w.saw("relay", "browsed")
}

// compareHeld compares the counts of what the members of a relay hold.
func (w *walk) compareHeld(h *twinQueue) {
	held, members := w.twin.heldBy(h), w.twin.membersOf(h)
	want := queuecore.Holding{Messages: len(held), FirstSeq: h.last + 1, LastSeq: h.last, Exact: true}
	for _, m := range held {
		want.Bytes += int64(m.size)
	}
	if len(held) > 0 {
		want.FirstSeq = held[0].seq
	}
	got, err := w.b.Held(w.ctx, h.name, 1<<20)
	w.must(err)
	if sent, any := oldestOf(held); any && !got.FirstSentAt.Equal(w.time.ahead(sent-w.twin.now)) {
		w.t.Fatalf("the oldest of %s is of %v, want %v", h.name, got.FirstSentAt, sent)
	}
	if got.FirstSentAt = want.FirstSentAt; got != want {
		w.t.Fatalf("%s holds %+v, want %+v", h.name, got, want)
	}
	if len(members) > 1 && len(held) > 0 {
		w.saw("relay", "held by several")
	}
}
