package nats

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/quota"
)

// exchange carries messages between clients, at most once. It is the engine's
// transport. The zero exchange is ready.
type exchange struct {
	subs router.Router[*subscription]
	pool sync.Pool // of *router.Matches[*subscription]
}

// subscription is one SUB.
type subscription struct {
	conn  *conn
	user  *quota.User // whose it counts as
	sid   []byte
	entry *router.Entry[*subscription]
	max   atomic.Int64 // messages until it ends by itself; 0: never
	count atomic.Int64
	deaf  atomic.Bool // a push consumer delivers to it what the client may not hear
}

// Deliver implements jetstream.Transport.
func (x *exchange) Deliver(inbox []byte, m *wire.Message) bool { return x.deliver(inbox, m, anybody) }

// Push implements jetstream.Transport.
func (x *exchange) Push(subject []byte, m *wire.Message, may func(*jetstream.Client) bool) bool {
	return x.deliver(subject, m, func(c *conn) bool { return may(c.client.Load()) })
}

// Interest implements jetstream.Transport.
func (x *exchange) Interest(inbox []byte) bool { return x.subs.Has(inbox) }

// Audience implements jetstream.Transport. Outside of a group the slowest counts, since
// everybody gets every message.
func (x *exchange) Audience(subject []byte, group string, may func(*jetstream.Client) bool) jetstream.Audience {
	found := jetstream.Nobody
	x.subs.Each(subject, group, func(s *subscription) bool {
		if !may(s.conn.client.Load()) {
			return true
		}
		found = jetstream.Busy
		if s.conn.out.room() {
			found = jetstream.Ready
		}
		return (found == jetstream.Ready) == (group == "")
	})
	return found
}

func anybody(*conn) bool { return true }

// deliver hands m to every subscription that to reaches, and to one of each queue
// group, of those connections of which may is true. It reports whether anybody got it.
func (x *exchange) deliver(to []byte, m *wire.Message, may func(*conn) bool) bool {
	found, _ := x.pool.Get().(*router.Matches[*subscription])
	if found == nil {
		found = new(router.Matches[*subscription])
	}
	defer x.pool.Put(found)
	x.subs.Match(to, found)
	delivered := false
	for _, s := range found.Plain {
		if may(s.conn) && s.send(m) {
			delivered = true
		}
	}
	for i := range found.Groups {
		if deliverOne(found.Groups[i].Members, m, may) {
			delivered = true
		}
	}
	return delivered
}

// of returns a subscription of c that subject reaches, or nil.
func (x *exchange) of(c *conn, subject []byte) *subscription {
	var found router.Matches[*subscription]
	x.subs.Match(subject, &found)
	for _, s := range found.Plain {
		if s.conn == c {
			return s
		}
	}
	return nil
}

// deliverOne hands m to one member of a queue group, any that takes it; to one that
// is behind only when all are.
func deliverOne(members []*subscription, m *wire.Message, may func(*conn) bool) bool {
	if len(members) == 0 {
		return false
	}
	first := rand.IntN(len(members))
	for _, any := range [...]bool{false, true} {
		for i := range members {
			s := members[(first+i)%len(members)]
			if may(s.conn) && (any || !s.conn.out.behind()) && s.send(m) {
				return true
			}
		}
	}
	return false
}

// send puts m into the subscriber's outbound buffer; false when the subscription
// has had its number or its connection has ended.
func (s *subscription) send(m *wire.Message) bool {
	n, max := s.count.Add(1), s.max.Load()
	if max > 0 && n > max {
		return false
	}
	ok := s.conn.out.message(m, s.sid)
	if max > 0 && n == max {
		s.conn.forget(s)
	}
	return ok
}
