package machine

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
)

// CreateQueue makes a queue. Any accepts one that is there with whatever
// configuration. A queue with a Session goes with it and is transient.
type CreateQueue struct {
	Owner   any
	Name    string
	Config  Config
	Any     bool
	Session uint64
	Fill    *Fill // what a member begins with; nil: nothing

	Info QueueInfo
	Err  error
}

func (r *CreateQueue) step(m *Machine) {
	m.answer(r.Owner)
	if r.Err = m.mayRelate(r.Name, &r.Config, r.Session != 0); r.Err != nil {
		return
	}
	if q := m.queues[r.Name]; q != nil {
		r.Info = q.info()
		if !r.Any && (r.Session != 0 || !sameConfig(&q.config, &r.Config)) {
			r.Err = fmt.Errorf("queue %q with another configuration: %w", r.Name, ErrExists)
		}
		return
	}
	if r.Err = m.roomForQueue(r.Name, r.Config.Transient || r.Session != 0); r.Err != nil {
		return
	}
	first, err := m.filling(r)
	if err != nil {
		r.Err = err
		return
	}
	var owner *session
	if r.Session != 0 {
		if owner = m.sessions[r.Session]; owner == nil {
			r.Err = fmt.Errorf("session of queue %q: %w", r.Name, ErrClosed)
			return
		}
		r.Config.Transient = true
	}
	q := m.makeQueue(r.Name, r.Config, owner, nil)
	m.fill(q, first)
	r.Info = q.info()
}

// roomForQueue refuses one queue more than there may be. Transient ones, which clients
// make without meaning to, may be half of all: they take no place from those that stay.
func (m *Machine) roomForQueue(name string, transient bool) error {
	limit := m.limits.Queues
	switch {
	case limit == 0:
	case len(m.queues) >= limit:
		return fmt.Errorf("queue %q would be one more than the maximum of %d queues: %w", name, limit, ErrFull)
	case transient && m.tally.transient >= (limit+1)/2:
		return fmt.Errorf("transient queue %q would be one more than %d, half of the maximum of %d queues: %w", name, (limit+1)/2, limit, ErrFull)
	}
	return nil
}

// makeQueue makes a queue of a name that is free.
func (m *Machine) makeQueue(name string, c Config, owner *session, sub *subscription) *queue {
	q := newQueue(m.numbers.nextID, name, c, &m.tally)
	q.created, q.modified, q.sub = m.now, m.now, sub
	m.numbers.nextID++
	if c.Transient {
		m.tally.transient++
	}
	if owner != nil {
		q.owner = owner
		owner.queues[q] = struct{}{}
	}
	m.queues[q.name], m.byID[q.id] = q, q
	if m.relate(q); q.relay != nil {
		m.needFormat(relayedFormat)
	}
	if m.numbers.nextID > m.numbers.idMarks {
		m.putCounters() // for transient queues too: a receipt must never fit a later queue
	}
	if q.config.isFair() {
		m.startFair(q)
	}
	if q.config.hasAffinity() {
		q.affinity = newAffinity(q)
	}
	if q.config.MaxPerTopic > 0 {
		m.startTopics(q)
	}
	m.putQueue(q)
	m.pointed(q, true)
	byID := func(a, b *queue) int { return cmp.Compare(a.id, b.id) }
	for _, p := range slices.SortedFunc(maps.Keys(m.deadLetters[q.name]), byID) {
		m.unpark(p)
	}
	return q
}

// sameConfig compares configurations; no labels and empty labels are the same.
func sameConfig(a, b *Config) bool {
	x, y := *a, *b
	x.Labels, y.Labels = nil, nil
	return reflect.DeepEqual(x, y) && maps.Equal(a.Labels, b.Labels)
}

func (q *queue) info() QueueInfo {
	i := QueueInfo{Name: q.name, ID: q.id, Config: q.config, Created: q.created, Modified: q.modified}
	if q.sub != nil {
		i.Subscription = &q.sub.Subscription
	}
	return i
}

// putQueue writes q's record and tells of the change.
func (m *Machine) putQueue(q *queue) {
	if !q.config.Transient {
		m.out.Durable = true
		m.out.Batch.Put(m.out.queueKey(FamilyQueue, q.id), encodeQueue(q))
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info()})
}

// pointed keeps which queues name which dead-letter queue.
func (m *Machine) pointed(q *queue, there bool) {
	name := q.config.DeadLetter
	switch {
	case name == "":
	case there:
		if m.deadLetters[name] == nil {
			m.deadLetters[name] = make(map[*queue]struct{})
		}
		m.deadLetters[name][q] = struct{}{}
	default:
		if delete(m.deadLetters[name], q); len(m.deadLetters[name]) == 0 {
			delete(m.deadLetters, name)
		}
	}
}

// UpdateQueue changes a queue's configuration. Change works on a copy.
type UpdateQueue struct {
	Owner  any
	Name   string
	Change func(*Config) error

	Info QueueInfo
	Err  error
}

func (r *UpdateQueue) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	c := q.config
	c.Labels = maps.Clone(c.Labels)
	if r.Err = r.Change(&c); r.Err != nil {
		return
	}
	if c.GroupOrder != q.config.GroupOrder || c.Transient != q.config.Transient {
		r.Err = fmt.Errorf("queue %q: group order and transience are fixed at creation: %w", r.Name, ErrInvalid)
		return
	}
	if r.Err = cmp.Or(mayBoundTopics(q, &c), q.mayStayRelated(&c)); r.Err != nil {
		return
	}
	m.reconfigure(q, c)
	m.bequeath(q)
	r.Info = q.info()
}

func (m *Machine) reconfigure(q *queue, c Config) {
	old := q.config
	m.pointed(q, false)
	q.config = c
	m.pointed(q, true)
	if q.of != nil {
		q.of.relay.unlisten(q, &old)
		q.of.relay.listen(q)
	}
	q.modified = m.now
	m.putQueue(q)
	switch {
	case c.isFair() && q.fair == nil:
		m.startFair(q)
	case !c.isFair() && q.fair != nil:
		m.stopFair(q)
	}
	switch {
	case c.hasAffinity() && q.affinity == nil:
		q.affinity = newAffinity(q)
	case !c.hasAffinity() && q.affinity != nil:
		m.stopAffinity(q)
	}
	m.reconfigureTopics(q, &old)
	if old.Retention != c.Retention {
		q.index.each(func(e *entry) bool { m.timers.set(e); return true })
		for c := q.index.first; c != nil; c = c.next {
			m.timers.setChunk(c)
		}
	}
	if c.DedupWindow < old.DedupWindow {
		q.dedup.shorten(m.now+int64(c.DedupWindow), func(key string, f first) {
			m.putFirst(q, key, f, false)
			m.out.cut()
		})
	}
	if old.MaxAttempts != c.MaxAttempts || old.DeadLetter != c.DeadLetter {
		m.unpark(q)
		q.warned = false
	}
	m.touch(q) // more may be in flight now
}

// DeleteQueue removes a queue, its messages and its bindings.
type DeleteQueue struct {
	Owner any
	Name  string
	Err   error
}

func (r *DeleteQueue) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	m.deleteQueue(q)
}

func (m *Machine) deleteQueue(q *queue) {
	m.unrelate(q)
	for w := q.popWaiter(); w != nil; w = q.popWaiter() {
		w.Err = fmt.Errorf("queue %q was deleted: %w", q.name, ErrNotFound)
		m.answer(w.Owner)
	}
	m.dismissAll(q)
	for _, c := range q.consumers {
		m.forgetConsumer(c)
	}
	m.unbindAll(q)
	m.forgetSubscription(q)
	m.forgetMoves(q)
	delete(m.queues, q.name)
	if q.config.Transient {
		m.tally.transient--
	}
	delete(m.byID, q.id)
	m.pointed(q, false)
	m.sate(q)
	if q.owner != nil {
		delete(q.owner.queues, q)
	}
	m.wreck(q, true)
	m.totals.add(&q.totals)
	if !q.config.Transient {
		m.out.Durable = true
		m.out.Batch.Delete(m.out.queueKey(FamilyQueue, q.id))
	}
	m.out.Changes = append(m.out.Changes, Change{Queue: q.info(), Deleted: true})
}

// Purge removes all messages of a queue, leased ones too.
type Purge struct {
	Owner any
	Name  string

	N   int
	Err error
}

func (r *Purge) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	if q.relay == nil {
		r.N = q.len()
		m.purge(q)
		return
	}
	r.N = q.holding(math.MaxInt).Messages
	for _, t := range q.relay.members {
		m.purge(t)
	}
}

func (m *Machine) purge(q *queue) {
	n := q.len()
	if n == 0 {
		return
	}
	m.wreck(q, false)
	q.totals.Dropped += uint64(n)
	if !q.config.Transient {
		m.out.Durable = true
		if q.of == nil { // or its relay has spoken for all that comes
			m.putNext(q, q.nextSeq)
		}
		m.out.Batch.Put(m.out.queueKey(FamilyPurged, q.id), encodeUint(q.nextSeq))
	}
}

// Remove removes one message in whatever state.
type Remove struct {
	Owner any
	Name  string
	Seq   uint64
	Err   error
}

func (r *Remove) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	if !m.removeSeq(q, r.Seq) {
		r.Err = fmt.Errorf("message %d of queue %q: %w", r.Seq, r.Name, ErrNotFound)
		return
	}
	m.out.Durable = true
}

// removeSeq removes a message, if it is there; of a relay, from all members.
func (m *Machine) removeSeq(q *queue, seq uint64) (there bool) {
	if q.relay != nil {
		for _, t := range q.relay.members {
			there = m.removeSeq(t, seq) || there
		}
		return there
	}
	e := m.entry(q, seq)
	if e == nil {
		return false
	}
	q.totals.Dropped++
	m.remove(e)
	return true
}

// RemoveSome removes messages in whatever state, each in a piece of its own. Those that
// are gone are passed by.
type RemoveSome struct {
	Owner any
	Name  string
	Seqs  []uint64

	N   int // that were there
	Err error
}

func (r *RemoveSome) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	m.out.Durable = true // also for those that are gone: the batch that removed them may be under way
	for _, seq := range r.Seqs {
		if m.removeSeq(q, seq) {
			m.out.cut()
			r.N++
		}
	}
}

func (m *Machine) queue(name string) (*queue, error) {
	if q := m.queues[name]; q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("queue %q: %w", name, ErrNotFound)
}

// Describe returns all queues and bindings, as changes from nothing.
func (m *Machine) Describe() []Change {
	var cs []Change
	for _, q := range m.queues {
		cs = append(cs, Change{Queue: q.info()})
		for _, x := range q.bindings {
			cs = append(cs, Change{Queue: q.info(), Bound: x.pattern, Selector: x.selector.String(), Binding: x.verdict()})
		}
	}
	return cs
}
