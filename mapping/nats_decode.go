package mapping

import (
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// Decode reads the headers of a publish; the destination is the gateway's to
// set. The body is not copied: the message owns it from then on. A repeated
// header X becomes the properties X, X[2] and so on.
//
// Of the headers that begin with "Nats-" only Nats-Msg-Id, Nats-TTL and
// Nats-Schedule are read. The others are a publisher's orders to the server,
// which the gateway judges before, or a server's own statements, which nobody may
// forge: they are taken off. The error is queuecore.ErrInvalid and names header,
// value and rule.
func (n NATS) Decode(h []Header, body []byte, now time.Time) (*queuecore.Message, error) {
	in := natsIntake{intake: intake{m: &queuecore.Message{Body: body}, now: now}}
	for i := range h {
		in.propertyRoom = len(h) - i
		if err := n.decodeHeader(&in, h[i]); err != nil {
			return nil, err
		}
	}
	if err := in.finish(); err != nil {
		return nil, err
	}
	return in.m, nil
}

func (n NATS) decodeHeader(in *natsIntake, h Header) (err error) {
	w := n.meaning(h.Name)
	switch {
	case w == serverSet:
		return nil
	case h.Name == "":
		return noName(h)
	case w == userOwn:
		in.value(h)
		return nil
	case !in.first(w):
		if !isControl(h.Name) {
			in.again(h)
		}
		return nil
	}
	switch w {
	case replyTo:
		n.decodeReply(in, h)
	case typeList:
		in.types = h
	case packedRest:
		in.rest = h
	case expiresAt:
		in.m.ExpiresAt, err = parseStamp(h.Name, h.Value)
	case deliverAt:
		in.m.DeliverAt, err = parseStamp(h.Name, h.Value)
	default:
		return in.field(w, h)
	}
	return err
}

func (n NATS) decodeReply(in *natsIntake, h Header) {
	to, err := n.reply(h.Value)
	if err != nil {
		in.value(h)
		return
	}
	in.m.ReplyTo = to
}

// natsIntake counts the values of repeated headers.
type natsIntake struct {
	intake
	values map[string]int
}

// value adds one value of a header.
func (in *natsIntake) value(h Header) {
	if !in.property(h.Name, h.Value) {
		in.again(h)
	}
}

// again adds a further value of a header.
func (in *natsIntake) again(h Header) {
	if in.values == nil {
		in.values = make(map[string]int)
	}
	n := max(in.values[h.Name], 1) + 1
	for !in.property(repeatName(h.Name, n), h.Value) {
		n++
	}
	in.values[h.Name] = n
}
