package mapping

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// Pointer says where in S3 the body of a message lies, as the Amazon SQS Extended
// Client Libraries for Java and Python write it into the body's place.
type Pointer struct {
	Bucket, Key string
}

// The names that the libraries reserve for the size of a payload, and the classes
// that stand in a pointer. The old ones are still written by default in Java, and
// read by all.
const (
	sqsPayloadSize    = "ExtendedPayloadSize"
	sqsPayloadSizeOld = "SQSLargePayloadSize"
	pointerClass      = "software.amazon.payloadoffloading.PayloadS3Pointer"
	pointerClassOld   = "com.amazon.sqs.javamessaging.MessageS3Pointer"
)

// The names of buckets and keys in bytes, in UTF-8 (S3 User Guide, "Naming S3 objects"; buckets of before 2018 may
// have 255), and the text of a pointer with every byte of them escaped.
const (
	maxBucket  = 255
	maxKey     = 1024
	maxPointer = 8 << 10
)

// isPointer is what STOMP and NATS consumers are told of a body that is one.
const isPointer = "s3-pointer"

// location is the second half of a pointer.
type location struct {
	Bucket string `json:"s3BucketName"`
	Key    string `json:"s3Key"`
}

// PointerOf returns the pointer in the place of m's body. Only a message that has
// both is taken for one: the reserved attribute, a whole number, and the very
// form of the body. For any other message it costs a look at the first byte.
func PointerOf(m *queuecore.Message) (Pointer, bool) {
	if len(m.Body) == 0 || m.Body[0] != '[' || len(m.Body) > maxPointer || !hasPayloadSize(m.Properties) {
		return Pointer{}, false
	}
	return parsePointer(m.Body)
}

func hasPayloadSize(props queuecore.Properties) bool {
	for i := range props {
		if !isReserved(props[i].Name) {
			continue
		}
		text, typ := spell(props[i].Value)
		switch typ {
		case typeDecimal, typeInt, typeLong:
			return text != "" && allDigits(text)
		}
	}
	return false
}

func isReserved(name string) bool { return name == sqsPayloadSize || name == sqsPayloadSizeOld }

// parsePointer reads ["class",{"s3BucketName":"B","s3Key":"K"}]. What is no UTF-8 would become the name of another object.
func parsePointer(body []byte) (Pointer, bool) {
	var halves []json.RawMessage
	if err := json.Unmarshal(body, &halves); err != nil || len(halves) != 2 || !utf8.Valid(body) {
		return Pointer{}, false
	}
	var class string
	if err := json.Unmarshal(halves[0], &class); err != nil || class != pointerClass && class != pointerClassOld {
		return Pointer{}, false
	}
	d := json.NewDecoder(bytes.NewReader(halves[1]))
	d.DisallowUnknownFields()
	var l location
	if err := d.Decode(&l); err != nil || !isName(l.Bucket, maxBucket) || !isName(l.Key, maxKey) {
		return Pointer{}, false
	}
	return Pointer(l), true
}

func isName(s string, longest int) bool { return s != "" && len(s) <= longest }

// String returns the pointer as the libraries write it.
func (p Pointer) String() string {
	b, err := marshal([]any{pointerClass, location(p)})
	if err != nil {
		panic(err) // strings: it cannot fail
	}
	return string(b)
}

// Resolved returns the message that the pointer m stands for, whose content was
// found in S3. It has no reserved attribute, and a body of the kind that the SQS
// JMS library says. m stays as it is; content belongs to the result from then on.
func Resolved(m *queuecore.Message, content []byte) *queuecore.Message {
	x := *m
	x.Body = content
	x.Properties = without(m.Properties, isReserved)
	p := findProperty(m.Properties, sqsBodyKind)
	if p == nil {
		return &x
	}
	// Decode left the kind a property, for it was not true of the pointer.
	kind, plain := plainText(p)
	if !plain || kind != sqsByte && kind != sqsObject {
		return &x
	}
	if raw, ok := canonicalBase64(string(content)); ok {
		x.Body = raw
		x.Properties = without(x.Properties, func(name string) bool { return name == sqsBodyKind })
		if x.BodyKind == queuecore.BodyUnspecified { // one that SQS has no word for was packed
			x.BodyKind = sqsKind(kind)
		}
	}
	return &x
}

func without(props queuecore.Properties, drop func(name string) bool) queuecore.Properties {
	return slices.DeleteFunc(slices.Clone(props), func(p queuecore.Property) bool { return drop(p.Name) })
}

// EncodePointer is Encode for a message whose encoded body lies at p instead. One
// attribute says how long that body is, so at most nine are left for the others. It
// is not ok for a message with a property of a name that would then be read as
// something else.
func (q SQS) EncodePointer(x *queuecore.Delivery, p Pointer) (m SQSMessage, ok bool) {
	for i := range x.Properties {
		if name := x.Properties[i].Name; isReserved(name) || name == sqsBodyKind {
			return m, false
		}
	}
	m = q.encode(x, sqsMaxAttributes-1)
	m.Attributes = append(m.Attributes, SQSAttribute{
		Name: sqsPayloadSize, DataType: sqsNumber, Text: strconv.Itoa(len(m.Body)),
	})
	m.Body = p.String()
	return m, true
}

// PayloadError is the header that says why the body is a pointer all the same.
func (STOMP) PayloadError(why string) Header { return Header{stompPayloadError, printable(why)} }

// PayloadError is the header that says why the body is a pointer all the same.
func (NATS) PayloadError(why string) Header { return Header{natsPayloadError, printable(why)} }
