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

// Whatever requests come in whatever order: the invariants hold after each of
// them and of the machine that is loaded from the disk, also after a death between
// two pieces of a batch; and once all queues are deleted nothing is left.
func TestInvariants(t *testing.T) { anything(t, 30, fuzz{}) }

// TestAffinityInvariants does the same where groups have owners and most receivers are
// consumers that stay for a while.
func TestAffinityInvariants(t *testing.T) { anything(t, 30, fuzz{affine: true}) }

func anything(t *testing.T, seeds uint64, about fuzz) {
	if raceDetector {
		seeds = min(seeds, 5) // each way to be that the seeds have
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			f := &fuzz{
				t: t, rnd: rand.New(rand.NewPCG(seed, 1)), disk: memstore.New(), now: 1e18, most: 4,
				affine: about.affine, relays: about.relays, sentToTopic: make(map[uint64]bool),
			}
			f.limits = Limits{Cache: windowBytes, Warm: 1 << 20}
			if seed%3 != 0 { // everything is packed as soon as it can be
				f.limits.Warm, f.most = 0, 90
			}
			if seed%4 == 1 {
				f.limits.Groups = 1
			}
			if seed%5 == 2 {
				f.limits.SieveBytes = 4 * sieveBytes
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
	affine       bool   // it is about groups with owners
	relays       bool   // it is about relays and their members
	ids, session uint64 // the last
	attachment   uint64 // the last
	moves        uint64 // the last
	consumer     uint64 // the last
	consumers    []consumed
	sessions     []uint64
	receipts     []Receipt // the last few
	unread       []Receipt // of those who have still to read their message
	waiting      []*Receive
	looks        []*Look         // that are being read
	sentToTopic  map[uint64]bool // by the bodies
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
	f.must(s.Load([]byte{FamilyShared}, func(_, _ []byte) error { shared++; return nil }))
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
		if prefix[0] == FamilyPage {
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
				fmt.Fprintf(&b, "%d %d %q %d %d %d %d %d %d %d %t %t %v\n", e.seq, e.state, group, visible, e.sent, e.expires, e.first,
					e.attempt, e.size, e.priority, e.is(closing), e.stated, e.dead)
				return true
			})
		}
		for _, name := range slices.Sorted(maps.Keys(q.seats.taken)) {
			fmt.Fprintf(&b, "seat %s of %d\n", name, q.seats.taken[name])
		}
		for _, v := range q.moves {
			fmt.Fprintf(&b, "move %d below %d: %+v\n", v.number, v.limit, v.Move)
		}
	}
	return b.String()
}

// reload goes on with what s holds, as after a death.
func (f *fuzz) reload(s *memstore.Store) {
	f.disk, f.m = s, f.load(s)
	f.sessions, f.waiting, f.unread, f.looks, f.consumers = nil, nil, nil, nil, nil
}

// turn does some requests, and writes what they ask for. Loading looks at what is
// on disk then, and at what was between two pieces.
func (f *fuzz) turn(loading bool) {
	out := &Output{}
	for range 1 + f.rnd.IntN(5) {
		if r := f.request(); r != nil {
			f.now += int64(f.rnd.IntN(4))
			if f.seldom(150) { // long enough for noisy groups to come and go
				f.now += int64(f.rnd.IntN(7)) * int64(time.Minute)
			}
			f.m.Step(r, f.now, out)
			checkInvariants(f.t, f.m)
		}
	}
	f.m.Flush(f.now, out)
	checkInvariants(f.t, f.m)
	f.collect()
	f.looks = append(f.looks, out.Looks...)
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
			if d.Unread {
				f.unread = append(f.unread, d.Receipt)
			}
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
		f.wantFresh(&piece)
		f.must(f.disk.Write(&piece)) // which refuses what is called fresh and is not
		start = cut
	}
	f.must(f.disk.Sync())
	return torn
}

// wantFresh fails if a put of what comes and goes with messages brings a key that is
// not there and does not say so.
func (f *fuzz) wantFresh(b *store.Batch) {
	there := make(map[string]bool) // what the operations so far have made of a key
	for _, op := range b.Ops {
		key := string(op.Key)
		if strings.IndexByte(comeAndGo, key[0]) >= 0 && !op.Delete && !op.Fresh {
			known, touched := there[key]
			if _, err := f.disk.Get(op.Key); touched && !known || !touched && err != nil {
				f.t.Fatalf("key %q is new and is not said to be", key)
			}
		}
		there[key] = !op.Delete
	}
}

var comeAndGo = string([]byte{FamilyEntry, FamilyState, FamilyShared, FamilyPage, FamilyDedup, FamilySeat})

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
	for _, name := range append(names(), "h", "h.1", "h.2") {
		f.m.Step(&DeleteQueue{Name: name}, f.now, out)
	}
	f.m.Flush(f.now, out)
	for len(f.m.chores.garbage) > 0 {
		f.m.Flush(f.now, out)
	}
	f.write(out)
	f.must(f.disk.Load(nil, func(k, _ []byte) error {
		if k[0] != FamilyCounters {
			f.t.Errorf("left on disk: %q", k)
		}
		return nil
	}))
	m := f.m
	if left := len(m.shared) + len(m.timers.heap) + len(m.byID) + len(m.sessions) + len(m.consumers) + m.tally.claims + m.tally.transient + len(m.deadLetters) + len(m.subscribed) + len(m.chores.moves) + m.sieveRoom.idle.Len() + int(m.sieveRoom.bytes) + m.window.live + m.tally.groups + m.tally.noisy + m.tally.topical + m.tally.places + int(m.tally.topics+m.tally.awaiting) + m.tally.seats; left != 0 || m.window.used != 0 {
		f.t.Errorf("left in memory: %d things, %d bytes", left, m.window.used)
	}
}

func names() []string { return []string{"a", "b", "c", "x", "y"} }

func (f *fuzz) name() string {
	if f.affine && !f.seldom(5) {
		return pick(f, names()[:2])
	}
	if f.relays && !f.seldom(4) {
		return pick(f, []string{"h", "h", "h.1", "h.2", "a"})
	}
	return pick(f, names())
}

// pick returns one of xs, which must not be empty.
func pick[T any](f *fuzz, xs []T) T { return xs[f.rnd.IntN(len(xs))] }

// seldom is true one time in n.
func (f *fuzz) seldom(n int) bool { return f.rnd.IntN(n) == 0 }

// request returns any request, or nil when there is nothing it could be about.
func (f *fuzz) request() Request {
	if len(f.unread) > 0 && f.seldom(4) {
		return f.read()
	}
	if len(f.looks) > 0 && f.seldom(3) {
		return f.judge()
	}
	switch n := f.rnd.IntN(26); {
	case n >= 24, f.affine && len(f.consumers) < 4:
		return f.consumerRequest()
	case n < 7:
		return f.tx()
	case n < 11:
		return f.receive()
	case n < 15:
		return f.settle()
	case n < 18:
		return f.sessionRequest()
	case n < 20:
		return f.move()
	case n < 22:
		return f.subscription()
	}
	return f.admin()
}

// move has messages moved, or no longer.
func (f *fuzz) move() Request {
	id := func() [16]byte { return [16]byte{byte(f.moves)} }
	if f.seldom(4) {
		return &CancelMove{Source: f.name(), ID: id()}
	}
	f.moves++
	r := &StartMove{ID: id(), Source: f.name(), Rate: pick(f, []int{0, 0, 1, 1e9, 1e10}), Selector: f.selector()}
	if f.seldom(2) {
		r.To = f.name()
	}
	return r
}

func (f *fuzz) admin() Request {
	if f.affine && f.seldom(2) {
		return f.receive()
	}
	switch f.rnd.IntN(6) {
	case 0:
		c := f.create()
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
		return &Bind{Queue: f.name(), Pattern: "t.>", Selector: f.selector()}
	case 4:
		return &Remove{Name: f.name(), Seq: uint64(1 + f.rnd.IntN(5*f.most))}
	}
	return f.create()
}

func (f *fuzz) create() *CreateQueue {
	r := &CreateQueue{Name: f.name(), Config: f.config(), Any: true}
	if f.relays {
		f.relate(r)
	}
	return r
}

func (f *fuzz) update() Request {
	c := f.config()
	return &UpdateQueue{Name: f.name(), Change: func(x *Config) error {
		c.Transient, c.GroupOrder = x.Transient, x.GroupOrder
		f.relateAs(x, &c)
		*x = c
		return nil
	}}
}

func (f *fuzz) config() Config {
	c := Config{
		Transient: f.seldom(4), GroupOrder: f.seldom(3), FairGroups: f.seldom(3), GroupAffinity: f.seldom(2), DedupWindow: time.Duration(20 + f.rnd.IntN(60)), DedupPerGroup: f.seldom(3),
		DropOldest: f.seldom(2), BackoffInitial: 3, BackoffFactor: 2, GroupRebalance: f.seldom(2),
	}
	if f.affine && !f.seldom(6) {
		c.GroupOrder, c.FairGroups, c.GroupAffinity = false, false, true
	}
	for _, rule := range []struct {
		oneIn int
		set   func()
	}{
		{2, func() { c.MaxAttempts = 1 + f.rnd.IntN(3) }},
		{2, func() { c.DeadLetter = f.name() }},
		{2, func() { c.ExpiredTo = f.name() }},
		{3, func() { c.MaxBytes = int64(60 * f.most / 4) }},
		{3, func() { c.MaxMessages = 1 + f.rnd.IntN(6*f.most/4) }},
		{3, func() { c.MaxPerTopic, c.DropOldestPerTopic = 1+f.rnd.IntN(6*f.most/4), !f.seldom(3) }},
		{5, func() { c.MaxInFlight = 1 + f.rnd.IntN(3) }},
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
	case (f.seldom(2) && !f.affine || f.seldom(8)) && len(f.sessions) > 0:
		return &CloseSession{ID: pick(f, f.sessions)} // perhaps not for the first time
	}
	f.session++
	f.sessions = append(f.sessions, f.session)
	return &OpenSession{ID: f.session}
}

// consumed is a consumer that was asked for.
type consumed struct {
	id    uint64
	queue string
}

// consumerRequest has a consumer come or go.
func (f *fuzz) consumerRequest() Request {
	if f.affine && len(f.sessions) == 0 {
		return f.sessionRequest()
	}
	if f.seldom(4) && len(f.consumers) > 0 {
		return &CloseConsumer{ID: pick(f, f.consumers).id} // perhaps not for the first time
	}
	if len(f.sessions) == 0 {
		return nil
	}
	f.consumer++
	f.consumers = append(f.consumers, consumed{f.consumer, f.name()})
	return &OpenConsumer{
		ID: f.consumer, Session: pick(f, f.sessions), Queue: f.consumers[len(f.consumers)-1].queue, Exclusive: f.seldom(8), Priority: f.rnd.IntN(3),
	}
}

func (f *fuzz) receive() Request {
	r := &Receive{Queue: f.name(), Max: 1 + f.rnd.IntN(min(f.most, 20)), Wait: f.seldom(2), HasLease: true, Lease: pick(f, []time.Duration{0, 5, 5})}
	if len(f.sessions) > 0 && f.seldom(2) {
		r.Session = pick(f, f.sessions)
	}
	r.Choice = f.choice()
	if len(f.consumers) > 0 && !f.seldom(4) {
		c := pick(f, f.consumers[max(0, len(f.consumers)-6):])
		r.Queue, r.Consumer = c.queue, c.id
	}
	f.waiting = append(f.waiting, r)
	return r
}

// read has some receivers be done with reading, or all.
func (f *fuzz) read() Request {
	n := 1 + f.rnd.IntN(len(f.unread))
	r := &Seen{Receipts: f.unread[:n:n]}
	f.unread = f.unread[n:]
	return r
}

func (f *fuzz) settle() Request {
	if len(f.receipts) == 0 {
		return nil
	}
	receipt := pick(f, f.receipts)
	switch f.rnd.IntN(4) {
	case 3:
		return &Acks{Receipts: []Receipt{receipt, pick(f, f.receipts), {Queue: receipt.Queue, Seq: receipt.Seq}}}
	case 0:
		if f.seldom(4) {
			return &Spend{Receipt: receipt, Allowed: f.rnd.IntN(3)}
		}
		return &Reject{Receipt: receipt, Reason: "bad", Park: f.seldom(3)}
	case 1:
		return &Extend{Receipt: receipt, For: 5}
	}
	return &Release{Receipts: []Receipt{receipt, pick(f, f.receipts)}}
}

func (f *fuzz) tx() Request {
	tx := &Tx{}
	origin := pick(f, []string{"", "", "o"})
	defer func() {
		for i := range tx.Sends {
			tx.Sends[i].Origin = origin
		}
	}()
	flood := f.seldom(4)
	for range f.rnd.IntN(f.most) {
		if flood && len(tx.Sends) > 0 {
			tx.Sends = append(tx.Sends, f.like(&tx.Sends[0]))
		} else {
			tx.Sends = append(tx.Sends, f.send())
		}
	}
	if len(f.receipts) == 0 {
		return tx
	}
	if f.seldom(10) {
		tx.If = &Expect{Queue: f.name(), AnyLast: true, Topic: &TopicLast{Topic: pick(f, []string{"", "t.x"}), Seq: uint64(f.rnd.IntN(3))}}
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

// like returns a send to the same queue, of the same group and priority.
func (f *fuzz) like(s *Send) Send {
	f.ids++
	f.sentToTopic[f.ids] = s.Topic
	h := Head{Sent: f.now, Priority: s.Head.Priority, Size: uint32(1 + f.rnd.IntN(2)), Group: s.Head.Group, GroupEnd: f.seldom(30)}
	return Send{Fields: sized(h.Size), Name: s.Name, Topic: s.Topic, ID: [16]byte{byte(f.ids), byte(f.ids >> 8)}, Body: f.ids, Head: h, Record: append(AppendHead(nil, &h), marked(s.Topic, "m")...)}
}

func (f *fuzz) send() Send {
	f.ids++
	s := Send{Name: f.name(), ID: [16]byte{byte(f.ids), byte(f.ids >> 8)}, Body: f.ids}
	if f.seldom(3) {
		s.Topic, s.Name = true, "t.x"
		f.sentToTopic[f.ids] = true
	}
	if f.seldom(3) {
		s.DedupID = fmt.Sprint(f.rnd.IntN(5))
	}
	if f.seldom(3) {
		s.Seat = fmt.Sprint(f.rnd.IntN(4))
	}
	s.Head = Head{Sent: f.now, Priority: uint8(f.rnd.IntN(levels)), Size: uint32(f.rnd.IntN(30))}
	if f.seldom(2) || f.affine {
		s.Head.Group = fmt.Sprint("g", f.rnd.IntN(3))
	}
	if f.seldom(4) {
		s.Head.Visible = f.now + int64(f.rnd.IntN(30))
	}
	if f.seldom(4) {
		s.Head.Expires = f.now + int64(f.rnd.IntN(60))
	}
	s.Head.GroupEnd = f.seldom(6)
	s.Fields = sized(s.Head.Size)
	s.Record = append(AppendHead(nil, &s.Head), marked(s.Topic, "message")...)
	if f.seldom(6) {
		s.Record = append(s.Record, strings.Repeat("x", inlineMax)...) // too large to stand in its entry
	}
	return s
}
