package coretest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// Walks may be about one queue with fair groups, "a": few tenants with much to do.

// fairActions are what such a walk does.
func (w *walk) fairActions() map[string]func() {
	return map[string]func(){
		"flood": w.flood, "flood 2": w.flood, "flood 3": w.flood, "wake": w.wake, "wake 2": w.wake, "wake 3": w.wake, "gulp": w.gulp, "gulp 2": w.gulp, "gulp 3": w.gulp, "gulp 4": w.gulp,
		"receive": w.receive, "wait": w.wait, "cancel": w.cancel, "ack": w.ack, "nack": w.nack, "release": w.release, "reject": w.reject,
		"settle": w.settleMany, "settle 2": w.settleMany, "close session": w.closeSession,
		"advance": w.advance, "advance far": w.advanceFar, "advance far 2": w.advanceFar,
		"remove": w.remove, "purge": w.purge, "move": w.move, "switch": w.switchFair,
		"restart": w.restart, "kill": w.kill, "cut": w.cut,
	}
}

// fairQueue returns "a" if it has fair groups and nobody waits there, or nil.
func (w *walk) fairQueue() *twinQueue {
	q := w.twin.queue("a")
	if q == nil || !q.config.FairGroups || w.twin.waiting(q) > 0 {
		return nil
	}
	return q
}

// makeFair makes "a".
func (w *walk) makeFair() {
	c := queuecore.QueueConfig{FairGroups: true}
	if w.seldom(3) {
		c.MaxAttempts, c.DeadLetter = 2, "d"
	}
	info, err := w.b.CreateQueue(w.ctx, "a", c)
	w.made("a", info, c, 0, err)
}

// switchFair has "a" treat its groups fairly, or no longer.
func (w *walk) switchFair() {
	if q := w.twin.queue("a"); w.seldom(4) {
		c := q.config
		c.FairGroups = !c.FairGroups
		w.must(w.change(q, c))
		w.changed(q.config, c)
		w.twin.update(q, c)
	}
}

const mostFlood = 90

// flood sends many small messages of one tenant at once, in half of them mixed with
// those of nobody, in a third with delays in between.
func (w *walk) flood() {
	q := w.twin.queue("a")
	group, mixed, late := w.one("group", "x", "x", "y", "z"), w.seldom(2), w.seldom(3)
	if late := w.lapsed(q); late != "" && !w.seldom(4) {
		group = late
	}
	if len(q.all) > 600 || w.twin.chosenAt(q) && q.hidesQuiet(true) {
		return
	}
	var ls []*letter
	var t queuecore.Tx
	for i := range rapid.IntRange(1, mostFlood).Draw(w.t, "flood") {
		w.bodies++
		x := twinSend{body: fmt.Sprint("f", w.bodies), priority: 4, sent: w.twin.now, group: group}
		if mixed && i%3 == 0 {
			x.group, x.priority = "", 4+i%2
		}
		x.size = len(x.body) + len(x.group)
		var at time.Time
		if delay := time.Duration(i) * time.Second; late && i%4 == 1 {
			x.deliver, at = w.twin.now+delay, w.time.ahead(delay)
		}
		m := &queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: []byte(x.body), Group: x.group, DeliverAt: at, Priority: queuecore.PriorityOf(x.priority)}
		ls, t.Sends = append(ls, &letter{m: m, x: x, targets: []*twinQueue{q}}), append(t.Sends, m)
	}
	sent, err := w.b.Commit(w.ctx, t)
	w.commit("bulk", ls, nil, nil, sent, err)
}

// lapsed returns a noisy group that was sent nothing for so long that the next message may make
// it quiet, or "".
func (w *walk) lapsed(q *twinQueue) string {
	for _, x := range q.fair.noisy {
		if w.twin.now-x.heard >= 5*time.Minute {
			return x.group
		}
	}
	return ""
}

// wake sends to such a group: a receive, which comes more often, makes it quiet as well.
func (w *walk) wake() {
	if w.lapsed(w.twin.queue("a")) != "" {
		w.flood()
	}
}

// gulp receives enough for a tenant to be noisy.
func (w *walk) gulp() {
	q := w.fairQueue()
	if q == nil {
		return
	}
	x := &twinWaiter{queue: q, n: rapid.IntRange(1, 60).Draw(w.t, "n"), lease: w.duration("lease")}
	o := queuecore.ReceiveOptions{Max: x.n}
	switch w.one("lease", "clock", "long", "session") {
	case "long":
		x.lease *= 20
		fallthrough
	case "clock":
		o.Lease = queuecore.LeaseFor(x.lease)
	case "session":
		x.session = w.session()
		o.Lease = w.sessions[x.session].Lease()
	}
	ds, err := w.b.Receive(w.ctx, q.name, o)
	w.must(err)
	x.got = w.twin.receive(q, x.n, x.lease, x.session, "")
	w.received(x, ds)
}

// settleMany acks, or gives back, some of what is leased.
func (w *walk) settleMany() {
	q := w.twin.queue("a")
	every, back := 1+w.even(3, "every"), w.seldom(3)
	var t queuecore.Tx
	for _, m := range q.all {
		if m.state != queuecore.Leased || int(m.seq)%every != 0 {
			continue
		}
		r := queuecore.Receipt{Queue: q.id, Seq: m.seq, Attempt: uint32(m.attempt)}
		if back {
			t.Nacks = append(t.Nacks, queuecore.Nack{Receipt: r, Delay: time.Duration(m.seq%3) * time.Second})
		} else {
			t.Acks = append(t.Acks, r)
		}
	}
	_, err := w.b.Commit(w.ctx, t)
	w.commit("tx", nil, t.Acks, t.Nacks, nil, err)
}
