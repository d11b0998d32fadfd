package coretest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// Walk does random operations on a broker and on its twin, with restarts and
// deaths of the process in between, and fails t as soon as they differ. Rapid's
// flags -rapid.checks and -rapid.steps say how many walks of how many steps.
func Walk(t *rapid.T) {
	w := &walk{t: t, twin: newTwin(), disk: memstore.New(), ctx: context.Background(), sessions: make(map[int]*queuecore.Session)}
	w.open()
	defer func() { _ = w.b.Close() }() // the twin has said what there was to say
	for _, name := range []string{"a", "b", "c", "d"} {
		w.create(name)
	}
	actions := map[string]func(*rapid.T){"": func(*rapid.T) { w.compare() }}
	for name, do := range w.actions() {
		actions[name] = func(*rapid.T) { do() }
	}
	t.Repeat(actions)
}

type walk struct {
	t        *rapid.T
	ctx      context.Context
	b        *queuecore.Broker
	disk     *memstore.Store
	twin     *twin
	clock    atomic.Int64 // the twin's now, for the broker's goroutines
	sessions map[int]*queuecore.Session
	last     int // session
	bodies   int
	receipts []queuecore.Receipt
}

var start = time.Unix(1e9, 0)

func (w *walk) open() {
	b, err := queuecore.Open(w.ctx, w.disk, &queuecore.Options{
		CacheBytes: 40, // so that some bodies come from the store
		Now:        func() time.Time { return start.Add(time.Duration(w.clock.Load())) },
		Log:        slog.New(slog.DiscardHandler),
	})
	w.must(err)
	w.b = b
}

func (w *walk) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) actions() map[string]func() {
	return map[string]func(){
		"send": w.send, "send2": w.send, "topic": w.topic, "bind": w.bind,
		"receive": w.receive, "receive2": w.receive,
		"ack": w.ack, "ack2": w.ack, "nack": w.nack, "extend": w.extend, "reject": w.reject, "release": w.release,
		"tx": w.tx, "advance": w.advance, "closeSession": w.closeSession,
		"remove": w.remove, "purge": w.purge, "update": w.update,
		"restart": w.restart, "crash": w.crash,
	}
}

// seldom is true one time in n.
func (w *walk) seldom(n int) bool { return rapid.IntRange(1, n).Draw(w.t, "seldom") == 1 }

func (w *walk) duration(label string) time.Duration {
	return time.Duration(rapid.IntRange(1, 20).Draw(w.t, label)) * time.Second
}

func (w *walk) config(name string) queuecore.QueueConfig {
	c := queuecore.QueueConfig{DedupWindow: 15 * time.Second}
	if w.seldom(2) {
		c.MaxAttempts = rapid.IntRange(1, 3).Draw(w.t, "attempts")
	}
	if name != "d" && w.seldom(2) {
		c.DeadLetter = "d"
	}
	if w.seldom(3) {
		c.MaxMessages = rapid.IntRange(1, 6).Draw(w.t, "max")
		c.DropOldest = w.seldom(2)
	}
	if w.seldom(4) {
		c.MaxInFlight = rapid.IntRange(1, 3).Draw(w.t, "in flight")
	}
	if w.seldom(4) {
		c.Retention = 10 * w.duration("retention")
	}
	if w.seldom(5) {
		c.Delay = w.duration("delay")
	}
	return c
}

func (w *walk) create(name string) {
	c := w.config(name)
	c.GroupOrder = w.seldom(2)
	_, err := w.b.CreateQueue(w.ctx, name, c)
	w.must(err)
	w.twin.create(name, c)
}

func (w *walk) queue() *twinQueue {
	return w.twin.queues[rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(w.t, "queue")]
}

// message draws a message in both forms.
func (w *walk) message() (*queuecore.Message, twinMessage, string) {
	w.bodies++
	x := twinMessage{body: fmt.Sprintf("m%d", w.bodies), priority: rapid.IntRange(0, 9).Draw(w.t, "priority")}
	x.group = rapid.SampledFrom([]string{"", "x", "y"}).Draw(w.t, "group")
	id := rapid.SampledFrom([]string{"", "", "i", "j"}).Draw(w.t, "id")
	m := &queuecore.Message{Body: []byte(x.body), Priority: queuecore.PriorityOf(x.priority), Group: x.group, DedupID: id}
	if w.seldom(4) {
		x.visible = w.twin.now + w.duration("delay")
		m.DeliverAt = start.Add(x.visible)
	}
	if w.seldom(4) {
		x.expires = w.twin.now + w.duration("ttl")
		m.ExpiresAt = start.Add(x.expires)
	}
	if w.seldom(8) {
		m.Body = append(m.Body, make([]byte, 5000)...) // too large to stand in its entry
		x.body = string(m.Body)
	}
	return m, x, id
}

func (w *walk) send() {
	q := w.queue()
	m, x, id := w.message()
	m.Destination = queuecore.QueueNamed(q.name)
	sent, err := w.b.Send(w.ctx, m)
	w.sent([]*twinQueue{q}, x, id, sent, err)
}

func (w *walk) topic() {
	m, x, id := w.message()
	m.Destination = queuecore.TopicNamed(rapid.SampledFrom([]string{"t", "u"}).Draw(w.t, "topic"))
	var qs []*twinQueue
	for _, name := range w.twin.bound[m.Destination.Name] {
		qs = append(qs, w.twin.queues[name])
	}
	sent, err := w.b.Send(w.ctx, m)
	w.sent(qs, x, id, sent, err)
}

// sent compares what became of a message that went to qs.
func (w *walk) sent(qs []*twinQueue, x twinMessage, id string, sent queuecore.Sent, err error) {
	for _, q := range qs {
		if w.twin.duplicate(q, id) == 0 && !q.room() {
			if !errors.Is(err, queuecore.ErrFull) {
				w.t.Fatalf("%s is full, but: %v", q.name, err)
			}
			return
		}
	}
	w.must(err)
	if len(sent.Placed) != len(qs) {
		w.t.Fatalf("placed %v, want %d queues", sent.Placed, len(qs))
	}
	for _, p := range sent.Placed {
		q := w.twin.queues[p.Queue]
		want := w.twin.duplicate(q, id)
		if p.Duplicate != (want != 0) {
			w.t.Fatalf("placed %+v, the twin's first is %d", p, want)
		}
		if want == 0 {
			want = w.twin.enter(q, x, id)
		}
		if p.Seq != want {
			w.t.Fatalf("placed %+v, want %d", p, want)
		}
	}
}

func (w *walk) bind() {
	q := w.queue()
	topic := rapid.SampledFrom([]string{"t", "u"}).Draw(w.t, "topic")
	x := queuecore.Binding{Pattern: topic, Queue: q.name}
	bound := w.twin.bound[topic]
	if i := slices.Index(bound, q.name); i >= 0 {
		w.must(w.b.Unbind(w.ctx, x))
		w.twin.bound[topic] = slices.Delete(bound, i, i+1)
		return
	}
	w.must(w.b.Bind(w.ctx, x))
	w.twin.bound[topic] = append(bound, q.name)
}

func (w *walk) receive() {
	q := w.queue()
	n := rapid.IntRange(1, 4).Draw(w.t, "n")
	d := w.duration("lease")
	lease, session := queuecore.LeaseFor(d), 0
	if w.seldom(3) {
		session = w.session()
		lease = w.sessions[session].Lease()
	}
	ds, err := w.b.Receive(w.ctx, q.name, queuecore.ReceiveOptions{Max: n, Lease: lease})
	w.must(err)
	want := w.twin.receive(q, n, d, session)
	if len(ds) != len(want) {
		w.t.Fatalf("received %d from %s, want %d", len(ds), q.name, len(want))
	}
	for i, d := range ds {
		if d.Receipt.Seq != want[i].seq || d.Attempt != want[i].attempt || string(d.Body) != want[i].body {
			w.t.Fatalf("received %d@%d %.9q from %s, want %d@%d %.9q", d.Receipt.Seq, d.Attempt, d.Body, q.name,
				want[i].seq, want[i].attempt, want[i].body)
		}
		w.receipts = append(w.receipts, d.Receipt)
	}
}

// session returns an open session, a new one now and then.
func (w *walk) session() int {
	if w.sessions[w.last] == nil || w.seldom(3) {
		w.last++
		w.sessions[w.last] = w.b.NewSession()
	}
	return w.last
}

func (w *walk) closeSession() {
	for id := 1; id <= w.last; id++ {
		if s := w.sessions[id]; s != nil {
			w.must(s.Close())
			delete(w.sessions, id)
			w.twin.closeSession(id)
			return
		}
	}
}

// receipt draws a receipt that was once handed out; good or stale.
func (w *walk) receipt() (queuecore.Receipt, *twinQueue, *twinMessage, bool) {
	if len(w.receipts) == 0 {
		return queuecore.Receipt{}, nil, nil, false
	}
	r := rapid.SampledFrom(w.receipts).Draw(w.t, "receipt")
	info, err := w.b.QueueByID(r.Queue)
	w.must(err)
	q := w.twin.queues[info.Name]
	return r, q, q.find(r.Seq, int(r.Attempt)), true
}

// settled compares the answer to something that needs a living lease.
func (w *walk) settled(err error, m *twinMessage) bool {
	held := m != nil && m.state == queuecore.Leased
	if held != (err == nil) || !held && !errors.Is(err, queuecore.ErrStale) {
		w.t.Fatalf("the twin's message is %+v, the answer %v", m, err)
	}
	return held
}

func (w *walk) ack() {
	r, q, m, ok := w.receipt()
	if !ok {
		return
	}
	err := w.b.Ack(w.ctx, r)
	if stale := m == nil && q.has(r.Seq); stale != errors.Is(err, queuecore.ErrStale) {
		w.t.Fatalf("ack of %v: %v", r, err)
	}
	if m != nil {
		q.remove(m)
	}
}

func (w *walk) nack() {
	r, q, m, ok := w.receipt()
	if !ok {
		return
	}
	delay := time.Duration(rapid.IntRange(0, 10).Draw(w.t, "delay")) * time.Second
	if w.settled(w.b.Nack(w.ctx, r, delay), m) {
		w.twin.giveBack(q, m, delay)
	}
}

func (w *walk) extend() {
	r, _, m, ok := w.receipt()
	if !ok {
		return
	}
	d := w.duration("extension")
	if w.settled(w.b.Extend(w.ctx, r, d), m) && m.session == 0 {
		m.visible = w.twin.now + d
	}
}

func (w *walk) reject() {
	r, q, m, ok := w.receipt()
	if !ok || !w.settled(w.b.Reject(w.ctx, r, "no"), m) {
		return
	}
	if q.config.DeadLetter == "" {
		q.remove(m)
		return
	}
	w.twin.giveUp(q, m)
}

func (w *walk) release() {
	r, q, m, ok := w.receipt()
	if !ok {
		return
	}
	w.must(w.b.Release(w.ctx, []queuecore.Receipt{r}))
	if m == nil || m.state != queuecore.Leased {
		return
	}
	if q.expired(w.twin.now, m) {
		q.remove(m)
		return
	}
	m.state, m.session = queuecore.Ready, 0
	m.attempt--
}

// tx sends to one queue and acks a delivery of another, or neither.
func (w *walk) tx() {
	q := w.queue()
	m, x, id := w.message()
	m.Destination = queuecore.QueueNamed(q.name)
	t := queuecore.Tx{Sends: []*queuecore.Message{m}}
	r, from, acked, ok := w.receipt()
	if ok {
		t.Acks = append(t.Acks, r)
	}
	sent, err := w.b.Commit(w.ctx, t)
	if ok && acked == nil && from.has(r.Seq) && err != nil {
		return // a stale receipt, or a full queue: compare says that nothing changed
	}
	if err != nil {
		sent = []queuecore.Sent{{}}
	}
	w.sent([]*twinQueue{q}, x, id, sent[0], err)
	if err == nil && acked != nil {
		from.remove(acked)
	}
}

func (w *walk) advance() {
	w.twin.advance(w.twin.now + w.duration("time"))
	w.clock.Store(int64(w.twin.now))
}

func (w *walk) remove() {
	q := w.queue()
	if len(q.all) == 0 || !w.seldom(3) {
		return
	}
	m := rapid.SampledFrom(q.all).Draw(w.t, "message")
	w.must(w.b.Remove(w.ctx, q.name, m.seq))
	q.remove(m)
}

func (w *walk) purge() {
	if q := w.queue(); w.seldom(10) {
		n, err := w.b.Purge(w.ctx, q.name)
		w.must(err)
		if n != len(q.all) {
			w.t.Fatalf("purged %d of %s, want %d", n, q.name, len(q.all))
		}
		q.all = nil
	}
}

func (w *walk) update() {
	if !w.seldom(5) {
		return
	}
	q := w.queue()
	old := q.config
	c := w.config(q.name)
	c.GroupOrder = old.GroupOrder
	_, err := w.b.UpdateQueue(w.ctx, q.name, func(x *queuecore.QueueConfig) error { *x = c; return nil })
	w.must(err)
	q.config = c
	if c.MaxAttempts != old.MaxAttempts || c.DeadLetter != old.DeadLetter {
		for _, m := range slices.Clone(q.all) {
			switch {
			case m.state != queuecore.Parked:
			case c.MaxAttempts > 0 && m.attempt-m.base >= c.MaxAttempts:
				w.twin.giveUp(q, m)
			default:
				m.state = queuecore.Ready
			}
		}
	}
}

func (w *walk) restart() {
	if !w.seldom(4) {
		return
	}
	w.must(w.b.Close())
	for id := 1; id <= w.last; id++ {
		w.twin.closeSession(id)
	}
	w.disk = w.disk.Reopen()
	w.reopened()
}

// crash is the death of the process: everything that was written is there, and
// sequence numbers may have been skipped.
func (w *walk) crash() {
	if !w.seldom(4) {
		return
	}
	before := make(map[string]uint64)
	for name, q := range w.twin.queues {
		before[name] = q.last
	}
	disk := w.disk.Reopen()
	w.must(w.b.Close())
	w.disk = disk
	w.reopened()
	for name, q := range w.twin.queues {
		w.skipped(q, before[name])
	}
}

// skipped follows the numbers that q did not use before those it gave out while
// it was opened.
func (w *walk) skipped(q *twinQueue, before uint64) {
	s, err := w.b.Stats(w.ctx, q.name)
	w.must(err)
	if s.LastSeq < q.last {
		w.t.Fatalf("%s counts from %d again, it was at %d", q.name, s.LastSeq, q.last)
	}
	for _, m := range q.all {
		if m.seq > before {
			m.seq += s.LastSeq - q.last
		}
	}
	q.last = s.LastSeq
}

func (w *walk) reopened() {
	w.open()
	clear(w.sessions)
	w.twin.reopen()
}

// compare looks at everything there is to see.
func (w *walk) compare() {
	w.twin.advance(w.twin.now) // what has just moved may be too old where it is now
	for _, q := range w.twin.sorted() {
		s, err := w.b.Stats(w.ctx, q.name)
		w.must(err)
		got := [4]int{s.Ready, s.Delayed, s.Leased, s.Parked}
		want := [4]int{q.count(queuecore.Ready), q.count(queuecore.Delayed), q.count(queuecore.Leased), q.count(queuecore.Parked)}
		if got != want {
			w.t.Fatalf("%s has %v ready, delayed, leased, parked; want %v", q.name, got, want)
		}
		w.compareEntries(q)
	}
}

func (w *walk) compareEntries(q *twinQueue) {
	entries, err := w.b.Browse(w.ctx, q.name, 0, 1000)
	w.must(err)
	if len(entries) != len(q.all) {
		w.t.Fatalf("%s shows %d messages, want %d", q.name, len(entries), len(q.all))
	}
	for i, e := range entries {
		m := q.all[i]
		if e.Seq != m.seq || e.State != m.state || e.Attempt != m.attempt || string(e.Body) != m.body {
			w.t.Fatalf("%s shows %d %v@%d %.9q, want %+v", q.name, e.Seq, e.State, e.Attempt, e.Body, m)
		}
	}
}
