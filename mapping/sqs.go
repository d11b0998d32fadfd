package mapping

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// SQS is the dictionary of SQS attributes and queue names.
type SQS struct{}

// SQSAttribute is one message attribute. Binary is used when DataType begins with "Binary", Text otherwise.
type SQSAttribute struct {
	Name, DataType string
	Text           string
	Binary         []byte
}

// SQSMessage is a message as SQS spells it.
type SQSMessage struct {
	Body        string
	Attributes  []SQSAttribute
	GroupID     string        // MessageGroupId
	DedupID     string        // MessageDeduplicationId
	TraceHeader string        // AWSTraceHeader
	Delay       time.Duration // DelaySeconds; Decode only. Negative: none given
}

// Attribute names of SQS. Those that begin with JMS_SQS are the SQS JMS
// library's, those that begin with sqsPrefix are ours.
const (
	sqsCorrelationID = "JMS_SQSCorrelationID"
	sqsReplyTo       = "JMS_SQSReplyToQueueName"
	sqsBodyKind      = "JMS_SQSMessageType"
	sqsGroup         = "JMSXGroupID"
	// sqsSequenceNumber is where the JMS library shows SequenceNumber.
	sqsSequenceNumber = "JMS_SQS_SequenceNumber"
	sqsContentType    = "contentType"
	sqsType           = "JMSType"
	sqsPriority       = "JMSPriority"
	sqsExpiresAt      = "JMSExpiration"

	sqsDeliverAt    = "Sluice.DeliverAt"
	sqsDeadQueue    = "Sluice.DeadQueue"
	sqsDeadReason   = "Sluice.DeadReason"
	sqsDeadAttempts = "Sluice.DeadAttempts"
	sqsOrigin       = "Sluice.OriginalDestination"
	sqsPacked       = "Sluice.Packed"
	sqsPrefix       = "Sluice."
)

// SQSReplyToURL is the attribute that the SQS JMS library needs beside the name
// of a reply queue. Encode cannot know URLs: it gives the attribute the queue's
// SQS name, without a slash, and the gateway puts the queue's URL in its place.
// A value with a slash is a producer's own and goes out as it is.
const SQSReplyToURL = "JMS_SQSReplyToQueueURL"

// SQSTraceProperty is the property that AWSTraceHeader becomes. No message
// attribute can have this name (SQS Developer Guide, "Message attribute components").
const SQSTraceProperty = "AWS.TraceHeader"

const (
	// sqsMaxAttributes bounds the message attributes of one message (SQS
	// Developer Guide, "Quotas related to messages").
	sqsMaxAttributes = 10
	// sqsMaxName bounds the name and the type of an attribute.
	sqsMaxName = 256
	// sqsMaxID bounds MessageGroupId and MessageDeduplicationId.
	sqsMaxID = 128
)

// sqsEmptyBody stands in for an empty body, which SQS does not take. It is
// valid JSON and valid base64, so that consumers that expect either do not choke.
const sqsEmptyBody = "null"

const fifoSuffix = ".fifo"

// QueueName returns the name that SQS shows for a queue: what SQS cannot spell
// is escaped, reversibly. It may be longer than the 80 characters of SQS.
func (SQS) QueueName(queue string) string {
	if base, ok := strings.CutSuffix(queue, fifoSuffix); ok && base != "" {
		return alphabet(sqsName).encode(base) + fifoSuffix
	}
	return alphabet(sqsName).encode(queue)
}

// Queue is the inverse of QueueName. The error is queuecore.ErrInvalid.
func (q SQS) Queue(name string) (string, error) {
	if base, ok := strings.CutSuffix(name, fifoSuffix); ok {
		queue, err := alphabet(sqsName).decode(base)
		return queue + fifoSuffix, err
	}
	queue, err := alphabet(sqsName).decode(name)
	if err == nil && strings.HasSuffix(queue, fifoSuffix) && queue != fifoSuffix {
		return "", fmt.Errorf("name %q: no queue is spelled like this: %w", name, queuecore.ErrInvalid)
	}
	return queue, err
}

// isSQSText reports whether SQS takes s as a body or a value: one character at
// least, and only #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to
// #x10FFFF (SendMessage, MessageBody).
func isSQSText(s string) bool {
	for i, r := range s {
		switch {
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return false
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return false
		}
	}
	return s != ""
}

// isSQSName reports whether s can be the name of an attribute (SQS Developer
// Guide, "Message attribute components").
func isSQSName(s string) bool {
	if hasPrefixFold(s, "AWS.") || hasPrefixFold(s, "Amazon.") {
		return false
	}
	return isSQSLabel(s) && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// isSQSLabel reports whether s can follow "String." and its like.
func isSQSLabel(s string) bool {
	for i := range len(s) {
		if !isWordByte(s[i]) && s[i] != '.' {
			return false
		}
	}
	return s != "" && len(s) <= sqsMaxName
}

// isSQSID reports whether s can be a MessageGroupId or a MessageDeduplicationId.
func isSQSID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= sqsMaxID
}

// meaning says what an attribute name is to Decode.
func (SQS) meaning(name string) meaning {
	switch name {
	case sqsCorrelationID:
		return correlationID
	case sqsReplyTo:
		return replyTo
	case sqsBodyKind:
		return bodyKind
	case sqsContentType:
		return contentType
	case sqsType:
		return messageType
	case sqsPriority:
		return priority
	case sqsExpiresAt:
		return expiresAt
	case sqsDeliverAt:
		return deliverAt
	case sqsPacked:
		return packedRest
	}
	if strings.HasPrefix(name, sqsPrefix) {
		return serverSet
	}
	return userOwn
}
