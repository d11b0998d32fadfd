package machine

import (
	"fmt"
	"slices"
)

const (
	// topicLook is how many entries are read for their topics at a time.
	topicLook = 1024
	// topicLooks bounds the Looks of this kind that are under way, of all queues.
	topicLooks = 4
	// topicRetry is how long a queue that could not be read is left alone.
	topicRetry = moveRetry
	// waitingSends bounds the messages, in bytes, that wait for the topics of one queue to be
	// read. Past it they are refused.
	waitingSends = 8 << 20
	// allWaitingSends bounds those of all queues together: after a start many may have theirs to read.
	allWaitingSends = 64 << 20
	// lentTopics is how long a queue may be whose topics are known for somebody's
	// expectation alone.
	lentTopics = 100_000
	// boundTopics is how long one may be that is given a bound of its topics.
	boundTopics = 1_000_000
)

// readLater has Flush find out the topics of entries of q that are not known.
func (m *Machine) readLater(q *queue) {
	if q.topics != nil && !slices.Contains(m.chores.untold, q) {
		m.chores.untold = append(m.chores.untold, q)
	}
}

// readTopics asks for Looks at entries whose topics are not known.
func (m *Machine) readTopics() {
	untold := m.chores.untold
	m.chores.untold = nil
	for _, q := range untold {
		if t := q.topics; t == nil || m.byID[q.id] != q {
			continue
		} else if t.look != nil || t.retry > m.now || m.chores.counting >= topicLooks || m.lookForTopics(q) {
			m.readLater(q)
		}
	}
	waiting := m.chores.resumed
	m.chores.resumed = nil
	m.resume(waiting)
}

// lookForTopics asks for a Look at the next entries, and reports whether there are any.
func (m *Machine) lookForTopics(q *queue) bool {
	t := q.topics
	x := &Look{Undamaged: true, topics: t}
	q.index.view(t.next, func(e *entry) bool {
		x.add(q, e, 0)
		return len(x.Items) < topicLook
	})
	if len(x.Items) == 0 {
		m.topicsKnown(q)
		return false
	}
	t.look = x
	m.chores.counting++
	m.out.Looks = append(m.out.Looks, x)
	return true
}

// judgedTopics takes back a Look.
func (m *Machine) judgedTopics(r *Judged) {
	m.chores.counting--
	t := r.Look.topics
	if t.look != r.Look {
		return
	}
	q := t.queue
	t.look = nil
	if r.Err != nil {
		t.retry = m.now + topicRetry
		m.failWaiting(t, r.Err)
		return
	}
	for i := range r.Look.Items {
		x := &r.Look.Items[i]
		if seq := x.Receipt.Seq; q.index.has(seq) {
			t.add(x.countedUnder(), seq)
		}
		t.next = x.Receipt.Seq + 1
	}
	if t.isKnown() {
		m.topicsKnown(q)
	}
}

// countedUnder returns the topic of what was read.
func (x *Looked) countedUnder() string {
	switch {
	case !x.Matches:
		return damagedTopic
	case x.HasTopic:
		return x.Topic
	}
	return ownTopic
}

// has reports whether there is an entry of seq.
func (x *index) has(seq uint64) bool { return x.get(seq) != nil || x.holding(seq) != nil }

// topicsKnown goes on with what had to know q's topics.
func (m *Machine) topicsKnown(q *queue) {
	t := q.topics
	t.next = q.nextSeq
	if t.trim {
		m.trimTopics(q)
	}
	m.resume(t.release())
}

// release returns who waits, and has nobody wait.
func (t *topics) release() []*Tx {
	waiting := t.waiting
	t.tally().awaiting -= t.bytes
	t.waiting, t.bytes = nil, 0
	return waiting
}

// resume does the transactions that waited, in the order in which they came.
func (m *Machine) resume(waiting []*Tx) {
	for _, r := range waiting {
		r.step(m)
		m.out.cut()
	}
}

func (m *Machine) failWaiting(t *topics, err error) {
	for _, r := range t.release() {
		r.Err = fmt.Errorf("reading the topics of queue %q: %w", t.queue.name, err)
		m.answer(r.Owner)
	}
}

// abandonTopics answers whoever waits with err.
func (m *Machine) abandonTopics(err error, out *Output) {
	waiting := m.chores.resumed
	for _, q := range m.queues {
		if q.topics != nil {
			waiting = append(waiting, q.topics.release()...)
		}
	}
	m.chores.resumed = nil
	for _, r := range waiting {
		r.Err = err
		out.Answered = append(out.Answered, r.Owner)
	}
}

// nextTopics returns when a queue that could not be read is to be looked at again, or 0.
func (m *Machine) nextTopics() (first int64) {
	if m.chores.counting >= topicLooks {
		return 0
	}
	for _, q := range m.chores.untold {
		if t := q.topics; t != nil && t.look == nil && (first == 0 || t.retry < first) {
			first = max(t.retry, 1)
		}
	}
	return first
}

// mustWait reports whether r has to wait, or cannot, since the topics of one of its queues
// are not known. It is answered when they are.
func (m *Machine) mustWait(r *Tx) bool {
	if r.If != nil && r.If.Topic != nil {
		if q := m.queues[r.If.Queue]; q != nil {
			if r.Err = m.lendTopics(q); r.Err != nil {
				m.answer(r.Owner)
				return true
			}
		}
	}
	if m.tally.topical == 0 {
		return false
	}
	q := m.untold(r)
	if q == nil {
		return false
	}
	m.wait(q.topics, r)
	return true
}

// lendTopics has q know its topics for somebody's expectation.
func (m *Machine) lendTopics(q *queue) error {
	if q.topics != nil {
		return nil
	}
	if q.relay != nil || q.of != nil {
		return fmt.Errorf("queue %q is a relay or a member of one: %w", q.name, ErrUncounted)
	}
	if q.len() > lentTopics {
		return fmt.Errorf("queue %q holds %d messages and does not bound them by topic: %w", q.name, q.len(), ErrUncounted)
	}
	m.startTopics(q)
	return nil
}

// untold returns a queue whose topics r has to know and which does not know them all, or nil.
func (m *Machine) untold(r *Tx) *queue {
	if r.If != nil && r.If.Topic != nil {
		if q := m.queues[r.If.Queue]; q != nil && q.topics.holdsUp() {
			return q
		}
	}
	for i := range r.Sends {
		targets, err := m.route(&r.Sends[i])
		if err != nil {
			return nil
		}
		for _, q := range targets {
			if q.topics.holdsUp() {
				return q
			}
		}
	}
	return nil
}

// holdsUp reports whether sends have to wait for t, which may be nil.
func (t *topics) holdsUp() bool { return t != nil && (!t.isKnown() || t.awaited()) }

// awaited reports whether transactions wait for t, which may be nil.
func (t *topics) awaited() bool { return t != nil && len(t.waiting) > 0 }

// wait has r wait for t to be known.
func (m *Machine) wait(t *topics, r *Tx) {
	cost := int64(0)
	for i := range r.Sends {
		s := &r.Sends[i]
		s.chosen, s.choice = false, nil // bindings may change
		cost += requestCost + int64(len(s.Record))
	}
	if t.bytes+cost > waitingSends {
		r.Err = fmt.Errorf("%d bytes of messages wait for the topics of queue %q to be read: %w", waitingSends, t.queue.name, ErrLimit)
		m.answer(r.Owner)
		return
	}
	if m.tally.awaiting+cost > allWaitingSends {
		r.Err = fmt.Errorf("%d bytes of messages wait for the topics of all queues to be read: %w", allWaitingSends, ErrLimit)
		m.answer(r.Owner)
		return
	}
	t.bytes += cost
	m.tally.awaiting += cost
	t.waiting = append(t.waiting, r)
	m.readLater(t.queue)
}

// requestCost is about what a transaction that waits takes besides its records.
const requestCost = 512
