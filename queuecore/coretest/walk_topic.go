package coretest

import (
	"errors"
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// expect sends with an expectation of a topic's last message, which may be wrong.
func (w *walk) expect() {
	name := w.queueName()
	to := queuecore.QueueNamed(name)
	if w.seldom(2) {
		to = queuecore.TopicNamed(w.one("topic", "t.a", "t.b"))
	}
	l := w.letter(to)
	topic := w.one("expected of", "", "t.a", "t.b")
	q := w.twin.queue(name)
	x := &queuecore.Expect{Queue: name, AnyLast: true, Topic: &queuecore.TopicLast{Topic: topic}}
	right := true
	if q != nil {
		x.Topic.Seq = q.lastOf(topic)
		if w.seldom(2) {
			x.Topic.Seq, right = x.Topic.Seq+1, false
		}
	}
	repeats := q != nil && w.repeats(q, l)
	sent, err := w.b.Commit(w.ctx, queuecore.Tx{Sends: []*queuecore.Message{l.m}, If: x})
	var wrong *queuecore.WrongLast
	switch {
	case q == nil:
		w.is("expect", err, queuecore.ErrNotFound)
		w.saw("expect", "not found")
	case !right && !repeats:
		if !errors.As(err, &wrong) || wrong.Last != x.Topic.Seq-1 {
			w.t.Fatalf("expect %+v: %v", x.Topic, err)
		}
		w.saw("expect", "wrong")
	default:
		w.commit("expect", []*letter{l}, nil, nil, sent, err)
		if !right && repeats {
			w.saw("expect", "repeated")
		}
	}
}

// oneThing has what a bound of topics drops, which the broker has to read first, not go by
// another rule that changes at once, or to who waits.
func (w *walk) oneThing(q *twinQueue, c *queuecore.QueueConfig) {
	old := q.config
	if w.twin.waiting(q) > 0 {
		c.MaxPerTopic, c.DropOldestPerTopic = old.MaxPerTopic, old.DropOldestPerTopic
	}
	if c.MaxPerTopic != old.MaxPerTopic || c.DropOldestPerTopic != old.DropOldestPerTopic {
		c.MaxAttempts, c.DeadLetter, c.Retention = old.MaxAttempts, old.DeadLetter, old.Retention
	}
}

// repeats reports whether q has had the message.
func (w *walk) repeats(q *twinQueue, l *letter) bool {
	_, dup := w.twin.duplicate(q, &l.x)
	return dup
}

// sawTopicRooms counts what goes to make room for a transaction.
func (w *walk) sawTopicRooms(all []twinTarget, acks []queuecore.Receipt) {
	x := w.twin.asksTopics(acks)
	for _, t := range all {
		if _, dup := w.twin.duplicate(t.q, t.x); !dup {
			x.add(t.q, t.x.topic)
		}
	}
	for _, q := range w.twin.queues {
		gone, _ := x.victims(q)
		if len(gone) > 0 {
			w.saw("send", "drops the oldest of a topic")
		}
		if slices.ContainsFunc(gone, func(m *twinMessage) bool { return m.state == queuecore.Leased }) {
			w.saw("send", "drops a leased one of a topic")
		}
	}
}
