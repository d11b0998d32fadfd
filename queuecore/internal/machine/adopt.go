package machine

import "encoding/binary"

// page takes a page for what it says. One that cannot be right, or that is of a
// chunk that a purge has cut in two, is a stray: its chunk is read entry by entry.
func (l *loader) page(k, v []byte) error {
	id, number, err := splitEntryKey(k)
	if err != nil {
		return err
	}
	c := &chunk{number: number, timer: -1, paged: true}
	mark := l.purged[id]
	if c.firstSeq() < mark && c.firstSeq()+chunkSize > mark || !l.readable(c, v) {
		l.m.chores.strays = append(l.m.chores.strays, append([]byte(nil), k...))
		return nil
	}
	c.page = append([]byte(nil), v...)
	c.packed = binary.BigEndian.Uint64(v[1:])
	l.pages[id] = append(l.pages[id], c)
	return nil
}

// readable reports whether v is a page.
func (l *loader) readable(c *chunk, v []byte) bool {
	n := 0
	err := parsePage(v, c.firstSeq(), func(*entry, string) bool { n++; return true })
	return err == nil && n > 0
}

// behindPages adopts the pages of queue id that begin at or before seq, and returns
// the first sequence number from there on that no page speaks of.
func (l *loader) behindPages(id uint32, seq uint64) uint64 {
	to := seq
	for len(l.pages[id]) > 0 && l.pages[id][0].firstSeq() <= to {
		c := l.pages[id][0]
		l.pages[id] = l.pages[id][1:]
		l.adopt(id, c)
		to = max(to, c.firstSeq()+chunkSize)
	}
	return to
}

// behindStates returns the first sequence number from seq on whose chunk has no page.
func (l *loader) behindStates(id uint32, seq uint64) uint64 {
	x := l.indexOf(id)
	if x == nil {
		return seq
	}
	for c := x.chunks[seq/chunkSize]; c != nil && c.paged && c.firstSeq() <= seq; c = c.next {
		seq = c.firstSeq() + chunkSize
	}
	return seq
}

func (l *loader) indexOf(id uint32) *index {
	if q := l.m.byID[id]; q != nil {
		return &q.index
	}
	if w := l.wrecks[id]; w != nil {
		return &w.index
	}
	return nil
}

// adoptAll adopts the pages that stand behind all entries that were read.
func (l *loader) adoptAll() {
	for id, cs := range l.pages {
		for _, c := range cs {
			l.adopt(id, c)
		}
	}
	l.pages = nil
}

// adopt makes c part of its queue, or of what is left of one.
func (l *loader) adopt(id uint32, c *chunk) {
	q := l.m.byID[id]
	gone := q == nil || c.firstSeq() < l.purged[id]
	x := (*index)(nil)
	if gone {
		c.queue = &queue{id: id}
		x = &l.wreckOf(id).index
	} else {
		c.queue = q
		x = &q.index
		q.nextSeq = max(q.nextSeq, c.firstSeq()+chunkSize)
	}
	l.m.tally.pages += int64(len(c.page))
	x.append(c)
	c.delayed = c.packed // the page tells which are
	c.eachPacked(func(e *entry, _ string) {
		c.live++
		x.n++
		if e.shared != 0 {
			l.shared[e.shared]++
		}
		if !gone {
			l.count(c, e)
		}
	})
}

// count counts a packed entry that was read from a page.
func (l *loader) count(c *chunk, e *entry) {
	q := c.queue
	q.bytes += int64(e.size)
	if e.state == Delayed && e.visible > l.m.now {
		q.counts[Delayed]++
		q.fly(e, 1)
		return
	}
	c.delayed &^= bit(e.seq)
	c.levels |= 1 << e.priority
	q.counts[Ready]++
}

// finish puts every entry where its state belongs.
func (l *loader) finish() {
	l.adoptAll()
	for number, n := range l.shared {
		if n > 1 {
			l.m.shared[number] = n
		}
	}
	l.countOn()
	for _, q := range l.m.queues {
		q.dedup.sort()
		l.judgeSeats(q)
		l.m.pointed(q, true)
		l.withhold(q)
		for c := q.index.first; c != nil; c = c.next {
			l.settleChunk(c)
		}
		if q.config.isFair() {
			l.m.startFair(q)
		}
		if q.config.hasAffinity() {
			q.affinity = newAffinity(q)
		}
		if q.config.GroupOrder {
			for _, g := range q.groups {
				q.unlock(g)
			}
		}
		l.m.unpark(q) // looking again may have been cut short
	}
}

// withhold finds where what q withholds begins: at its first packed entry.
func (l *loader) withhold(q *queue) {
	if !q.config.GroupOrder {
		return
	}
	for c := q.index.first; c != nil && q.held == 0; c = c.next {
		if c.packed != 0 {
			q.held = c.firstSeq()
		}
	}
}

func (l *loader) settleChunk(c *chunk) {
	l.spent(c)
	for i := 0; c.warm != nil && i < chunkSize; i++ {
		if e := &c.warm[i]; e.state != gone {
			l.settle(e)
		}
	}
	l.m.timers.setChunk(c)
	c.queue.stand(c)
}

// spent makes those packed entries of c warm that may not be handed out again.
func (l *loader) spent(c *chunk) {
	var over uint64
	c.eachPacked(func(e *entry, _ string) {
		if e.stated && e.state == Ready && e.exhausted() {
			over |= bit(e.seq)
		}
	})
	if over == 0 {
		return
	}
	if c.paged {
		c.paged = false
		l.m.chores.strays = append(l.m.chores.strays, appendEntryKey(nil, FamilyPage, c.queue.id, c.number))
	}
	l.m.extract(c, func(e *entry) bool { return over&bit(e.seq) != 0 }, func(*entry) {})
}

func (l *loader) settle(e *entry) {
	q := e.queue
	if e.state == Delayed && e.visible <= l.m.now {
		q.become(e, Ready)
	}
	if e.state == Ready && e.exhausted() {
		// A session held its last attempt when the process ended.
		q.become(e, Leased)
		e.visible = l.m.now
	}
	switch {
	case e.state == Leased && e.line() != nil:
		e.group.out++
	case inLine(e) && e.line() != nil:
		q.lineUp(e)
	case e.state == Ready:
		q.offer(e)
	}
	l.m.timers.set(e)
}
