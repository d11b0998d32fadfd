package mapping_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// hop sends a message out of the house in one dialect and takes it in again.
type hop struct {
	name string
	send func(t fataler, x *queuecore.Delivery) *queuecore.Message
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func hops() []hop {
	return []hop{
		{"STOMP 1.0", stompHop(mapping.STOMP{NoEscapes: true})},
		{"STOMP 1.1", stompHop(mapping.STOMP{})},
		{"STOMP 1.2", stompHop(mapping.STOMP{CarriesCR: true})},
		{"NATS", natsHop},
		{"SQS", sqsHop},
	}
}

func stompHop(d mapping.STOMP) func(fataler, *queuecore.Delivery) *queuecore.Message {
	return func(t fataler, x *queuecore.Delivery) *queuecore.Message {
		t.Helper()
		h, body := d.Encode(x)
		checkSTOMP(t, d, h)
		m, err := d.Decode(h, body, now)
		if err != nil {
			t.Fatalf("decode %q: %v", h, err)
		}
		return m
	}
}

// dialectHops are the hops through STOMP as clients of other brokers speak it.
func dialectHops() []hop {
	artemis := mapping.STOMP{CarriesCR: true, Dialect: mapping.Artemis}
	return []hop{
		{"ActiveMQ 1.0", stompHop(mapping.STOMP{NoEscapes: true, Dialect: mapping.ActiveMQ})},
		{"ActiveMQ 1.2", stompHop(mapping.STOMP{CarriesCR: true, Dialect: mapping.ActiveMQ})},
		{"Artemis", stompHop(artemis)},
		{"Artemis, bare", stompHop(artemis.As("bare"))},
		{"Artemis, jms", stompHop(artemis.As("jms.queue.old"))},
		{"RabbitMQ 1.0", stompHop(mapping.STOMP{NoEscapes: true, Dialect: mapping.RabbitMQ})},
		{"RabbitMQ 1.2", stompHop(mapping.STOMP{CarriesCR: true, Dialect: mapping.RabbitMQ})},
	}
}

func natsHop(t fataler, x *queuecore.Delivery) *queuecore.Message {
	t.Helper()
	h, body := mapping.NATS{}.Encode(x)
	checkNATS(t, h)
	m, err := mapping.NATS{}.Decode(h, body, now)
	if err != nil {
		t.Fatalf("decode %q: %v", h, err)
	}
	return m
}

func sqsHop(t fataler, x *queuecore.Delivery) *queuecore.Message {
	t.Helper()
	s := mapping.SQS{}.Encode(x)
	checkSQS(t, s)
	s.Delay = -1
	m, err := mapping.SQS{}.Decode(s, now)
	if err != nil {
		t.Fatalf("decode %+v: %v", s, err)
	}
	return m
}

// checkSTOMP fails if a frame codec of d's version could not write h.
func checkSTOMP(t fataler, d mapping.STOMP, h []mapping.Header) {
	t.Helper()
	for _, x := range h {
		if strings.Contains(x.Name+x.Value, "\x00") || x.Name == "" {
			t.Fatalf("illegal STOMP header %q", x)
		}
		if !d.CarriesCR && strings.Contains(x.Name+x.Value, "\r") {
			t.Fatalf("CR in header %q", x)
		}
		if d.NoEscapes && (strings.Contains(x.Name+x.Value, "\n") || strings.Contains(x.Name, ":") ||
			strings.TrimSpace(x.Value) != x.Value || strings.TrimSpace(x.Name) != x.Name) {
			t.Fatalf("illegal STOMP 1.0 header %q", x)
		}
	}
}

// checkNATS fails if nats.go would refuse or alter h.
func checkNATS(t fataler, h []mapping.Header) {
	t.Helper()
	for _, x := range h {
		bad := strings.ContainsFunc(x.Name, func(r rune) bool {
			return r < 33 || r > 126 || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
		})
		if bad || x.Name == "" || strings.ContainsAny(x.Value, "\r\n") || strings.TrimSpace(x.Value) != x.Value {
			t.Fatalf("illegal NATS header %q", x)
		}
	}
}

// checkSQS fails if SQS would refuse s.
func checkSQS(t fataler, s mapping.SQSMessage) {
	t.Helper()
	if !sqsTakes(s.Body) || len(s.Attributes) > 10 || len(s.GroupID) > 128 || len(s.DedupID) > 128 {
		t.Fatalf("illegal SQS message %+v", s)
	}
	seen := map[string]bool{}
	for _, a := range s.Attributes {
		if seen[a.Name] || !sqsNameRE.MatchString(a.Name) || strings.Contains(a.Name, "..") {
			t.Fatalf("illegal SQS attribute name %q", a.Name)
		}
		seen[a.Name] = true
		if strings.HasPrefix(a.DataType, "Binary") != (len(a.Binary) > 0) || len(a.Binary) == 0 && !sqsTakes(a.Text) {
			t.Fatalf("illegal SQS attribute %+v", a)
		}
	}
}

func sqsTakes(s string) bool {
	for _, r := range strings.ToValidUTF8(s, "\x00") {
		if r < 32 && r != 9 && r != 10 && r != 13 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return s != ""
}

// canonical is the message as a hop through any dialect leaves it: without what
// no dialect carries, and a body that nobody described and that is no text counts as bytes.
func canonical(m *queuecore.Message) *queuecore.Message {
	c := *m
	c.ID, c.Destination, c.SentAt, c.UserID = queuecore.MessageID{}, queuecore.Destination{}, time.Time{}, ""
	if c.BodyKind == queuecore.BodyUnspecified && len(c.Body) > 0 && !sqsTakes(string(c.Body)) {
		c.BodyKind = queuecore.BodyBytes
	}
	c.Properties = slices.DeleteFunc(slices.Clone(c.Properties), func(p queuecore.Property) bool {
		return p.Name == "JMSXGroupID" && p.Label == "" && p.Value == any(c.Group)
	})
	return &c
}

func show(m *queuecore.Message, ordered bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %d ct=%q cid=%q re=%v %q type=%q g=%q dd=%q p=%d\nexp=%d del=%d\n", m.Body, m.BodyKind, m.ContentType,
		m.CorrelationID, m.ReplyTo.Kind, m.ReplyTo.Name, m.Type, m.Group, m.DedupID, m.Priority, m.ExpiresAt.UnixNano(), m.DeliverAt.UnixNano())
	props := slices.Clone(m.Properties)
	if !ordered {
		slices.SortFunc(props, func(a, b queuecore.Property) int { return cmp.Compare(a.Name, b.Name) })
	}
	for _, p := range props {
		fmt.Fprintf(&b, "%q = %T %s %q\n", p.Name, p.Value, showValue(p.Value), p.Label)
	}
	return b.String()
}

func showValue(v any) string {
	switch f := v.(type) {
	case float32:
		return fmt.Sprintf("%x", math.Float32bits(f))
	case float64:
		return fmt.Sprintf("%x", math.Float64bits(f))
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}

func requireSame(t fataler, where string, got, want *queuecore.Message, ordered bool) {
	t.Helper()
	g, w := show(canonical(got), ordered), show(canonical(want), ordered)
	if g != w || !bytes.Equal(got.Body, want.Body) {
		t.Fatalf("%s:\ngot  %s\nwant %s", where, g, w)
	}
}

// TestOneHop: what leaves in a dialect and comes back is the same message.
func TestOneHop(t *testing.T) {
	for _, h := range slices.Concat(hops(), dialectHops()) {
		t.Run(h.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := anyMessage(t)
				x := anyDelivery(t, m)
				requireSame(t, h.name, h.send(t, x), m, h.name != "SQS")
			})
		})
	}
}

// A property that says again what the group says is not there on the other side, and the order of the
// others is what it was.
func TestOrderWithoutTheGroup(t *testing.T) {
	m := &queuecore.Message{Group: "g", Properties: queuecore.Properties{
		{Name: "JMSXGroupID", Value: "g"}, {Name: "content-length", Value: []byte{}}, {Name: "id", Value: []byte{}}, {Name: "Nats-TTL", Value: int8(1)}, {Name: "z", Value: "1"},
	}}
	for _, h := range slices.Concat(hops(), dialectHops()) {
		requireSame(t, h.name, h.send(t, &queuecore.Delivery{Message: m, Queue: "q", Attempt: 1}), m, h.name != "SQS")
	}
}

// TestTwoHops: a message keeps all it has over any two dialects.
func TestTwoHops(t *testing.T) {
	for _, a := range hops() {
		for _, b := range slices.Concat(hops(), dialectHops()) {
			t.Run(a.name+" "+b.name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					m := anyMessage(t)
					half := a.send(t, anyDelivery(t, m))
					requireSame(t, "both", b.send(t, anyDelivery(t, half)), m, false)
				})
			})
		}
	}
}
