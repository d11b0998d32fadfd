package coretest

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// disk is the walk's store. It keeps what the twin was like after each write
// since the last sync, so that a power cut may keep any part of them.
type disk struct {
	*memstore.Store
	synced atomic.Bool   // since the last look
	past   map[int]*twin // by the number of writes that are not synced
}

func newDisk(s *memstore.Store) *disk { return &disk{Store: s, past: make(map[int]*twin)} }

func (d *disk) Sync() error {
	d.synced.Store(true)
	return d.Store.Sync()
}

// remember keeps what the twin is like now. Nothing is being written meanwhile.
func (d *disk) remember(w *twin) {
	if d.synced.Swap(false) {
		clear(d.past)
	}
	if n := d.Unsynced(); n <= 30 {
		d.past[n] = w.clone()
	}
}

// time is the time that the disk knows.
func (d *disk) time() time.Duration {
	v, err := d.Get(machine.CountersKey())
	if err != nil || len(v) != 21 {
		return 0
	}
	return time.Duration(int64(binary.BigEndian.Uint64(v[13:])) - start.UnixNano())
}

func (w *walk) advance() {
	w.pass(w.duration("time"))
}

// advanceFar lets more time pass than anything waits for.
func (w *walk) advanceFar() {
	if w.seldom(3) {
		w.pass(time.Duration(rapid.IntRange(1, 6).Draw(w.t, "minutes")) * time.Minute)
	}
}

func (w *walk) pass(d time.Duration) {
	w.time.elapsed.Add(int64(d))
	w.time.wall.Add(int64(d))
	w.twin.pass(d)
}

// setClock has somebody set the wall clock, which changes nothing.
func (w *walk) setClock() {
	if w.seldom(2) {
		w.time.wall.Add(int64(time.Hour))
		w.saw("clock", "set forward")
		return
	}
	w.time.wall.Add(-int64(time.Hour))
	w.saw("clock", "set back")
}

// restart is an orderly one.
func (w *walk) restart() {
	if !w.seldom(4) {
		return
	}
	w.must(w.b.Close())
	for _, id := range slices.Sorted(maps.Keys(w.sessions)) {
		w.twin.closeSession(id)
	}
	w.twin.advance()
	next := w.disk.Reopen()
	if t := newDisk(next).time(); t != w.twin.now {
		w.t.Fatalf("the disk was left with the time %v, it was %v", t, w.twin.now)
	}
	w.saw("restart", "clean")
	w.reopen(next, w.twin)
}

// kill is the death of the process: everything that was written is there.
func (w *walk) kill() {
	if !w.seldom(4) {
		return
	}
	next := w.disk.Reopen()
	w.must(w.b.Close())
	w.saw("restart", "killed")
	w.reopen(next, w.twin)
}

// cut is a power cut.
func (w *walk) cut() {
	if w.seldom(3) {
		w.losePower()
	}
}

// cutLease is one that comes when somebody has just received, which is seldom so by chance.
func (w *walk) cutLease() {
	if w.seldom(3) {
		w.receive()
		w.compare()
		w.losePower()
	}
}

// losePower goes on with the disk: of what was not synced, only a part is there.
func (w *walk) losePower() {
	n := rapid.SampledFrom(slices.Sorted(maps.Keys(w.disk.past))).Draw(w.t, "kept")
	next, was := w.disk.CrashKeeping(n), w.disk.past[n]
	w.must(w.b.Close())
	w.saw("restart", "power cut")
	for _, q := range was.queues {
		if now := w.twin.queue(q.name); now != nil && now.count(queuecore.Leased) > q.count(queuecore.Leased) {
			w.saw("restart", "power cut loses a lease")
			break
		}
	}
	w.reopen(next, was)
}

// reopen opens a broker on what is left: was is the twin of it.
func (w *walk) reopen(next *memstore.Store, was *twin) {
	for len(w.waiters) > 0 {
		x := w.waiters[0]
		w.await(x)
		if x.twin.queue.endsWithSessions() && errors.Is(x.err, queuecore.ErrNotFound) {
			x.err = queuecore.ErrClosed // its session has ended a moment before
		}
		w.sentAway(x, queuecore.ErrClosed, "broker closed")
	}
	clear(w.sessions)
	w.attached = nil
	w.disk, w.twin = newDisk(next), was.clone()
	w.downtime()
	w.twin.reopen()
	before := make(map[string]uint64)
	for _, q := range w.twin.queues {
		before[q.name] = q.last
	}
	if slices.ContainsFunc(w.twin.moves, func(v *twinMove) bool { return v.Status == queuecore.MoveRunning }) {
		w.saw("move", "goes on after a restart")
	}
	if slices.ContainsFunc(w.twin.queues, func(q *twinQueue) bool { return q.sub != nil }) {
		w.saw("restart", "with a durable subscription")
	}
	w.open()
	w.rest() // moves with selectors have gone on, and given out numbers
	w.twin.settle()
	for _, q := range w.twin.queues {
		w.skipped(q, before[q.name])
	}
}

// downtime may set the clock while the broker is down. Time does not go back
// behind what the disk knows.
func (w *walk) downtime() {
	switch w.one("downtime", "none", "none", "some", "set forward", "set back") {
	case "some":
		w.time.wall.Add(int64(w.duration("downtime")))
	case "set forward":
		w.time.wall.Add(int64(time.Hour))
		w.saw("clock", "set forward over a restart")
	case "set back":
		w.time.wall.Add(-int64(time.Hour))
		w.saw("clock", "set back over a restart")
	}
	before := w.twin.now
	w.twin.now = max(w.disk.time(), time.Duration(w.time.wall.Load()))
	if w.twin.now-before > 30*time.Minute {
		w.saw("clock", "lets an hour be seen as downtime")
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
