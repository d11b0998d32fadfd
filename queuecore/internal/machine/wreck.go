package machine

import "encoding/binary"

// sweepPerFlush bounds the records that one Flush removes of purged messages, so
// that a large purge does not hold up the others.
const sweepPerFlush = 4000

// wreck is what a purge or a deletion left to be removed from disk. The messages
// are gone already: a purge mark or the missing queue record says so.
type wreck struct {
	id      uint32
	index   index
	dedup   []string // keys to remove; of a deleted queue
	seats   []uint64 // of those who had one
	deleted bool
}

// wreck takes all of q's entries out of the rules at once and leaves their
// records to be swept.
func (m *Machine) wreck(q *queue, deleted bool) {
	q.index.each(func(e *entry) bool {
		m.timers.drop(e)
		e.letGo()
		m.window.forget(e)
		return true
	})
	for c := q.index.first; c != nil; c = c.next {
		m.timers.dropChunk(c)
	}
	m.unpageShared(q)
	w := &wreck{id: q.id, index: q.index, deleted: deleted, seats: q.seats.clear()}
	q.index = newIndex(&m.tally)
	q.count(Leased, -q.counts[Leased])
	q.count(Parked, -q.counts[Parked])
	q.lanes, q.chunks, q.filled, q.stale, q.held = [levels]lane[*entry]{}, [levels]lane[*chunk]{}, 0, 0, 0
	if q.fair != nil {
		m.tally.groups -= len(q.groups)
		m.tally.noisy -= q.fair.loud.Len()
		q.fair = newFair(q, m.now)
	}
	if q.affinity != nil {
		m.resetAffinity(q)
	}
	m.purgeTopics(q, deleted)
	q.groups = make(map[string]*group)
	q.reasons = make(map[uint64]string)
	q.counts, q.flight, q.bytes = [Parked + 1]int{}, flight{}, 0
	if deleted {
		for k := range q.dedup.seen {
			w.dedup = append(w.dedup, k)
		}
		q.dedup.forget()
	}
	if q.config.Transient {
		w.index.forget()
	} else {
		m.chores.garbage = append(m.chores.garbage, w)
	}
}

// unpageShared deletes the page of q's first chunk if an earlier purge left entries of
// the same chunk that are not swept: once the mark stands behind the whole chunk, the
// page would hide them.
func (m *Machine) unpageShared(q *queue) {
	c := q.index.first
	if c == nil || !c.paged {
		return
	}
	for _, w := range m.chores.garbage {
		if w.id == q.id && w.index.chunks[c.number] != nil {
			m.deletePage(c)
			return
		}
	}
}

// sweep removes some of the records that wrecks left and reports whether there are more.
func (m *Machine) sweep() bool {
	for budget := sweepPerFlush; budget > 0 && len(m.chores.garbage) > 0; {
		w := m.chores.garbage[0]
		budget = m.sweepEntries(w, budget)
		for ; budget > 0 && len(w.dedup) > 0; budget-- {
			last := len(w.dedup) - 1
			m.deleteDedup(w.id, w.dedup[last])
			w.dedup = w.dedup[:last]
			m.out.cut()
		}
		budget = m.sweepSeats(w, budget)
		if w.index.n > 0 || len(w.dedup) > 0 || len(w.seats) > 0 {
			return true
		}
		m.finish(w)
		m.out.cut()
		m.chores.garbage = m.chores.garbage[1:]
	}
	return len(m.chores.garbage) > 0
}

func (m *Machine) sweepEntries(w *wreck, budget int) int {
	for c := w.index.first; c != nil && budget > 0; c = w.index.first {
		if c.paged {
			m.deletePage(c)
		}
		c.view(func(e *entry, _ string) bool {
			budget--
			m.deleteRecords(w.id, e)
			m.out.cut()
			return true
		})
		w.index.dropWhole(c)
	}
	return budget
}

// sweepSeats removes the records of seats.
func (m *Machine) sweepSeats(w *wreck, budget int) int {
	for ; budget > 0 && len(w.seats) > 0; budget-- {
		last := len(w.seats) - 1
		m.out.Batch.Delete(m.out.entryKey(FamilySeat, w.id, w.seats[last]))
		w.seats = w.seats[:last]
		m.out.cut()
	}
	return budget
}

// finish removes the mark that kept the swept records from being read again.
func (m *Machine) finish(w *wreck) {
	if w.deleted {
		m.out.Batch.Delete(m.out.queueKey(FamilyNext, w.id))
		m.out.Batch.Delete(m.out.queueKey(FamilyPurged, w.id))
		return
	}
	for _, other := range m.chores.garbage[1:] {
		if other.id == w.id {
			return // a later purge of the same queue still needs its mark
		}
	}
	m.out.Batch.Delete(m.out.queueKey(FamilyPurged, w.id))
}

// deleteRecords removes what the disk holds of e.
func (m *Machine) deleteRecords(id uint32, e *entry) {
	m.out.Batch.Delete(m.out.entryKey(FamilyEntry, id, e.seq))
	if e.stated {
		m.out.Batch.Delete(m.out.entryKey(FamilyState, id, e.seq))
	}
	m.unshare(e.shared)
}

// unshare gives up one reference to a shared record.
func (m *Machine) unshare(number uint64) {
	if number == 0 {
		return
	}
	switch n := m.shared[number]; n {
	case 0:
		m.out.Batch.Delete(m.out.sharedKey(number))
	case 2:
		delete(m.shared, number)
	default:
		m.shared[number] = n - 1
	}
}

func (m *Machine) deleteDedup(id uint32, key string) {
	m.out.Batch.Delete(m.out.key(func(b []byte) []byte {
		return append(appendQueueKey(b, FamilyDedup, id), key...)
	}))
}

func encodeUint(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
