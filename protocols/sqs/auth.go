package sqs

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// authenticate finds out who the client is. Whether it must sign is for the
// Authenticator to say: an open one takes any request. Nothing has been done yet
// for the client but reading its request.
func (c *call) authenticate(ctx context.Context, body []byte) error {
	if c.Auth == nil {
		return nil
	}
	p := proof{call: c, body: body}
	p.signature, p.err = parseSignature(c.r)
	shown := protocols.Credentials{
		AccessKey: p.key, Token: p.token(c.r), Proof: p.holds, Excused: p.isExcused, Certificate: c.peer.Certificate, Remote: remote(c.r), Secure: c.isSecure(),
	}
	switch {
	case c.peer.Certificate == nil:
	case !c.Now().Before(c.peer.Until):
		err := c.expired()
		_ = c.witnessLogin(&shown, nil, protocols.ErrDenied, err) // it is refused anyway
		c.noteRefusal(&p, &shown, err)
		return err
	case isUnsigned(p.err):
		shown.AccessKey, shown.Token, shown.Proof = "", "", nil
	}
	who, err := c.Auth.Authenticate(ctx, shown)
	err = c.witnessLogin(&shown, who, err, p.err)
	switch {
	case err == nil:
		c.who = who
		return nil
	case !errors.Is(err, protocols.ErrDenied):
		return err
	case p.err == nil && c.peer.Certificate != nil:
		p.err = wire.Errorf(wire.InvalidClientTokenID, "The security token included in the request is invalid, or it is of another user than the client's certificate.")
	case p.err == nil:
		p.err = wire.Errorf(wire.InvalidClientTokenID, "The security token included in the request is invalid.")
	}
	c.noteLock(err)
	c.noteRefusal(&p, &shown, refusalOf(err, p.err))
	return p.err
}

// refusalOf is what the log says of a login: of one that nobody looked at, that; else what the client is told.
func refusalOf(err, told error) error {
	var locked *protocols.Locked
	if errors.As(err, &locked) {
		return err
	}
	return told
}

// isUnsigned reports whether a request has no signature at all: a client with a certificate may do
// without. A signature that is there must be good.
func isUnsigned(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Code == wire.MissingAuthenticationToken
}

// expired refuses a request on a connection whose client has a certificate of which the time is over, and
// closes that.
func (c *call) expired() error {
	c.w.Header().Set("Connection", "close")
	return wire.Errorf(wire.InvalidClientTokenID, "The time of the client's certificate is over.")
}

// address is a net.Addr made of what net/http knows of the client.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

func remote(r *http.Request) net.Addr { return address(r.RemoteAddr) }

// userID is what messages of this client carry. The name of one user says nothing of the
// user of another account who has it too.
func (c *call) userID() string {
	name := c.userName()
	if !c.isOwn() && name != "" {
		return policy.Identity{Account: c.account(), User: name}.ARN()
	}
	return name
}

func (c *call) userName() string {
	if c.who == nil {
		return ""
	}
	return c.who.Name()
}
