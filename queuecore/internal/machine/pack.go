package machine

import (
	"bytes"
	"math/bits"
)

// What waits far behind the head of a long queue is packed: it leaves the lanes
// and the timers, and its chunk stands in for it in both. A packed entry is fresh
// on disk, that is, nothing has been asked of it since its chunk was packed; what
// is asked of it first makes it warm again. Entries that somebody holds, and those
// that are parked, are never packed, and neither is what only memory has.

// tally adds up what the indexes take, of all queues together.
type tally struct {
	warm, leased, parked int
	chunks               int
	rooms                int   // of chunks, for warm entries
	pages                int64 // bytes
	ids                  int   // remembered dedup ids
	seats                int   // taken
	groups, noisy        int   // of queues with fair groups
	claims               int   // of queues with group affinity
	transient            int   // queues
	topical              int   // queues that know their topics
	awaiting             int64 // bytes of the sends that have to know topics
	topics               int64 // bytes of those, with their names
	places               int   // entries that are known to be of one
}

// About what these take in memory, with their places in maps, lanes and heaps.
const (
	entryBytes = 48 // without its part of the chunk's room
	roomBytes  = chunkSize * 128
	chunkBytes = 192
	idBytes    = 192
	seatBytes  = 320
	groupBytes = 256
	noisyBytes = 1536 // more of one that is noisy
	claimBytes = 512
)

func (t *tally) bytes() int64 {
	return int64(t.warm)*entryBytes + int64(t.rooms)*roomBytes + int64(t.chunks)*chunkBytes + t.pages + int64(t.ids)*idBytes +
		int64(t.groups)*groupBytes + int64(t.noisy)*noisyBytes + int64(t.claims)*claimBytes + t.topics + int64(t.places)*placeBytes +
		int64(t.seats)*seatBytes
}

// waiting returns how many warm entries could be packed.
func (t *tally) waiting() int { return t.warm - t.leased - t.parked }

// The share of the warm entries that one queue may have waiting: while there is
// room for all queues, and when it is short.
const (
	shareOfQueue = 16
	shareWhenFew = 512
)

// near returns how many entries of one queue wait warm before the next are packed.
func (m *Machine) near() int {
	if m.tally.waiting() < m.limits.Warm/2 {
		return m.limits.Warm / shareOfQueue
	}
	return m.limits.Warm / shareWhenFew
}

// waiting returns how many of q's warm entries could be packed.
func (q *queue) waiting() int { return q.index.warm - q.counts[Leased] - q.counts[Parked] }

// sparseRooms is how many warm entries a chunk's room has, on average, at the least: beyond so many
// rooms members of relays, whose numbers have gaps, pack each chunk that is complete.
const sparseRooms = 16

// turn is called before an entry begins a new chunk of q: the chunk before it is
// complete.
func (m *Machine) turn(q *queue) {
	c := q.index.last
	if c == nil || q.config.Transient {
		return
	}
	long := q.waiting() > m.near() || q.of != nil && m.tally.rooms > m.limits.Warm/sparseRooms
	if q.config.GroupOrder {
		if q.held != 0 {
			m.packIfWaiting(c)
		} else if long {
			q.held = q.nextSeq / chunkSize * chunkSize
		}
		return
	}
	if long {
		m.packIfWaiting(c)
	}
}

// withholds reports whether seq waits behind the entries that may be handed out.
// With group order, what waits far behind does so as a whole, so that no message
// comes before an earlier one of its group.
func (q *queue) withholds(seq uint64) bool { return q.held != 0 && seq >= q.held }

// packIfWaiting packs c, if all of its warm entries only wait.
func (m *Machine) packIfWaiting(c *chunk) bool {
	if c.warm == nil || c.queue.config.GroupOrder && !c.queue.withholds(c.firstSeq()) {
		return false
	}
	for i := range c.warm {
		if s := c.warm[i].state; s == Leased || s == Parked {
			return false
		}
	}
	m.pack(c)
	return true
}

// pack packs all of c's entries.
func (m *Machine) pack(c *chunk) {
	m.enlist(c)
	m.newPage(c)
	m.coolAll(c)
	c.aside = 0 // what has been warm may be of quiet groups
	m.timers.setChunk(c)
	c.queue.stand(c)
	c.queue.tidy()
}

// packLoaded is pack for a chunk that is being loaded: its entries have no place yet.
func (m *Machine) packLoaded(c *chunk) {
	m.makePage(c)
	m.coolAll(c)
}

// coolAll lets go of the warm entries that c's page lists.
func (m *Machine) coolAll(c *chunk) {
	q := c.queue
	ready := 0
	for i := range c.warm {
		e := &c.warm[i]
		if e.state == gone {
			continue
		}
		if (e.state == Ready || e.is(standing)) && !q.withholds(e.seq) {
			ready++
		}
		if n := e.noisy(); n != nil && c == q.index.last {
			ready -= n.lanes[e.priority].cutBack(c.firstSeq())
		}
		q.leaveAside(e)
		m.timers.drop(e)
		m.window.forget(e)
		if e.group != nil {
			q.cooled(c, e)
		}
		q.index.cool(e)
	}
	q.index.clearRoom(c)
	q.unlane(c, ready)
}

// unlane takes n ready entries of c, which are packed now, out of q's lanes if
// they stand at the end, or else leaves them there to be passed over.
func (q *queue) unlane(c *chunk, n int) {
	if q.config.GroupOrder {
		return // they never stood in one
	}
	for l := 0; c == q.index.last && l < levels; l++ {
		n -= q.lanes[l].cutBack(c.firstSeq())
	}
	q.stale += max(n, 0)
}

// stand puts c into the lanes of its ready entries.
func (q *queue) stand(c *chunk) {
	if q.config.GroupOrder {
		return
	}
	for l := range levels {
		if b := uint16(1) << l; c.levels&^c.queued&^c.aside&b != 0 {
			q.chunks[l].push(c)
			c.queued |= b
			q.filled |= b
		}
	}
}

// newPage makes a page of all of c's entries, in memory, and soon on disk.
func (m *Machine) newPage(c *chunk) {
	m.makePage(c)
	m.chores.pages = append(m.chores.pages, c)
}

// writePages writes the new pages of chunks that are still packed. Each stands for
// itself: a transaction must fit into one write without the pages it brings about.
func (m *Machine) writePages() {
	for _, c := range m.chores.pages {
		if c.paged || c.packed == 0 || c.anyWarm() || c.queue.index.chunks[c.number] != c {
			continue
		}
		c.paged = true
		m.needFormat(pagedFormat)
		m.out.Batch.PutFresh(m.out.entryKey(FamilyPage, c.queue.id, c.number), c.page)
		m.out.cut()
	}
	clear(m.chores.pages)
	m.chores.pages = m.chores.pages[:0]
}

func (m *Machine) deletePage(c *chunk) {
	c.paged = false
	m.out.Batch.Delete(m.out.entryKey(FamilyPage, c.queue.id, c.number))
}

// makePage makes a page of all of c's entries. All of them count as packed then.
func (m *Machine) makePage(c *chunk) {
	var slots, delayed uint64
	var at uint16
	c.view(func(e *entry, _ string) bool { slots |= bit(e.seq); return true })
	p := newPager(slots, m.scratch)
	c.view(func(e *entry, group string) bool {
		p.add(e, group)
		if e.state == Delayed {
			delayed |= bit(e.seq)
		} else {
			at |= 1 << e.priority
		}
		return true
	})
	m.scratch = p.b
	c.packed, c.delayed, c.levels = slots, delayed, at
	c.queue.index.setPage(c, bytes.Clone(p.b))
}

// sparseBelow is how many entries must come out of a chunk together so that their
// records are worth reading together.
const sparseBelow = chunkSize / 4

// unpack makes those packed entries of c warm that want holds for, and puts them
// where they wait.
func (m *Machine) unpack(c *chunk, want func(*entry) bool) {
	if c.paged {
		m.deletePage(c)
	}
	before := c.packed
	m.extract(c, want, func(e *entry) {
		m.timers.set(e)
		if e.state == Ready && !e.queue.config.GroupOrder {
			e.queue.offer(e)
		}
	})
	taken := before &^ c.packed
	if n := bits.OnesCount64(taken); n < sparseBelow && taken != before {
		for ; taken != 0; taken &= taken - 1 {
			c.warm[bits.TrailingZeros64(taken)].mark(sparse, true)
		}
	}
	m.timers.setChunk(c)
}

// extract makes packed entries warm, and calls place for each.
func (m *Machine) extract(c *chunk, want func(*entry) bool, place func(*entry)) {
	q := c.queue
	var left uint16
	c.eachPacked(func(p *entry, group string) {
		if !want(p) {
			if p.state == Ready {
				left |= 1 << p.priority
			}
			return
		}
		e := q.index.warmUp(c, p.seq)
		*e = *p
		c.packed &^= bit(e.seq)
		c.delayed &^= bit(e.seq)
		q.rejoin(c, e, group)
		place(e)
	})
	c.levels, c.aside = left, c.aside&left
	if c.packed == 0 {
		q.index.setPage(c, nil)
		c.roster, c.uncounted = nil, false
	}
}

// squeezedPerFlush is how many chunks one Flush looks at for what can be packed.
const squeezedPerFlush = 64

// squeeze packs what waits here and there when too much is warm: messages that
// were given back with a long delay, for one.
func (m *Machine) squeeze() {
	for range squeezedPerFlush {
		if m.tally.waiting() <= m.limits.Warm {
			return
		}
		at := &m.chores.packing
		q := m.byID[at.queue]
		var c *chunk
		if q != nil && !q.config.Transient && !q.config.GroupOrder {
			c = q.index.chunkOf(at.seq)
		}
		if c == nil {
			at.seq = 0
			if at.queue++; at.queue >= m.numbers.nextID {
				at.queue = 0
			}
			continue
		}
		at.seq = c.firstSeq() + chunkSize
		if c.number < q.nextSeq/chunkSize {
			m.packIfWaiting(c)
		}
	}
}

func everyEntry(*entry) bool { return true }

// entry returns the entry of seq, warm, or nil.
func (m *Machine) entry(q *queue, seq uint64) *entry {
	if c := q.index.holding(seq); c != nil {
		m.unpack(c, func(e *entry) bool { return e.seq == seq })
	}
	return q.index.get(seq)
}

// settled is called when a warm entry of c is gone: if the others are all packed,
// they get a page of their own again.
func (m *Machine) settled(c *chunk) {
	if c.packed == 0 || c.paged || c.anyWarm() {
		return
	}
	c.queue.index.clearRoom(c)
	m.newPage(c)
}

// advance lets the entries of the first chunk that q withholds stand in line, and
// reports whether there were any.
func (m *Machine) advance(q *queue) bool {
	if q.held == 0 {
		return false
	}
	c := q.index.chunkOf(q.held)
	if c == nil {
		q.held = 0
		return false
	}
	if m.limits.Ahead > 0 && q.waiting() >= m.limits.Ahead {
		return false
	}
	m.unpack(c, everyEntry)
	q.held = c.firstSeq() + chunkSize
	if c == q.index.last {
		q.held = 0
	}
	for i := range c.warm {
		if e := &c.warm[i]; inLine(e) {
			e.group.lane.push(e)
			q.unlock(e.group)
		}
	}
	return true
}

// fireChunk does what the time of c's packed entries has come for. What has
// waited long enough waits on as ready; what has expired is dropped or, where it goes to
// another queue, unpacked, so that it goes in the order of the times. It returns how many
// were dropped.
func (m *Machine) fireChunk(c *chunk) (dropped int) {
	q := c.queue
	var over uint64
	c.eachPacked(func(e *entry, name string) {
		switch end := e.end(); {
		case end != 0 && end <= m.now:
			over |= bit(e.seq)
		case e.state == Delayed && e.visible <= m.now:
			c.delayed &^= bit(e.seq)
			c.levels |= 1 << e.priority
			c.aside &^= 1 << e.priority
			q.fly(e, -1)
			q.counts[Delayed]--
			q.counts[Ready]++
			m.leaveSeat(q, e.seq)
			if q.fair != nil && !c.uncounted {
				q.fair.moved(q.groups[name], Delayed, Ready)
			}
			q.becameReady(e)
		}
	})
	if over != 0 {
		m.unpack(c, func(e *entry) bool { return over&bit(e.seq) != 0 })
	}
	m.timers.setChunk(c)
	q.stand(c)
	m.touch(q)
	if q.config.ExpiredTo != "" {
		return 0 // timers of their own have come for them
	}
	for i := 0; over != 0 && i < chunkSize; i++ {
		if e := &c.warm[i]; over&(1<<i) != 0 {
			over &^= 1 << i
			dropped++
			m.expired(e)
			m.out.cut()
		}
	}
	return dropped
}
