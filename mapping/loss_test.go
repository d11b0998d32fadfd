package mapping_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// Each test here stands for something that a bridge in the field loses without a word.

// requireKept fails unless m survives every dialect.
func requireKept(t *testing.T, m *queuecore.Message) {
	t.Helper()
	for _, h := range hops() {
		requireSame(t, h.name, h.send(t, &queuecore.Delivery{Message: m, Queue: "q", Attempt: 1}), m, false)
	}
}

func TestNoLossOfTheEleventhAttribute(t *testing.T) {
	m := &queuecore.Message{Body: []byte("a")}
	for i := range 40 {
		m.Properties = append(m.Properties, queuecore.Property{Name: fmt.Sprintf("p%02d", 40-i), Value: int32(i)})
	}
	requireKept(t, m)
}

func TestNoLossOfIllegalNames(t *testing.T) {
	m := &queuecore.Message{Body: []byte("a")}
	for _, name := range []string{"a b", "a/b", "ünï", "AWS.x", "amazon.x", ".x", "x.", "a..b", "a:b", "a\nb", strings.Repeat("n", 300), "\xff"} {
		m.Properties = append(m.Properties, queuecore.Property{Name: name, Value: "v"})
	}
	requireKept(t, m)
}

func TestNoLossOfTypes(t *testing.T) {
	requireKept(t, &queuecore.Message{Body: []byte("a"), Properties: queuecore.Properties{
		{Name: "bool", Value: true}, {Name: "byte", Value: int8(-128)}, {Name: "short", Value: int16(math.MaxInt16)},
		{Name: "int", Value: int32(math.MinInt32)}, {Name: "long", Value: int64(math.MaxInt64)}, {Name: "float", Value: float32(0.1)},
		{Name: "double", Value: math.MaxFloat64}, {Name: "string", Value: "5"}, {Name: "binary", Value: []byte{0, 255}}}})
}

// TestNoLossOfNumbers: decimals of any length, and what is no number at all.
func TestNoLossOfNumbers(t *testing.T) {
	requireKept(t, &queuecore.Message{Body: []byte("a"), Properties: queuecore.Properties{
		{Name: "long decimal", Value: queuecore.Decimal("3.14159265358979323846264338327950288419")},
		{Name: "zeroes", Value: queuecore.Decimal("0001.5000")}, {Name: "nan", Value: math.NaN()},
		{Name: "inf", Value: math.Inf(1)}, {Name: "-inf", Value: float32(math.Inf(-1))}, {Name: "-0", Value: math.Copysign(0, -1)}}})
}

func TestNoLossOfLabels(t *testing.T) {
	requireKept(t, &queuecore.Message{Body: []byte("a"), Properties: queuecore.Properties{
		{Name: "s", Value: "x", Label: "foo"}, {Name: "b", Value: []byte("x"), Label: "png"}, {Name: "n", Value: queuecore.Decimal("1"), Label: "bar"}}})
}

func TestNoLossOfAwkwardValues(t *testing.T) {
	m := &queuecore.Message{Body: []byte("a")}
	for i, v := range []string{"", " ", "a\nb", "a\r\nb", " lead", "trail ", "a\x00b", "\xff\xfe", "\uFFFE", "\t", "\U0001F600"} {
		m.Properties = append(m.Properties, queuecore.Property{Name: fmt.Sprintf("p%d", i), Value: v})
	}
	requireKept(t, m)
	requireKept(t, &queuecore.Message{Body: []byte("a"), CorrelationID: "a\r\nb ", Group: " g\n", DedupID: strings.Repeat("d", 256),
		Type: "\x00", ContentType: " ", ReplyTo: queuecore.TopicNamed("a\nb")})
}

func TestNoLossOfBodyKinds(t *testing.T) {
	for kind := queuecore.BodyUnspecified; kind <= queuecore.BodyStream; kind++ {
		for _, body := range []string{"", "text", "\x00\x01\xff", "null", "YQ=="} {
			requireKept(t, &queuecore.Message{Body: []byte(body), BodyKind: kind})
		}
	}
}

func TestNoLossOfJMSHeaders(t *testing.T) {
	requireKept(t, &queuecore.Message{Body: []byte("a"), Type: "order", CorrelationID: "c", ReplyTo: queuecore.QueueNamed("r"),
		Priority: queuecore.PriorityOf(0), ExpiresAt: now.Add(time.Hour), DeliverAt: now.Add(time.Minute), Group: "g", DedupID: "d",
		ContentType: "text/plain", Properties: queuecore.Properties{
			{Name: "JMSXGroupSeq", Value: int32(-1)}, {Name: "persistent", Value: "true"}, {Name: "JMSXDeliveryCount", Value: int32(9)}}})
}

// TestNoCollisionOfNames: names that other encodings take for one another stay apart.
func TestNoCollisionOfNames(t *testing.T) {
	var props queuecore.Properties
	for _, name := range []string{"a.b", "a_DOT_b", "a_x2Eb", "a-b", "a_HYPHEN_b", "a__dash__b", "a b", "a%20b", "X", "X[2]", "x"} {
		props = append(props, queuecore.Property{Name: name, Value: name})
	}
	requireKept(t, &queuecore.Message{Body: []byte("a"), Properties: props})
}

// TestNothingAddedOnACopy: SQS to SQS adds no attribute of ours.
func TestNothingAddedOnACopy(t *testing.T) {
	sent := mapping.SQSMessage{Body: "a", GroupID: "g", DedupID: "d", TraceHeader: "Root=1", Delay: 900 * time.Second,
		Attributes: attributes("qty", "Number.int", "5")}
	m, err := mapping.SQS{}.Decode(sent, now)
	if err != nil {
		t.Fatal(err)
	}
	m.SentAt = now
	got := encodeSQS(m)
	sent.Delay = 0
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
}

// TestTextStaysText: content-length makes no TextMessage a BytesMessage.
func TestTextStaysText(t *testing.T) {
	m, err := mapping.STOMP{}.Decode(headers("destination", "q", "content-length", "5"), []byte("hello"), now)
	if err != nil {
		t.Fatal(err)
	}
	if x := encodeSQS(m); x.Body != "hello" || len(x.Attributes) != 0 {
		t.Errorf("got %+v", x)
	}
}

// TestJMSOverAllDialects: what the SQS JMS library sends reads as JMS in STOMP and NATS.
func TestJMSOverAllDialects(t *testing.T) {
	m := decodeSQS(t, mapping.SQSMessage{Body: "AAE=", GroupID: "g", DedupID: "d", Attributes: attributes(
		"JMS_SQSMessageType", "String", "byte", "JMS_SQSCorrelationID", "String", "c", "JMSXGroupID", "String", "g",
		"JMS_SQSReplyToQueueName", "String", "re_x2Eplies", mapping.SQSReplyToURL, "String", "http://h/1/re_x2Eplies",
		"qty", "Number.int", "5", "paid", "Number.Boolean", "1", "rate", "Number.double", "1.5E10", "raw", "Number", "1.50")})
	h, body := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 1})
	want := headers("correlation-id", "c", "reply-to", "/queue/re.plies", "amq-msg-type", "bytes", "JMSXGroupID", "g",
		"_AMQ_DUPL_ID", "d", mapping.SQSReplyToURL, "http://h/1/re_x2Eplies", "qty", "5", "paid", "true", "rate", "1.5E10", "raw", "1.50",
		"sluice-types", "qty=int,paid=boolean,rate=double,raw=decimal")
	if !reflect.DeepEqual(h[3:], want) || string(body) != "\x00\x01" {
		t.Errorf("STOMP: %q\n%q\nwant %q", body, h[3:], want)
	}
	want = headers("Nats-Msg-Id", "d", "Correlation-Id", "c", "JMSReplyTo", "re_x2Eplies", "JMS-Msg-Type", "bytes", "JMSXGroupID", "g",
		mapping.SQSReplyToURL, "http://h/1/re_x2Eplies", "qty", "5", "paid", "true", "rate", "1.5E10", "raw", "1.50",
		"Sluice-Types", "qty=int,paid=boolean,rate=double,raw=decimal")
	if got := encodeNATS(m); !reflect.DeepEqual(got, want) {
		t.Errorf("NATS: %q\nwant %q", got, want)
	}
}

func TestDeadLetterInEveryDialect(t *testing.T) {
	x := &queuecore.Delivery{Message: &queuecore.Message{Body: []byte("a"), Destination: queuecore.QueueNamed("q")}, Queue: "dlq", Attempt: 1,
		Dead: &queuecore.DeadLetter{Queue: "q", Reason: "bad\r\nreason\x00 ", Attempts: 5}}
	h, _ := mapping.STOMP{NoEscapes: true}.Encode(x)
	want := headers("original-destination", "/queue/q", "sluice-dead-queue", "q", "sluice-dead-reason", "bad  reason", "sluice-dead-attempts", "5")
	if !reflect.DeepEqual(h[3:], want) {
		t.Errorf("STOMP: %q", h)
	}
	h, _ = mapping.NATS{}.Encode(x)
	want = headers("Sluice-Dead-Queue", "q", "Sluice-Dead-Reason", "bad  reason", "Sluice-Dead-Attempts", "5")
	if !reflect.DeepEqual(h, want) {
		t.Errorf("NATS: %q", h)
	}
	requireAttributes(t, mapping.SQS{}.Encode(x), "Sluice.DeadAttempts", "Number.int", "5", "Sluice.DeadQueue", "String", "q",
		"Sluice.DeadReason", "String", "bad  reason")
}

// A dead letter that was sent to a topic shows it in every dialect, and a client that
// sends all of it on says nothing by it.
func TestDeadLetterOfATopic(t *testing.T) {
	x := &queuecore.Delivery{Message: &queuecore.Message{Body: []byte("a"), Destination: queuecore.TopicNamed("a.b")}, Queue: "late", Attempt: 1,
		Dead: &queuecore.DeadLetter{Queue: "sub", Reason: "expired"}}
	h, _ := mapping.STOMP{}.Encode(x)
	if origin, _ := lookup(h, "original-destination"); origin != "/topic/a.b" {
		t.Errorf("STOMP: %q", h)
	}
	h, body := mapping.NATS{}.Encode(x)
	want := headers("Sluice-Dead-Queue", "sub", "Sluice-Dead-Reason", "expired", "Sluice-Dead-Attempts", "0", "Sluice-Original-Destination", "/topic/a.b")
	if !reflect.DeepEqual(h, want) {
		t.Errorf("NATS: %q", h)
	}
	if m, err := (mapping.NATS{}).Decode(h, body, now); err != nil || len(m.Properties) > 0 {
		t.Errorf("NATS: sent on %+v, %v", m, err)
	}
	requireAttributes(t, mapping.SQS{}.Encode(x), "Sluice.DeadAttempts", "Number.int", "0", "Sluice.DeadQueue", "String", "sub",
		"Sluice.DeadReason", "String", "expired", "Sluice.OriginalDestination", "String", "/topic/a.b")
}

// TestWhatShowsCounts: a consumer that changes a header and sends all of them on means the new one.
func TestWhatShowsCounts(t *testing.T) {
	m := decodeSTOMP(t, "correlation-id", "new", "note", "new", "sluice-packed",
		`{"f":{"correlation-id":"old","group":"g"},"p":[{"i":0,"n":"note","v":"old"},{"i":1,"n":"other","v":"x"}]}`)
	want := queuecore.Properties{{Name: "note", Value: "new"}, {Name: "other", Value: "x"}}
	if m.CorrelationID != "new" || m.Group != "g" || !reflect.DeepEqual(m.Properties, want) {
		t.Errorf("got %+v", m)
	}
}
