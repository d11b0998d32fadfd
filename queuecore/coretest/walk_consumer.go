package coretest

import (
	"context"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// Walks may be about the consumers of one queue with group affinity, "a".

// affineActions are what such a walk does.
func (w *walk) affineActions() map[string]func() {
	return map[string]func(){
		"mail": w.mail, "mail 2": w.mail, "mail 3": w.mail, "consume": w.consume, "end": w.endConsumer,
		"take": w.take, "take 2": w.take, "take 3": w.take, "take 4": w.take, "await": w.awaitAs, "await 2": w.awaitAs, "await 3": w.awaitAs, "cancel": w.cancel,
		"ack": w.ack, "nack": w.nack, "release": w.release, "reject": w.reject, "settle": w.settleMany, "close session": w.closeSession,
		"advance": w.advance, "remove": w.remove, "purge": w.purge, "move": w.move, "switch": w.switchAffinity,
		"restart": w.restart, "kill": w.kill, "cut": w.cut,
	}
}

// makeAffine makes "a".
func (w *walk) makeAffine() {
	c := queuecore.QueueConfig{GroupAffinity: true, GroupRebalance: w.seldom(3)}
	if w.seldom(3) {
		c.MaxAttempts, c.DeadLetter = 2, "d"
	}
	if w.seldom(4) {
		c.MaxInFlight = 5
	}
	c.ExpiredTo = w.one("expired to", "", "d")
	info, err := w.b.CreateQueue(w.ctx, "a", c)
	w.made("a", info, c, 0, err)
}

// switchAffinity has the groups of "a" have owners, or no longer.
func (w *walk) switchAffinity() {
	q := w.twin.queue("a")
	if !w.seldom(6) {
		return
	}
	c := q.config
	c.GroupAffinity = !c.GroupAffinity
	c.GroupRebalance = c.GroupAffinity && w.seldom(2)
	w.must(w.change(q, c))
	w.twin.update(q, c)
}

// mail sends some messages to "a", of few groups; some close theirs.
func (w *walk) mail() {
	q := w.twin.queue("a")
	var ls []*letter
	var t queuecore.Tx
	for i := range rapid.IntRange(1, 20).Draw(w.t, "mail") {
		w.bodies++
		x := twinSend{body: fmt.Sprint("f", w.bodies), priority: 4, sent: w.twin.now, group: w.one("group", "x", "x", "y", "z", "v", "w", "")}
		if w.seldom(4) {
			x.priority = 3 + w.even(3, "priority")
		}
		x.last = x.group != "" && w.seldom(8)
		x.size = len(x.body) + len(x.group)
		var at time.Time
		if w.seldom(8) {
			delay := time.Duration(1+i%3) * time.Second
			x.deliver, at = w.twin.now+delay, w.time.ahead(delay)
		}
		m := &queuecore.Message{
			Destination: queuecore.QueueNamed("a"), Body: []byte(x.body), Group: x.group, GroupEnd: x.last, DeliverAt: at, Priority: queuecore.PriorityOf(x.priority),
		}
		if w.seldom(6) {
			d := w.duration("expires")
			x.expires, m.ExpiresAt = w.twin.now+d, w.time.ahead(d)
		}
		ls, t.Sends = append(ls, &letter{m: m, x: x, targets: []*twinQueue{q}}), append(t.Sends, m)
	}
	sent, err := w.b.Commit(w.ctx, t)
	w.commit("bulk", ls, nil, nil, sent, err)
}

// consume has a consumer come to "a".
func (w *walk) consume() {
	q := w.twin.queue("a")
	if len(q.owners.consumers) >= 4 {
		return
	}
	c := &twinConsumer{queue: q, session: w.session(), exclusive: w.seldom(6), priority: w.even(3, "priority")}
	real, err := w.sessions[c.session].Consume(w.ctx, "a", queuecore.ConsumerOptions{Exclusive: c.exclusive, Priority: c.priority})
	w.must(err)
	w.consumers[c] = real
	w.twin.consume(c)
}

// endConsumer has one go.
func (w *walk) endConsumer() {
	q := w.twin.queue("a")
	if len(q.owners.consumers) == 0 || !w.seldom(2) {
		return
	}
	c := rapid.SampledFrom(q.owners.consumers).Draw(w.t, "consumer")
	w.must(w.consumers[c].Close())
	w.must(w.consumers[c].Close()) // again is no error
	for i := 0; i < len(w.waiters); {
		if x := w.waiters[i]; x.twin.consumer == c {
			w.sentAway(x, queuecore.ErrClosed, "consumer ends")
		} else {
			i++
		}
	}
	_, err := w.b.Receive(w.ctx, "a", queuecore.ReceiveOptions{Consumer: w.consumers[c]})
	w.is("receive", err, queuecore.ErrClosed)
	w.twin.endConsumer(c)
}

// asConsumer draws how to receive from "a": in the name of a consumer for the most part.
func (w *walk) asConsumer() (queuecore.ReceiveOptions, *twinWaiter) {
	q := w.twin.queue("a")
	x := &twinWaiter{queue: q, n: rapid.IntRange(1, 6).Draw(w.t, "n")}
	o := queuecore.ReceiveOptions{Max: x.n}
	if len(q.owners.consumers) > 0 && !w.seldom(5) {
		x.consumer = rapid.SampledFrom(q.owners.consumers).Draw(w.t, "consumer")
		o.Consumer = w.consumers[x.consumer]
	}
	if x.consumer != nil && !w.seldom(4) {
		x.session = x.consumer.session
		o.Lease = w.sessions[x.session].Lease()
		return o, x
	}
	x.lease = w.duration("lease")
	o.Lease = queuecore.LeaseFor(x.lease)
	return o, x
}

func (w *walk) take() {
	o, x := w.asConsumer()
	ds, err := w.b.Receive(w.ctx, "a", o)
	w.must(err)
	x.got = w.twin.receiveFor(x)
	w.received(x, ds)
}

// awaitAs begins to wait.
func (w *walk) awaitAs() {
	if len(w.waiters) >= 4 {
		return
	}
	o, x := w.asConsumer()
	w.twin.waits = append(w.twin.waits, x)
	o.Wait = -1
	ctx, cancel := context.WithCancel(w.ctx)
	y := &waiter{twin: x, cancel: cancel, done: make(chan struct{})}
	// Ends when it is served or sent away, or when the walk ends.
	go func() {
		defer close(y.done)
		y.ds, y.err = w.b.Receive(ctx, "a", o)
	}()
	w.waiters = append(w.waiters, y)
	for _, t := range w.twin.serveConsumers() { // the last of a group leaves the rest of it to who waited before
		w.served(t)
	}
	for {
		s, err := w.b.Stats(w.ctx, "a")
		w.must(err)
		if s.Waiting == w.twin.waiting(x.queue) {
			return
		}
	}
}
