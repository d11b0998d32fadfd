package mapping

import (
	"strings"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// STOMP is the dictionary of STOMP's headers. The zero value speaks 1.1, and
// 1.2 as far as both agree.
type STOMP struct {
	// NoEscapes is STOMP 1.0: what a header line cannot hold is packed.
	NoEscapes bool
	// CarriesCR says that a header line can hold a carriage return: STOMP 1.2 has an
	// escape for it, and to 1.1, which ends lines with a line feed, it is an octet like others.
	CarriesCR bool
	// Dialect is the broker whose names and headers the client knows.
	Dialect STOMPDialect
	artemis artemisStyle // see As
}

// Header names of STOMP. Those of the message itself are ActiveMQ's and
// Artemis's; those that begin with sluicePrefix are ours.
const (
	stompDestination   = "destination"
	stompContentType   = "content-type"
	stompCorrelationID = "correlation-id"
	stompReplyTo       = "reply-to"
	stompType          = "type"
	stompPriority      = "priority"
	stompExpires       = "expires"    // ActiveMQ: milliseconds since 1970
	stompExpiration    = "expiration" // RabbitMQ: milliseconds from now
	stompBodyKind      = "amq-msg-type"
	stompGroup         = "JMSXGroupID"
	stompDedupID       = "_AMQ_DUPL_ID"
	stompDedupAlias    = "dedup-id"
	stompDelay         = "AMQ_SCHEDULED_DELAY"
	stompDelayAlias    = "x-delay" // RabbitMQ's plug-in
	stompDeliverAt     = "AMQ_SCHEDULED_TIME"

	stompRouting = "destination-type" // Artemis: which kind the destination is

	stompTimestamp    = "timestamp"
	stompRedelivered  = "redelivered"
	stompAttempt      = "JMSXDeliveryCount"
	stompUserID       = "JMSXUserID"
	stompOrigin       = "original-destination"
	stompDeadQueue    = "sluice-dead-queue"
	stompDeadReason   = "sluice-dead-reason"
	stompDeadAttempts = "sluice-dead-attempts"
	stompPayload      = "sluice-payload"
	stompPayloadError = "sluice-payload-error"

	stompTypes   = "sluice-types"
	stompPacked  = "sluice-packed"
	sluicePrefix = "sluice-"
)

// meaning implements grammar.
func (d STOMP) meaning(name string) meaning {
	switch name {
	case stompDestination:
		return address
	case stompContentType:
		return contentType
	case stompCorrelationID:
		return correlationID
	case stompReplyTo:
		return replyTo
	case stompType:
		return messageType
	case stompPriority:
		return priority
	case stompExpires:
		return expiresAt
	case stompExpiration:
		return expiresIn
	case stompBodyKind:
		return bodyKind
	case stompGroup:
		return group
	case stompDedupID, stompDedupAlias:
		return dedupID
	case stompDelay, stompDelayAlias:
		return deliverIn
	case stompDeliverAt:
		return deliverAt
	case stompRouting:
		if d.Dialect == Artemis {
			return routing
		}
	case stompTypes:
		return typeList
	case stompPacked:
		return packedRest
	}
	return stompRole(name)
}

// stompRole sorts the names that are no field of the message.
func stompRole(name string) meaning {
	switch name {
	case "receipt", "transaction", "content-length":
		return transport
	// STOMP 1.2, "MESSAGE"; JMS, "Message headers set by the provider".
	case "message-id", "subscription", "ack", "browser",
		stompTimestamp, stompRedelivered, stompAttempt, stompUserID, stompOrigin:
		return serverSet
	case stompPeriod:
		return planPeriod
	case stompRepeat:
		return planRepeat
	case stompCron:
		return planCron
	}
	if strings.HasPrefix(name, sluicePrefix) {
		return serverSet
	}
	return userOwn
}

// header implements grammar: a header counts once.
func (STOMP) header(name string) (string, int) { return name, 1 }

// reply implements grammar.
func (d STOMP) reply(value string) (queuecore.Destination, error) { return d.Destination(value) }

// writable implements grammar. NUL ends a frame for many a client, wherever it stands.
func (d STOMP) writable(name, value string) bool {
	if name == "" || !utf8.ValidString(name) || !utf8.ValidString(value) {
		return false
	}
	if !d.NoEscapes {
		never := "\x00\r"
		if d.CarriesCR {
			never = "\x00"
		}
		return !strings.ContainsAny(name, never) && !strings.ContainsAny(value, never)
	}
	return !strings.ContainsAny(name, "\x00\r\n:") && !strings.ContainsAny(value, "\x00\r\n") &&
		strings.TrimSpace(name) == name && strings.TrimSpace(value) == value
}
