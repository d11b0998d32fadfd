package mapping

import (
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// Decode reads the headers of a SEND frame, the destination included. The body
// is not copied: the message owns it from then on. Of a header that is repeated
// the first counts (STOMP 1.2, "Repeated Header Entries"); so it is when two
// headers say the same in different ways, except that an absolute time counts
// before a relative one. Headers that only a server may set are taken off.
// The error is queuecore.ErrInvalid and names header, value and rule.
func (d STOMP) Decode(h []Header, body []byte, now time.Time) (*queuecore.Message, error) {
	in := intake{m: &queuecore.Message{Body: body}, now: now}
	for i := range h {
		in.propertyRoom = len(h) - i
		if err := d.decodeHeader(&in, h[i]); err != nil {
			return nil, err
		}
	}
	if in.to.Name == "" {
		return nil, invalid(stompDestination, "", "is required")
	}
	var err error
	if in.m.Destination, err = d.Typed(in.to.Value, in.routing.Value); err != nil {
		return nil, err
	}
	if err := in.finish(); err != nil {
		return nil, err
	}
	if err := in.plan(); err != nil {
		return nil, err
	}
	return in.m, nil
}

func (d STOMP) decodeHeader(in *intake, h Header) (err error) {
	w := d.meaning(h.Name)
	if w == userOwn {
		return in.user(h)
	}
	if !in.first(w) {
		return nil
	}
	switch w {
	case transport, serverSet:
	case address:
		in.to = h
	case routing:
		in.routing = h
	case replyTo:
		d.decodeReply(in, h)
	case typeList:
		in.types = h
	case packedRest:
		in.rest = h
	case planPeriod, planRepeat, planCron:
		in.plans.set(w, h)
	default:
		err = in.field(w, h)
	}
	return err
}

// decodeReply leaves a reply-to that is no destination of ours a property, as
// ActiveMQ does: another broker's name goes through unaltered.
func (d STOMP) decodeReply(in *intake, h Header) {
	to, err := d.Destination(h.Value)
	if err != nil {
		in.property(h.Name, h.Value)
		return
	}
	in.m.ReplyTo = to
}
