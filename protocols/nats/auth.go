package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// everybody is the authenticator of a gateway that was given none.
type everybody struct{}

func (everybody) Authenticate(context.Context, protocols.Credentials) (protocols.Principal, error) {
	return everybody{}, nil
}
func (everybody) Name() string                                     { return "" }
func (everybody) May(protocols.Action, queuecore.Destination) bool { return true }

// mustAuthenticate finds out whether clients need credentials. Some libraries
// send them only when INFO says so.
func (g *Gateway) mustAuthenticate() bool {
	ctx, cancel := context.WithTimeout(context.Background(), g.limits.AuthTimeout)
	defer cancel()
	_, err := g.auth.Authenticate(ctx, protocols.Credentials{})
	return err != nil
}

// authenticate learns who the client is and gives it its place in the engine.
func (c *conn) authenticate(o *wire.Options) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.gateway.limits.AuthTimeout)
	defer cancel()
	key, err := c.ownsKey(o)
	credentials := protocols.Credentials{User: o.User, Password: o.Password, Token: o.Token, PublicKey: key, Certificate: c.peer().Certificate, Remote: c.raw.RemoteAddr(), Secure: c.secure || c.gateway.tls != nil}
	if err != nil {
		c.witnessForgery(o, credentials, err)
		return fmt.Errorf("%w: %v", errAuthorization, err)
	}
	p, err := c.gateway.auth.Authenticate(ctx, credentials)
	witness, err := c.witnessLogin(&credentials, p, err)
	switch {
	case errors.Is(err, protocols.ErrUnrecorded):
		return fmt.Errorf("%w: %v", errUnrecorded, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %v: %v", errAuthTimeout, credentials, err)
	case err != nil:
		return fmt.Errorf("%w: %v: %v", errAuthorization, credentials, err)
	}
	if c.user, err = c.seat.Take(c.gateway.quotas, p); err != nil {
		return fmt.Errorf("%w: %v: %v", errUserConnections, credentials, err)
	}
	c.principal = p
	c.watch(p)
	c.reader.SetPayload(c.gateway.limits.Payload)
	client := c.gateway.engine.Client(p, c.out.room)
	client.OnPanic(c.fail)
	client.Bound(c.user)
	client.Witness = witness
	if old := c.client.Swap(client); old != nil {
		old.Close()
	}
	return nil
}

// watch has the connection end when its principal is revoked, as nats-server ends those of
// whom a reload of its configuration knows nothing (server/reload.go, "Disconnect any
// unauthorized clients").
func (c *conn) watch(p protocols.Principal) {
	c.unwatch()
	c.unshift()
	c.unshift = protocols.OnShift(p, c.caught(c.shifted))
	c.unwatch = protocols.OnRevoke(p, c.caught(func() {
		c.gateway.log.Info("NATS client cut off: its login is not good any more", "remote", c.raw.RemoteAddr(), "user", p.Name())
		c.close(errAuthorization)
	}))
}

// shifted looks again at what the client waits for, since the policy of some queue has changed, and tells it of what it gets
// nothing of any more. The connection stays, as when a reload of nats-server's configuration takes a right
// away (server/reload.go, "processClientsRemovedSubs").
func (c *conn) shifted() {
	client := c.client.Load()
	if client == nil {
		return
	}
	for _, subject := range client.EndPulls() {
		c.deny(protocols.AuditReceive, "PUB", subject, publishDenied(subject))
	}
	for _, s := range c.heardNoMore(client) {
		pattern, queue := s.entry.Pattern(), s.entry.Queue()
		c.deny(protocols.AuditReceive, "SUB", pattern, subscribeDenied(pattern, queue))
	}
}

// heardNoMore returns the subscriptions of which a push consumer has become one that the client may not hear, and
// has those consumers look again that deliver to any of them.
func (c *conn) heardNoMore(client *jetstream.Client) (lost []*subscription) {
	c.mu.Lock()
	all := slices.Collect(maps.Values(c.subs))
	c.mu.Unlock()
	for _, s := range all {
		pattern := s.entry.Pattern()
		if deaf := client.Deaf(pattern); s.deaf.Swap(deaf) != deaf && deaf {
			lost = append(lost, s)
		}
		client.Subscribed(pattern) // what could not go to anybody may now
	}
	return lost
}

// maySubscribe reports whether the client may hear what is published to a subject.
func (c *conn) maySubscribe(subject string) bool {
	return jetstream.Inbox(subject) || c.principal.May(protocols.Receive, queuecore.TopicNamed(subject))
}

// mayPublish reports whether the client may publish to a subject that no queue
// keeps.
func (c *conn) mayPublish(subject string) bool {
	return jetstream.Inbox(subject) || c.principal.May(protocols.Send, queuecore.TopicNamed(subject))
}
