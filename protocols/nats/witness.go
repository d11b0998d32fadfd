package nats

import (
	"fmt"
	"strconv"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// witnessLogin tells how the client's login went, and returns the witness of what it does from here
// on. The error is err, or that the login cannot be recorded.
func (c *conn) witnessLogin(shown *protocols.Credentials, p protocols.Principal, err error) (w protocols.Witness, _ error) {
	if c.gateway.audit == nil {
		return w, err
	}
	w = protocols.Witness{Audit: c.gateway.audit, Who: shown.AuditedLogin()}
	w.Who.Dialect, w.Who.Connection = "nats", strconv.FormatUint(c.id, 10)
	w.Who.Listener = c.raw.LocalAddr().String()
	if err == nil {
		w.Who.User = p.Name()
	}
	return w, w.Login("CONNECT", err)
}

// witnessForgery tells of a client that has a public key and not the other half of it.
func (c *conn) witnessForgery(o *wire.Options, shown protocols.Credentials, err error) {
	shown.PublicKey = "no public key of a user" // it may be the seed, by mistake
	if _, bad := wire.UserKey(o.NKey); bad == nil {
		shown.PublicKey = o.NKey
	}
	_, _ = c.witnessLogin(&shown, nil, fmt.Errorf("%w: %w", protocols.ErrDenied, err)) // which it has anyway
}

// deny tells the audit log, and the client in the words of its dialect, of what it may not. It has
// logged in.
func (c *conn) deny(a protocols.AuditedAction, verb, subject, words string) {
	c.client.Load().Witness.Saw(a, verb, subject, fmt.Errorf("%w: %s", errNotPermitted, words))
	c.complain(words)
}
