package coretest

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// config draws the rules of a queue, but for group order.
func (w *walk) config(name string) queuecore.QueueConfig {
	var c queuecore.QueueConfig
	if w.seldom(4) {
		c.Lease = w.duration("lease")
	}
	if !w.seldom(3) {
		c.DedupWindow = w.duration("window")
		c.DedupPerGroup = w.seldom(3)
	}
	if w.seldom(2) {
		c.MaxAttempts = rapid.IntRange(1, 3).Draw(w.t, "attempts")
	}
	if dead := w.one("dead letter", "", "d", "e"); dead != name {
		c.DeadLetter = dead
	}
	if to := w.one("expired to", "", "d", "e", "a"); to != name {
		c.ExpiredTo = to
	}
	w.bounds(&c)
	if w.seldom(4) {
		c.MaxInFlight = rapid.IntRange(1, 3).Draw(w.t, "in flight")
	}
	if w.seldom(4) {
		c.Retention = 5 * w.duration("retention")
	}
	if w.seldom(5) {
		c.Delay = w.duration("delay")
	}
	if w.seldom(3) {
		c.BackoffInitial = time.Duration(rapid.IntRange(1, 3).Draw(w.t, "back-off")) * time.Second
		c.BackoffFactor, c.BackoffMax = 2, 5*time.Second
	}
	c.FairGroups = w.seldom(2)
	if w.seldom(6) {
		c.Labels = map[string]string{"label": w.one("label", "1", "2")}
	}
	return c
}

// bounds draws how much the queue may hold.
func (w *walk) bounds(c *queuecore.QueueConfig) {
	many := 1
	if w.long {
		many = 30
	}
	if w.seldom(3) {
		c.MaxMessages = many * rapid.IntRange(1, 6).Draw(w.t, "max")
	}
	if w.seldom(5) {
		c.MaxBytes = int64(many * rapid.IntRange(4, 24).Draw(w.t, "max bytes"))
	}
	c.DropOldest = c.MaxMessages+int(c.MaxBytes) > 0 && w.seldom(2)
	if w.seldom(3) {
		c.MaxPerTopic = many * rapid.IntRange(1, 4).Draw(w.t, "max of a topic")
		c.DropOldestPerTopic = !w.seldom(3)
	}
	if w.seldom(6) {
		c.MaxMessageSize = rapid.IntRange(3, 20).Draw(w.t, "max size")
	}
}

// make makes a queue that is not there.
func (w *walk) make(name string) {
	c := w.config(name)
	c.GroupOrder, c.Transient = w.seldom(2), w.seldom(8)
	c.FairGroups = c.FairGroups && !c.GroupOrder
	info, err := w.b.CreateQueue(w.ctx, name, c)
	w.made(name, info, c, 0, err)
}

func (w *walk) made(name string, info queuecore.QueueInfo, c queuecore.QueueConfig, owner int, err error) {
	w.must(err)
	if w.twin.queueByID(info.ID) != nil {
		w.t.Fatalf("queue %q has the number %d of another", name, info.ID)
	}
	w.twin.create(name, info.ID, c, owner)
	w.saw("create", "done")
	if c.Transient {
		w.saw("create", "transient")
	}
}

func (w *walk) create() {
	name := w.queueName()
	q := w.twin.queue(name)
	if q == nil {
		w.make(name)
		return
	}
	c := q.config
	switch w.one("create", "again", "other", "invalid") {
	case "again":
		_, err := w.b.CreateQueue(w.ctx, name, c)
		w.is("create", err, nil)
		w.saw("create", "again")
	case "other":
		c.MaxAttempts++
		info, err := w.b.CreateQueue(w.ctx, name, c)
		w.is("create", err, queuecore.ErrExists)
		w.sameConfig(q, info.Config)
		w.saw("create", "exists")
	case "invalid":
		c.DeadLetter = name
		_, err := w.b.CreateQueue(w.ctx, name, c)
		w.is("create", err, queuecore.ErrInvalid)
		w.saw("create", "invalid")
	}
}

func (w *walk) ensure() {
	name := w.queueName()
	c := w.config(name)
	info, err := w.b.EnsureQueue(w.ctx, name, c)
	if q := w.twin.queue(name); q != nil {
		w.is("ensure", err, nil)
		w.sameConfig(q, info.Config)
		w.saw("ensure", "found")
		return
	}
	w.made(name, info, c, 0, err)
	w.saw("ensure", "made")
}

// sessionQueue makes a queue that goes with its session.
func (w *walk) sessionQueue() {
	if w.twin.queue("x") != nil {
		return
	}
	c := w.config("x")
	c.GroupOrder = w.seldom(2)
	c.FairGroups = c.FairGroups && !c.GroupOrder
	if w.seldom(4) {
		_, err := w.closedSession().CreateQueue(w.ctx, "x", c)
		w.is("create", err, queuecore.ErrClosed)
		w.saw("create", "session closed")
		return
	}
	id := w.session()
	info, err := w.sessions[id].CreateQueue(w.ctx, "x", c)
	c.Transient = true
	w.made("x", info, c, id, err)
	w.saw("create", "for a session")
}

func (w *walk) delete() {
	name := w.queueName()
	if len(w.waiters) > 0 && w.seldom(3) {
		name = w.waiters[0].twin.queue.name
	}
	if len(w.attached) > 0 && w.seldom(5) {
		name = w.attached[0].queue
	}
	q := w.twin.queue(name)
	if to := w.moveTo(); to != nil && w.seldom(3) {
		name, q = to.name, to
	} else if q != nil && !w.seldom(3) {
		return
	}
	err := w.b.DeleteQueue(w.ctx, name)
	if q == nil {
		w.is("delete", err, queuecore.ErrNotFound)
		w.saw("delete", "not found")
		return
	}
	w.must(err)
	w.deleted(q)
	w.saw("delete", "done")
	if len(q.all) > 0 {
		w.saw("delete", "with messages")
	}
	w.twin.delete(q)
}

// deleted sends away those who wait at q.
func (w *walk) deleted(q *twinQueue) {
	for _, t := range w.twin.membersOf(q) {
		w.deleted(t)
	}
	for _, x := range slices.Clone(w.waiters) {
		if x.twin.queue == q {
			w.sentAway(x, queuecore.ErrNotFound, "queue deleted")
			w.saw("delete", "with receivers")
		}
	}
}

func (w *walk) update() {
	name := w.queueName()
	q := w.twin.queue(name)
	c := w.config(name)
	if q == nil {
		_, err := w.b.UpdateQueue(w.ctx, name, func(*queuecore.QueueConfig) error { return nil })
		w.is("update", err, queuecore.ErrNotFound)
		w.saw("update", "not found")
		return
	}
	c.GroupOrder, c.Transient = q.config.GroupOrder, q.config.Transient
	c.FairGroups = c.FairGroups && !c.GroupOrder
	w.oneThing(q, &c)
	switch rapid.IntRange(1, 8).Draw(w.t, "update") {
	case 1:
		c.GroupOrder = !c.GroupOrder
		w.is("update", w.change(q, c), queuecore.ErrInvalid)
		w.saw("update", "fixed")
	case 2:
		c.Retention = -1
		w.is("update", w.change(q, c), queuecore.ErrInvalid)
		w.saw("update", "invalid")
	default:
		w.must(w.change(q, c))
		w.saw("update", "done")
		w.changed(q.config, c)
		w.twin.update(q, c)
	}
}

// redrive changes what becomes of messages that are parked.
func (w *walk) redrive() {
	for _, q := range w.twin.queues {
		if dead := q.config.DeadLetter; q.count(queuecore.Parked) > 0 && dead != "" && w.twin.queue(dead) == nil && w.seldom(2) {
			w.make(dead)
			return
		}
		if q.count(queuecore.Parked) > 0 && w.seldom(3) {
			c := q.config
			c.MaxAttempts = rapid.IntRange(0, 4).Draw(w.t, "attempts")
			w.must(w.change(q, c))
			w.changed(q.config, c)
			w.twin.update(q, c)
			return
		}
	}
}

func (w *walk) change(q *twinQueue, c queuecore.QueueConfig) error {
	_, err := w.b.UpdateQueue(w.ctx, q.name, func(x *queuecore.QueueConfig) error { *x = c; return nil })
	return err
}

// changed counts the rules that have changed.
func (w *walk) changed(a, b queuecore.QueueConfig) {
	for rule, differs := range map[string]bool{
		"lease": a.Lease != b.Lease, "delay": a.Delay != b.Delay, "retention": a.Retention != b.Retention,
		"dedup window": a.DedupWindow != b.DedupWindow, "dedup per group": a.DedupPerGroup != b.DedupPerGroup,
		"in flight": a.MaxInFlight != b.MaxInFlight, "messages": a.MaxMessages != b.MaxMessages, "bytes": a.MaxBytes != b.MaxBytes,
		"drop oldest": a.DropOldest != b.DropOldest, "message size": a.MaxMessageSize != b.MaxMessageSize,
		"messages of a topic": a.MaxPerTopic != b.MaxPerTopic, "drop oldest of a topic": a.DropOldestPerTopic != b.DropOldestPerTopic,
		"expired to": a.ExpiredTo != b.ExpiredTo,
		"attempts":   a.MaxAttempts != b.MaxAttempts, "dead letter": a.DeadLetter != b.DeadLetter,
		"back-off": a.BackoffInitial != b.BackoffInitial, "fair groups": a.FairGroups != b.FairGroups, "labels": !maps.Equal(a.Labels, b.Labels),
	} {
		if differs {
			w.saw("update", rule)
		}
	}
}

func (w *walk) bind() {
	x := queuecore.Binding{Pattern: w.one("pattern", "t.a", "t.*", "u.>", "*.b"), Queue: w.queueName()}
	x.Selector = selectorOf(w.one("color", "", "", "r", "b"))
	if len(w.attached) > 0 && w.seldom(3) {
		x.Queue = w.attached[0].queue
		if q := w.twin.queue(x.Queue); q != nil && q.sub != nil && w.seldom(2) {
			x.Pattern = q.sub.Topics[0]
		}
	}
	before, bound := w.twin.binding(x.Queue, x.Pattern)
	op, do := "bind", w.b.Bind
	if bound && !w.seldom(3) || !bound && w.seldom(6) {
		op, do = "unbind", w.b.Unbind
	}
	err := do(w.ctx, x)
	if q := w.twin.queue(x.Queue); q != nil && q.isSubscribed(x.Pattern) && (op == "unbind" || before != x) {
		w.is(op, err, queuecore.ErrInvalid)
		w.saw(op, "of a subscription")
		return
	}
	if w.twin.queue(x.Queue) == nil || op == "unbind" && !bound {
		w.is(op, err, queuecore.ErrNotFound)
		w.saw(op, "not found")
		return
	}
	w.must(err)
	switch {
	case op == "unbind":
		w.twin.unbind(x)
		w.saw(op, "done")
	case before == x:
		w.saw(op, "again")
	default:
		w.twin.bind(x)
		w.saw(op, "done")
		if bound {
			w.saw(op, "another selector")
		}
	}
}

func (w *walk) remove() {
	name := w.queueName()
	q := w.twin.queue(name)
	if q == nil || len(q.all) == 0 || w.seldom(3) {
		w.is("remove", w.b.Remove(w.ctx, name, 1<<40), queuecore.ErrNotFound)
		w.saw("remove", "not found")
		return
	}
	m := rapid.SampledFrom(q.all).Draw(w.t, "message")
	w.must(w.b.Remove(w.ctx, q.name, m.seq))
	w.twin.take(q, m)
	q.totals.Dropped++
	w.saw("remove", "done")
}

func (w *walk) purge() {
	name := w.queueName()
	q := w.twin.queue(name)
	if q != nil && len(q.all) > 0 && !w.seldom(6) {
		return
	}
	n, err := w.b.Purge(w.ctx, name)
	if q == nil {
		w.is("purge", err, queuecore.ErrNotFound)
		w.saw("purge", "not found")
		return
	}
	w.must(err)
	if n != len(q.all) {
		w.t.Fatalf("purged %d of %s, want %d", n, q.name, len(q.all))
	}
	if n == 0 {
		w.saw("purge", "empty")
		return
	}
	q.totals.Dropped += uint64(n)
	q.all, q.fair = nil, twinFair{began: w.twin.now}
	q.forget()
	w.saw("purge", "done")
}

// session returns an open session, a new one now and then.
func (w *walk) session() int {
	if w.sessions[w.last] == nil || w.seldom(3) {
		w.last++
		w.sessions[w.last] = w.b.NewSession()
	}
	return w.last
}

func (w *walk) closedSession() *queuecore.Session {
	s := w.b.NewSession()
	w.must(s.Close())
	return s
}

func (w *walk) closeSession() {
	ids := slices.Sorted(maps.Keys(w.sessions))
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(w.t, "session")
	w.must(w.sessions[id].Close())
	w.must(w.sessions[id].Close()) // again is no error
	delete(w.sessions, id)
	w.saw("session", w.sessionClosed(id))
	w.twin.closeSession(id)
}

// sessionClosed sends away those who wait for a session, or at its queues, and
// says what else it had.
func (w *walk) sessionClosed(id int) (outcome string) {
	for _, x := range slices.Clone(w.waiters) {
		if x.twin.session == id || x.twin.consumer != nil && x.twin.consumer.session == id {
			w.sentAway(x, queuecore.ErrClosed, "session closed")
		}
	}
	for _, q := range w.twin.queues {
		if q.endsWith(func(c twinAttached) bool { return c.session == id }) {
			w.deleted(q)
			w.saw("session", "closed with its subscription")
		}
	}
	w.attached = slices.DeleteFunc(w.attached, func(a walkAttachment) bool { return a.session == id })
	outcome = "closed empty"
	for _, q := range w.twin.queues {
		if q.owner == id {
			w.deleted(q)
			return "closed with a queue"
		}
		if slices.ContainsFunc(q.all, func(m *twinMessage) bool { return m.session == id }) {
			outcome = "closed with leases"
		}
	}
	return outcome
}

func (w *walk) browse() {
	name := w.queueName()
	q := w.twin.queue(name)
	if q == nil {
		_, err := w.b.Browse(w.ctx, name, 0, 1)
		w.is("browse", err, queuecore.ErrNotFound)
		_, err = w.b.Stats(w.ctx, name)
		w.is("stats", err, queuecore.ErrNotFound)
		_, err = w.b.Queue(name)
		w.is("look", err, queuecore.ErrNotFound)
		w.saw("browse", "not found")
		w.saw("stats", "not found")
		return
	}
	from := uint64(rapid.IntRange(0, int(q.last)+1).Draw(w.t, "from"))
	page, err := w.b.Browse(w.ctx, name, from, 3)
	w.must(err)
	i := slices.IndexFunc(q.all, func(m *twinMessage) bool { return m.seq >= from })
	if i < 0 {
		i = len(q.all)
	}
	w.sameEntries(q, page, q.all[i:min(i+3, len(q.all))])
	w.saw("browse", "page")
	w.browseSelected(q)
}
