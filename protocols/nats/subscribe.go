package nats

import (
	"bytes"
	"maps"
	"slices"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/quota"
)

// subscribe takes SUB. One with the id of another changes nothing, as in
// nats-server.
func (c *conn) subscribe(f *wire.Frame) {
	subject, queue := string(f.Subject), string(f.Queue)
	switch {
	case !router.Valid(subject):
		c.complain(errInvalidSubject)
	case !c.maySubscribe(subject):
		c.deny(protocols.AuditReceive, "SUB", subject, subscribeDenied(subject, queue))
	case !c.listen(subject, queue, f.SID):
		c.complain(errTooManySubs)
	default:
		c.ok()
		c.client.Load().Subscribed(subject)
	}
}

// listen adds a subscription; false when there are too many.
func (c *conn) listen(subject, queue string, sid []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs[string(sid)] != nil {
		return true
	}
	if len(c.subs) >= c.gateway.limits.Subscriptions {
		c.gateway.tally.Add(settingSubscriptions)
		return false
	}
	if c.user.Take(quota.Subscriptions) != nil {
		return false
	}
	s := &subscription{conn: c, user: c.user, sid: bytes.Clone(sid)}
	s.entry = c.gateway.fabric.subs.Add(subject, queue, s)
	c.subs[string(sid)] = s
	return true
}

// unsubscribe takes UNSUB, which may let some more messages come first.
func (c *conn) unsubscribe(f *wire.Frame) {
	c.mu.Lock()
	s := c.subs[string(f.SID)]
	c.mu.Unlock()
	c.ok()
	if s == nil {
		return
	}
	if max := int64(f.Max); max > 0 {
		s.max.Store(max)
		if s.count.Load() < max {
			return
		}
	}
	c.forget(s)
	c.client.Load().Unsubscribed(s.entry.Pattern())
}

// forget ends a subscription.
func (c *conn) forget(s *subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs[string(s.sid)] == s {
		delete(c.subs, string(s.sid))
		s.user.Give(quota.Subscriptions, 1)
	}
	c.gateway.fabric.subs.Remove(s.entry)
}

// unsubscribeAll ends all subscriptions. client may be nil: nobody has logged in.
func (c *conn) unsubscribeAll(client *jetstream.Client) {
	c.mu.Lock()
	all := slices.Collect(maps.Values(c.subs))
	clear(c.subs)
	c.mu.Unlock()
	for _, s := range all {
		s.user.Give(quota.Subscriptions, 1)
		c.gateway.fabric.subs.Remove(s.entry)
	}
	for _, s := range all { // that are only there when there is a client
		client.Unsubscribed(s.entry.Pattern())
	}
}
