package machine

// queue is one queue's state.
type queue struct {
	name     string
	id       uint32
	config   Config
	created  int64
	modified int64
	owner    *session      // of a queue that goes with its session
	sub      *subscription // of a queue that is one; nil
	relay    *relay        // of a queue that hands on what it is sent; nil
	of       *queue        // the relay that it is a member of, which numbers its entries; nil

	index    index
	bindings []*binding
	nextSeq  uint64 // of the next entry; the first is 1
	lastID   string // the dedup id of the last entry; "": it had none, or it is not known
	marked   uint64 // sequence numbers below it are spoken for on disk

	lanes    [levels]lane[*entry] // what may be handed out, by priority; with group order: the groups' first entries, in lanes[0]
	chunks   [levels]lane[*chunk] // those with packed entries that may be handed out; none with group order
	filled   uint16               // a bit for each lane, of entries or chunks, that may hold something
	stale    int                  // entries in lanes that are no longer ready
	held     uint64               // with group order: what is withheld for now begins here; 0: nothing is
	groups   map[string]*group    // those with entries
	fair     *fair                // nil without fair groups
	affinity *affinity            // nil without group affinity
	topics   *topics              // nil while nobody asks for them
	reasons  map[uint64]string    // why each parked entry was given up
	dedup    dedup
	seats    seats
	moves    []*move // of its messages, the oldest first; only the last may run

	consumers []*consumer // in the order in which they came
	turn      *consumer   // the exclusive one whose turn it is, or nil
	waiters   waiters     // without a selector
	sieves    sieves
	dirty     bool // stands in chores.dirty
	starving  bool // stands in chores.starving
	warned    bool // that it parks messages

	counts [Parked + 1]int
	flight flight
	bytes  int64
	totals Totals

	routed       uint64 // the last attempt.routes that it was among
	pendingCount int    // what a transaction that is being checked would add
	pendingBytes int64  //
}

// levels is the number of priorities.
const levels = 10

// Totals counts what happened; queuecore.Totals, field by field.
type Totals struct {
	Sent, Duplicate, Delivered, Redelivered, Acked, Nacked, Expired, DeadLettered, Dropped uint64
}

func newQueue(id uint32, name string, c Config, t *tally) *queue {
	return &queue{
		name: name, id: id, config: c, index: newIndex(t), nextSeq: 1, dedup: newDedup(t), seats: newSeats(t), groups: make(map[string]*group),
		reasons: make(map[uint64]string),
	}
}

// become moves e to state s and keeps the counts.
func (q *queue) become(e *entry, s State) {
	old := e.state
	if old != gone {
		q.count(old, -1)
		q.fly(e, -1)
	}
	e.state = s
	q.count(s, 1)
	q.fly(e, 1)
	if s == Ready && len(q.sieves.list) > 0 && !q.config.GroupOrder {
		q.becameReady(e)
	}
	if q.fair != nil {
		q.fair.moved(e.group, old, s)
	}
}

// count keeps the counts of q and of all queues.
func (q *queue) count(s State, n int) {
	q.counts[s] += n
	switch s {
	case Leased:
		q.index.tally.leased += n
	case Parked:
		q.index.tally.parked += n
	}
}

// offer lets a ready entry be handed out when its turn comes. One that was handed out
// by a selector still stands in its lane.
func (q *queue) offer(e *entry) {
	if g := e.line(); g != nil {
		q.lineUp(e)
		q.unlock(g)
		return
	}
	if e.is(standing) {
		q.filled |= 1 << e.priority
		return
	}
	e.mark(standing, true)
	if e.noisy() != nil {
		q.fair.setAside(e)
		return
	}
	q.lanes[e.priority].push(e)
	q.filled |= 1 << e.priority
}

// lineUp has a ready or delayed entry stand in its group's lane, if it has one.
func (q *queue) lineUp(e *entry) {
	if g := e.line(); g != nil && !q.withholds(e.seq) {
		g.lane.push(e)
	}
}

// next returns the entry of q to hand out first, or nil.
func (m *Machine) next(q *queue) *entry {
	for {
		for l := levels - 1; l >= 0; l-- {
			if q.filled&(1<<l) == 0 {
				continue
			}
			if e := m.nextIn(q, l); e != nil {
				return e
			}
			q.filled &^= 1 << l
		}
		if !m.advance(q) {
			return nil
		}
	}
}

// nextIn returns the entry of priority l to hand out first, or nil.
func (m *Machine) nextIn(q *queue, l int) *entry {
	if q.fair != nil {
		return m.nextFair(q, l)
	}
	return m.nextOf(q, l)
}

// nextOf returns the first entry of q's lane l, which may have been packed, or nil.
func (m *Machine) nextOf(q *queue, l int) *entry {
	stands := standsIn(l)
	for {
		e := q.lanes[l].head(q.offered)
		c := q.chunks[l].head(stands)
		if c == nil || e != nil && e.seq/chunkSize < c.number {
			return e
		}
		m.unpack(c, func(p *entry) bool { return p.state == Ready && int(p.priority) == l })
	}
}

// standsIn returns what reports whether a chunk still belongs in the lane l and is not
// set aside; one that does not is forgotten there.
func standsIn(l int) func(*chunk) bool {
	b := uint16(1) << l
	return func(c *chunk) bool {
		if c.levels&^c.aside&b != 0 {
			return true
		}
		c.queued &^= b
		return false
	}
}

// offered reports whether an entry in a lane may still be handed out.
func (q *queue) offered(e *entry) bool {
	if q.stillOffered(e) {
		return true
	}
	if e.state == gone {
		q.stale--
	}
	return false
}

// stillOffered is offered for whoever does not count. What it is false for leaves its lane.
func (q *queue) stillOffered(e *entry) bool {
	if e.state == Ready && q.offers(e) {
		return true
	}
	e.mark(standing, false)
	return false
}

// take removes from the lanes the entry that next has just returned.
func (q *queue) take(e *entry) {
	e.mark(standing, false)
	if g := e.line(); g != nil {
		q.lanes[0].drop(e)
		g.offered = nil
		g.takeFirst(e)
		return
	}
	if e.is(aside) {
		q.affinity.takeAside(e)
		return
	}
	if n := e.noisy(); n != nil {
		n.lanes[e.priority].drop(e)
		q.fair.turn++
		n.served = q.fair.turn
		return
	}
	q.lanes[e.priority].drop(e)
}

// mayLease returns how many more entries may be leased.
func (q *queue) mayLease() int {
	if q.config.MaxInFlight == 0 {
		return int(^uint(0) >> 1)
	}
	return max(q.config.MaxInFlight-q.counts[Leased], 0)
}

// tidy forgets what was settled without ever reaching the head of its lane.
func (q *queue) tidy() {
	if q.stale < 1024 || q.stale < q.waiting() {
		return
	}
	if !q.config.GroupOrder && q.passOver() {
		return
	}
	for i := range q.lanes {
		q.lanes[i].trim(q.stillOffered)
		q.chunks[i].trim(standsIn(i))
	}
	if q.fair != nil {
		q.fair.trimLoud()
	}
	if q.affinity != nil {
		q.affinity.trim()
	}
	for _, g := range q.groups {
		g.lane.trim(inLine)
	}
	q.stale = 0
}

// passOver forgets what was settled at the heads of the lanes, and reports whether
// that was most of it: when the oldest go, nobody walks over all of a long lane.
func (q *queue) passOver() bool {
	for i := range q.lanes {
		q.lanes[i].head(q.offered)
		q.chunks[i].head(standsIn(i))
	}
	return q.stale < 1024
}

func (q *queue) len() int { return q.index.n }
