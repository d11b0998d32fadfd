package machine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/sluicemq/sluice/queuecore/store"
)

// LoadFunc is store.Store.Load.
type LoadFunc func(prefix []byte, fn func(key, value []byte) error) error

// Load reads what the store holds into a new machine. What has a page is not read
// otherwise, and of the rest no message that is larger than a few KiB.
func (m *Machine) Load(load LoadFunc, now int64) error {
	m.now = now
	l := loader{
		m: m, purged: make(map[uint32]uint64), wrecks: make(map[uint32]*wreck), pages: make(map[uint32][]*chunk),
		shared: make(map[uint64]int32),
	}
	for _, family := range []struct {
		name byte
		read func(k, v []byte) error
	}{
		{FamilyCounters, l.counters}, {FamilyQueue, l.queue}, {FamilyNext, l.next}, {FamilyPurged, l.mark}, {FamilyBinding, l.binding}, {FamilyMove, l.move},
		{FamilyPage, l.page}, {FamilyEntry, l.entry}, {FamilyState, l.state}, {FamilyDedup, l.dedup}, {FamilySeat, l.seat},
	} {
		if err := load([]byte{family.name}, family.read); err != nil {
			return fmt.Errorf("loading %q records: %w", family.name, err)
		}
	}
	l.finish()
	l.m.startBounded()
	return nil
}

type loader struct {
	m      *Machine
	purged map[uint32]uint64 // marks of purges that were not swept to the end
	wrecks map[uint32]*wreck
	pages  map[uint32][]*chunk // in order; those that no entry behind them has been read of yet
	shared map[uint64]int32    // references to each shared record
}

func (l *loader) counters(_, v []byte) error {
	if len(v) < 1 || v[0] == 0 || v[0] > formatVersion {
		return fmt.Errorf("store of format %x, this program reads formats up to %d: %w", v[:min(len(v), 1)], formatVersion, ErrInvalid)
	}
	l.m.numbers.format = v[0]
	if len(v) != 1+4+8 && len(v) != 1+4+8+8 {
		return fmt.Errorf("counters record of %d bytes: %w", len(v), ErrInvalid)
	}
	l.m.numbers.nextID = binary.BigEndian.Uint32(v[1:])
	l.m.numbers.nextShared = binary.BigEndian.Uint64(v[5:])
	l.m.numbers.idMarks, l.m.numbers.sharedMarks = l.m.numbers.nextID, l.m.numbers.nextShared
	if len(v) > 1+4+8 {
		l.m.numbers.timeMark = int64(binary.BigEndian.Uint64(v[13:]))
		l.m.now = max(l.m.now, l.m.numbers.timeMark)
	}
	return nil
}

// putCounters writes the machine's own counters, ahead of their use.
func (m *Machine) putCounters() {
	m.out.Durable = true // nothing may be numbered twice, also what no disk knows
	m.numbers.idMarks, m.numbers.sharedMarks = m.numbers.nextID+idsAhead, m.numbers.nextShared+markAhead
	m.writeCounters()
}

// idsAhead is how many queue ids are spoken for at a time.
const idsAhead = 64

// needFormat comes before a record that programs of older formats do not know.
func (m *Machine) needFormat(format byte) {
	if m.numbers.format < format {
		m.numbers.format = format
		m.writeCounters()
	}
}

func (m *Machine) writeCounters() {
	m.numbers.format = max(m.numbers.format, pagedFormat)
	v := binary.BigEndian.AppendUint32([]byte{m.numbers.format}, m.numbers.idMarks)
	v = binary.BigEndian.AppendUint64(v, m.numbers.sharedMarks)
	m.numbers.timeMark = m.now
	m.out.Batch.Put([]byte{FamilyCounters}, binary.BigEndian.AppendUint64(v, uint64(m.now)))
}

func (l *loader) queue(k, v []byte) error {
	var r queueRecord
	if len(k) != 5 {
		return fmt.Errorf("queue key %.64x: %w", k, ErrInvalid)
	}
	if err := json.Unmarshal(v, &r); err != nil {
		return fmt.Errorf("queue record %.64x: %w: %w", k, ErrInvalid, err)
	}
	q := newQueue(queueID(k), r.Name, r.Config, &l.m.tally)
	q.created, q.modified = r.Created, r.Modified
	if r.Subscription != nil {
		l.m.enterSubscription(q, newSubscription(r.Subscription))
	}
	l.m.queues[q.name], l.m.byID[q.id] = q, q
	l.m.relate(q)
	l.m.numbers.nextID = max(l.m.numbers.nextID, q.id+1)
	return nil
}

func queueID(k []byte) uint32 { return binary.BigEndian.Uint32(k[1:]) }

func (l *loader) next(k, v []byte) error {
	if len(k) != 5 || len(v) != 8 {
		return fmt.Errorf("sequence record %.64x: %w", k, ErrInvalid)
	}
	q := l.m.byID[queueID(k)]
	if q == nil {
		l.wreckOf(queueID(k))
		return nil
	}
	q.nextSeq = max(binary.BigEndian.Uint64(v), 1)
	q.marked = q.nextSeq
	return nil
}

func (l *loader) mark(k, v []byte) error {
	if len(k) != 5 || len(v) != 8 {
		return fmt.Errorf("purge record %.64x: %w", k, ErrInvalid)
	}
	l.purged[queueID(k)] = binary.BigEndian.Uint64(v)
	if q := l.m.byID[queueID(k)]; q != nil { // a member has no sequence record, and its relay may be damaged
		q.nextSeq = max(q.nextSeq, l.purged[q.id])
	}
	l.wreckOf(queueID(k))
	return nil
}

func (l *loader) binding(k, v []byte) error {
	if len(k) < 5 {
		return fmt.Errorf("binding key %.64x: %w", k, ErrInvalid)
	}
	q := l.m.byID[queueID(k)]
	if q == nil {
		return fmt.Errorf("binding %.200q of a queue that is not there: %w", k[5:], ErrInvalid)
	}
	return l.m.loadBinding(q, string(k[5:]), string(v))
}

func (l *loader) entry(k, v []byte) error {
	id, seq, err := splitEntryKey(k)
	if err != nil {
		return err
	}
	if to := l.behindPages(id, seq); to > seq {
		return &store.SkipTo{Key: appendEntryKey(nil, FamilyEntry, id, to)}
	}
	h, _, err := ParseHead(v)
	if err != nil {
		return fmt.Errorf("entry %d of queue %d: %w", seq, id, err)
	}
	if h.Shared != 0 {
		l.shared[h.Shared]++
	}
	q := l.m.byID[id]
	if q == nil || seq < l.purged[id] {
		l.scrap(id, seq, &h)
		return nil
	}
	l.enter(q, seq, &h)
	return nil
}

func (l *loader) enter(q *queue, seq uint64, h *Head) {
	// What is far behind is packed at once, so that a long queue is opened within
	// bounds. Its page is not on disk: state records that are still to come say more.
	if c := q.index.last; c != nil && c.number != seq/chunkSize && !q.config.GroupOrder && q.waiting() > l.m.near() && c.packed == 0 {
		l.m.packLoaded(c)
	}
	e := q.index.add(q, seq)
	q.join(e, h.Group)
	e.visible, e.sent, e.expires, e.priority, e.shared, e.size = h.Visible, h.Sent, h.Expires, h.Priority, h.Shared, h.Size
	e.mark(closing, h.GroupEnd)
	q.become(e, Ready)
	if e.visible > l.m.now {
		q.become(e, Delayed)
	}
	q.bytes += int64(e.size)
	q.nextSeq = max(q.nextSeq, seq+1)
}

// wreckOf returns the wreck for what is left of a purge or of a deleted queue.
func (l *loader) wreckOf(id uint32) *wreck {
	w := l.wrecks[id]
	if w == nil {
		w = &wreck{id: id, index: newIndex(&l.m.tally), deleted: l.m.byID[id] == nil}
		l.wrecks[id] = w
		l.m.chores.garbage = append(l.m.chores.garbage, w)
	}
	return w
}

func (l *loader) scrap(id uint32, seq uint64, h *Head) {
	e := l.wreckOf(id).index.add(&queue{id: id}, seq)
	e.shared, e.state = h.Shared, Parked
}

func (l *loader) state(k, v []byte) error {
	id, seq, err := splitEntryKey(k)
	if err != nil {
		return err
	}
	if to := l.behindStates(id, seq); to > seq {
		return &store.SkipTo{Key: appendEntryKey(nil, FamilyState, id, to)}
	}
	if w := l.wrecks[id]; w != nil {
		if e := w.index.get(seq); e != nil {
			e.stated = true
			return nil
		}
	}
	q := l.m.byID[id]
	if q == nil {
		return nil // its entry was damaged and passed over
	}
	if c := q.index.holding(seq); c != nil {
		l.m.extract(c, func(e *entry) bool { return e.seq == seq }, func(*entry) {})
	}
	e := q.index.get(seq)
	if e == nil {
		return nil // the same
	}
	s, err := parseState(v)
	if err != nil {
		return err
	}
	e.stated = true
	q.fly(e, -1)
	e.attempt, e.visible, e.first, e.dead = s.attempt, s.visible, s.first, s.dead
	q.fly(e, 1)
	q.become(e, s.state)
	if s.state == Parked {
		q.reasons[seq] = s.reason
	}
	return nil
}

func (l *loader) dedup(k, v []byte) error {
	f, err := parseFirst(v)
	if err != nil || len(k) < 5 {
		return fmt.Errorf("dedup key %.64x: %w", k, ErrInvalid)
	}
	key := string(k[5:])
	if q := l.m.byID[queueID(k)]; q != nil {
		q.dedup.add(key, f)
		if f.seq == q.nextSeq-1 {
			q.lastID = q.dedupID(key)
		}
		return nil
	}
	w := l.wreckOf(queueID(k))
	w.dedup = append(w.dedup, key)
	return nil
}

// Shutdown ends all sessions and all waiting, and leaves exact counters.
type Shutdown struct{ Owner any }

func (r *Shutdown) step(m *Machine) {
	for _, id := range slices.Sorted(maps.Keys(m.sessions)) {
		s := m.sessions[id]
		delete(m.sessions, id)
		m.endSession(s)
	}
	m.Abandon(ErrClosed, m.out)
	for _, q := range m.queues {
		if q.marked > q.nextSeq {
			m.putNext(q, q.nextSeq)
		}
	}
	m.numbers.idMarks, m.numbers.sharedMarks = m.numbers.nextID, m.numbers.nextShared
	m.writeCounters()
	m.out.Durable = true
	m.answer(r.Owner)
}

// Abandon answers every receiver that waits with err.
func (m *Machine) Abandon(err error, out *Output) {
	m.abandonTopics(err, out)
	for _, q := range m.queues {
		for w := q.popWaiter(); w != nil; w = q.popWaiter() {
			w.Err = err
			out.Answered = append(out.Answered, w.Owner)
		}
	}
}
