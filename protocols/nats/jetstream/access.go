package jetstream

import (
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// forbidden is the status of what is denied.
const forbidden = 403

// denied is the answer to what a principal may not do. JetStream has no number
// for it: there, permissions are given to subjects and a request that is denied
// is never answered.
func denied(format string, args ...any) *Error {
	e := errBadRequest.with("permission denied: "+format, args...)
	e.Code = forbidden
	return e
}

// may asks whether the client may do something at d.
func (c *Client) may(a protocols.Action, what string, d queuecore.Destination) error {
	if c.principal.May(a, d) {
		return nil
	}
	return denied("%s %s", what, d.Name)
}

// mayKeep asks whether the client may make or change a queue, and may have what
// is published to the subjects that it binds to it.
func (c *Client) mayKeep(a protocols.Action, what, queue string, config *StreamConfig) error {
	if err := c.may(a, what, queuecore.QueueNamed(queue)); err != nil {
		return err
	}
	for _, s := range config.Subjects {
		if s == config.Name {
			continue // comes with the queue
		}
		if err := c.may(protocols.Receive, "subject", queuecore.TopicNamed(s)); err != nil {
			return err
		}
	}
	return nil
}

// sees reports whether the client has any business with a queue, and so may
// look up its stream and its consumers.
func (c *Client) sees(d queuecore.Destination) bool {
	for _, a := range []protocols.Action{protocols.Receive, protocols.Send, protocols.Browse, protocols.Admin} {
		if c.principal.May(a, d) {
			return true
		}
	}
	return false
}

// look returns a stream that the client sees.
func (c *Client) look(name string) (*stream, error) {
	s, err := c.engine.stream(name)
	if err != nil {
		return nil, err
	}
	if !c.sees(s.destination()) {
		return nil, denied("stream %s", name)
	}
	return s, nil
}

// Inbox reports whether a subject is a reply inbox, which needs no permission:
// "_INBOX." and at least one token that is no wildcard, so that nobody listens
// to everybody's.
func Inbox(subject string) bool {
	rest, ok := strings.CutPrefix(subject, "_INBOX.")
	return ok && rest != "" && rest[0] != '*' && rest[0] != '>'
}

// MayName reports whether the client may have answers and messages sent to a subject: an inbox, or
// one that it may listen or publish to itself. Otherwise it would speak there through the engine.
func (c *Client) MayName(subject string) bool {
	to := queuecore.TopicNamed(subject)
	return Inbox(subject) || c.principal.May(protocols.Receive, to) || c.principal.May(protocols.Send, to)
}
