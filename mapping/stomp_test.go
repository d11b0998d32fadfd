package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// headers makes header lines of name and value, repeated.
func headers(list ...string) []mapping.Header {
	var h []mapping.Header
	for i := 0; i < len(list); i += 2 {
		h = append(h, mapping.Header{Name: list[i], Value: list[i+1]})
	}
	return h
}

func decodeSTOMP(t *testing.T, list ...string) *queuecore.Message {
	t.Helper()
	m, err := mapping.STOMP{}.Decode(append(headers("destination", "/queue/q"), headers(list...)...), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// encodeSTOMP returns the headers for a message, but for those of every delivery.
func encodeSTOMP(d mapping.STOMP, m *queuecore.Message) []mapping.Header {
	h, _ := d.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 1})
	return h[3:]
}

func lookup(h []mapping.Header, name string) (string, bool) {
	for _, x := range h {
		if x.Name == name {
			return x.Value, true
		}
	}
	return "", false
}

func TestSTOMPDelivery(t *testing.T) {
	m := &queuecore.Message{Destination: queuecore.TopicNamed("a.b"), Body: []byte("x"), SentAt: now, UserID: "anna\n"}
	h, body := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: m, Queue: "sub", Attempt: 3})
	want := headers("destination", "/topic/a.b", "timestamp", "1795435200000", "redelivered", "true",
		"JMSXDeliveryCount", "3", "JMSXUserID", "anna\n")
	if !reflect.DeepEqual(h, want) || string(body) != "x" {
		t.Errorf("got %q, want %q", h, want)
	}
	h, _ = mapping.STOMP{NoEscapes: true}.Encode(&queuecore.Delivery{Message: m, Queue: "sub", Attempt: 1})
	want = headers("destination", "/topic/a.b", "timestamp", "1795435200000", "redelivered", "false",
		"JMSXDeliveryCount", "1", "JMSXUserID", "anna")
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got %q, want %q", h, want)
	}
}

func TestSTOMPDestinationShown(t *testing.T) {
	for _, x := range []struct {
		sent  queuecore.Destination
		queue string
		want  string
	}{
		{queuecore.QueueNamed("q"), "q", "/queue/q"},
		{queuecore.QueueNamed("q"), "moved", "/queue/moved"},
		{queuecore.TopicNamed("a.b"), "sub", "/topic/a.b"},
		{queuecore.QueueNamed("temp-queue/c.1"), "temp-queue/c.1", "/temp-queue/c.1"},
		{queuecore.TopicNamed("a\rb"), "sub", "/topic/a_x0Db"}, // 1.1 has no escape, and a MESSAGE needs a destination
	} {
		h, _ := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: &queuecore.Message{Destination: x.sent}, Queue: x.queue, Attempt: 1})
		if got, _ := lookup(h, "destination"); got != x.want {
			t.Errorf("sent to %v, read from %s: %s, want %s", x.sent, x.queue, got, x.want)
		}
	}
}

func TestSTOMPDeadLetter(t *testing.T) {
	m := &queuecore.Message{Destination: queuecore.TopicNamed("a.b")}
	h, _ := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: m, Queue: "dlq", Attempt: 1,
		Dead: &queuecore.DeadLetter{Queue: "sub", Reason: "attempts", Attempts: 5}})
	want := headers("destination", "/queue/dlq", "redelivered", "false", "JMSXDeliveryCount", "1",
		"original-destination", "/topic/a.b", "sluice-dead-queue", "sub", "sluice-dead-reason", "attempts", "sluice-dead-attempts", "5")
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got %q, want %q", h, want)
	}
}

// TestSTOMPFirstHeaderCounts: STOMP 1.2, "Repeated Header Entries".
func TestSTOMPFirstHeaderCounts(t *testing.T) {
	m := decodeSTOMP(t, "foo", "1", "priority", "2", "foo", "2", "priority", "7", "destination", "/queue/other",
		"_AMQ_DUPL_ID", "a", "dedup-id", "b", "sluice-types", "foo=int", "sluice-types", "foo=long")
	want := queuecore.Properties{{Name: "foo", Value: int32(1)}}
	if !reflect.DeepEqual(m.Properties, want) || m.Priority.Level() != 2 || m.Destination.Name != "q" || m.DedupID != "a" {
		t.Errorf("got %+v", m)
	}
}

func TestSTOMPTransportHeadersAreNoProperties(t *testing.T) {
	m := decodeSTOMP(t, "receipt", "1", "transaction", "t", "content-length", "0")
	if len(m.Properties) != 0 {
		t.Errorf("got %+v", m.Properties)
	}
}

// TestSTOMPPersistentReappears: we keep every message, but the header is the client's to see again.
func TestSTOMPPersistentReappears(t *testing.T) {
	for _, v := range []string{"true", "false"} {
		got := encodeSTOMP(mapping.STOMP{}, decodeSTOMP(t, "persistent", v))
		if want := headers("persistent", v); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestSTOMPForeignReplyTo: another broker's reply address goes through as it is, visibly.
func TestSTOMPForeignReplyTo(t *testing.T) {
	m := decodeSTOMP(t, "reply-to", "/exchange/x/y")
	if !m.ReplyTo.IsZero() {
		t.Errorf("reply to %v", m.ReplyTo)
	}
	if got, want := encodeSTOMP(mapping.STOMP{}, m), headers("reply-to", "/exchange/x/y"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSTOMPVersions: what a version's header line cannot hold is packed, and only that.
func TestSTOMPVersions(t *testing.T) {
	v10, v11, v12 := mapping.STOMP{NoEscapes: true}, mapping.STOMP{}, mapping.STOMP{CarriesCR: true}
	for _, x := range []struct {
		name, value string
		in10, in11  string // "line" or "packed"
		in12        string
	}{
		{"n", "plain", "line", "line", "line"},
		{"n", `back\slash`, "line", "line", "line"},
		{"n", "co:lon", "line", "line", "line"},
		{"n", "", "line", "line", "line"},
		{"n", "a\nb", "packed", "line", "line"},
		{"n", "a\rb", "packed", "packed", "line"},
		{"n", " blank", "packed", "line", "line"},
		{"n", "blank ", "packed", "line", "line"},
		{"n:m", "x", "packed", "line", "line"},
		{"n\nm", "x", "packed", "line", "line"},
		{"n", "a\x00b", "packed", "packed", "packed"},
		{"n", "\xff", "packed", "packed", "packed"},
		{"destination", "x", "packed", "packed", "packed"},
		{"Nats-Rollup", "all", "line", "line", "line"},
	} {
		m := &queuecore.Message{Properties: queuecore.Properties{{Name: x.name, Value: x.value}}}
		for i, want := range []string{x.in10, x.in11, x.in12} {
			h := encodeSTOMP([]mapping.STOMP{v10, v11, v12}[i], m)
			got := "line"
			if h[0].Name == "sluice-packed" {
				got = "packed"
			} else if h[0] != (mapping.Header{Name: x.name, Value: x.value}) {
				t.Errorf("%q: %q became %q", x.name, x.value, h)
			}
			if got != want {
				t.Errorf("%q: %q in 1.%d: %s, want %s", x.name, x.value, i, got, want)
			}
		}
	}
}

// TestTypeList: properties of any name and type find their type again.
func TestTypeList(t *testing.T) {
	m := &queuecore.Message{Properties: queuecore.Properties{
		{Name: "s", Value: "plain"}, {Name: "qty", Value: int32(5)}, {Name: "paid", Value: true},
		{Name: "a,b=c;d%", Value: int64(-1)}, {Name: "f", Value: 1.0}, {Name: "n", Value: queuecore.Decimal("1.50"), Label: "a,b"},
		{Name: "b", Value: []byte{0, 1}, Label: "png"}, {Name: "t", Value: "x", Label: "foo"}}}
	got := encodeSTOMP(mapping.STOMP{}, m)
	want := headers("s", "plain", "qty", "5", "paid", "true", "a,b=c;d%", "-1", "f", "1.0", "n", "1.50", "b", "AAE=", "t", "x",
		"sluice-types", "qty=int,paid=boolean,a%2Cb%3Dc%3Bd%25=long,f=double,n=decimal;a%2Cb,b=binary;png,t=string;foo")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// Written by hand: blanks, small hexadecimal digits, names that are not there, a name twice.
	m = decodeSTOMP(t, "qty", "5", "é,", "1", "sluice-types", " qty=int , é%2c=short,none=long,qty=string")
	if p := m.Properties; p[0].Value != int32(5) || p[1].Value != int16(1) {
		t.Errorf("got %v", p)
	}
}

func TestSTOMPRefuses(t *testing.T) {
	for _, x := range []struct{ name, value, text string }{
		{"priority", "abc", `priority "abc": must be a whole number, 0 to 9`},
		{"priority", "", `priority "": must be a whole number`},
		{"expires", "soon", `expires "soon": must be milliseconds since 1970, or 0`},
		{"expires", "-5", `expires "-5": must be milliseconds`},
		{"expires", "99999999999999999", `must be milliseconds`},
		{"expiration", "1s", `expiration "1s": must be a number of milliseconds, or 0`},
		{"expiration", "9223372036854775807", `must be a number of milliseconds`},
		{"AMQ_SCHEDULED_DELAY", "x", `AMQ_SCHEDULED_DELAY "x": must be a number of milliseconds`},
		{"AMQ_SCHEDULED_DELAY", "--5", `must be a number of milliseconds`},
		{"AMQ_SCHEDULED_TIME", "noon", `AMQ_SCHEDULED_TIME "noon": must be milliseconds since 1970`},
		{"AMQ_SCHEDULED_CRON", "0 * * *", `AMQ_SCHEDULED_CRON "0 * * *": must be five fields: minute, hour`},
		{"AMQ_SCHEDULED_CRON", "0 0 * * * *", `must be five fields`},
		{"AMQ_SCHEDULED_CRON", "61 * * * *", `AMQ_SCHEDULED_CRON "61 * * * *": minute "61": must be of numbers from 0 to 59`},
		{"AMQ_SCHEDULED_CRON", "0 0 30 2 *", `no such time comes`},
		{"AMQ_SCHEDULED_REPEAT", "3", `AMQ_SCHEDULED_REPEAT "3": needs AMQ_SCHEDULED_PERIOD`},
		{"AMQ_SCHEDULED_REPEAT", "-2", `AMQ_SCHEDULED_REPEAT "-2": must be how many further messages there are, or -1`},
		{"AMQ_SCHEDULED_REPEAT", "2147483648", `must be how many`},
		{"AMQ_SCHEDULED_PERIOD", "1.5", `AMQ_SCHEDULED_PERIOD "1.5": must be a number of milliseconds, up to 315360000000`},
		{"AMQ_SCHEDULED_PERIOD", "-1", `must be a number of milliseconds`},
		{"amq-msg-type", "blob", `amq-msg-type "blob": must be text, bytes, map, object or stream`},
		{"", "x", `"x": a header must have a name`},
		{"sluice-types", "qty", `sluice-types "qty": must be name=type`},
		{"sluice-types", "a%2=int", `must be name=type`},
		{"sluice-types", "foo=int", `foo "bar": sluice-types calls it "int" and it is none`},
		{"sluice-types", "foo=byte[]", `calls it "byte[]" and it is none`},
		{"sluice-packed", "x", `sluice-packed "x": must be what this gateway packed`},
		{"sluice-packed", `{"f":{"user-id":"root"}}`, `sluice-packed "user-id": no such field`},
		{"sluice-packed", `{"f":{"priority":"high"}}`, `sluice-packed "high": must be a whole number`},
		{"sluice-packed", `{"p":[{"n":"","v":"x"}]}`, `a property needs a name`},
		{"sluice-packed", `{"p":[{"n":"a","t":"int","v":"x"}]}`, `property "a" is not of type "int"`},
		{"sluice-packed", `{"p":[{"n":"a","v":"x"},{"n":"a","v":"y"}]}`, `sluice-packed "a": named twice`},
		{"sluice-packed", `{"p":[{"n":["%"],"v":"x"}]}`, `illegal base64`},
		{"sluice-packed", `{"p":[{"n":[],"v":"x"}]}`, `array of 0`},
	} {
		_, err := mapping.STOMP{}.Decode(headers("destination", "q", "foo", "bar", x.name, x.value), nil, now)
		if !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), x.text) {
			t.Errorf("%s: %q: %v, want %q", x.name, x.value, err, x.text)
		}
	}
	for _, h := range [][]mapping.Header{nil, headers("destination", ""), headers("destination", "/x/y")} {
		if _, err := (mapping.STOMP{}).Decode(h, nil, now); !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), "destination") {
			t.Errorf("%q: %v", h, err)
		}
	}
}

// TestErrorsAreShort: a client cannot make us repeat megabytes to it.
func TestErrorsAreShort(t *testing.T) {
	_, err := mapping.STOMP{}.Decode(headers("destination", "q", "priority", strings.Repeat("9", 1<<20)), nil, now)
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}

func TestPriorities(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "4": 4, "9": 9, "12": 9, "-3": 0, " 5": 5} {
		m := decodeSTOMP(t, "priority", text)
		if !m.Priority.IsSet() || m.Priority.Level() != want {
			t.Errorf("priority %q is %d", text, m.Priority.Level())
		}
	}
	if h := encodeSTOMP(mapping.STOMP{}, &queuecore.Message{}); len(h) != 0 {
		t.Errorf("a message without anything has headers %q", h)
	}
}
