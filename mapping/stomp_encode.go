package mapping

import (
	"strconv"

	"github.com/sluicemq/sluice/queuecore"
)

// Encode returns the headers of a MESSAGE frame, but for subscription, ack,
// message-id and content-length, which are the gateway's; and the body, which
// stays the message's own. The headers are not escaped and belong to the caller.
func (d STOMP) Encode(x *queuecore.Delivery) ([]Header, []byte) {
	const ours = 12 // room for what is not a property
	return d.Append(make([]Header, 0, ours+len(x.Properties)), x)
}

// Append is Encode into the room behind dst, which is empty.
func (d STOMP) Append(dst []Header, x *queuecore.Delivery) ([]Header, []byte) {
	l := lines[STOMP]{g: d, out: dst}
	d.encodeDelivery(&l, x)
	d.encodeFields(&l, x.Message)
	l.properties(x.Message)
	l.finish(stompTypes, stompPacked)
	return l.out, x.Body
}

// encodeDelivery adds what the server says of a delivery.
func (d STOMP) encodeDelivery(l *lines[STOMP], x *queuecore.Delivery) {
	d.encodeDestination(l, shownDestination(x))
	if !x.SentAt.IsZero() {
		l.add(stompTimestamp, millis(x.SentAt))
	}
	l.add(stompRedelivered, strconv.FormatBool(x.Attempt > 1))
	l.add(stompAttempt, strconv.Itoa(max(x.Attempt, 1)))
	if x.UserID != "" {
		l.statement(stompUserID, x.UserID)
	}
	if x.Dead != nil {
		d.encodeDead(l, x)
	}
	if _, ok := PointerOf(x.Message); ok {
		l.add(stompPayload, isPointer)
	}
}

// encodeDestination adds where the message was sent to. A bare name of Artemis's does
// not say which kind it is, so a topic's comes with the header that does.
func (d STOMP) encodeDestination(l *lines[STOMP], x queuecore.Destination) {
	name := d.safeName(x)
	if d.artemis == bareStyle && x.Kind == queuecore.KindTopic {
		bare := d.Dialect.spell(x.Kind, x.Name)
		if back, err := d.Typed(bare, artemisMulticast); err == nil && back == x && d.writable(stompDestination, bare) {
			l.add(stompDestination, bare)
			l.add(stompRouting, artemisMulticast)
			return
		}
	}
	l.add(stompDestination, name)
}

// encodeReply adds the reply-to. Packed it is in the plain dialect, which every other reads.
func (d STOMP) encodeReply(l *lines[STOMP], x queuecore.Destination) {
	if name := d.Name(x); d.writable(stompReplyTo, name) {
		l.add(stompReplyTo, name)
		return
	}
	l.rest.field(replyTo, STOMP{}.Name(x))
}

// encodeExpiry adds when the message ends: for RabbitMQ's clients how long it lasts from
// when it was sent, give or take its way to the disk; the exact end stands beside it and
// counts.
func (d STOMP) encodeExpiry(l *lines[STOMP], m *queuecore.Message) {
	lasts := m.ExpiresAt.UnixMilli() - wholeMillis(m.SentAt).UnixMilli()
	if d.Dialect == RabbitMQ && !m.SentAt.IsZero() && lasts > 0 {
		l.add(stompExpiration, strconv.FormatInt(lasts, 10))
	}
	l.add(stompExpires, millis(m.ExpiresAt))
}

// shownDestination returns the topic that a message was sent to (STOMP 1.2,
// "MESSAGE": as in the SEND frame), or the queue that holds it: a queue's dead
// letters and moved messages show where they are, since a 1.0 client tells its
// subscriptions apart by this header.
func shownDestination(x *queuecore.Delivery) queuecore.Destination {
	if x.Dead == nil && (x.Destination.Kind == queuecore.KindTopic || x.Queue == "") {
		return x.Destination
	}
	return queuecore.QueueNamed(x.Queue)
}

func (d STOMP) encodeDead(l *lines[STOMP], x *queuecore.Delivery) {
	origin := x.Destination
	if origin.IsZero() {
		origin = queuecore.QueueNamed(x.Dead.Queue)
	}
	l.add(stompOrigin, d.safeName(origin))
	l.statement(stompDeadQueue, x.Dead.Queue)
	l.statement(stompDeadReason, x.Dead.Reason)
	l.add(stompDeadAttempts, strconv.Itoa(x.Dead.Attempts))
}

// safeName is Name for a header line. What no line can hold is escaped: a
// MESSAGE must have a destination, so it cannot be packed.
func (d STOMP) safeName(x queuecore.Destination) string {
	name := d.Name(x)
	if !d.writable(stompDestination, name) {
		x.Name = alphabet(natsStream).encode(x.Name)
		name = d.Name(x)
	}
	return name
}

func (d STOMP) encodeFields(l *lines[STOMP], m *queuecore.Message) {
	l.field(contentType, stompContentType, m.ContentType)
	l.field(correlationID, stompCorrelationID, m.CorrelationID)
	if !m.ReplyTo.IsZero() {
		d.encodeReply(l, m.ReplyTo)
	}
	l.field(messageType, stompType, m.Type)
	l.field(bodyKind, stompBodyKind, kindName(m.BodyKind))
	l.field(group, stompGroup, m.Group)
	l.field(dedupID, stompDedupID, m.DedupID)
	if m.Priority.IsSet() {
		l.add(stompPriority, level(m.Priority))
	}
	if !m.ExpiresAt.IsZero() {
		d.encodeExpiry(l, m)
	}
	if waits(m, 0) {
		l.add(stompDeliverAt, millis(m.DeliverAt))
	}
}
