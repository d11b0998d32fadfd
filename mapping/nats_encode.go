package mapping

import (
	"strconv"

	"github.com/sluicemq/sluice/queuecore"
)

// Encode returns the headers and the body of a delivery; nil headers when there
// is nothing to say. The headers belong to the caller, the body stays the message's own.
// Attempt, sequence and time of sending stand in the ack subject, which is the gateway's.
//
// Nats-TTL is shown as nats-server shows it, in the publisher's own measure; a
// link that publishes the headers to another server counts the rest from
// Delivery.ExpiresAt instead.
func (n NATS) Encode(x *queuecore.Delivery) ([]Header, []byte) {
	l := lines[NATS]{g: n}
	if len(x.Properties) > 0 {
		l.out = make([]Header, 0, len(x.Properties)+2)
	}
	n.encodeFields(&l, x.Message)
	if x.Dead != nil {
		l.statement(natsDeadQueue, x.Dead.Queue)
		l.statement(natsDeadReason, x.Dead.Reason)
		l.add(natsDeadAttempts, strconv.Itoa(x.Dead.Attempts))
		if origin := strayedFrom(x); origin != "" {
			l.statement(natsOrigin, origin)
		}
	}
	if _, ok := PointerOf(x.Message); ok {
		l.add(natsPayload, isPointer)
	}
	l.properties(x.Message)
	l.finish(natsTypes, natsPacked)
	return l.out, x.Body
}

func (n NATS) encodeFields(l *lines[NATS], m *queuecore.Message) {
	l.field(dedupID, natsDedupID, m.DedupID)
	l.field(contentType, natsContentType, m.ContentType)
	l.field(correlationID, natsCorrelationID, m.CorrelationID)
	if !m.ReplyTo.IsZero() {
		n.encodeReply(l, m.ReplyTo)
	}
	l.field(messageType, natsType, m.Type)
	l.field(bodyKind, natsBodyKind, kindName(m.BodyKind))
	l.field(group, natsGroup, m.Group)
	if m.Priority.IsSet() {
		l.add(natsPriority, level(m.Priority))
	}
	if !m.ExpiresAt.IsZero() {
		if ttl := spellTTL(m.SentAt, m.ExpiresAt); ttl != "" {
			l.add(natsTTL, ttl)
		}
		l.add(natsExpiresAt, stamp(m.ExpiresAt))
	}
	if waits(m, 0) {
		l.add(natsDeliverAt, stamp(m.DeliverAt))
	}
}

func (n NATS) encodeReply(l *lines[NATS], to queuecore.Destination) {
	value := n.replyName(to)
	if n.writable(natsReplyTo, value) {
		l.add(natsReplyTo, value)
	} else {
		l.rest.field(replyTo, STOMP{}.Name(to))
	}
}
