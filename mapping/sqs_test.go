package mapping_test

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// sqsMessage draws what SQS would accept from any client.
func sqsMessage() *rapid.Generator[mapping.SQSMessage] {
	legalText := text().Filter(sqsTakes)
	id := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[!-~]{1,128}`))
	return rapid.Custom(func(t *rapid.T) mapping.SQSMessage {
		x := mapping.SQSMessage{
			Body:    rapid.OneOf(legalText, rapid.SampledFrom([]string{"null", "YQ==", "YQ", "YR==", "AAECAw==", " ", "text"})).Draw(t, "body"),
			GroupID: id.Draw(t, "group"), DedupID: id.Draw(t, "dedup"),
			TraceHeader: rapid.OneOf(rapid.Just(""), rapid.Just("Root=1-67891233-abcdef")).Draw(t, "trace"),
			Delay:       time.Duration(rapid.IntRange(-1, 900).Draw(t, "delay")) * time.Second,
		}
		for range rapid.IntRange(0, 10).Draw(t, "attributes") {
			a := sqsAttribute(t, legalText)
			if !slices.ContainsFunc(x.Attributes, func(b mapping.SQSAttribute) bool { return a.Name == b.Name }) {
				x.Attributes = append(x.Attributes, a)
			}
		}
		return x
	})
}

func sqsAttribute(t *rapid.T, legalText *rapid.Generator[string]) mapping.SQSAttribute {
	legalName := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_-]{1,10}(\.[a-z]{1,3})?`), rapid.SampledFrom(trickyNames),
		rapid.SampledFrom(jmsNames)).Filter(func(s string) bool {
		return sqsNameRE.MatchString(s) && !strings.Contains(s, "..") && !strings.HasPrefix(s, "Sluice.") &&
			!strings.HasPrefix(s, "AWS.") && !strings.HasPrefix(s, "Amazon.")
	})
	a := mapping.SQSAttribute{Name: legalName.Draw(t, "name")}
	label := rapid.SampledFrom([]string{"", "", ".foo", ".png", ".a.b"}).Draw(t, "label")
	switch rapid.IntRange(0, 2).Draw(t, "type") {
	case 0:
		a.DataType, a.Text = "String"+label, legalText.Draw(t, "text")
	case 1:
		label = rapid.SampledFrom([]string{"", ".int", ".long", ".short", ".byte", ".double", ".float", ".Boolean", ".bar"}).Draw(t, "number type")
		a.DataType, a.Text = "Number"+label, number().Draw(t, "number")
	case 2:
		a.DataType, a.Binary = "Binary"+label, rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "binary")
	}
	return a
}

var jmsNames = []string{"JMS_SQSMessageType", "JMS_SQSCorrelationID", "JMS_SQSReplyToQueueName", "JMS_SQSReplyToQueueURL",
	"JMSXGroupID", "JMSType", "JMSPriority", "JMSExpiration", "contentType"}

// TestSQSIsTransparent: a consumer gets the body and the attributes that the
// producer sent, byte for byte, whatever they happen to be called.
func TestSQSIsTransparent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sqsMessage().Draw(t, "message")
		m, err := mapping.SQS{}.Decode(want, now)
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		m.SentAt = now
		got := mapping.SQS{}.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 1})
		if want.GroupID == "" { // JMS on a standard queue names its group in an attribute
			want.GroupID = got.GroupID
			if got.GroupID != "" && !hasAttribute(want, "JMSXGroupID", got.GroupID) {
				t.Fatalf("group %q out of nowhere", got.GroupID)
			}
		}
		want.Delay = 0
		for _, x := range []*mapping.SQSMessage{&got, &want} {
			slices.SortFunc(x.Attributes, func(a, b mapping.SQSAttribute) int { return cmp.Compare(a.Name, b.Name) })
		}
		if len(want.Attributes) == 0 {
			want.Attributes = got.Attributes[:0]
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func hasAttribute(x mapping.SQSMessage, name, text string) bool {
	return slices.ContainsFunc(x.Attributes, func(a mapping.SQSAttribute) bool { return a.Name == name && a.Text == text })
}

// TestSQSReplyURL: the URL of a reply queue is the gateway's to fill in, unless the producer gave it.
func TestSQSReplyURL(t *testing.T) {
	x := encodeSQS(&queuecore.Message{Body: []byte("a"), ReplyTo: queuecore.QueueNamed("re.plies")})
	requireAttributes(t, x, "JMS_SQSReplyToQueueName", "String", "re_x2Eplies", mapping.SQSReplyToURL, "String", "re_x2Eplies")

	url := "https://sqs.eu-west-1.amazonaws.com/123456789012/replies"
	m := decodeSQS(t, mapping.SQSMessage{Body: "a", Attributes: attributes(
		"JMS_SQSReplyToQueueName", "String", "replies", mapping.SQSReplyToURL, "String", url)})
	if m.ReplyTo != queuecore.QueueNamed("replies") {
		t.Errorf("reply to %v", m.ReplyTo)
	}
	requireAttributes(t, encodeSQS(m), "JMS_SQSReplyToQueueName", "String", "replies", mapping.SQSReplyToURL, "String", url)
}

func encodeSQS(m *queuecore.Message) mapping.SQSMessage {
	return mapping.SQS{}.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 1})
}

func decodeSQS(t *testing.T, x mapping.SQSMessage) *queuecore.Message {
	t.Helper()
	x.Delay = -1
	m, err := mapping.SQS{}.Decode(x, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// attributes makes attributes of name, type and text, repeated.
func attributes(list ...string) []mapping.SQSAttribute {
	var as []mapping.SQSAttribute
	for i := 0; i < len(list); i += 3 {
		as = append(as, mapping.SQSAttribute{Name: list[i], DataType: list[i+1], Text: list[i+2]})
	}
	return as
}

func requireAttributes(t *testing.T, x mapping.SQSMessage, list ...string) {
	t.Helper()
	got := slices.Clone(x.Attributes)
	slices.SortFunc(got, func(a, b mapping.SQSAttribute) int { return cmp.Compare(a.Name, b.Name) })
	if want := attributes(list...); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
		t.Errorf("attributes are %+v, want %+v", got, want)
	}
}

func TestSQSBodies(t *testing.T) {
	for _, x := range []struct {
		name string
		kind queuecore.BodyKind
		body string
		want string
		attr []string
	}{
		{"text nobody described", queuecore.BodyUnspecified, "hello", "hello", nil},
		{"text", queuecore.BodyText, "hello", "hello", []string{"JMS_SQSMessageType", "String", "text"}},
		{"bytes that look like text", queuecore.BodyBytes, "hello", "aGVsbG8=", []string{"JMS_SQSMessageType", "String", "byte"}},
		{"object", queuecore.BodyObject, "\xac\xed", "rO0=", []string{"JMS_SQSMessageType", "String", "object"}},
		{"binary nobody described", queuecore.BodyUnspecified, "\x00\x01", "AAE=", []string{"JMS_SQSMessageType", "String", "byte"}},
		{"text that XML cannot hold", queuecore.BodyText, "a\x00", "YQA=", []string{"JMS_SQSMessageType", "String", "byte",
			"Sluice.Packed", "String", `{"f":{"kind":"text"}}`}},
		{"map", queuecore.BodyMap, "{}", "{}", []string{"Sluice.Packed", "String", `{"f":{"kind":"map"}}`}},
		{"empty", queuecore.BodyUnspecified, "", "null", []string{"Sluice.Packed", "String", `{"e":true}`}},
		{"empty bytes", queuecore.BodyBytes, "", "null", []string{"JMS_SQSMessageType", "String", "byte",
			"Sluice.Packed", "String", `{"e":true}`}},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := &queuecore.Message{Body: []byte(x.body), BodyKind: x.kind}
			got := encodeSQS(m)
			if got.Body != x.want {
				t.Errorf("body is %q, want %q", got.Body, x.want)
			}
			requireAttributes(t, got, x.attr...)
			requireSame(t, "back", decodeSQS(t, got), m, true)
		})
	}
}

// TestSQSBodyNotBase64: a body that is not what its message type says goes through as it is.
func TestSQSBodyNotBase64(t *testing.T) {
	for _, body := range []string{"not base64", "YQ", "YR==", "YQ==\n", "Y Q=="} {
		x := mapping.SQSMessage{Body: body, Attributes: attributes("JMS_SQSMessageType", "String", "byte")}
		m := decodeSQS(t, x)
		if string(m.Body) != body || m.BodyKind != queuecore.BodyUnspecified {
			t.Errorf("%q became %q of kind %d", body, m.Body, m.BodyKind)
		}
		got := encodeSQS(m)
		if got.Body != body {
			t.Errorf("%q left as %q", body, got.Body)
		}
		requireAttributes(t, got, "JMS_SQSMessageType", "String", "byte")
	}
}

// TestSQSSlots: of more than ten attributes those that every consumer needs come
// first, then the user's in their order, and the last holds the rest.
func TestSQSSlots(t *testing.T) {
	m := &queuecore.Message{Body: []byte("a"), CorrelationID: "c", ReplyTo: queuecore.QueueNamed("r"), BodyKind: queuecore.BodyText}
	for _, name := range []string{"z", "y", "x", "w", "v", "u", "t", "traceparent"} {
		m.Properties = append(m.Properties, queuecore.Property{Name: name, Value: name})
	}
	x := encodeSQS(m)
	var names []string
	for _, a := range x.Attributes {
		names = append(names, a.Name)
	}
	want := "JMS_SQSMessageType JMS_SQSCorrelationID JMS_SQSReplyToQueueName JMS_SQSReplyToQueueURL z y x w traceparent Sluice.Packed"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("attributes are\n%s, want\n%s", got, want)
	}
	requireSame(t, "back", decodeSQS(t, x), m, false)
}

// TestSQSLeavesPlaces: what was packed, or is a dead letter, has places for the
// attributes that the SQS JMS library adds when it sends the message on; then nothing is lost.
func TestSQSLeavesPlaces(t *testing.T) {
	for _, group := range []string{"", "g"} {
		for _, dedup := range []string{"", "d"} {
			m := &queuecore.Message{Body: []byte("a"), Group: group, DedupID: dedup}
			for i := range 20 {
				m.Properties = append(m.Properties, queuecore.Property{Name: string(rune('a' + i)), Value: "x"})
			}
			x := encodeSQS(m)
			sendOnAsJMS(&x)
			if len(x.Attributes) != 10 {
				t.Errorf("group %q, dedup id %q: %d attributes were sent on, want 10", group, dedup, len(x.Attributes))
			}
			back := decodeSQS(t, x)
			for _, p := range m.Properties {
				if !slices.ContainsFunc(back.Properties, func(q queuecore.Property) bool { return reflect.DeepEqual(p, q) }) {
					t.Errorf("property %q was lost on the way", p.Name)
				}
			}
		}
	}
}

// sendOnAsJMS makes of a message received what the SQS JMS library sends when it is sent on.
func sendOnAsJMS(x *mapping.SQSMessage) {
	x.Attributes = append(x.Attributes, mapping.SQSAttribute{Name: "JMS_SQSMessageType", DataType: "String", Text: "text"})
	if x.GroupID != "" {
		x.Attributes = append(x.Attributes, mapping.SQSAttribute{Name: "JMSXGroupID", DataType: "String", Text: x.GroupID})
	}
	if x.DedupID != "" {
		x.Attributes = append(x.Attributes, mapping.SQSAttribute{Name: "JMS_SQS_SequenceNumber", DataType: "String", Text: "1"})
	}
}

// TestSQSDeadTakesFreeSlotsOnly: what a dead letter says never pushes a user's attribute
// out, and takes no place that the SQS JMS library needs.
func TestSQSDeadTakesFreeSlotsOnly(t *testing.T) {
	for used := range 11 {
		m := &queuecore.Message{Body: []byte("a")}
		for i := range used {
			m.Properties = append(m.Properties, queuecore.Property{Name: string(rune('a' + i)), Value: "x"})
		}
		x := mapping.SQS{}.Encode(&queuecore.Delivery{Message: m, Queue: "dlq", Attempt: 1,
			Dead: &queuecore.DeadLetter{Queue: "q", Reason: "rejected", Attempts: 5}})
		if want := max(used, min(9, used+3)); len(x.Attributes) != want {
			t.Errorf("%d attributes of %d, want %d", len(x.Attributes), used, want)
		}
		if hasAttribute(x, "Sluice.Packed", "") {
			t.Errorf("%d properties were packed", used)
		}
		if back := decodeSQS(t, x); len(back.Properties) != used {
			t.Errorf("%d properties came back as %d", used, len(back.Properties))
		}
	}
}

func TestSQSRefuses(t *testing.T) {
	for _, x := range []struct {
		attr []string
		text string
	}{
		{[]string{"n", "Number", "abc"}, `n "abc": must be a number`},
		{[]string{"n", "Number.int", ""}, `n "": must be a number`},
		{[]string{"n", "Boolean", "1"}, `n "Boolean": the type must begin with String, Number or Binary`},
		{[]string{"n", "String.", "1"}, `n "String.": a type's label`},
		{[]string{"a", "String", "1", "a", "String", "2"}, `a "2": a name must be given, and once`},
		{[]string{"", "String", "2"}, `"2": a name must be given`},
		{[]string{"Sluice.DeliverAt", "Number.long", "-1"}, `Sluice.DeliverAt "-1": must be milliseconds`},
		{[]string{"Sluice.Packed", "String", "{"}, `Sluice.Packed "{": must be what this gateway packed`},
	} {
		_, err := mapping.SQS{}.Decode(mapping.SQSMessage{Body: "a", Attributes: attributes(x.attr...), Delay: -1}, now)
		if !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), x.text) {
			t.Errorf("%q: %v, want %q", x.attr, err, x.text)
		}
	}
}
