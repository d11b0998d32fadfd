package coretest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// letter is one send in both forms, and the queues it goes to.
type letter struct {
	m       *queuecore.Message
	x       twinSend
	targets []*twinQueue
	nowhere bool // its queue is not there
}

// letter draws a message to the destination.
func (w *walk) letter(to queuecore.Destination) *letter {
	w.bodies++
	x := twinSend{body: fmt.Sprintf("m%d", w.bodies), priority: rapid.IntRange(0, 9).Draw(w.t, "priority"), sent: w.twin.now}
	x.group = w.one("group", "", "x", "y")
	x.id = w.one("id", "", "", "", "i", "j")
	x.color = w.one("color", "", "", "r", "b")
	l := &letter{m: &queuecore.Message{Destination: to, Properties: colored(x.color), Priority: queuecore.PriorityOf(x.priority), Group: x.group, DedupID: x.id}}
	w.times(l.m, &x)
	if w.seldom(10) {
		x.body += string(make([]byte, 5000)) // too large to stand in its entry
		w.saw("send", "large")
	}
	l.m.Body = []byte(x.body)
	x.size = len(x.body) + len(x.group) + len(x.id) + 2*len(x.color)
	l.x = x
	if to.Kind == queuecore.KindTopic {
		l.x.topic = to.Name
		l.targets = w.twin.targets(to.Name, x.color, w.origin)
	} else if q := w.twin.queue(to.Name); q != nil {
		l.targets = append(l.targets, q)
	} else {
		l.nowhere = true
	}
	return l
}

// times draws when the message was sent, is handed out and expires.
func (w *walk) times(m *queuecore.Message, x *twinSend) {
	if w.seldom(8) {
		d := w.duration("sent earlier by")
		x.sent, m.SentAt = w.twin.now-d, w.time.ahead(-d)
		w.saw("send", "sent earlier")
	}
	if w.seldom(6) {
		d := w.duration("delay") - 2*time.Second // some are past
		x.deliver, m.DeliverAt = w.twin.now+d, w.time.ahead(d)
		w.saw("send", "delayed")
	}
	if w.seldom(4) {
		x.seat = w.one("seat", "s", "t")
		m.Seat = x.seat
	}
	if w.seldom(8) {
		d := w.duration("ttl") - 2*time.Second
		x.expires, m.ExpiresAt = w.twin.now+d, w.time.ahead(d)
		w.saw("send", "expiring")
		if d <= 0 {
			w.saw("send", "already expired")
		}
	}
	if m.Group != "" {
		w.saw("send", "group")
	}
	if x.priority != 4 {
		w.saw("send", "priority")
	}
}

func (w *walk) send() {
	l := w.letter(queuecore.QueueNamed(w.queueName()))
	sent, err := w.b.Send(w.ctx, l.m)
	w.commit("send", []*letter{l}, nil, nil, []queuecore.Sent{sent}, err)
}

func (w *walk) topic() {
	w.origin = w.one("origin", "", "", "o")
	defer func() { w.origin = "" }()
	l := w.letter(queuecore.TopicNamed(w.one("topic", "t.a", "t.b", "t.b", "u.b", "u.b", "v.v")))
	sent, err := w.b.Commit(w.ctx, queuecore.Tx{Origin: w.origin, Sends: []*queuecore.Message{l.m}})
	if w.commit("topic", []*letter{l}, nil, nil, sent, err) {
		if len(w.twin.targets(l.m.Destination.Name, l.x.color, "")) > len(l.targets) {
			w.saw("topic", "kept from its origin")
		}
		w.saw("topic", [...]string{"none", "one queue", "several queues"}[min(len(l.targets), 2)])
	}
}

// bulk sends many small messages at once.
func (w *walk) bulk() {
	total := 0
	for _, q := range w.twin.queues {
		total += len(q.all)
	}
	if total > 1200 { // below what the machine looks at in one go
		return
	}
	name := w.queueName()
	q := w.twin.queue(name)
	var ls []*letter
	var t queuecore.Tx
	group, color := w.one("group", "", "x", "y"), w.one("color", "", "r", "b")
	for range rapid.IntRange(50, 200).Draw(w.t, "bulk") {
		w.bodies++
		l := &letter{x: twinSend{body: fmt.Sprint("b", w.bodies), priority: 4, sent: w.twin.now, group: group, color: color}, nowhere: q == nil}
		l.x.size = len(l.x.body) + len(group) + 2*len(color)
		if q != nil {
			l.targets = []*twinQueue{q}
		}
		l.m = &queuecore.Message{Destination: queuecore.QueueNamed(name), Body: []byte(l.x.body), Group: group, Properties: colored(color)}
		ls, t.Sends = append(ls, l), append(t.Sends, l.m)
	}
	sent, err := w.b.Commit(w.ctx, t)
	w.commit("bulk", ls, nil, nil, sent, err)
}

// tx does several things at once.
func (w *walk) tx() {
	var t queuecore.Tx
	var ls []*letter
	for range rapid.IntRange(0, 3).Draw(w.t, "sends") {
		to := queuecore.QueueNamed(w.queueName())
		if w.seldom(4) {
			to = queuecore.TopicNamed("t.b")
		}
		l := w.letter(to)
		ls, t.Sends = append(ls, l), append(t.Sends, l.m)
	}
	for range rapid.IntRange(0, 2).Draw(w.t, "acks") {
		if r, ok := w.receipt(); ok {
			t.Acks = append(t.Acks, r)
		}
	}
	for range rapid.IntRange(0, 2).Draw(w.t, "nacks") {
		if r, ok := w.receipt(); ok {
			t.Nacks = append(t.Nacks, queuecore.Nack{Receipt: r, Delay: w.nackDelay()})
		}
	}
	sent, err := w.b.Commit(w.ctx, t)
	if w.commit("tx", ls, t.Acks, t.Nacks, sent, err) && len(ls) > 0 && len(t.Acks) > 0 && len(t.Nacks) > 0 {
		w.saw("tx", "sends and acks and nacks")
	}
}

// commit compares what became of a transaction, and has the twin do it. It
// reports whether it took place.
func (w *walk) commit(op string, ls []*letter, acks []queuecore.Receipt, nacks []queuecore.Nack, sent []queuecore.Sent, err error) bool {
	outcome, want := w.refusal(ls, acks, nacks)
	if outcome == "too large" && errors.Is(err, queuecore.ErrFull) || outcome == "full" && errors.Is(err, queuecore.ErrTooLarge) {
		want = err // of a topic's queues, any may be the first that refuses
	}
	w.is(op, err, want)
	if op == "bulk" && outcome != "done" && outcome != "full" {
		return false
	}
	if op != "topic" || want != nil {
		w.saw(op, outcome)
	}
	if want != nil {
		return false
	}
	before := w.twin.totals().Dropped
	w.sawTopicRooms(w.twin.targetsOf(ls), acks)
	w.twin.makeRooms(w.twin.targetsOf(ls), acks)
	if op == "send" && w.twin.totals().Dropped > before {
		w.saw("send", "drops the oldest")
	}
	replaced := w.twin.replaced
	for i, l := range ls {
		w.placed(op, l, sent[i])
	}
	if op == "send" && w.twin.replaced > replaced {
		w.saw("send", "replaces")
	}
	for _, r := range acks {
		w.twin.ack(r)
	}
	for _, last := range []bool{false, true} { // what is given up goes behind the rest
		for _, n := range nacks {
			if (n.Delay == queuecore.GiveUp) == last {
				w.twin.nack(n)
			}
		}
	}
	return true
}

// targetsOf lists each send with each of its queues, and with those that relays among them hand it to.
func (w *twin) targetsOf(ls []*letter) (all []twinTarget) {
	for _, l := range ls {
		for _, q := range l.targets {
			all = append(all, twinTarget{q, &l.x, l.m.ID, false})
			if _, dup := w.duplicate(q, &l.x); q.config.Relay && !dup {
				for _, t := range w.takers(q, &l.x) {
					all = append(all, twinTarget{t, &l.x, l.m.ID, true})
				}
			}
		}
	}
	return all
}

// refusal returns why a transaction must be refused, in both forms. What is wrong
// first is told.
func (w *walk) refusal(ls []*letter, acks []queuecore.Receipt, nacks []queuecore.Nack) (string, error) {
	for i, l := range ls {
		if l.nowhere {
			return "not found", queuecore.ErrNotFound
		}
		switch err := w.twin.refuses(w.twin.targetsOf(ls[:i+1]), acks); err {
		case queuecore.ErrFull:
			w.sawFull(l)
			return "full", err
		case queuecore.ErrTooLarge:
			return "too large", err
		}
	}
	if slices.ContainsFunc(acks, w.twin.stale) {
		return "stale ack", queuecore.ErrStale
	}
	for _, n := range nacks {
		if _, m := w.twin.held(n.Receipt); m == nil {
			return "stale nack", queuecore.ErrStale
		}
	}
	return "done", nil
}

// sawFull counts what was refused for its bytes or its topic.
func (w *walk) sawFull(l *letter) {
	for _, q := range l.targets {
		if w.twin.asksTopics(nil).add(q, l.x.topic) {
			w.saw("send", "full of a topic")
		}
		if c := q.config; c.MaxBytes > 0 && q.bytes()+l.x.size > int(c.MaxBytes) {
			w.saw("send", "full of bytes")
			return
		}
	}
}

// placed compares where a message went.
func (w *walk) placed(op string, l *letter, sent queuecore.Sent) {
	if len(sent.Placed) != len(l.targets) || sent.ID != l.m.ID {
		w.t.Fatalf("%s: placed %+v, want %d queues", op, sent, len(l.targets))
	}
	for _, q := range l.targets {
		i := slices.IndexFunc(sent.Placed, func(p queuecore.Placed) bool { return p.Queue == q.name })
		if i < 0 {
			w.t.Fatalf("%s: placed %+v, not in %s", op, sent, q.name)
		}
		id := l.m.ID
		if f, dup := w.twin.duplicate(q, &l.x); dup {
			id = f.id
		}
		seq, dup := w.twin.enter(twinTarget{q, &l.x, l.m.ID, false})
		if p := sent.Placed[i]; p.Seq != seq || p.Duplicate != dup || p.ID != id {
			w.t.Fatalf("%s: placed %+v; want %d, duplicate %v, id %v", op, p, seq, dup, id)
		}
		if dup && (op == "send" || op == "topic") {
			w.saw(op, "duplicate")
		}
	}
}
