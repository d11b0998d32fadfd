package machine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// relay is what a queue has that hands on what it is sent: it keeps none of it, and gives
// each message the number under which all of its members keep it.
type relay struct {
	members []*queue               // in the order in which they were made
	every   []*queue               // those of them that take everything
	own     []*queue               // those that take what is sent to the relay itself, besides their topics
	topics  selector.Table[*queue] // those that take some topics
}

// MaxMembers bounds the members of one relay: what becomes of all of them is one piece.
const MaxMembers = 1000

// mayRelate refuses a relay or a member that cannot be, and gives a member what holds for
// all of its relay.
func (m *Machine) mayRelate(name string, c *Config, owned bool) error {
	if !c.Relay && c.Of == "" {
		return nil
	}
	if c.Transient || owned {
		return fmt.Errorf("queue %q: a relay and its members cannot be transient: %w", name, ErrInvalid)
	}
	if err := c.mayCount(name); err != nil {
		return err
	}
	if c.Of == "" {
		return nil
	}
	to := m.queues[c.Of]
	switch {
	case to == nil:
		return fmt.Errorf("relay %q of queue %q: %w", c.Of, name, ErrNotFound)
	case to.relay == nil:
		return fmt.Errorf("queue %q as a member of queue %q, which is no relay: %w", name, c.Of, ErrInvalid)
	case len(to.relay.members) >= MaxMembers && m.queues[name] == nil:
		return fmt.Errorf("relay %q has its maximum of %d members: %w", c.Of, MaxMembers, ErrFull)
	}
	c.inherit(&to.config)
	return nil
}

// mayCount refuses a bound on topics: relays hold nothing that could be counted, and members
// have their bounds from them.
func (c *Config) mayCount(name string) error {
	if c.MaxPerTopic > 0 {
		return fmt.Errorf("queue %q: a relay and its members have no bound on the messages of a topic: %w", name, ErrInvalid)
	}
	return nil
}

// inherit takes over what a relay says for all of its members.
func (c *Config) inherit(from *Config) {
	c.MaxMessages, c.MaxBytes, c.DropOldest, c.Retention = from.MaxMessages, from.MaxBytes, from.DropOldest, from.Retention
}

// mayStayRelated refuses a change of what is fixed, or is the relay's to say.
func (q *queue) mayStayRelated(c *Config) error {
	if c.Relay != q.config.Relay || c.Of != q.config.Of {
		return fmt.Errorf("queue %q: whether it is a relay, and of which it is a member, are fixed at creation: %w", q.name, ErrInvalid)
	}
	if q.of == nil && q.relay == nil {
		return nil
	}
	if err := c.mayCount(q.name); err != nil || q.of == nil {
		return err
	}
	as := *c
	if as.inherit(&q.config); !sameConfig(&as, c) {
		return fmt.Errorf("queue %q: its bounds and its retention are those of its relay %q: %w", q.name, q.of.name, ErrInvalid)
	}
	return nil
}

// relate makes q the relay or the member that its configuration says it is.
func (m *Machine) relate(q *queue) {
	if q.config.Relay {
		q.relay = new(relay)
	}
	if to := m.queues[q.config.Of]; q.config.Of != "" && to != nil && to.relay != nil {
		q.of = to
		q.nextSeq = to.nextSeq
		q.config.inherit(&to.config)
		to.relay.members = append(to.relay.members, q)
		to.relay.listen(q)
	}
}

// unrelate ends what q is to others; the members of a relay go with it.
func (m *Machine) unrelate(q *queue) {
	if q.relay != nil {
		for len(q.relay.members) > 0 {
			m.deleteQueue(q.relay.members[0])
		}
	}
	if q.of != nil {
		q.of.relay.unlisten(q, &q.config)
		q.of.relay.members = without(q.of.relay.members, q)
		q.of = nil
	}
}

func without(all []*queue, q *queue) []*queue {
	return slices.DeleteFunc(all, func(x *queue) bool { return x == q })
}

// bequeath has the members of a relay keep what it says for all of them. Each is a piece of its
// own: a thousand records of queues would not fit into one write, and who is opened behind a crash
// in between inherits again.
func (m *Machine) bequeath(q *queue) {
	if q.relay == nil {
		return
	}
	for _, t := range q.relay.members {
		c := t.config
		if c.inherit(&q.config); !sameConfig(&c, &t.config) {
			m.out.cut()
			m.reconfigure(t, c)
		}
	}
}

// listen has q get what its configuration says.
func (r *relay) listen(q *queue) {
	if len(q.config.Topics) == 0 && !q.config.Own {
		r.every = append(r.every, q)
		return
	}
	for _, topic := range q.config.Topics {
		if p, err := selector.Parse(topic); err == nil { // it was parsed when it was set
			r.topics.Add(p, q)
		}
	}
	if q.config.Own {
		r.own = append(r.own, q)
	}
}

// unlisten is the inverse of listen, with the configuration of then.
func (r *relay) unlisten(q *queue, old *Config) {
	r.every, r.own = without(r.every, q), without(r.own, q)
	for _, topic := range old.Topics {
		if p, err := selector.Parse(topic); err == nil {
			r.topics.Remove(p, q)
		}
	}
}

// takers returns the members of q that get s. The slice is good until the next call.
func (m *Machine) takers(q *queue, s *Send) []*queue {
	all := append(m.attempt.takers[:0], q.relay.every...)
	if s.Topic {
		q.relay.topics.Match(s.Name, func(t *queue) { all = append(all, t) })
	} else {
		all = append(all, q.relay.own...)
	}
	m.attempt.takers = all
	return all
}

// checkRelay says whether all that get s have room for it. What the relay has had is
// handed to nobody.
func (m *Machine) checkRelay(q *queue, s *Send) error {
	if err := q.checkSize(s); err != nil {
		return err
	}
	if _, dup := q.duplicate(s, m.now); dup {
		return nil
	}
	all := m.takers(q, s)
	m.attempt.asked.spread(s, len(all))
	for _, t := range all {
		if err := m.checkRoom(t, s); err != nil {
			return err
		}
	}
	return nil
}

// handOn gives s a number of q, and an entry of that number to each member that takes it.
func (m *Machine) handOn(q *queue, s *Send, shared uint64) uint64 {
	seq := m.number(q)
	for _, t := range m.takers(q, s) {
		m.enter(t, s, shared, seq)
	}
	if s.DedupID != "" && q.config.DedupWindow > 0 {
		m.remember(q, s, seq)
	}
	if q.dedup.due(m.now) {
		m.chores.forgetful = append(m.chores.forgetful, q)
	}
	q.totals.Sent++
	q.lastID = s.DedupID
	return seq
}

// last returns the sequence number that was given last, by q or by its relay.
func (q *queue) last() uint64 {
	if q.of != nil {
		q = q.of
	}
	return q.nextSeq - 1
}

// keepsNothing says that q is a relay, and who keeps what it hands on.
func (q *queue) keepsNothing(what string) error {
	names := make([]string, 0, 3)
	for _, t := range q.relay.members[:min(len(q.relay.members), cap(names))] {
		names = append(names, fmt.Sprintf("%q", t.name))
	}
	all := "it has no members yet"
	if n := len(q.relay.members); n > 0 {
		all = fmt.Sprintf("its %d members do: %s", n, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s queue %q: %w; %s", what, q.name, ErrRelay, all)
}

// countOn has relays and members go on where whoever is ahead of the others was.
func (l *loader) countOn() {
	for _, q := range l.m.queues {
		if q.of != nil {
			q.of.nextSeq = max(q.of.nextSeq, q.nextSeq)
		}
	}
	for _, q := range l.m.queues {
		if q.of != nil {
			q.nextSeq = q.of.nextSeq
		}
	}
}
