package mapping_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

const (
	javaPointer   = `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"B","s3Key":"K"}]`
	pythonPointer = `["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "B", "s3Key": "K"}]`
	oldPointer    = `["com.amazon.sqs.javamessaging.MessageS3Pointer",{"s3BucketName":"B","s3Key":"K"}]`
)

// What the extended clients send is a pointer, and nothing else is.
func TestPointerOf(t *testing.T) {
	number := attributes("ExtendedPayloadSize", "Number", "300000")
	tests := []struct {
		name, body string
		attributes []mapping.SQSAttribute
		want       bool
	}{
		{"Java", javaPointer, number, true},
		{"Java, its default attribute", javaPointer, attributes("SQSLargePayloadSize", "Number", "300000"), true},
		{"Python", pythonPointer, number, true},
		{"old class", oldPointer, attributes("SQSLargePayloadSize", "Number", "300000"), true},
		{"among others", javaPointer, append(attributes("a", "String", "b"), number...), true},
		{"JMS", javaPointer, append(attributes("JMS_SQSMessageType", "String", "byte"), number...), true},

		{"no attribute", javaPointer, nil, false},
		{"a text", javaPointer, attributes("ExtendedPayloadSize", "String", "300000"), false},
		{"less than nothing", javaPointer, attributes("ExtendedPayloadSize", "Number", "-1"), false},
		{"a fraction", javaPointer, attributes("ExtendedPayloadSize", "Number", "1.5"), false},
		{"a name in other letters", javaPointer, attributes("extendedPayloadSize", "Number", "1"), false},
		{"text", "hello", number, false},
		{"another class", strings.Replace(javaPointer, "software", "hardware", 1), number, false},
		{"one half", `["software.amazon.payloadoffloading.PayloadS3Pointer"]`, number, false},
		{"three halves", strings.TrimSuffix(javaPointer, "]") + `,1]`, number, false},
		{"more behind it", javaPointer + "x", number, false},
		{"no key", `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"B"}]`, number, false},
		{"empty bucket", `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"","s3Key":"K"}]`, number, false},
		{"more fields", `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"B","s3Key":"K","x":1}]`, number, false},
		{"a key that S3 does not have", strings.Replace(javaPointer, `"K"`, `"`+strings.Repeat("K", 1025)+`"`, 1), number, false},
		{"too long", strings.Replace(javaPointer, `"K"`, `"`+strings.Repeat("K", 8<<10)+`"`, 1), number, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := decodeSQS(t, mapping.SQSMessage{Body: tt.body, Attributes: tt.attributes})
			p, ok := mapping.PointerOf(m)
			if ok != tt.want || ok && p != (mapping.Pointer{Bucket: "B", Key: "K"}) {
				t.Errorf("%v, %v", p, ok)
			}
		})
	}
}

// Clients of other dialects send bytes, which are no name in S3 unless they are UTF-8.
func TestPointerIsUTF8(t *testing.T) {
	for key, want := range map[string]bool{"K": true, "ü": true, "\xca": false} {
		m := decodeSQS(t, mapping.SQSMessage{Body: javaPointer, Attributes: attributes("ExtendedPayloadSize", "Number", "3")})
		m.Body = []byte(strings.Replace(javaPointer, `"K"`, `"`+key+`"`, 1))
		if _, ok := mapping.PointerOf(m); ok != want {
			t.Errorf("%q: %v", key, ok)
		}
	}
}

// The longest names, every byte of them escaped, are read again.
func TestLongestPointer(t *testing.T) {
	m := decodeSQS(t, mapping.SQSMessage{Body: javaPointer, Attributes: attributes("ExtendedPayloadSize", "Number", "3")})
	want := mapping.Pointer{Bucket: strings.Repeat("\x01", 255), Key: strings.Repeat("<", 1024)}
	m.Body = []byte(want.String())
	if got, ok := mapping.PointerOf(m); !ok || got != want {
		t.Errorf("%d bytes: %v", len(m.Body), ok)
	}
}

// A pointer passes through SQS as it came, digits and blanks included.
func TestPointerPassesThroughSQS(t *testing.T) {
	for _, body := range []string{javaPointer, pythonPointer, oldPointer} {
		as := attributes("SQSLargePayloadSize", "Number", "0300000", "JMS_SQSMessageType", "String", "byte")
		x := encodeSQS(decodeSQS(t, mapping.SQSMessage{Body: body, Attributes: as}))
		if x.Body != body || !slices.EqualFunc(x.Attributes, as, func(a, b mapping.SQSAttribute) bool {
			return a.Name == b.Name && a.DataType == b.DataType && a.Text == b.Text
		}) {
			t.Errorf("%+v", x)
		}
	}
}

// STOMP and NATS consumers are told of a pointer, and of nothing else.
func TestPointerIsSaidToBeOne(t *testing.T) {
	pointer := decodeSQS(t, mapping.SQSMessage{Body: javaPointer, Attributes: attributes("ExtendedPayloadSize", "Number", "3")})
	text := decodeSQS(t, mapping.SQSMessage{Body: javaPointer})
	for dialect, name := range map[string]string{"STOMP": "sluice-payload", "NATS": "Sluice-Payload"} {
		if shown := shownNames(dialect, pointer); !slices.Contains(shown, name) {
			t.Errorf("%s: %q", dialect, shown)
		}
		if shown := shownNames(dialect, text); slices.Contains(shown, name) {
			t.Errorf("%s, no pointer: %q", dialect, shown)
		}
	}
}

func TestResolved(t *testing.T) {
	raw := []byte{0, 1, 0xFF}
	base64Text := base64.StdEncoding.EncodeToString(raw)
	tests := []struct {
		name, jmsType, content string
		want                   string
		kind                   queuecore.BodyKind
		left                   int // properties
	}{
		{"no JMS", "", "hello", "hello", queuecore.BodyUnspecified, 0},
		{"JMS text", "text", base64Text, base64Text, queuecore.BodyText, 0},
		{"JMS bytes", "byte", base64Text, string(raw), queuecore.BodyBytes, 0},
		{"JMS object", "object", base64Text, string(raw), queuecore.BodyObject, 0},
		{"JMS bytes that are no base64", "byte", "hello", "hello", queuecore.BodyUnspecified, 1},
		{"empty", "", "", "", queuecore.BodyUnspecified, 0},
		{"a pointer again", "", javaPointer, javaPointer, queuecore.BodyUnspecified, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := mapping.SQSMessage{Body: javaPointer, Attributes: attributes("ExtendedPayloadSize", "Number", "3")}
			if tt.jmsType != "" {
				x.Attributes = append(x.Attributes, attributes("JMS_SQSMessageType", "String", tt.jmsType)...)
			}
			m := decodeSQS(t, x)
			r := mapping.Resolved(m, []byte(tt.content))
			if string(r.Body) != tt.want || r.BodyKind != tt.kind || len(r.Properties) != tt.left {
				t.Errorf("%q %d %v", r.Body, r.BodyKind, r.Properties)
			}
			if _, ok := mapping.PointerOf(r); ok {
				t.Error("still a pointer")
			}
			if _, ok := mapping.PointerOf(m); !ok {
				t.Error("the message was changed")
			}
		})
	}
}

// What is offloaded on its way to SQS, sent back by an SQS client and resolved is
// the message that it was.
func TestOffloadedAndResolved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMessage(t)
		m.Body = append(m.Body, 'x') // what is offloaded is not empty
		m.Properties = slices.DeleteFunc(m.Properties, func(p queuecore.Property) bool { return p.Name == "JMS_SQSMessageType" })
		x := anyDelivery(t, m)
		content := mapping.SQS{}.Encode(x).Body
		s, ok := mapping.SQS{}.EncodePointer(x, mapping.Pointer{Bucket: "b", Key: "k"})
		if !ok {
			t.Fatal("no room")
		}
		checkSQS(t, s)
		s.Delay = -1
		back, err := mapping.SQS{}.Decode(s, now)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := mapping.PointerOf(back); !ok || p != (mapping.Pointer{Bucket: "b", Key: "k"}) {
			t.Fatalf("%+v is no pointer", s)
		}
		requireSame(t, "offloaded", mapping.Resolved(back, []byte(content)), m, false)
	})
}

// A message that has such a name of its own is not offloaded.
func TestNoRoomForAPointer(t *testing.T) {
	for _, name := range []string{"ExtendedPayloadSize", "SQSLargePayloadSize", "JMS_SQSMessageType"} {
		m := &queuecore.Message{Body: []byte("x"), Properties: queuecore.Properties{{Name: name, Value: "mine"}}}
		x := &queuecore.Delivery{Message: m, Queue: "q", Attempt: 1}
		if _, ok := (mapping.SQS{}).EncodePointer(x, mapping.Pointer{Bucket: "b", Key: "k"}); ok {
			t.Errorf("%s would stand there twice", name)
		}
	}
}

func FuzzPointer(f *testing.F) {
	for _, s := range []string{javaPointer, pythonPointer, oldPointer, `[`, `["software.amazon.payloadoffloading.PayloadS3Pointer",null]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m := &queuecore.Message{Body: []byte(body), Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("1")}}}
		p, ok := mapping.PointerOf(m)
		if !ok {
			return
		}
		m.Body = []byte(p.String())
		if again, ok := mapping.PointerOf(m); !ok || again != p {
			t.Errorf("%q became %q", p, again)
		}
	})
}
