package mapping

import (
	"strings"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// NATS is the dictionary of NATS headers, subjects and stream names.
type NATS struct{}

// Header names of NATS. Those that begin with natsControl are the server's,
// those that begin with sluiceControl are ours.
const (
	natsContentType   = "Content-Type" // CloudEvents NATS binding, 3.1.1
	natsCorrelationID = "Correlation-Id"
	natsReplyTo       = "JMSReplyTo"
	natsType          = "JMSType"
	natsBodyKind      = "JMS-Msg-Type"
	natsGroup         = "JMSXGroupID"
	natsPriority      = "JMSPriority"
	natsDedupID       = "Nats-Msg-Id"
	natsTTL           = "Nats-TTL"      // ADR-43
	natsSchedule      = "Nats-Schedule" // ADR-51
	natsExpiresAt     = "Sluice-Expires-At"
	natsDeliverAt     = "Sluice-Deliver-At"

	natsDeadQueue    = "Sluice-Dead-Queue"
	natsDeadReason   = "Sluice-Dead-Reason"
	natsDeadAttempts = "Sluice-Dead-Attempts"
	natsOrigin       = "Sluice-Original-Destination"
	natsPayload      = "Sluice-Payload"
	natsPayloadError = "Sluice-Payload-Error"

	natsTypes     = "Sluice-Types"
	natsPacked    = "Sluice-Packed"
	natsControl   = "Nats-"
	sluiceControl = "Sluice-"
)

// Stream returns the stream name of a queue: what a stream name cannot hold is
// escaped, reversibly.
func (NATS) Stream(queue string) string { return alphabet(natsStream).encode(queue) }

// Queue is the inverse of Stream. The error is queuecore.ErrInvalid.
func (NATS) Queue(stream string) (string, error) { return alphabet(natsStream).decode(stream) }

// Subject returns the subject that a delivery shows: the topic it was sent to,
// or its queue's stream name. What a subject cannot hold is escaped.
func (n NATS) Subject(x *queuecore.Delivery) string {
	if x.Destination.Kind == queuecore.KindTopic {
		return natsSubject(x.Destination.Name)
	}
	return n.Stream(x.Queue)
}

// natsSubject escapes what no subject can hold, empty tokens included.
func natsSubject(topic string) string {
	if isSubject(topic) {
		return topic
	}
	tokens := strings.Split(topic, ".")
	var b strings.Builder
	for i, t := range tokens {
		switch {
		case i == 0:
		case t == "" || tokens[i-1] == "":
			b.WriteString("_x2E")
		default:
			b.WriteByte('.')
		}
		b.WriteString(alphabet(natsToken).encode(t))
	}
	return b.String()
}

// isSubject reports whether topic can be a literal subject as it stands.
func isSubject(topic string) bool {
	for t := range strings.SplitSeq(topic, ".") {
		if t == "" || !utf8.ValidString(t) || strings.ContainsFunc(t, func(r rune) bool { return !natsToken(r) }) {
			return false
		}
	}
	return true
}

// replyName spells a destination for the reply-to header: the subject to
// publish to. A subject without a dot is a queue's; where that would mislead,
// STOMP's spelling is used, which no subject of a queue has.
func (n NATS) replyName(d queuecore.Destination) string {
	if d.Kind == queuecore.KindQueue {
		return n.Stream(d.Name)
	}
	if strings.Contains(d.Name, ".") && d.Name[0] != '/' && isSubject(d.Name) {
		return d.Name
	}
	return STOMP{}.Name(d)
}

// reply implements grammar; it is the inverse of replyName.
func (n NATS) reply(value string) (queuecore.Destination, error) {
	if strings.HasPrefix(value, "/") {
		return STOMP{}.Destination(value)
	}
	if strings.Contains(value, ".") {
		return queuecore.TopicNamed(value), nil
	}
	queue, err := n.Queue(value)
	return queuecore.QueueNamed(queue), err
}
