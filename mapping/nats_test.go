package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

func decodeNATS(t *testing.T, list ...string) *queuecore.Message {
	t.Helper()
	m, err := mapping.NATS{}.Decode(headers(list...), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func encodeNATS(m *queuecore.Message) []mapping.Header {
	h, _ := mapping.NATS{}.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 1})
	return h
}

func TestNATSNothingToSay(t *testing.T) {
	m := &queuecore.Message{Body: []byte("x"), SentAt: now, UserID: "anna"}
	h, body := mapping.NATS{}.Encode(&queuecore.Delivery{Message: m, Queue: "q", Attempt: 2})
	if h != nil || string(body) != "x" {
		t.Errorf("got %q, %q", h, body)
	}
}

// TestNATSRepeatedHeaders: repeated headers keep values and order over NATS, and
// their values over every other dialect.
func TestNATSRepeatedHeaders(t *testing.T) {
	sent := headers("X", "a", "Y", "1", "X", "b", "X", "a", "X", "")
	m, err := mapping.NATS{}.Decode(sent, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	want := queuecore.Properties{{Name: "X", Value: "a"}, {Name: "Y", Value: "1"}, {Name: "X[2]", Value: "b"},
		{Name: "X[3]", Value: "a"}, {Name: "X[4]", Value: ""}}
	if !reflect.DeepEqual(m.Properties, want) {
		t.Errorf("got %v", m.Properties)
	}
	if got := encodeNATS(m); !reflect.DeepEqual(got, sent) {
		t.Errorf("got %q, want %q", got, sent)
	}
	again := decodeSQS(t, encodeSQS(m))
	if got := encodeNATS(again); len(got) != len(sent) {
		t.Errorf("after SQS: %q", got)
	}
	again = decodeNATS(t, "Content-Type", "a/b", "Content-Type", "c/d", "Nats-Msg-Id", "1", "Nats-Msg-Id", "2")
	if got, want := encodeNATS(again), headers("Nats-Msg-Id", "1", "Content-Type", "a/b", "Content-Type", "c/d"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNATSIsTransparent: what a publisher puts into headers of its own a
// consumer gets as it was, order and repetition included.
func TestNATSIsTransparent(t *testing.T) {
	key := rapid.StringMatching("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,6}").Filter(func(s string) bool {
		return !strings.HasPrefix(strings.ToLower(s), "nats-") && !strings.HasPrefix(strings.ToLower(s), "sluice-")
	})
	value := rapid.OneOf(rapid.StringMatching(`([!-~]([ -~]{0,8}[!-~])?)?`), rapid.Just("é"))
	rapid.Check(t, func(t *rapid.T) {
		var sent []mapping.Header
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			name := rapid.OneOf(key, rapid.SampledFrom([]string{"X", "Y", "destination", "type", "timestamp"})).Draw(t, "key")
			sent = append(sent, mapping.Header{Name: name, Value: value.Draw(t, "value")})
		}
		m, err := mapping.NATS{}.Decode(sent, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := encodeNATS(m); !reflect.DeepEqual(got, sent) {
			t.Fatalf("got  %q\nwant %q", got, sent)
		}
	})
}

func TestNATSReplyTo(t *testing.T) {
	for _, x := range []struct {
		to   queuecore.Destination
		want string
	}{
		{queuecore.QueueNamed("replies"), "replies"},
		{queuecore.QueueNamed("re.plies"), "re_x2Eplies"},
		{queuecore.TopicNamed("_INBOX.x.y"), "_INBOX.x.y"},
		{queuecore.TopicNamed("single"), "/topic/single"},
		{queuecore.TopicNamed("a b.c"), "/topic/a b.c"},
		{queuecore.TopicNamed("/a.b"), "/topic//a.b"},
	} {
		h := encodeNATS(&queuecore.Message{ReplyTo: x.to})
		if want := headers("JMSReplyTo", x.want); !reflect.DeepEqual(h, want) {
			t.Errorf("%v: got %q, want %q", x.to, h, want)
		}
		if m := decodeNATS(t, "JMSReplyTo", x.want); m.ReplyTo != x.to {
			t.Errorf("%q became %v", x.want, m.ReplyTo)
		}
	}
	got := encodeNATS(decodeNATS(t, "JMSReplyTo", "no stream"))
	if want := headers("JMSReplyTo", "no stream"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNATSTTL: a consumer sees the publisher's lifetime, as on nats-server, and the exact end.
func TestNATSTTL(t *testing.T) {
	m := decodeNATS(t, "Nats-TTL", "30s")
	m.SentAt = now.Add(3 * time.Millisecond) // the broker's clock, a little later
	want := headers("Nats-TTL", "30s", "Sluice-Expires-At", "2026-11-23T12:00:30Z")
	if got := encodeNATS(m); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNATSRefuses(t *testing.T) {
	for _, x := range []struct{ name, value, text string }{
		{"Nats-TTL", "0.1s", `Nats-TTL "0.1s": must be seconds or a Go duration of at least 1s, or "never"`},
		{"Nats-TTL", "100ms", "at least 1s"},
		{"Nats-TTL", "0", "at least 1s"},
		{"Nats-TTL", "-5", "at least 1s"},
		{"Nats-TTL", "soon", "must be seconds"},
		{"Nats-TTL", "", "must be seconds"},
		{"Nats-TTL", "9223372036854775807", "must be seconds"},
		{"Nats-Schedule", "@every 5m", `Nats-Schedule "@every 5m": must be @at and an RFC 3339 time`},
		{"Nats-Schedule", "0 0 * * *", "must be @at"},
		{"Nats-Schedule", "@at tomorrow", "must be an RFC 3339 time"},
		{"Nats-Schedule", "@at 1900-01-01T00:00:00Z", "from 1970 to 9999"},
		{"JMSPriority", "abc", `JMSPriority "abc": must be a whole number, 0 to 9`},
		{"JMS-Msg-Type", "blob", `JMS-Msg-Type "blob": must be text`},
		{"Sluice-Expires-At", "1800000000000", `Sluice-Expires-At "1800000000000": must be an RFC 3339 time`},
		{"", "x", `"x": a header must have a name`},
		{"Sluice-Types", "a", `Sluice-Types "a": must be name=type`},
		{"Sluice-Packed", "{}}", `Sluice-Packed "{}}": must be what`},
	} {
		_, err := mapping.NATS{}.Decode(headers(x.name, x.value), nil, now)
		if !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), x.text) {
			t.Errorf("%s: %q: %v, want %q", x.name, x.value, err, x.text)
		}
	}
}

// TestNATSValues: what a client library would refuse or alter is packed, and only that.
func TestNATSValues(t *testing.T) {
	for _, x := range []struct {
		name, value string
		line        bool
	}{
		{"ok-Key_1.x", "a b", true}, {"k", "", true}, {"k", "é", true}, {"k", "a\tb", true}, {"k", `"(),/:;<=>?@[\]{}`, true},
		{"a b", "x", false}, {"a:b", "x", false}, {"a/b", "x", false}, {"a@b", "x", false}, {"é", "x", false},
		{"k", "a\nb", false}, {"k", "a\rb", false}, {"k", " a", false}, {"k", "a ", false}, {"k", "\u00a0a", false},
		{"k", "a\uFEFF", false}, {"k", "a\x00", false}, {"k", "\t", false},
		{"Nats-Rollup", "all", false}, {"nats-rollup", "all", false}, {"Sluice-X", "1", false},
	} {
		h := encodeNATS(&queuecore.Message{Properties: queuecore.Properties{{Name: x.name, Value: x.value}}})
		if got := h[0].Name != "Sluice-Packed"; len(h) != 1 || got != x.line {
			t.Errorf("%q: %q became %q", x.name, x.value, h)
		}
	}
}
