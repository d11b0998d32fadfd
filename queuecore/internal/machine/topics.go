package machine

import (
	"cmp"
	"slices"
	"strings"
)

// topics is what a queue knows of the topics that its messages were sent to, where it bounds
// them (MaxPerTopic) or where somebody expects the last message of one. It is in memory
// alone. A send says its topic; what came in another way, or was there before, is read
// once (topicread.go): everything below next is known.
type topics struct {
	queue  *queue
	byName map[string]*topic
	of     map[uint64]*topic // by sequence number
	next   uint64            // entries from here on are not known yet

	look    *Look
	retry   int64 // when to look again after one that failed
	trim    bool  // what is over the bound goes once everything is known
	waiting []*Tx // that have to know
	bytes   int64 // of their messages

	// What a transaction that is being checked would do.
	asked   map[string]*askedTopic
	order   []*askedTopic
	leaving map[uint64]struct{} // that it acks
	spared  int                 // that it would drop here
	room    int64               // bytes of those
}

// topic is the entries of one topic.
type topic struct {
	name string
	seqs []uint64 // in order, from at on; those that are gone are passed over
	at   int
	n    int // that are there
}

// The names of what has no topic: no topic is called so.
const (
	ownTopic     = ""     // it was sent to the queue itself
	damagedTopic = "\x00" // its record cannot be read
)

// About what these take in memory: a topic without its name, and one entry's place.
const (
	topicBytes = 256
	placeBytes = 64
)

// topic returns the name of what s is counted under.
func (s *Send) topic() string {
	if s.Topic {
		return s.Name
	}
	return ownTopic
}

// startTopics has q know its topics from now on.
func (m *Machine) startTopics(q *queue) {
	t := &topics{queue: q, byName: make(map[string]*topic), of: make(map[uint64]*topic)}
	q.topics = t
	m.tally.topical++
	if q.len() == 0 {
		t.next = q.nextSeq
		return
	}
	m.readLater(q)
}

// stopTopics has q forget its topics. Who waits to know them goes on in the next Flush.
func (m *Machine) stopTopics(q *queue) {
	t := q.topics
	if t == nil {
		return
	}
	t.clear()
	t.look = nil // what is being read is nobody's
	q.topics = nil
	m.tally.topical--
	m.chores.resumed = append(m.chores.resumed, t.release()...)
}

// purgeTopics forgets all entries of q, which are gone.
func (m *Machine) purgeTopics(q *queue, deleted bool) {
	if deleted {
		m.stopTopics(q)
	} else if t := q.topics; t != nil {
		t.clear()
		t.next, t.look, t.trim, t.retry = q.nextSeq, nil, false, 0
		if len(t.waiting) > 0 { // who comes before the next Flush is behind them
			m.readLater(q)
		}
	}
}

func (t *topics) clear() {
	for name := range t.byName {
		t.tally().topics -= topicBytes + int64(len(name))
	}
	t.tally().places -= len(t.of)
	clear(t.byName)
	clear(t.of)
}

func (t *topics) tally() *tally { return t.queue.index.tally }

// isKnown reports whether the topics of all entries are known.
func (t *topics) isKnown() bool { return t.next >= t.queue.nextSeq }

// arrived says that an entry came by a send, for which everything before it is known.
func (m *Machine) arrived(q *queue, s *Send, seq uint64) {
	q.topics.add(s.topic(), seq)
	q.topics.next = seq + 1
	if q.config.MaxPerTopic == 0 && q.len() > lentTopics {
		m.stopTopics(q)
	}
}

// add puts an entry behind the others of its topic.
func (t *topics) add(name string, seq uint64) {
	x := t.byName[name]
	if x == nil {
		x = &topic{name: strings.Clone(name)}
		t.byName[x.name] = x
		t.tally().topics += topicBytes + int64(len(name))
	}
	x.seqs = append(x.seqs, seq)
	x.n++
	t.of[seq] = x
	t.tally().places++
}

// gone forgets an entry, which may not have been known.
func (t *topics) gone(seq uint64) {
	x := t.of[seq]
	if x == nil {
		return
	}
	delete(t.of, seq)
	t.tally().places--
	if x.n--; x.n == 0 {
		delete(t.byName, x.name)
		t.tally().topics -= topicBytes + int64(len(x.name))
		return
	}
	if len(x.seqs) > 2*x.n+32 {
		x.seqs = slices.DeleteFunc(x.seqs[x.at:], func(seq uint64) bool { return t.of[seq] != x })
		x.at = 0
	}
}

// count returns how many entries of a topic are there.
func (t *topics) count(name string) int {
	if x := t.byName[name]; x != nil {
		return x.n
	}
	return 0
}

// last returns the number of the last entry of a topic; 0: there is none.
func (t *topics) last(name string) uint64 {
	x := t.byName[name]
	if x == nil {
		return 0
	}
	for t.of[x.seqs[len(x.seqs)-1]] != x {
		x.seqs = x.seqs[:len(x.seqs)-1]
	}
	return x.seqs[len(x.seqs)-1]
}

// first returns the number of the first entry of x, which has one.
func (t *topics) first(x *topic) uint64 {
	for t.of[x.seqs[x.at]] != x {
		x.at++
	}
	return x.seqs[x.at]
}

// Topics asks what a queue knows of its topics.
type Topics struct {
	Owner any
	Name  string
	Most  int // to be told of

	Known  bool // false: it does not count them, has not read all of them yet, or there are more
	Counts map[string]TopicCount
	Own    TopicCount // of what was sent to the queue itself
	Err    error
}

// TopicCount says what a queue holds of one topic.
type TopicCount struct {
	Messages int
	Last     uint64 // the highest sequence number of them
}

func (r *Topics) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	t := q.topics
	if t == nil || !t.isKnown() || len(t.byName) > r.Most || t.byName[damagedTopic] != nil {
		return
	}
	r.Known, r.Counts = true, make(map[string]TopicCount, len(t.byName))
	for name, x := range t.byName {
		r.Counts[name] = TopicCount{Messages: x.n, Last: t.last(name)}
	}
	r.Own = r.Counts[ownTopic]
	delete(r.Counts, ownTopic)
}

// startBounded has the queues that bound their topics find them out.
func (m *Machine) startBounded() {
	for _, q := range m.byID {
		if q.config.MaxPerTopic > 0 {
			m.startTopics(q)
		}
	}
	slices.SortFunc(m.chores.untold, func(a, b *queue) int { return cmp.Compare(a.id, b.id) })
}
