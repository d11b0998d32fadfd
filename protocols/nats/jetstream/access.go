package jetstream

import (
	"strings"

	"github.com/sluicemq/sluice/mapping"
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
		a := protocols.Receive
		if s == config.Name {
			a = protocols.Bind
		}
		if err := c.may(a, "keep what is published to", queuecore.TopicNamed(s)); err != nil {
			return err
		}
	}
	return nil
}

// mayMakeStream counts a queue that the client is about to make as its user's.
func (c *Client) mayMakeStream(queue string) error {
	if err := c.user.Make(queue); err != nil {
		return errMaxStreams.with("%s: %v", errMaxStreams.Description, err)
	}
	return nil
}

// mayMakeConsumer is the same for a consumer. The engine's lock is held.
func (c *Client) mayMakeConsumer(s *stream, name string) error {
	err := c.user.MakeConsumer(s.name+"\x00"+name, func(path string) bool {
		stream, name, _ := strings.Cut(path, "\x00")
		there, err := c.engine.stream(stream)
		if err == nil {
			_, err = c.engine.consumer(there, name)
		}
		return err == nil
	})
	if err != nil {
		return errMaxConsumers.with("%s: %v", errMaxConsumers.Description, err)
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

// mayRead reports whether the client may know what is in a queue, which who only sends does not.
func (c *Client) mayRead(d queuecore.Destination) bool {
	p := c.principal
	return p.May(protocols.Receive, d) || p.May(protocols.Browse, d) || p.May(protocols.Admin, d)
}

// look returns a stream that the client sees. Who does not does not learn whether it is there.
func (c *Client) look(name string) (*stream, error) {
	if !c.sees(named(name)) {
		return nil, denied("stream %s", name)
	}
	return c.engine.stream(name)
}

// open returns a stream that the client may do something to; see look.
func (c *Client) open(a protocols.Action, what, name string) (*stream, error) {
	if err := c.may(a, what, named(name)); err != nil {
		return nil, err
	}
	return c.engine.stream(name)
}

// denied reports whether somebody has said that the client may not do a at the queue, whatever else it may.
func (c *Client) denied(a protocols.Action, queue string) bool {
	who, ok := c.principal.(protocols.Denier)
	return ok && who.Denies(a, queuecore.QueueNamed(queue))
}

// named returns the queue that a stream of the name would be. One that no queue can have is asked
// about as it is.
func named(stream string) queuecore.Destination {
	queue, err := mapping.NATS{}.Queue(stream)
	if err != nil {
		queue = stream
	}
	return queuecore.QueueNamed(queue)
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
