package coretest

import (
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// twinConsumer is a consumer of a queue.
type twinConsumer struct {
	queue     *twinQueue
	session   int
	exclusive bool
	priority  int
}

// twinOwners is what a queue remembers of its consumers and of who owns its groups.
type twinOwners struct {
	consumers []*twinConsumer // in the order in which they came
	owner     map[string]*twinConsumer
	open      map[string]bool // groups that their last message has closed
}

// forget has q forget who owns what.
func (q *twinQueue) forget() {
	q.owners.owner, q.owners.open = make(map[string]*twinConsumer), make(map[string]bool)
	for _, m := range q.all {
		m.owned = false
	}
}

// turn is the consumer that alone is handed messages, or nil.
func (q *twinQueue) turn() (turn *twinConsumer) {
	for _, c := range q.owners.consumers {
		if c.exclusive && (turn == nil || c.priority > turn.priority) {
			turn = c
		}
	}
	return turn
}

func (w *twin) consume(c *twinConsumer) {
	if c.queue.config.GroupRebalance {
		if len(c.queue.owners.owner) > 0 {
			w.saw("given up")
		}
		clear(c.queue.owners.owner)
	}
	c.queue.owners.consumers = append(c.queue.owners.consumers, c)
	c.queue.leaveToTurn()
}

// leaveToTurn has those whose turn it is not own nothing: they get nothing either.
func (q *twinQueue) leaveToTurn() {
	turn := q.turn()
	for group, owner := range q.owners.owner {
		if turn != nil && owner != turn {
			delete(q.owners.owner, group)
		}
	}
}

// endConsumers ends those consumers.
func (w *twin) endConsumers(which func(*twinConsumer) bool) {
	for _, q := range w.queues {
		for _, c := range slices.Clone(q.owners.consumers) {
			if which(c) {
				w.endConsumer(c)
			}
		}
	}
}

func (w *twin) endConsumer(c *twinConsumer) {
	q := c.queue
	if q.turn() == c {
		w.saw("the turn passes on")
	}
	q.owners.consumers = slices.DeleteFunc(q.owners.consumers, func(x *twinConsumer) bool { return x == c })
	w.waits = slices.DeleteFunc(w.waits, func(x *twinWaiter) bool { return x.consumer == c })
	for group, owner := range q.owners.owner {
		if owner == c {
			delete(q.owners.owner, group)
			w.saw("freed")
		}
	}
	q.leaveToTurn()
}

// held reports whether owners hold messages of the group.
func (q *twinQueue) held(group string) bool {
	return slices.ContainsFunc(q.all, func(m *twinMessage) bool {
		return m.group == group && m.state == queuecore.Leased && m.owned
	})
}

// mayTake reports whether c may be handed m as far as its group goes.
func (q *twinQueue) mayTake(c *twinConsumer, m *twinMessage) bool {
	if !q.config.GroupAffinity || m.group == "" {
		return true
	}
	if owner := q.owners.owner[m.group]; owner != nil {
		return owner == c
	}
	return q.owners.open[m.group] || !q.held(m.group)
}

// pickFor returns the message to hand out first to a receiver.
func (w *twin) pickFor(x *twinWaiter) (best *twinMessage) {
	q := x.queue
	if turn := q.turn(); turn != nil && x.consumer != turn {
		w.saw("not his turn")
		return nil
	}
	for _, m := range q.all {
		if m.state != queuecore.Ready || best != nil && m.priority <= best.priority {
			continue
		}
		switch {
		case q.mayTake(x.consumer, m):
			best = m
		case q.owners.owner[m.group] == nil:
			w.saw("waits until all is settled")
		default:
			w.saw("another's")
		}
	}
	return best
}

// leavesTo reports whether x leaves m to others that wait: groups are dealt out one by one.
func (w *twin) leavesTo(x *twinWaiter, m *twinMessage, dealt bool) bool {
	q := x.queue
	if !q.config.GroupAffinity || !w.makesOwn(x, m) || !dealt || q.turn() != nil {
		return false
	}
	others := slices.ContainsFunc(w.waits, func(y *twinWaiter) bool { return y.queue == q && y != x })
	if others {
		w.saw("dealt out")
	}
	return others
}

// makesOwn reports whether m's group becomes that of x's consumer when it is handed m.
func (w *twin) makesOwn(x *twinWaiter, m *twinMessage) bool {
	return x.consumer != nil && m.group != "" && !m.last && x.queue.owners.owner[m.group] == nil
}

// handOver says that x is handed m.
func (w *twin) handOver(x *twinWaiter, m *twinMessage) {
	q := x.queue
	m.owned = false
	if !q.config.GroupAffinity || m.group == "" {
		return
	}
	switch owner := q.owners.owner[m.group]; {
	case m.last:
		if owner != nil {
			w.saw("closed")
			delete(q.owners.owner, m.group)
			q.owners.open[m.group] = true
		}
		return
	case x.consumer == nil:
		w.saw("to nobody")
		return
	case owner == nil:
		w.saw("owned")
		q.owners.owner[m.group], q.owners.open[m.group] = x.consumer, false
	default:
		w.saw("to its owner")
	}
	m.owned = true
}

// priority is that of x's consumer.
func (x *twinWaiter) priority() int {
	if x.consumer == nil {
		return 0
	}
	return x.consumer.priority
}

// serveConsumers is serve where a receiver that gets nothing holds up nobody: the first of
// the highest priority for whom there is something, again and again.
func (w *twin) serveConsumers() (served []*twinWaiter) {
	for {
		line := slices.Clone(w.waits)
		slices.SortStableFunc(line, func(a, b *twinWaiter) int { return b.priority() - a.priority() })
		i := slices.IndexFunc(line, func(x *twinWaiter) bool {
			x.got = w.receiveFor(x)
			return len(x.got) > 0
		})
		if i < 0 {
			return served
		}
		served = append(served, line[i])
		w.leave(line[i])
	}
}

// receiveFor hands out what there is to a receiver.
func (w *twin) receiveFor(x *twinWaiter) (out []*twinMessage) {
	q, dealt := x.queue, false
	for len(out) < x.n && q.mayLease() {
		m := w.pickFor(x)
		if m == nil || w.leavesTo(x, m, dealt) {
			break
		}
		dealt = dealt || w.makesOwn(x, m)
		w.handOver(x, m)
		w.lease(q, m, x.lease, x.session)
		out = append(out, m)
	}
	return out
}
