package nats

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// publish takes PUB and HPUB: first whoever subscribes gets the message, then
// whatever keeps it.
func (c *conn) publish(f *wire.Frame) error {
	if f.Verb == wire.HPub && !c.options.Headers {
		return errHeadersOff
	}
	c.out.pause()
	if c.options.Pedantic && !(router.Valid(f.Subject) && router.Literal(f.Subject)) {
		c.complain(errInvalidPublish) // and that is all, as in nats-server
	}
	// Deliveries from queues have such replies; nobody may forge one.
	if bytes.HasPrefix(f.Reply, []byte("$JS.ACK.")) {
		c.deny(protocols.AuditSend, "PUB", string(f.Reply), replyDenied(f.Reply))
		return nil
	}
	m := jetstream.Message{Subject: c.subject(f.Subject), Reply: f.Reply, Header: f.Header, Body: f.Payload}
	if strings.HasPrefix(m.Subject, "$JS.") && c.request(f, &m) {
		return nil
	}
	client := c.client.Load()
	target := client.Target(m.Subject)
	if target.Kept() && !client.May(target) || !target.Kept() && !c.mayPublish(m.Subject) {
		c.deny(protocols.AuditSend, "PUB", m.Subject, publishDenied(m.Subject))
		return nil
	}
	c.ok()
	heard := c.spread(f, &target)
	switch {
	case target.Kept():
		client.Publish(target, &m)
	case !heard:
		c.noResponders(f)
	}
	return nil
}

// subject returns b as a string, the last one again if it is the same: most publishers have one.
func (c *conn) subject(b []byte) string {
	if string(b) != c.published {
		c.published = string(b)
	}
	return c.published
}

// request hands a message to the JetStream API; false when it is none.
func (c *conn) request(f *wire.Frame, m *jetstream.Message) bool {
	ours := func(prefix string) bool { return strings.HasPrefix(m.Subject, prefix) }
	if !slices.ContainsFunc([]string{"$JS.API.", "$JS.ACK.", "$JS.FC."}, ours) {
		return false
	}
	client := c.client.Load()
	if len(m.Reply) > 0 && !client.MayName(string(m.Reply)) {
		c.deny(protocols.AuditSend, "PUB", string(m.Reply), replyDenied(m.Reply))
		return true
	}
	c.ok()
	heard := c.spread(f, &jetstream.Target{})
	switch client.Request(m) {
	case jetstream.Denied:
		c.deny(protocols.AuditReceive, "PUB", m.Subject, publishDenied(m.Subject))
	case jetstream.Passed:
		if !heard {
			c.noResponders(f)
		}
	}
	return true
}

// spread hands a message for a target to those who subscribe.
func (c *conn) spread(f *wire.Frame, target *jetstream.Target) bool {
	to := func(x *conn) bool { return (c.options.Echo || x != c) && x.client.Load().MayHear(target) }
	m := wire.Message{Subject: f.Subject, Reply: f.Reply, Header: f.Header, Payload: f.Payload}
	return c.gateway.fabric.deliver(f.Subject, &m, to)
}

// noResponders tells a requester that nobody heard it (ADR-22, "no responders").
func (c *conn) noResponders(f *wire.Frame) {
	if len(f.Reply) == 0 || !c.options.NoResponders {
		return
	}
	s := c.gateway.fabric.of(c, f.Reply)
	if s == nil {
		return
	}
	block := wire.BeginStatus(nil, "503", "")
	block = wire.EndHeader(wire.AppendHeader(block, "Nats-Subject", string(f.Subject)))
	c.out.message(&wire.Message{Subject: f.Reply, Header: block}, s.sid)
}
