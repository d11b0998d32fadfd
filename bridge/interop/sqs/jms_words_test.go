package sqs_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// What crossings send and look at, in the words of the three clients.

// jmsMessage is a message of the JMS library: its class is text, bytes or object.
func jmsMessage(class, body string, fields map[string]string, properties ...driver.Attribute) driver.Message {
	m := driver.Message{Body: []byte(body), Headers: [][2]string{{"class", class}}, Attributes: properties}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		m.Headers = append(m.Headers, [2]string{name, fields[name]})
	}
	return m
}

// jmsProperty is a property of the JMS library; typ is Java's name for its class.
func jmsProperty(name, typ, text string) driver.Attribute {
	return driver.Attribute{Name: name, DataType: typ, Text: text}
}

// jmsAllTypes are properties of all types that JMS has.
func jmsAllTypes() []driver.Attribute {
	return []driver.Attribute{
		jmsProperty("city", "String", "Zürich"), jmsProperty("paid", "Boolean", "true"), jmsProperty("sent", "Boolean", "false"),
		jmsProperty("b", "Byte", "-128"), jmsProperty("s", "Short", "32767"), jmsProperty("i", "Integer", "-2147483648"),
		jmsProperty("l", "Long", "9223372036854775807"), jmsProperty("f", "Float", "1.0"), jmsProperty("d", "Double", "-6.02214076E23"),
	}
}

// jmsHeadersOf are the headers of a STOMP or NATS delivery but for what the server says
// of every one. The entries of a type list stand in the order of their names.
func jmsHeadersOf(m driver.Message) map[string]string {
	headers := make(map[string]string)
	for _, h := range m.Headers {
		if !jmsIsStatement(h[0]) {
			headers[h[0]] = h[1]
		}
	}
	for _, name := range []string{"sluice-types", "Sluice-Types"} {
		if list, ok := headers[name]; ok {
			entries := strings.Split(list, ",")
			slices.Sort(entries)
			headers[name] = strings.Join(entries, ",")
		}
	}
	return headers
}

// jmsIsStatement reports whether a STOMP server says a header of its own accord.
func jmsIsStatement(name string) bool {
	return slices.Contains([]string{
		"subscription", "message-id", "ack", "destination", "content-length", // STOMP 1.2, "MESSAGE"
		"timestamp", "redelivered", "JMSXDeliveryCount", "JMSXUserID",
	}, name)
}

// jmsPropertiesOf are the properties of a JMS delivery, each with its class before
// its text, but for what is no producer's: the delivery count, and the attributes behind the fields.
func jmsPropertiesOf(m driver.Message) map[string]string {
	properties := make(map[string]string)
	for _, a := range m.Attributes {
		if a.Name != "JMSXDeliveryCount" && !strings.HasPrefix(a.Name, "JMS_SQS") {
			properties[a.Name] = a.DataType + " " + a.Text
		}
	}
	return properties
}

// jmsFieldsOf are the class, the correlation id and the reply queue of a JMS delivery.
func jmsFieldsOf(m driver.Message) map[string]string {
	fields := make(map[string]string)
	for _, h := range m.Headers {
		fields[h[0]] = h[1]
	}
	return fields
}

// jmsCompare reports what got lacks, has besides, or has otherwise than want.
func jmsCompare(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	for name, value := range want {
		if have, ok := got[name]; !ok {
			t.Errorf("%s: %s is missing", what, name)
		} else if have != value {
			t.Errorf("%s: %s is %q, want %q", what, name, have, value)
		}
	}
	for name, value := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is %q, and nobody sent it", what, name, value)
		}
	}
}

// askJMS asks the judge for one thing of a queue.
func (s *javaSuite) askJMS(t *testing.T, r driver.Request) []driver.Message {
	t.Helper()
	reply, err := s.judge.Call(t.Context(), r, javaPatience)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Messages
}

// askOther asks the Go client of a dialect for one thing.
func (s *javaSuite) askOther(t *testing.T, dialect string, r driver.Request) []driver.Message {
	t.Helper()
	messages, err := s.tryOther(t.Context(), dialect, r)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func (s *javaSuite) tryOther(ctx context.Context, dialect string, r driver.Request) ([]driver.Message, error) {
	r.Dialect, r.Addr = dialect, s.addrs.NATS
	if dialect == driver.STOMP {
		r.Addr = s.addrs.STOMP
	}
	reply, err := s.other.Call(ctx, r, javaPatience)
	return reply.Messages, err
}

// jmsQueueName is what a dialect calls a queue.
func jmsQueueName(dialect, queue string) string {
	if dialect == driver.STOMP {
		return "/queue/" + queue
	}
	return strings.ReplaceAll(queue, ".", "_x2E")
}

// jmsReplyURL is the URL that SQS clients of the suite know a queue by.
func (s *javaSuite) jmsReplyURL(queue string) string {
	return "http://" + s.addrs.SQS + "/000000000000/" + queue
}
