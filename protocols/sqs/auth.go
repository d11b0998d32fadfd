package sqs

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// authenticate finds out who the client is by its access key id. Signatures are
// not looked at: whoever knows a key id is taken for its owner.
func (c *call) authenticate(ctx context.Context, q *wire.Query) error {
	if c.Auth == nil {
		return nil
	}
	key := accessKey(c.r, q)
	who, err := c.Auth.Authenticate(ctx, protocols.Credentials{AccessKey: key, Remote: remote(c.r)})
	switch {
	case err == nil:
		c.who = who
		return nil
	case !errors.Is(err, protocols.ErrDenied):
		return err
	case key == "":
		return wire.Errorf(wire.MissingAuthenticationToken, "Request is missing Authentication Token")
	}
	return wire.Errorf(wire.InvalidClientTokenID, "The security token included in the request is invalid.")
}

// accessKey returns the access key id of a request, or "" if it has none:
// signature version 4 in the header or in the address, and version 2 in the
// parameters.
//
// AWS Signature Version 4, "Credential": the access key id up to the first slash.
func accessKey(r *http.Request, q *wire.Query) string {
	if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		return keyOf(rest)
	}
	if q == nil {
		return ""
	}
	if s := q.Get("X-Amz-Credential"); s != "" {
		return keyOf(s)
	}
	return keyOf(q.Get("AWSAccessKeyId"))
}

func keyOf(s string) string {
	if i := strings.IndexAny(s, "/, "); i >= 0 {
		s = s[:i]
	}
	if len(s) > maxAccessKey {
		return ""
	}
	return s
}

// address is a net.Addr made of what net/http knows of the client.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

func remote(r *http.Request) net.Addr { return address(r.RemoteAddr) }

// allow asks whether the client may do any of the actions to a queue.
func (c *call) allow(queue string, actions ...protocols.Action) error {
	if c.may(queue, actions...) {
		return nil
	}
	return wire.Errorf(wire.AccessDenied, "Access to the resource %s is denied.", c.queueURL(queue))
}

func (c *call) may(queue string, actions ...protocols.Action) bool {
	if c.who == nil {
		return true
	}
	for _, a := range actions {
		if c.who.May(a, queuecore.QueueNamed(queue)) {
			return true
		}
	}
	return false
}

// userID is what messages of this client carry.
func (c *call) userID() string {
	if c.who == nil {
		return ""
	}
	return c.who.Name()
}
