package mapping

import (
	"encoding/base64"

	"github.com/sluicemq/sluice/queuecore"
)

// The values of JMS_SQSMessageType. The body of the last two is base64.
const (
	sqsText   = "text"
	sqsByte   = "byte"
	sqsObject = "object"
)

// encodeBody returns a body that SQS takes and the message type that goes with
// it, "" for none. What the two do not say of the body is packed.
func (SQS) encodeBody(m *queuecore.Message, rest *packed) (body, msgType string) {
	switch m.BodyKind {
	case queuecore.BodyText:
		msgType = sqsText
	case queuecore.BodyBytes:
		msgType = sqsByte
	case queuecore.BodyObject:
		msgType = sqsObject
	}
	body = string(m.Body)
	switch {
	case len(m.Body) == 0:
		body, rest.Empty = sqsEmptyBody, true
	case msgType == sqsByte || msgType == sqsObject:
		body = base64.StdEncoding.EncodeToString(m.Body)
	case !isSQSText(body):
		body, msgType = base64.StdEncoding.EncodeToString(m.Body), sqsByte
	}
	// A body that its producer did not describe and that is no text is bytes.
	described := m.BodyKind != queuecore.BodyUnspecified
	if described && sqsKind(msgType) != m.BodyKind {
		rest.field(bodyKind, kindName(m.BodyKind))
	}
	return body, msgType
}

func sqsKind(msgType string) queuecore.BodyKind {
	switch msgType {
	case sqsText:
		return queuecore.BodyText
	case sqsByte:
		return queuecore.BodyBytes
	case sqsObject:
		return queuecore.BodyObject
	}
	return queuecore.BodyUnspecified
}

// decodeBody returns what a body stands for, given its message type.
func (SQS) decodeBody(body, msgType string) []byte {
	if msgType == sqsByte || msgType == sqsObject {
		if raw, ok := canonicalBase64(body); ok {
			return raw
		}
	}
	return []byte(body)
}

// canonicalBase64 decodes s if encoding gives s again.
func canonicalBase64(s string) ([]byte, bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	return raw, err == nil && base64.StdEncoding.EncodedLen(len(raw)) == len(s)
}
