package nats

import (
	"errors"
	"fmt"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// closing is an error that ends a connection. Its text is what -ERR says, in
// nats-server's words, since client libraries compare them.
type closing string

func (e closing) Error() string { return string(e) }

// What ends a connection.
const (
	errUnknownOperation   = closing("Unknown Protocol Operation")
	errControlLine        = closing("maximum control line exceeded")
	errMaxPayload         = closing("Maximum Payload Violation")
	errAuthorization      = closing("Authorization Violation")
	errExpired            = closing("User Authentication Expired")
	errAuthTimeout        = closing("Authentication Timeout")
	errStale              = closing("Stale Connection")
	errTooManyConnections = closing("maximum connections exceeded")
	errUserConnections    = closing("maximum account active connections exceeded")
	errClientProtocol     = closing("invalid client protocol")
	errNoHeaders          = closing("no responders requires headers support")
	errHeadersOff         = closing("message headers not supported")
	errInternal           = closing("internal server error")
	errUnrecorded         = closing("audit log cannot be written")
)

// errNotPermitted is what the client was told of what it may not.
var errNotPermitted = fmt.Errorf("permission: %w", protocols.ErrDenied)

// What a connection survives.
const (
	errInvalidSubject = "Invalid Subject"
	errInvalidPublish = "Invalid Publish Subject"
	errTooManySubs    = "maximum subscriptions exceeded"
)

func publishDenied(subject string) string {
	return fmt.Sprintf("Permissions Violation for Publish to %q", subject)
}

func replyDenied(reply []byte) string {
	return fmt.Sprintf("Permissions Violation for Publish with Reply of %q", reply)
}

func subscribeDenied(subject, queue string) string {
	if queue == "" {
		return fmt.Sprintf("Permissions Violation for Subscription to %q", subject)
	}
	return fmt.Sprintf("Permissions Violation for Subscription to %q using queue %q", subject, queue)
}

// inWords turns what the parser says into what -ERR says; "" when the client
// must not or cannot hear of it.
func inWords(err error) closing {
	var said closing
	switch {
	case errors.As(err, &said):
		return said
	case errors.Is(err, wire.ErrUnknown):
		return errUnknownOperation
	case errors.Is(err, wire.ErrControlLine):
		return errControlLine
	case errors.Is(err, wire.ErrPayload):
		return errMaxPayload
	}
	return ""
}
