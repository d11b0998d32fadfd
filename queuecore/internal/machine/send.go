package machine

import (
	"encoding/binary"
	"fmt"
)

// inlineMax is the largest message that stands in its entry's own record. A
// larger one has a shared record, so that opening the store does not read it.
const inlineMax = 4 << 10

// Send is one message of a transaction.
type Send struct {
	Name    string // of the queue or topic
	Topic   bool
	ID      [16]byte
	DedupID string
	Seat    string // under which the message waits until it is due; "": under none
	Head    Head   // Visible 0: at once, or after the queue's delay; Shared is not looked at
	Record  []byte // AppendHead of Head, and the message; the machine owns it from now on
	Body    any    // handed out again with deliveries while it is kept in memory
	Fields  Fields // what choices see of the message; nil: nothing that they know
	Asked   Asked  // what need not be found out here
	Origin  string // who sends, for subscriptions that keep out what comes from there; "": nobody they know

	Placed []Placed

	chosen      bool     // choice is what the bindings with selectors chose
	choice      []*queue //
	head        []byte   // the record of the entries that share the message
	headVisible int64    // the time in it
}

// Placed says where a message went.
type Placed struct {
	Queue     string
	Seq       uint64
	ID        [16]byte
	Duplicate bool
}

// route returns the queues that s goes to. The slice is good until the next route.
func (m *Machine) route(s *Send) ([]*queue, error) {
	m.attempt.targets = m.attempt.targets[:0]
	if !s.Topic {
		q, err := m.queue(s.Name)
		if err != nil {
			return nil, err
		}
		m.attempt.targets = append(m.attempt.targets, q)
		return m.attempt.targets, nil
	}
	m.bindings.Match(s.Name, func(q *queue) { m.attempt.targets = append(m.attempt.targets, q) })
	if m.selective.Len() > 0 {
		m.routeSelected(s)
	}
	return m.attempt.targets, nil
}

// routeSelected adds the queues that s goes to by bindings that choose, which are
// asked once for each send.
func (m *Machine) routeSelected(s *Send) {
	if !s.chosen {
		s.chosen = true
		m.selective.Match(s.Name, func(x *binding) {
			if x.wants(s) {
				s.choice = append(s.choice, x.queue)
			}
		})
	}
	m.attempt.routes++
	for _, q := range m.attempt.targets {
		q.routed = m.attempt.routes
	}
	for _, q := range s.choice {
		if q.routed != m.attempt.routes {
			q.routed = m.attempt.routes
			m.attempt.targets = append(m.attempt.targets, q)
		}
	}
}

// checkSends says whether all of the sends can be placed, one after the other.
func (m *Machine) checkSends(sends []Send) error {
	m.attempt.asked = asked{}
	for i := range sends {
		if err := m.checkSend(&sends[i]); err != nil {
			return err
		}
	}
	return m.attempt.asked.check()
}

// asked adds up what a transaction would write in one piece.
type asked struct{ entries, bytes int }

// A transaction must fit into one write of the store.
const (
	maxTxEntries = 20_000
	maxTxWrite   = 7 << 20
)

// add counts one send to n queues, and its message.
func (a *asked) add(s *Send, n int) {
	a.spread(s, n)
	if n > 0 {
		a.bytes += len(s.Record)
	}
}

// spread counts an entry, a dedup id and perhaps a seat in each of n queues, of which two may
// hold the group. 64 is more than the keys and fixed parts of either take.
func (a *asked) spread(s *Send, n int) {
	a.entries += n
	a.bytes += n * 2 * (64 + len(s.Head.Group) + len(s.DedupID) + len(s.Seat))
}

func (a *asked) check() error {
	if a.entries > maxTxEntries {
		return fmt.Errorf("messages for %d queues at once, the limit is %d: %w", a.entries, maxTxEntries, ErrTooLarge)
	}
	if a.bytes > maxTxWrite {
		return fmt.Errorf("%d bytes to write at once, the limit is %d: %w", a.bytes, maxTxWrite, ErrTooLarge)
	}
	return nil
}

func (m *Machine) checkSend(s *Send) error {
	if limit := m.limits.IndexBytes; limit > 0 && m.tally.bytes() > limit {
		return fmt.Errorf("the index of all waiting messages takes %d bytes of memory, the limit is %d: %w", m.tally.bytes(), limit, ErrLimit)
	}
	targets, err := m.route(s)
	if err != nil {
		return err
	}
	m.attempt.asked.add(s, len(targets))
	for _, q := range targets {
		if q.relay != nil {
			err = m.checkRelay(q, s)
		} else {
			err = m.checkRoom(q, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) checkSize(s *Send) error {
	if most := q.config.MaxMessageSize; most > 0 && int64(s.Head.Size) > int64(most) {
		return fmt.Errorf("message of %d bytes; queue %q takes %d: %w", s.Head.Size, q.name, most, ErrTooLarge)
	}
	return nil
}

func (m *Machine) checkRoom(q *queue, s *Send) error {
	c := &q.config
	size := int64(s.Head.Size)
	if err := q.checkSize(s); err != nil {
		return err
	}
	if c.MaxBytes > 0 && size > c.MaxBytes {
		return fmt.Errorf("message of %d bytes; queue %q holds %d: %w", size, q.name, c.MaxBytes, ErrFull)
	}
	if c.MaxMessages == 0 && c.MaxBytes == 0 && c.MaxPerTopic == 0 {
		return nil
	}
	if _, dup := q.duplicate(s, m.now); dup {
		return nil
	}
	if err := m.checkTopic(q, s); err != nil {
		return err
	}
	m.attempt.checked = append(m.attempt.checked, q)
	q.pendingCount++
	q.pendingBytes += size
	if c.DropOldest {
		return nil
	}
	n, room := q.topics.dropping()
	if c.MaxMessages > 0 && q.len()-n+q.pendingCount > c.MaxMessages {
		return fmt.Errorf("queue %q holds its maximum of %d messages: %w", q.name, c.MaxMessages, ErrFull)
	}
	if c.MaxBytes > 0 && q.bytes-room+q.pendingBytes > c.MaxBytes {
		return fmt.Errorf("queue %q holds %d of its maximum of %d bytes: %w", q.name, q.bytes, c.MaxBytes, ErrFull)
	}
	return nil
}

// uncheck forgets what checkRoom counted.
func (m *Machine) uncheck() {
	m.uncheckTopics()
	for _, q := range m.attempt.checked {
		q.pendingCount, q.pendingBytes = 0, 0
	}
	m.attempt.checked = m.attempt.checked[:0]
}

func (q *queue) duplicate(s *Send, now int64) (first, bool) {
	if s.DedupID == "" || q.config.DedupWindow <= 0 {
		return first{}, false
	}
	return q.dedup.find(q.dedupKey(s), now)
}

// dedupKey returns what a send is known by in q's window. The group's length stands
// first, since groups and ids may hold any bytes. Stores of earlier programs have keys
// with a NUL between the two: those match nothing, and go when their window is over.
func (q *queue) dedupKey(s *Send) string {
	if q.config.DedupPerGroup {
		var length [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(length[:], uint64(len(s.Head.Group)))
		return string(length[:n]) + s.Head.Group + s.DedupID
	}
	return s.DedupID
}

// place puts a checked message into its queues.
func (m *Machine) place(s *Send) {
	targets, _ := m.route(s)
	s.Placed = make([]Placed, 0, len(targets))
	durable, relayed := 0, false
	for _, q := range targets {
		if f, dup := q.duplicate(s, m.now); dup {
			q.totals.Duplicate++
			s.Placed = append(s.Placed, Placed{Queue: q.name, Seq: f.seq, ID: f.id, Duplicate: true})
		} else {
			s.Placed = append(s.Placed, Placed{Queue: q.name, ID: s.ID})
			switch {
			case q.relay != nil:
				relayed = true
				durable += len(m.takers(q, s))
			case !q.config.Transient:
				durable++
			}
		}
	}
	m.out.Durable = m.out.Durable || durable > 0 || relayed
	var number uint64
	if durable > 1 || durable == 1 && (relayed || len(s.Record) > inlineMax) {
		number = m.share(s, durable)
	}
	for i, q := range targets {
		switch {
		case s.Placed[i].Duplicate:
		case q.relay != nil:
			s.Placed[i].Seq = m.handOn(q, s, number)
		default:
			s.Placed[i].Seq = m.enter(q, s, number, m.number(q))
		}
	}
}

// share writes the record that n entries refer to.
func (m *Machine) share(s *Send, n int) uint64 {
	number := m.numbers.nextShared
	m.numbers.nextShared++
	if m.numbers.nextShared > m.numbers.sharedMarks {
		m.putCounters()
	}
	if n > 1 {
		m.shared[number] = int32(n)
	}
	m.out.Batch.PutFresh(m.out.sharedKey(number), s.Record)
	return number
}

// enter makes the entry of s in q, with a sequence number of m.number.
func (m *Machine) enter(q *queue, s *Send, number, seq uint64) uint64 {
	m.replace(q, s)
	e := m.newEntry(q, &s.Head, seq)
	e.visible = s.Head.Visible
	if d := int64(q.config.Delay); e.visible == 0 && d > 0 {
		e.visible = m.now + d
	}
	if !q.config.Transient {
		e.shared = number
		m.putEntry(e, s)
		m.window.add(e, s.Body, len(s.Record))
	} else {
		e.body = s.Body
	}
	q.lastID = s.DedupID
	if q.topics != nil {
		m.arrived(q, s, e.seq)
	}
	if s.DedupID != "" && q.config.DedupWindow > 0 {
		m.remember(q, s, e.seq)
	}
	if q.dedup.due(m.now) {
		m.chores.forgetful = append(m.chores.forgetful, q)
	}
	q.totals.Sent++
	q.sieves.arriving = s.Fields
	if e.visible > m.now {
		q.become(e, Delayed)
		m.sit(e, s.Seat)
		q.lineUp(e)
	} else {
		q.become(e, Ready)
		q.offer(e)
	}
	q.sieves.arriving = nil
	m.timers.set(e)
	m.touch(q)
	return e.seq
}

// number gives out the next sequence number for an entry of q. The members of a relay
// have theirs from it, so that none of them comes to two of its messages.
func (m *Machine) number(q *queue) uint64 {
	if q.of != nil {
		q = q.of
		q.lastID = ""
	}
	if q.nextSeq >= q.marked && !q.config.Transient {
		m.putNext(q, q.nextSeq+markAhead)
	}
	q.nextSeq++
	return q.nextSeq - 1
}

// newEntry adds an entry at the end of q; its state is the caller's to set.
func (m *Machine) newEntry(q *queue, h *Head, seq uint64) *entry {
	q.nextSeq = seq
	if q.index.opens(seq) {
		m.turn(q)
	}
	e := q.index.add(q, seq)
	q.nextSeq++
	q.lastID = ""
	q.join(e, h.Group)
	if q.fair != nil && e.group != nil {
		q.fair.sentTo(e.group, m.now)
	}
	e.sent, e.expires, e.priority, e.size = h.Sent, h.Expires, h.Priority, h.Size
	e.mark(closing, h.GroupEnd)
	q.bytes += int64(h.Size)
	return e
}

// markAhead is how many sequence numbers are spoken for at a time: as many may
// be skipped when the process dies.
const markAhead = 4096

func (m *Machine) putNext(q *queue, next uint64) {
	if q.config.Transient {
		return
	}
	q.marked = next
	m.out.Batch.Put(m.out.queueKey(FamilyNext, q.id), encodeUint(next))
}

func (m *Machine) putEntry(e *entry, s *Send) {
	if s.Head.GroupEnd {
		m.needFormat(closingFormat)
	}
	if e.shared != 0 {
		m.needFormat(pagedFormat)
		m.out.Batch.PutFresh(m.out.entryKey(FamilyEntry, e.queue.id, e.seq), s.sharedHead(e, m.out))
		return
	}
	setVisible(s.Record, e.visible)
	m.out.Batch.PutFresh(m.out.entryKey(FamilyEntry, e.queue.id, e.seq), s.Record)
}

// sharedHead returns the record of an entry whose message stands elsewhere. Those
// of one topic send are alike in all queues but the ones with a delay of their own.
func (s *Send) sharedHead(e *entry, out *Output) []byte {
	if s.head == nil || s.headVisible != e.visible {
		h := s.Head
		h.Visible, h.Shared = e.visible, e.shared
		s.headVisible = e.visible
		s.head = out.key(func(b []byte) []byte { return AppendHead(b, &h) })
	}
	return s.head
}

func (m *Machine) remember(q *queue, s *Send, seq uint64) {
	f := first{seq: seq, id: s.ID, expires: m.now + int64(q.config.DedupWindow)}
	key := q.dedupKey(s)
	known := q.dedup.knows(key)
	q.dedup.add(key, f)
	m.putFirst(q, key, f, !known)
}

func (m *Machine) putFirst(q *queue, key string, f first, fresh bool) {
	if q.config.Transient {
		return
	}
	m.out.put(m.out.key(func(b []byte) []byte {
		return append(appendQueueKey(b, FamilyDedup, q.id), key...)
	}), appendFirst(nil, f), fresh)
}

// dedupPerFlush is how many ids whose window is over one Flush forgets of a queue.
const dedupPerFlush = 1000

// forget forgets ids of the queues that were sent to and know some whose window
// is over.
func (m *Machine) forget() {
	for _, q := range m.chores.forgetful {
		q.dedup.expire(m.now, dedupPerFlush, func(key string) {
			if !q.config.Transient {
				m.deleteDedup(q.id, key)
				m.out.cut()
			}
		})
	}
	clear(m.chores.forgetful)
	m.chores.forgetful = m.chores.forgetful[:0]
}

// makeRooms makes room for what has been checked. What is dropped is dropped by
// itself: it need not go together with what comes.
func (m *Machine) makeRooms() {
	m.makeTopicRooms()
	for _, q := range m.attempt.checked {
		m.makeRoom(q, q.pendingCount, q.pendingBytes)
	}
}

// makeRoom drops the oldest messages that are not leased until n more of so many
// bytes in all fit, if that is how q keeps its bounds.
func (m *Machine) makeRoom(q *queue, n int, bytes int64) {
	c := &q.config
	full := func() bool {
		return c.DropOldest &&
			(c.MaxMessages > 0 && q.len()+n > c.MaxMessages || c.MaxBytes > 0 && q.bytes+bytes > c.MaxBytes)
	}
	if !full() {
		return
	}
	for c := q.index.first; c != nil && full(); {
		next := c.next
		m.unpack(c, everyEntry)
		for i := range c.warm {
			if e := &c.warm[i]; e.state != gone && e.state != Leased && full() {
				q.totals.Dropped++
				m.remove(e)
				m.out.cut()
			}
		}
		c = next
	}
}
