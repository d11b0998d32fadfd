package mapping_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// serverHeaders are those that a consumer believes since only a server can say them.
var serverHeaders = []struct{ dialect, name string }{
	{"STOMP", "message-id"}, {"STOMP", "subscription"}, {"STOMP", "ack"}, {"STOMP", "redelivered"}, {"STOMP", "browser"},
	{"STOMP", "timestamp"}, {"STOMP", "JMSXUserID"}, {"STOMP", "JMSXDeliveryCount"}, {"STOMP", "original-destination"},
	{"STOMP", "sluice-dead-queue"}, {"STOMP", "sluice-dead-reason"}, {"STOMP", "sluice-dead-attempts"}, {"STOMP", "sluice-new"},
	{"NATS", "Sluice-Dead-Queue"}, {"NATS", "Sluice-Dead-Reason"}, {"NATS", "Sluice-Dead-Attempts"}, {"NATS", "Sluice-New"},
	{"NATS", "Nats-Stream"}, {"NATS", "Nats-Sequence"}, {"NATS", "Nats-Time-Stamp"}, {"NATS", "Nats-Subject"},
	{"NATS", "Nats-Request-Info"}, {"NATS", "Nats-Rollup"}, {"NATS", "Nats-Expected-Last-Sequence"},
	{"NATS", "Nats-Expected-Last-Msg-Id"}, {"NATS", "Nats-Schedule-Target"}, {"NATS", "Nats-Batch-Id"}, {"NATS", "Nats-New"},
	{"SQS", "Sluice.DeadQueue"}, {"SQS", "Sluice.DeadReason"}, {"SQS", "Sluice.DeadAttempts"}, {"SQS", "Sluice.New"},
}

// TestSpoofedHeadersAreTakenOff: in their own dialect such headers leave no trace.
func TestSpoofedHeadersAreTakenOff(t *testing.T) {
	for _, x := range serverHeaders {
		var m *queuecore.Message
		switch x.dialect {
		case "STOMP":
			m = decodeSTOMP(t, x.name, "1")
		case "NATS":
			m = decodeNATS(t, x.name, "1")
		case "SQS":
			m = decodeSQS(t, mapping.SQSMessage{Attributes: attributes(x.name, "String", "1")})
		}
		m.Destination, m.Body = queuecore.Destination{}, nil
		if !reflect.DeepEqual(m, &queuecore.Message{}) {
			t.Errorf("%s %s: %+v", x.dialect, x.name, m)
		}
	}
}

// TestSpoofedHeadersNeverReachAnotherDialect: what is a plain name where it
// comes in is never a header of that name where it would be believed or obeyed,
// also when it comes packed; and it is not lost.
func TestSpoofedHeadersNeverReachAnotherDialect(t *testing.T) {
	for _, x := range append(serverHeaders, []struct{ dialect, name string }{
		{"NATS", "nats-rollup"}, {"NATS", "NATS-ROLLUP"}, {"NATS", "Nats-TTL"}, {"NATS", "Nats-Msg-Id"}, {"NATS", "Nats-Schedule"},
		{"STOMP", "destination"}, {"STOMP", "content-length"}, {"STOMP", "receipt"},
	}...) {
		m := &queuecore.Message{Properties: queuecore.Properties{{Name: x.name, Value: "forged"}}}
		for _, in := range []*queuecore.Message{m, decodeSTOMP(t, "sluice-packed", packedProperty(x.name)),
			decodeNATS(t, "Sluice-Packed", packedProperty(x.name)),
			decodeSQS(t, mapping.SQSMessage{Attributes: attributes("Sluice.Packed", "String", packedProperty(x.name))})} {
			shown := shownNames(x.dialect, in)
			if slices.Contains(shown, x.name) {
				t.Errorf("%s shows a forged %s: %q", x.dialect, x.name, shown)
			}
			if !slices.ContainsFunc(shown, func(s string) bool { return strings.EqualFold(strings.Trim(s, "sluiceSLUICE-."), "packed") }) {
				t.Errorf("%s lost %s: %q", x.dialect, x.name, shown)
			}
		}
	}
}

func packedProperty(name string) string { return `{"p":[{"i":0,"n":"` + name + `","v":"forged"}]}` }

// shownNames returns the names of the headers that a dialect shows for m, but
// for those of every delivery.
func shownNames(dialect string, m *queuecore.Message) []string {
	var names []string
	switch dialect {
	case "STOMP":
		for _, h := range encodeSTOMP(mapping.STOMP{}, m) {
			names = append(names, h.Name)
		}
	case "NATS":
		for _, h := range encodeNATS(m) {
			names = append(names, h.Name)
		}
	case "SQS":
		for _, a := range encodeSQS(m).Attributes {
			names = append(names, a.Name)
		}
	}
	return names
}

// TestSpoofedSentAt: no client says when we got its message, nor who it is.
func TestSpoofedSentAt(t *testing.T) {
	m := decodeSTOMP(t, "timestamp", "1", "JMSXUserID", "root", "message-id", "x")
	if !m.SentAt.IsZero() || m.UserID != "" || !m.ID.IsZero() || len(m.Properties) != 0 {
		t.Errorf("got %+v", m)
	}
}

// TestControlHeadersFromElsewhere: a Nats-Rollup that came by STOMP or SQS is a
// word like any other there, and no order on NATS.
func TestControlHeadersFromElsewhere(t *testing.T) {
	for _, m := range []*queuecore.Message{
		decodeSTOMP(t, "Nats-Rollup", "all"),
		decodeSQS(t, mapping.SQSMessage{Body: "a", Attributes: attributes("Nats-Rollup", "String", "all")}),
	} {
		if got := encodeNATS(m); len(got) != 1 || got[0].Name != "Sluice-Packed" {
			t.Errorf("NATS shows %q", got)
		}
		if got, _ := lookup(encodeSTOMP(mapping.STOMP{}, m), "Nats-Rollup"); got != "all" {
			t.Errorf("STOMP shows %q", got)
		}
		requireAttributes(t, encodeSQS(&queuecore.Message{Body: []byte("a"), Properties: m.Properties}), "Nats-Rollup", "String", "all")
	}
}
