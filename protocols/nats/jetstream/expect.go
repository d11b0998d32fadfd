package jetstream

import (
	"math"
	"strconv"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// expected returns what the headers want the stream to be like when the message comes to it;
// nil: nothing. Empty ones say nothing, as in nats-server.
func (t *Target) expected(headers []mapping.Header) (*queuecore.Expect, error) {
	var x queuecore.Expect
	of, some, last := "", false, false
	for _, h := range headers {
		if h.Value == "" {
			continue
		}
		switch h.Name {
		case expectedLast:
			x.Last, last = sequence(h.Value), true
		case expectedOf:
			x.Topic = &queuecore.TopicLast{Seq: sequence(h.Value)}
		case expectedOfName:
			of = h.Value
		case expectedID:
			x.ID = h.Value
		default:
			continue
		}
		some = true
	}
	if !some {
		return nil, nil
	}
	if t.stream == nil {
		return nil, errLastSequence.with("wrong last sequence: no stream keeps %q", t.subject)
	}
	if err := t.expectOf(x.Topic, of); err != nil {
		return nil, err
	}
	return &queuecore.Expect{Queue: t.stream.queue.Name, Last: x.Last, AnyLast: !last, Topic: x.Topic, ID: x.ID}, nil
}

// sequence reads a number. What is none is never right (nats-server, getExpectedLastSeq).
func sequence(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return math.MaxUint64
	}
	return n
}

// expectOf says which subject's last message x is about: that of the message itself, or of.
func (t *Target) expectOf(x *queuecore.TopicLast, of string) error {
	switch {
	case x == nil && of == "":
		return nil
	case x == nil:
		return errNoExpectedSequence
	case t.stream.relays():
		return errLastSequence.with("wrong last sequence: the subjects of a stream with retention interest are not counted, use %s", expectedLast)
	case of == "":
		of = t.subject
	case !router.Valid(of) || !router.Literal(of):
		return errLastSequence.with("wrong last sequence: %s %q is not supported, name one subject", expectedOfName, of)
	}
	own := of == t.stream.name
	if of == t.subject {
		own = t.queue == t.stream.queue.Name // as it is about to be sent
	}
	if !own {
		x.Topic = of
	}
	return nil
}
