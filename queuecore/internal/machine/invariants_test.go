package machine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// invariant is what holds of a machine between any two steps, and after loading.
type invariant struct {
	says   string
	broken func(*Machine) error // says where it does not hold
}

func invariants() []invariant {
	return []invariant{
		{"a chunk counts its entries, and knows which are packed", eachQueue(chunksFit)},
		{"a chunk has a timer just when a packed entry is due at some time", eachQueue(chunkTimersFit)},
		{"what is ready and packed stands in the lanes of its priorities", eachQueue(chunkLanesFit)},
		{"a group in order has nothing packed that is not withheld", eachQueue(withheldFits)},
		{"the tally adds up", tallyFits},
		{"a queue's counts and bytes are those of its entries", eachQueue(countsFit)},
		{"a group knows how many members it has, and is forgotten without any", eachQueue(membersFit)},
		{"an entry has a timer just when it is due at some time", eachEntry(timerFits)},
		{"every timer is of a living entry, which knows its place", timersFit},
		{"a session's lease knows its place", eachEntry(slotFits)},
		{"a group in order counts its leased entries", eachGroup(outFits)},
		{"a group in order has its first waiting entry at the head of its lane", eachGroup(headFits)},
		{"a group in order offers its head just when it is free and the head is ready", eachGroup(offerFits)},
		{"elsewhere each ready entry stands once, in the lane of its priority", eachQueue(lanesFit)},
		{"nobody waits while there is something to hand out", eachQueue(nobodyWaits)},
		{"a shared record has as many references as are counted", sharedFits},
		{"the window counts what it keeps", windowFits},
	}
}

func checkInvariants(t *testing.T, m *Machine) {
	t.Helper()
	for _, x := range invariants() {
		if err := x.broken(m); err != nil {
			t.Fatalf("%s; but: %v", x.says, err)
		}
	}
}

func eachQueue(broken func(*Machine, *queue) error) func(*Machine) error {
	return func(m *Machine) error {
		for _, q := range m.queues {
			if err := broken(m, q); err != nil {
				return fmt.Errorf("queue %s: %w", q.name, err)
			}
		}
		return nil
	}
}

func eachEntry(broken func(*Machine, *entry) error) func(*Machine) error {
	return eachQueue(func(m *Machine, q *queue) (err error) {
		q.index.each(func(e *entry) bool {
			if err = broken(m, e); err != nil {
				err = fmt.Errorf("entry %d: %w", e.seq, err)
			}
			return err == nil
		})
		return err
	})
}

// eachGroup is for the groups of queues with group order.
func eachGroup(broken func(*queue, *group) error) func(*Machine) error {
	return eachQueue(func(_ *Machine, q *queue) error {
		for _, g := range q.groups {
			if !q.config.GroupOrder {
				break
			}
			if err := broken(q, g); err != nil {
				return fmt.Errorf("group %q: %w", g.name, err)
			}
		}
		return nil
	})
}

// entries returns q's entries for which keep holds.
func (q *queue) entries(keep func(*entry) bool) (all []*entry) {
	q.index.each(func(e *entry) bool {
		if keep(e) {
			all = append(all, e)
		}
		return true
	})
	return all
}

// all returns what stands in l, in no order.
func (l *lane[T]) all() []T { return slices.Concat(l.line[l.at:], l.back) }

func countsFit(_ *Machine, q *queue) error {
	var counts [Parked + 1]int
	var bytes int64
	all := q.entries(func(*entry) bool { return true })
	for _, e := range all {
		if e.queue != q {
			return fmt.Errorf("entry %d is of another queue", e.seq)
		}
	}
	n := 0
	q.index.view(0, func(e *entry) bool {
		n++
		counts[e.state]++
		bytes += int64(e.size)
		return true
	})
	counts[gone] = q.counts[gone] // means nothing
	if n != q.index.n || len(all) != q.index.warm || counts != q.counts || bytes != q.bytes {
		return fmt.Errorf("%d entries, %v, %d bytes; counted are %d, %v, %d", n, counts, bytes, q.index.n, q.counts, q.bytes)
	}
	return nil
}

func membersFit(_ *Machine, q *queue) error {
	members := make(map[*group]int)
	for _, e := range q.entries(func(e *entry) bool { return e.group != nil }) {
		members[e.group]++
	}
	for name, g := range q.groups {
		if g.name != name || g.members != members[g] || g.members == 0 {
			return fmt.Errorf("group %q counts %d, has %d", name, g.members, members[g])
		}
	}
	if len(members) != len(q.groups) {
		return fmt.Errorf("%d groups have members, %d are known", len(members), len(q.groups))
	}
	return nil
}

func timerFits(m *Machine, e *entry) error {
	at := e.due()
	if at == 0 && e.timer < 0 {
		return nil
	}
	if at == 0 || e.timer < 0 || m.timers.heap[e.timer] != (timer{at: at, e: e}) {
		return fmt.Errorf("is due at %d, its timer is %d", at, e.timer)
	}
	return nil
}

func timersFit(m *Machine) error {
	for i, x := range m.timers.heap {
		if int(*x.place()) != i || x.e != nil && x.e.state == gone || x.e == nil && x.c.packed == 0 {
			return fmt.Errorf("timer %d is of %+v %+v", i, x.e, x.c)
		}
		if i > 0 && x.before(&m.timers.heap[(i-1)/2]) {
			return fmt.Errorf("timer %d is before its parent", i)
		}
	}
	return nil
}

func slotFits(m *Machine, e *entry) error {
	if s := e.session; s != nil && (e.state != Leased || m.sessions[s.id] != s || s.leases[e.slot] != e) {
		return fmt.Errorf("is not lease %d of session %d", e.slot, s.id)
	}
	return nil
}

func outFits(q *queue, g *group) error {
	out := q.entries(func(e *entry) bool { return e.group == g && e.state == Leased })
	if g.out != len(out) {
		return fmt.Errorf("counts %d, has %d", g.out, len(out))
	}
	return nil
}

// firstInLine returns g's first entry that is in line, or nil.
func firstInLine(q *queue, g *group) *entry {
	line := q.entries(func(e *entry) bool { return e.group == g && inLine(e) && !q.withholds(e.seq) })
	if len(line) == 0 {
		return nil
	}
	return line[0]
}

func headFits(q *queue, g *group) error {
	if head, first := g.lane.head(inLine), firstInLine(q, g); head != first {
		return fmt.Errorf("the head is %v, the first %v", head, first)
	}
	return nil
}

func offerFits(q *queue, g *group) error {
	first := firstInLine(q, g)
	if g.out > 0 || first == nil || first.state != Ready {
		if g.offered != nil && g.offered.state != gone {
			return fmt.Errorf("offers %d", g.offered.seq)
		}
		return nil
	}
	if g.offered != first || !slices.Contains(q.lanes[0].all(), first) || q.filled&1 == 0 {
		return fmt.Errorf("does not offer %d", first.seq)
	}
	return nil
}

func lanesFit(_ *Machine, q *queue) error {
	if q.config.GroupOrder {
		return nil
	}
	stands := make(map[*entry]int)
	for l := range q.lanes {
		for _, e := range q.lanes[l].all() {
			if e.state != Ready {
				continue
			}
			if stands[e]++; stands[e] > 1 || int(e.priority) != l || q.filled&(1<<l) == 0 {
				return fmt.Errorf("entry %d of priority %d stands in lane %d, for the %d. time", e.seq, e.priority, l, stands[e])
			}
		}
	}
	if warm := len(q.entries(func(e *entry) bool { return e.state == Ready })); len(stands) != warm {
		return fmt.Errorf("%d are ready, %d stand in lanes", warm, len(stands))
	}
	return nil
}

func chunksFit(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil; c = c.next {
		n, packed, slots := 0, 0, uint64(0)
		c.view(func(*entry, string) bool { n++; return true })
		c.eachPacked(func(e *entry, _ string) {
			packed++
			slots |= bit(e.seq)
			if (e.state == Delayed) != (c.delayed&bit(e.seq) != 0) {
				slots = 0
			}
		})
		if n != int(c.live) || n == 0 || slots != c.packed || c.delayed&^c.packed != 0 || (c.packed == 0) != (c.page == nil) || c.paged && packed != n {
			return fmt.Errorf("chunk %d: %d entries, %d packed: %+v", c.number, n, packed, c)
		}
		if c.next != nil && c.next.number <= c.number || q.index.chunks[c.number] != c {
			return fmt.Errorf("chunk %d is in the wrong place", c.number)
		}
	}
	return nil
}

func chunkTimersFit(m *Machine, q *queue) error {
	for c := q.index.first; c != nil; c = c.next {
		at := c.due()
		if at == 0 && c.timer >= 0 || at != 0 && (c.timer < 0 || m.timers.heap[c.timer] != timer{at: at, c: c}) {
			return fmt.Errorf("chunk %d is due at %d, its timer is %d", c.number, at, c.timer)
		}
	}
	return nil
}

func chunkLanesFit(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil && !q.config.GroupOrder; c = c.next {
		var ready uint16
		c.eachPacked(func(e *entry, _ string) {
			if e.state == Ready {
				ready |= 1 << e.priority
			}
		})
		if ready != c.levels {
			return fmt.Errorf("chunk %d has %b ready, and says %b", c.number, ready, c.levels)
		}
		for l := range levels {
			in := slices.Contains(q.chunks[l].all(), c)
			if in != (c.queued&(1<<l) != 0) || ready&(1<<l) != 0 && (!in || q.filled&(1<<l) == 0) {
				return fmt.Errorf("chunk %d with %b ready stands in lane %d: %t", c.number, ready, l, in)
			}
		}
	}
	return nil
}

func withheldFits(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil && q.config.GroupOrder; c = c.next {
		if c.packed != 0 && !q.withholds(c.firstSeq()) {
			return fmt.Errorf("chunk %d is packed, withheld is from %d on", c.number, q.held)
		}
	}
	return nil
}

func tallyFits(m *Machine) error {
	var want tally
	add := func(x *index) {
		want.warm += x.warm
		want.chunks += len(x.chunks)
		for _, c := range x.chunks {
			want.pages += int64(len(c.page))
			if c.warm != nil {
				want.rooms++
			}
		}
	}
	for _, q := range m.queues {
		add(&q.index)
		want.leased += q.counts[Leased]
		want.parked += q.counts[Parked]
		want.ids += len(q.dedup.seen)
	}
	for _, w := range m.chores.garbage {
		add(&w.index)
	}
	if m.tally != want {
		return fmt.Errorf("%+v, should be %+v", m.tally, want)
	}
	return nil
}

// nobodyWaits excepts a queue that the next Flush serves.
func nobodyWaits(m *Machine, q *queue) error {
	if q.waiters.n > 0 && !q.dirty && q.mayLease() > 0 && m.next(q) != nil {
		return fmt.Errorf("%d wait", q.waiters.n)
	}
	return nil
}

func sharedFits(m *Machine) error {
	counts := make(map[uint64]int32)
	count := func(e *entry) bool {
		if e.shared != 0 {
			counts[e.shared]++
		}
		return true
	}
	for _, q := range m.queues {
		q.index.view(0, count)
	}
	for _, w := range m.chores.garbage {
		w.index.view(0, count)
	}
	maps.DeleteFunc(counts, func(_ uint64, n int32) bool { return n == 1 })
	if !maps.Equal(counts, m.shared) {
		return fmt.Errorf("%v, counted are %v", counts, m.shared)
	}
	return nil
}

func windowFits(m *Machine) error {
	var used int64
	live := 0
	for _, q := range m.queues {
		for _, e := range q.entries(func(e *entry) bool { return e.body != nil && !q.config.Transient }) {
			used += int64(e.kept)
			live++
		}
	}
	if used != m.window.used || live != m.window.live || used > m.window.limit {
		return fmt.Errorf("%d bytes of %d messages, counted are %d of %d, the limit is %d", used, live, m.window.used, m.window.live, m.window.limit)
	}
	return nil
}

// Whatever requests come in whatever order: the invariants hold after each of
// them and of the machine that is loaded from the disk, also after a death between
// two pieces of a batch; and once all queues are deleted nothing is left.
func TestInvariants(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			f := &fuzz{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), disk: memstore.New(), now: 1e18, most: 4}
			f.limits = Limits{Cache: windowBytes, Warm: 1 << 20}
			if seed%3 != 0 { // everything is packed as soon as it can be
				f.limits.Warm, f.most = 0, 90
			}
			f.reload(f.disk)
			for turn := range turns {
				f.turn(turn%5 == 0)
			}
			f.end()
		})
	}
}

const (
	turns       = 150  // of each run
	windowBytes = 2000 // three messages or so
)

// fuzz is a machine, its disk and those who use it at random.
type fuzz struct {
	t    *testing.T
	rnd  *rand.Rand
	disk *memstore.Store
	m    *Machine
	now  int64

	limits       Limits
	most         int    // operations of a transaction
	ids, session uint64 // the last
	sessions     []uint64
	receipts     []Receipt // the last few
	waiting      []*Receive
}

func (f *fuzz) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// load returns a machine with what s holds.
func (f *fuzz) load(s *memstore.Store) *Machine {
	m := New(f.limits)
	f.must(m.Load(s.Load, f.now))
	checkInvariants(f.t, m)
	shared, known := 0, make(map[uint64]bool)
	f.must(s.Load([]byte{famShared}, func(_, _ []byte) error { shared++; return nil }))
	note := func(e *entry) bool { known[e.shared] = true; return true }
	for _, q := range m.queues {
		q.index.view(0, note)
	}
	for _, w := range m.chores.garbage {
		w.index.view(0, note)
	}
	if delete(known, 0); shared != len(known) {
		f.t.Fatalf("%d shared records, %d are known", shared, len(known))
	}
	f.samePages(s, m)
	return m
}

// samePages loads s once more without its pages: they must not have hidden anything.
func (f *fuzz) samePages(s *memstore.Store, m *Machine) {
	bare := New(f.limits)
	f.must(bare.Load(func(prefix []byte, fn func(k, v []byte) error) error {
		if prefix[0] == famPage {
			return nil
		}
		return s.Load(prefix, fn)
	}, f.now))
	if got, want := listed(m), listed(bare); got != want {
		f.t.Fatalf("with pages:\n%s\nwithout:\n%s", got, want)
	}
}

// listed is all that a machine knows of its entries.
func listed(m *Machine) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.queues)) {
		q := m.queues[name]
		fmt.Fprintf(&b, "%s: %v %d bytes, next %d\n", name, q.counts[Ready:], q.bytes, q.nextSeq)
		for c := q.index.first; c != nil; c = c.next {
			c.view(func(e *entry, group string) bool {
				visible := e.visible
				if e.state == Ready {
					visible = 0
				}
				fmt.Fprintf(&b, "%d %d %q %d %d %d %d %d %d %d %t %v\n", e.seq, e.state, group, visible, e.sent, e.expires, e.first,
					e.attempt, e.size, e.priority, e.stated, e.dead)
				return true
			})
		}
	}
	return b.String()
}

// reload goes on with what s holds, as after a death.
func (f *fuzz) reload(s *memstore.Store) {
	f.disk, f.m = s, f.load(s)
	f.sessions, f.waiting = nil, nil
}

// turn does some requests, and writes what they ask for. Loading looks at what is
// on disk then, and at what was between two pieces.
func (f *fuzz) turn(loading bool) {
	out := &Output{}
	for range 1 + f.rnd.IntN(5) {
		if r := f.request(); r != nil {
			f.now += int64(f.rnd.IntN(4))
			f.m.Step(r, f.now, out)
			checkInvariants(f.t, f.m)
		}
	}
	f.m.Flush(f.now, out)
	checkInvariants(f.t, f.m)
	f.collect()
	torn := f.write(out)
	if loading {
		f.load(torn)
		f.load(f.disk)
	}
	switch f.rnd.IntN(80) {
	case 0:
		f.reload(f.disk)
	case 1:
		f.reload(torn)
	}
}

// collect takes the receipts of what was handed out.
func (f *fuzz) collect() {
	for _, w := range f.waiting {
		for _, d := range w.Deliveries {
			f.receipts = append(f.receipts, d.Receipt)
		}
		w.Deliveries = nil
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(w *Receive) bool { return w.waits == nil })
	f.receipts = f.receipts[max(len(f.receipts)-12, 0):]
}

// write does out in as many pieces as its cuts allow, and returns the disk as it
// was between two of them.
func (f *fuzz) write(out *Output) (torn *memstore.Store) {
	f.fill(out)
	cuts := append(slices.Clone(out.Cuts), out.Batch.Len())
	stop := f.rnd.IntN(len(cuts))
	start := 0
	for i, cut := range cuts {
		if i == stop {
			torn = f.disk.Reopen()
		}
		var piece store.Batch
		piece.Append(out.Batch.Ops[start:cut])
		f.must(f.disk.Write(&piece))
		start = cut
	}
	f.must(f.disk.Sync())
	return torn
}

// fill does the copies.
func (f *fuzz) fill(out *Output) {
	for _, c := range out.Copies {
		v, err := f.before(out.Batch.Ops[:c.Op], c.From)
		f.must(err)
		v, err = ReplaceHead(v, c.Head)
		f.must(err)
		out.Batch.Ops[c.Op].Value = v
	}
}

// before returns what key holds once ops are done.
func (f *fuzz) before(ops []store.Op, key []byte) ([]byte, error) {
	for _, op := range slices.Backward(ops) {
		if string(op.Key) == string(key) && !op.Delete {
			return op.Value, nil
		}
	}
	return f.disk.Get(key)
}

// end deletes everything; only the counters may be left.
func (f *fuzz) end() {
	out := &Output{}
	f.m.Step(&Shutdown{}, f.now, out)
	for _, name := range names() {
		f.m.Step(&DeleteQueue{Name: name}, f.now, out)
	}
	f.m.Flush(f.now, out)
	for len(f.m.chores.garbage) > 0 {
		f.m.Flush(f.now, out)
	}
	f.write(out)
	f.must(f.disk.Load(nil, func(k, _ []byte) error {
		if k[0] != famCounters {
			f.t.Errorf("left on disk: %q", k)
		}
		return nil
	}))
	m := f.m
	if left := len(m.shared) + len(m.timers.heap) + len(m.byID) + len(m.sessions) + len(m.deadLetters) + m.window.live; left != 0 || m.window.used != 0 {
		f.t.Errorf("left in memory: %d things, %d bytes", left, m.window.used)
	}
}

func names() []string { return []string{"a", "b", "c", "x", "y"} }

func (f *fuzz) name() string { return pick(f, names()) }

// pick returns one of xs, which must not be empty.
func pick[T any](f *fuzz, xs []T) T { return xs[f.rnd.IntN(len(xs))] }

// seldom is true one time in n.
func (f *fuzz) seldom(n int) bool { return f.rnd.IntN(n) == 0 }

// request returns any request, or nil when there is nothing it could be about.
func (f *fuzz) request() Request {
	switch n := f.rnd.IntN(22); {
	case n < 7:
		return f.tx()
	case n < 11:
		return f.receive()
	case n < 15:
		return f.settle()
	case n < 18:
		return f.sessionRequest()
	}
	return f.admin()
}

func (f *fuzz) admin() Request {
	switch f.rnd.IntN(6) {
	case 0:
		c := &CreateQueue{Name: f.name(), Config: f.config(), Any: true}
		if c.Config.Transient && len(f.sessions) > 0 && f.seldom(2) {
			c.Session = pick(f, f.sessions)
		}
		return c
	case 1:
		if f.seldom(4) {
			return &DeleteQueue{Name: f.name()}
		}
		return &Purge{Name: f.name()}
	case 2:
		return f.update()
	case 3:
		if f.seldom(3) {
			return &Unbind{Queue: f.name(), Pattern: "t.>"}
		}
		return &Bind{Queue: f.name(), Pattern: "t.>"}
	case 4:
		return &Remove{Name: f.name(), Seq: uint64(1 + f.rnd.IntN(5*f.most))}
	}
	return &CreateQueue{Name: f.name(), Config: f.config(), Any: true}
}

func (f *fuzz) update() Request {
	c := f.config()
	return &UpdateQueue{Name: f.name(), Change: func(x *Config) error {
		c.Transient, c.GroupOrder = x.Transient, x.GroupOrder
		*x = c
		return nil
	}}
}

func (f *fuzz) config() Config {
	c := Config{
		Transient: f.seldom(4), GroupOrder: f.seldom(2), DedupWindow: time.Duration(20 + f.rnd.IntN(60)), DedupPerGroup: f.seldom(3),
		DropOldest: f.seldom(2), BackoffInitial: 3, BackoffFactor: 2,
	}
	for _, rule := range []struct {
		oneIn int
		set   func()
	}{
		{2, func() { c.MaxAttempts = 1 + f.rnd.IntN(3) }},
		{2, func() { c.DeadLetter = f.name() }},
		{3, func() { c.MaxBytes = int64(60 * f.most / 4) }},
		{3, func() { c.MaxMessages = 1 + f.rnd.IntN(6*f.most/4) }},
		{3, func() { c.MaxInFlight = 1 + f.rnd.IntN(3) }},
		{4, func() { c.Retention = 100 }},
		{4, func() { c.Delay = 10 }},
	} {
		if f.seldom(rule.oneIn) {
			rule.set()
		}
	}
	return c
}

func (f *fuzz) sessionRequest() Request {
	switch {
	case f.seldom(3) && len(f.waiting) > 0:
		return &Cancel{Receive: pick(f, f.waiting)}
	case f.seldom(2) && len(f.sessions) > 0:
		return &CloseSession{ID: pick(f, f.sessions)} // perhaps not for the first time
	}
	f.session++
	f.sessions = append(f.sessions, f.session)
	return &OpenSession{ID: f.session}
}

func (f *fuzz) receive() Request {
	r := &Receive{Queue: f.name(), Max: 1 + f.rnd.IntN(f.most), Wait: f.seldom(2), HasLease: true, Lease: 5}
	if len(f.sessions) > 0 && f.seldom(2) {
		r.Session = pick(f, f.sessions)
	}
	f.waiting = append(f.waiting, r)
	return r
}

func (f *fuzz) settle() Request {
	if len(f.receipts) == 0 {
		return nil
	}
	receipt := pick(f, f.receipts)
	switch f.rnd.IntN(3) {
	case 0:
		return &Reject{Receipt: receipt, Reason: "bad", Park: f.seldom(3)}
	case 1:
		return &Extend{Receipt: receipt, For: 5}
	}
	return &Release{Receipts: []Receipt{receipt, pick(f, f.receipts)}}
}

func (f *fuzz) tx() Request {
	tx := &Tx{}
	for range f.rnd.IntN(f.most) {
		tx.Sends = append(tx.Sends, f.send())
	}
	if len(f.receipts) == 0 {
		return tx
	}
	for range f.rnd.IntN(3) {
		tx.Acks = append(tx.Acks, pick(f, f.receipts))
	}
	if f.seldom(2) {
		last := f.receipts[max(0, len(f.receipts)-3):]
		tx.Nacks = append(tx.Nacks, Nack{pick(f, last), pick(f, []time.Duration{0, 5, Backoff})})
	}
	return tx
}

func (f *fuzz) send() Send {
	f.ids++
	s := Send{Name: f.name(), ID: [16]byte{byte(f.ids), byte(f.ids >> 8)}, Body: f.ids}
	if f.seldom(3) {
		s.Topic, s.Name = true, "t.x"
	}
	if f.seldom(3) {
		s.DedupID = fmt.Sprint(f.rnd.IntN(5))
	}
	s.Head = Head{Sent: f.now, Priority: uint8(f.rnd.IntN(levels)), Size: uint32(f.rnd.IntN(30))}
	if f.seldom(2) {
		s.Head.Group = fmt.Sprint("g", f.rnd.IntN(3))
	}
	if f.seldom(4) {
		s.Head.Visible = f.now + int64(f.rnd.IntN(30))
	}
	if f.seldom(4) {
		s.Head.Expires = f.now + int64(f.rnd.IntN(60))
	}
	s.Record = append(AppendHead(nil, &s.Head), "message"...)
	if f.seldom(6) {
		s.Record = append(s.Record, strings.Repeat("x", inlineMax)...) // too large to stand in its entry
	}
	return s
}
