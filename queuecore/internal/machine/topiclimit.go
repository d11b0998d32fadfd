package machine

import (
	"fmt"
	"maps"
	"slices"
)

// askedTopic is what a transaction that is being checked would do to a topic.
type askedTopic struct {
	name    string
	n       int      // messages that come
	leaving int      // that it acks
	victims []uint64 // that go to make room, the oldest
	at      int      // among the topic's numbers: where the next victim is looked for
}

// ask returns what is asked of a topic of q.
func (m *Machine) askTopic(t *topics, name string) *askedTopic {
	a := t.asked[name]
	if a == nil {
		if len(t.asked) == 0 {
			t.asked = make(map[string]*askedTopic)
			m.attempt.topical = append(m.attempt.topical, t)
		}
		a = &askedTopic{name: name}
		if x := t.byName[name]; x != nil {
			a.at = x.at
		}
		t.asked[name] = a
		t.order = append(t.order, a)
	}
	return a
}

// noteLeaving counts what r acks as gone from its topic, so that a message may take the place of
// the one that it was made of.
func (m *Machine) noteLeaving(r *Tx) {
	if m.tally.topical == 0 || len(r.Sends) == 0 {
		return
	}
	for _, a := range r.Acks {
		q := m.byID[a.Queue]
		if q == nil || q.topics == nil || q.config.MaxPerTopic == 0 {
			continue
		}
		x, e := q.topics.of[a.Seq], m.peek(a)
		if _, again := q.topics.leaving[a.Seq]; again || x == nil || e == nil || !a.fits(e) {
			continue
		}
		m.askTopic(q.topics, x.name).leaving++
		if q.topics.leaving == nil {
			q.topics.leaving = make(map[uint64]struct{})
		}
		q.topics.leaving[a.Seq] = struct{}{}
	}
}

// checkTopic counts s, which is to come to q, and finds what has to go for it or, where
// nothing may, refuses it.
func (m *Machine) checkTopic(q *queue, s *Send) error {
	limit := q.config.MaxPerTopic
	if limit == 0 {
		return nil
	}
	t := q.topics
	a := m.askTopic(t, s.topic())
	a.n++
	over := t.count(a.name) - a.leaving - len(a.victims) + a.n - limit
	switch {
	case over <= 0:
		return nil
	case !q.config.DropOldestPerTopic:
		return &TopicFull{Queue: q.name, Topic: a.name, Limit: limit}
	case a.n > limit:
		return fmt.Errorf("%d messages at once: %w", a.n, &TopicFull{Queue: q.name, Topic: a.name, Limit: limit})
	}
	for ; over > 0; over-- {
		m.doom(t, a)
	}
	return nil
}

// doom finds the next of a topic's oldest entries that has to go.
func (m *Machine) doom(t *topics, a *askedTopic) {
	for x := t.byName[a.name]; ; a.at++ {
		seq := x.seqs[a.at]
		if _, leaves := t.leaving[seq]; leaves || t.of[seq] != x {
			continue
		}
		a.at++
		a.victims = append(a.victims, seq)
		t.spared++
		t.room += int64(m.peek(Receipt{Queue: t.queue.id, Seq: seq}).size)
		m.attempt.asked.bytes += 3 * 64 // its deletion
		return
	}
}

// dropping returns how many messages, and bytes, the transaction at hand drops of topics.
func (t *topics) dropping() (int, int64) {
	if t == nil {
		return 0, 0
	}
	return t.spared, t.room
}

// makeTopicRooms drops what was found to have to go. What a topic has had too many of is dropped
// by itself; the rest goes together with what comes in its place.
func (m *Machine) makeTopicRooms() {
	for _, t := range m.attempt.topical {
		for _, a := range t.order {
			for ; len(a.victims) > a.n; a.victims = a.victims[1:] {
				m.drop(t.queue, a.victims[0])
				m.out.cut()
			}
		}
	}
	for _, t := range m.attempt.topical {
		for _, a := range t.order {
			for _, seq := range a.victims {
				m.drop(t.queue, seq)
			}
		}
	}
}

func (m *Machine) drop(q *queue, seq uint64) {
	q.totals.Dropped++
	m.remove(m.entry(q, seq))
}

// uncheckTopics forgets what was asked of topics.
func (m *Machine) uncheckTopics() {
	for _, t := range m.attempt.topical {
		t.asked, t.order, t.leaving, t.spared, t.room = nil, nil, nil, 0, 0
	}
	clear(m.attempt.topical)
	m.attempt.topical = m.attempt.topical[:0]
}

// trimTopics drops what q has too many of, each in a piece of its own.
func (m *Machine) trimTopics(q *queue) {
	t, limit := q.topics, q.config.MaxPerTopic
	t.trim = false
	if limit == 0 || !q.config.DropOldestPerTopic {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(t.byName)) {
		for x := t.byName[name]; name != damagedTopic && x.n > limit; {
			m.drop(q, t.first(x))
			m.out.cut()
		}
	}
}

// reconfigureTopics follows a change of q's rules.
func (m *Machine) reconfigureTopics(q *queue, old *Config) {
	c := &q.config
	switch {
	case c.MaxPerTopic == 0:
		if old.MaxPerTopic > 0 && !q.topics.awaited() { // or who comes next would be ahead of who waits
			m.stopTopics(q)
		}
		return
	case q.topics == nil:
		m.startTopics(q)
	case c.MaxPerTopic == old.MaxPerTopic && c.DropOldestPerTopic == old.DropOldestPerTopic:
		return
	}
	if q.topics.trim = true; q.topics.isKnown() {
		m.trimTopics(q)
	}
}

// mayBoundTopics refuses a bound on the topics of a queue that is too long to be read for it.
func mayBoundTopics(q *queue, next *Config) error {
	if next.MaxPerTopic == 0 || q.config.MaxPerTopic > 0 || q.len() <= boundTopics {
		return nil
	}
	return fmt.Errorf("queue %q holds %d messages; a bound of its topics can be set while it holds %d at the most: %w", q.name, q.len(), boundTopics, ErrLimit)
}
