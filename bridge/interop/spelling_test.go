package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// spellQueue is what a dialect calls a queue.
func spellQueue(dialect, queue string) string {
	if dialect == driver.STOMP {
		return "/queue/" + queue
	}
	return strings.NewReplacer(".", "_x2E", "/", "_x2F").Replace(queue)
}

// words are the header or attribute names of one dialect.
type words struct {
	contentType, correlationID, group, priority, kind, types, packed string
}

func wordsOf(dialect string) words {
	switch dialect {
	case driver.STOMP:
		return words{"content-type", "correlation-id", "JMSXGroupID", "priority", "amq-msg-type", "sluice-types", "sluice-packed"}
	case driver.NATS:
		return words{"Content-Type", "Correlation-Id", "JMSXGroupID", "JMSPriority", "JMS-Msg-Type", "Sluice-Types", "Sluice-Packed"}
	}
	return words{"contentType", "JMS_SQSCorrelationID", "", "JMSPriority", "JMS_SQSMessageType", "", "Sluice.Packed"}
}

// spell writes a sample as a client of the dialect would; declare says whether it
// tells the types of its properties.
func spell(dialect string, m sample, declare bool) driver.Message {
	if dialect == driver.SQS {
		return spellSQS(m)
	}
	w := wordsOf(dialect)
	out := driver.Message{Body: []byte(m.body)}
	add := func(name, value string) {
		if value != "" {
			out.Headers = append(out.Headers, [2]string{name, value})
		}
	}
	add(w.contentType, m.contentType)
	add(w.correlationID, m.correlationID)
	add(w.group, m.group)
	add(w.priority, m.priority)
	var types []string
	for _, name := range slices.Sorted(maps.Keys(m.properties)) {
		p := m.properties[name]
		add(name, p.text)
		if p.typ != "string" {
			types = append(types, name+"="+p.typ)
		}
	}
	if declare {
		add(w.types, strings.Join(types, ","))
	}
	return out
}

func spellSQS(m sample) driver.Message {
	w := wordsOf(driver.SQS)
	out := driver.Message{Body: []byte(m.body), Group: m.group}
	add := func(name, dataType, text string) {
		if text != "" {
			out.Attributes = append(out.Attributes, driver.Attribute{Name: name, DataType: dataType, Text: text})
		}
	}
	if m.kind == "bytes" {
		out.Body = []byte(base64.StdEncoding.EncodeToString(out.Body))
		add(w.kind, "String", "byte")
	}
	add(w.contentType, "String", m.contentType)
	add(w.correlationID, "String", m.correlationID)
	add(w.priority, "Number.int", m.priority)
	for name, p := range m.properties {
		switch p.typ {
		case "int":
			add(name, "Number.int", p.text)
		case "boolean":
			add(name, "Number.Boolean", map[string]string{"true": "1", "false": "0"}[p.text])
		default:
			add(name, "String", p.text)
		}
	}
	return out
}

// read is the inverse of spell: what a client of the dialect sees. Whatever it
// sees that is not the server's own statement is a property, so that nothing comes in unseen.
func read(dialect string, m driver.Message) (sample, error) {
	if dialect == driver.SQS {
		return readSQS(m)
	}
	w := wordsOf(dialect)
	out := sample{body: string(m.Body), isEmpty: len(m.Body) == 0, properties: make(map[string]property)}
	var types, packed string
	for _, h := range m.Headers {
		name, value := h[0], h[1]
		switch {
		case name == w.contentType:
			out.contentType = value
		case name == w.correlationID:
			out.correlationID = value
		case name == w.group:
			out.group = value
		case name == w.priority:
			out.priority = value
		case name == w.kind:
			out.kind = value
		case name == w.types:
			types = value
		case name == w.packed:
			packed = value
		case dialect == driver.STOMP && (isStatement(name) || name == "JMSXUserID" && value == sqsUser):
		default:
			out.properties[name] = property{value, "string"}
		}
	}
	for entry := range strings.SplitSeq(types, ",") {
		if name, typ, ok := strings.Cut(entry, "="); ok {
			out.properties[name] = property{out.properties[name].text, typ}
		}
	}
	return out, out.unpack(packed)
}

// isStatement reports whether a STOMP server says a header of its own accord.
func isStatement(name string) bool {
	return slices.Contains([]string{
		"subscription", "message-id", "ack", "destination", "content-length", // STOMP 1.2, "MESSAGE"
		"timestamp", "redelivered", "JMSXDeliveryCount",
	}, name)
}

func readSQS(m driver.Message) (sample, error) {
	w := wordsOf(driver.SQS)
	out := sample{body: string(m.Body), group: m.Group, properties: make(map[string]property)}
	var packed string
	for _, a := range m.Attributes {
		switch a.Name {
		case w.contentType:
			out.contentType = a.Text
		case w.correlationID:
			out.correlationID = a.Text
		case w.priority:
			out.priority = a.Text
		case w.kind:
			out.kind = a.Text
		case w.packed:
			packed = a.Text
		default:
			out.properties[a.Name] = readAttribute(a)
		}
	}
	if source := m.System["DeadLetterQueueSourceArn"]; source != "" {
		out.properties["DeadLetterQueueSourceArn"] = property{source, "string"}
	}
	if len(m.Attributes) > 10 {
		return out, fmt.Errorf("%d attributes", len(m.Attributes))
	}
	if out.kind == "byte" {
		raw, err := base64.StdEncoding.DecodeString(out.body)
		if err != nil {
			return out, err
		}
		out.body, out.kind = string(raw), "bytes"
	}
	return out, out.unpack(packed)
}

func readAttribute(a driver.Attribute) property {
	switch a.DataType {
	case "String":
		return property{a.Text, "string"}
	case "Number.int":
		return property{a.Text, "int"}
	case "Number.Boolean":
		return property{map[string]string{"1": "true", "0": "false"}[a.Text], "boolean"}
	}
	return property{a.Text, a.DataType}
}

// unpack puts back what the dialect had no place for.
func (m *sample) unpack(text string) error {
	if text == "" {
		return nil
	}
	var rest struct {
		Fields     map[string]string `json:"f"`
		Empty      bool              `json:"e"`
		Properties []struct {
			Name  string `json:"n"`
			Type  string `json:"t"`
			Value string `json:"v"`
		} `json:"p"`
	}
	if err := json.Unmarshal([]byte(text), &rest); err != nil {
		return fmt.Errorf("packed %q: %w", text, err)
	}
	if rest.Empty {
		if m.body != "null" {
			return fmt.Errorf("an empty body is shown as %q", m.body)
		}
		m.body, m.isEmpty = "", true
	}
	for name, value := range rest.Fields {
		switch name {
		case "content-type":
			m.contentType = value
		case "correlation-id":
			m.correlationID = value
		case "group":
			m.group = value
		case "priority":
			m.priority = value
		default:
			return fmt.Errorf("%q is packed: %q", name, value)
		}
	}
	for _, p := range rest.Properties {
		if p.Type == "" {
			p.Type = "string"
		}
		m.properties[p.Name] = property{p.Value, p.Type}
	}
	return nil
}
