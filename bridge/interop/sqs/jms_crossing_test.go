package sqs_test

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// testFromJMS: what the JMS library sends is in STOMP and NATS what the dictionary says.
func (s *javaSuite) testFromJMS(t *testing.T) {
	for _, dialect := range []string{driver.STOMP, driver.NATS} {
		t.Run(dialect, func(t *testing.T) {
			queue, cases := "from-jms-to-"+dialect, s.fromJMS(dialect)
			send := driver.Request{Do: driver.Produce, Queue: queue}
			for _, c := range cases {
				send.Messages = append(send.Messages, c.sent)
			}
			s.askJMS(t, send)
			got := s.askOther(t, dialect, driver.Request{
				Do: driver.Consume, Queue: jmsQueueName(dialect, queue), Count: len(cases), Settle: driver.Ack,
			})
			for i, c := range cases {
				if string(got[i].Body) != c.body {
					t.Errorf("%s: body is %q, want %q", c.name, got[i].Body, c.body)
				}
				jmsCompare(t, c.name, c.headers, jmsHeadersOf(got[i]))
			}
		})
	}
}

// fromJMSCase is a JMS message, and body and headers that it has elsewhere.
type fromJMSCase struct {
	name    string
	sent    driver.Message
	body    string
	headers map[string]string
}

func (s *javaSuite) fromJMS(dialect string) []fromJMSCase {
	w := wordsForJMS(dialect)
	everyType := map[string]string{
		w.kind: "text", "city": "Zürich", "paid": "true", "sent": "false", "b": "-128", "s": "32767", "i": "-2147483648",
		"l": "9223372036854775807", "f": "1.0", "d": "-6.02214076E23",
		w.types: "b=byte,d=double,f=float,i=int,l=long,paid=boolean,s=short,sent=boolean",
	}
	return []fromJMSCase{
		{
			"fields", jmsMessage("text", "Grüße", map[string]string{"JMSCorrelationID": "order-17", "JMSReplyTo": "answers"},
				jmsProperty("contentType", "String", "text/plain"), jmsProperty("JMSXGroupID", "String", "g")),
			"Grüße", map[string]string{
				w.kind: "text", w.correlationID: "order-17", w.replyTo: w.answers, "JMS_SQSReplyToQueueURL": s.jmsReplyURL("answers"),
				w.contentType: "text/plain", "JMSXGroupID": "g",
			},
		},
		{"every type", jmsMessage("text", "nine", nil, jmsAllTypes()...), "nine", everyType},
		{"bytes", jmsMessage("bytes", "\x00\xff\n", nil), "\x00\xff\n", map[string]string{w.kind: "bytes"}},
		{ // as the serialization protocol of Java writes a string
			"object", jmsMessage("object", "hello", nil, jmsProperty("contentType", "String", "application/x-java-serialized-object")),
			"\xac\xed\x00\x05t\x00\x05hello", map[string]string{w.kind: "object", w.contentType: "application/x-java-serialized-object"},
		},
	}
}

// jmsWords are the header names of one dialect, and its word for the queue "answers".
type jmsWords struct {
	kind, correlationID, replyTo, contentType, types, payload, answers string
}

func wordsForJMS(dialect string) jmsWords {
	if dialect == driver.STOMP {
		return jmsWords{"amq-msg-type", "correlation-id", "reply-to", "content-type", "sluice-types", "sluice-payload", "/queue/answers"}
	}
	return jmsWords{"JMS-Msg-Type", "Correlation-Id", "JMSReplyTo", "Content-Type", "Sluice-Types", "Sluice-Payload", "answers"}
}

// testToJMS: what STOMP and NATS clients send is a message of the right class to the
// JMS library, with its fields and typed properties.
func (s *javaSuite) testToJMS(t *testing.T) {
	for _, dialect := range []string{driver.STOMP, driver.NATS} {
		t.Run(dialect, func(t *testing.T) {
			queue, cases := "to-jms-from-"+dialect, s.toJMS(dialect)
			send := driver.Request{Do: driver.Produce, Queue: jmsQueueName(dialect, queue)}
			for _, c := range cases {
				send.Messages = append(send.Messages, c.sent)
			}
			s.askOther(t, dialect, send)
			got := s.askJMS(t, driver.Request{Do: driver.Consume, Queue: queue, Count: len(cases)})
			for i, c := range cases {
				if string(got[i].Body) != c.body {
					t.Errorf("%s: body is %q, want %q", c.name, got[i].Body, c.body)
				}
				jmsCompare(t, c.name+", fields", c.fields, jmsFieldsOf(got[i]))
				jmsCompare(t, c.name+", properties", c.properties, jmsPropertiesOf(got[i]))
			}
		})
	}
}

// toJMSCase is a message of another dialect, and what the JMS library makes of it.
type toJMSCase struct {
	name               string
	sent               driver.Message
	body               string
	fields, properties map[string]string
}

func (s *javaSuite) toJMS(dialect string) []toJMSCase {
	w := wordsForJMS(dialect)
	text, bytes := map[string]string{"class": "text"}, map[string]string{"class": "bytes"}
	with := func(body string, headers ...[2]string) driver.Message {
		return driver.Message{Body: []byte(body), Headers: headers}
	}
	return []toJMSCase{
		{
			"fields", with("Grüße", [2]string{w.correlationID, "order-17"}, [2]string{w.replyTo, w.answers}, [2]string{"JMSXGroupID", "g"},
				[2]string{w.contentType, "text/plain"}),
			"Grüße", map[string]string{
				"class": "text", "JMSCorrelationID": "order-17", "JMSReplyTo": "answers", "JMSReplyTo URL": s.jmsReplyURL("answers"),
			},
			map[string]string{"JMSXGroupID": "String g", "contentType": "String text/plain"},
		},
		{
			"types", with("typed", [2]string{"city", "Zürich"}, [2]string{"paid", "true"}, [2]string{"b", "-128"}, [2]string{"s", "7"}, [2]string{"i", "7"},
				[2]string{"l", "7"}, [2]string{"f", "1.5"}, [2]string{"d", "0.1"}, [2]string{"plain", "7"},
				[2]string{w.types, "paid=boolean,b=byte,s=short,i=int,l=long,f=float,d=double"}),
			"typed", text,
			map[string]string{
				"city": "String Zürich", "paid": "Boolean true", "b": "Byte -128", "s": "Short 7", "i": "Integer 7",
				"l": "Long 7", "f": "Float 1.5", "d": "Double 0.1", "plain": "String 7",
			},
		},
		{"declared text", with("<a/>", [2]string{w.kind, "text"}), "<a/>", text, nil},
		{"declared bytes", with("abc", [2]string{w.kind, "bytes"}), "abc", bytes, nil},
		{"what is no text", with("\x00\xff"), "\x00\xff", bytes, nil},
		{"an object on its way back", with("\xac\xed\x00\x05t\x00\x05hello", [2]string{w.kind, "object"}), "hello", map[string]string{"class": "object"}, nil},
		{"empty", with(""), "null", text, map[string]string{"Sluice.Packed": `String {"e":true}`}},
	}
}
