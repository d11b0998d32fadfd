package mapping_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

var sqsNameRE = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,254}[A-Za-z0-9_-])?$`)

// trickyNames are names that mean something somewhere.
var trickyNames = strings.Fields(`destination content-length receipt id transaction message-id subscription ack
	content-type correlation-id reply-to type priority expires expiration persistent amq-msg-type JMSXGroupID
	JMSXGroupSeq _AMQ_DUPL_ID dedup-id AMQ_SCHEDULED_DELAY AMQ_SCHEDULED_TIME AMQ_SCHEDULED_CRON x-delay timestamp
	redelivered JMSXDeliveryCount JMSXUserID original-destination sluice-types sluice-packed sluice-other
	Content-Type Correlation-Id JMSReplyTo JMSType JMS-Msg-Type JMSPriority JMSExpiration contentType
	Nats-Msg-Id Nats-TTL Nats-Schedule Nats-Rollup nats-rollup Nats-Expected-Stream Sluice-Types Sluice-Packed Sluice-Other
	Sluice-Expires-At Sluice-Deliver-At
	JMS_SQSMessageType JMS_SQSCorrelationID JMS_SQSReplyToQueueName JMS_SQSReplyToQueueURL Sluice.Packed
	Sluice.DeliverAt Sluice.DeadReason AWS.TraceHeader AWS.x Amazon.y traceparent tracestate a..b .a a. X X[2] X[3] X[1] X[]
	Content-Type[2] Nats-Msg-Id[2] JMSXGroupID[2] [2] a,b a=b a%2Cb a;b é qty`)

var trickyTexts = []string{"", " ", "a", " a", "a ", "\t", "a\nb", "a\rb", "a\x00b", "a:b", `a\nb`, "é", "\xff", "\uFFFE",
	"\uFEFFx", "\u2028", "\U0001F600", "null", "text", "byte", "object", "0", "1", "5", "05", "true", "1.0", "1.50", "NaN",
	"/queue/q", "/topic/a.b", "/exchange/x", "q", "a.b.c", "a_x2Eb", "int", "double", "Boolean", "{}", "YQ==", "YQ", "YR==",
	"1800000000000", "x.fifo", "x.y.fifo", "/temp-queue/t", "a%20b", "a.b.fifo"}

func text() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(trickyTexts), rapid.String(), rapid.StringMatching(`[a-z]{1,8}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }))
}

func name() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(trickyNames), rapid.StringMatching(`[a-z]{1,3}`),
		text().Filter(func(s string) bool { return s != "" }))
}

func destination() *rapid.Generator[queuecore.Destination] {
	return rapid.Custom(func(t *rapid.T) queuecore.Destination {
		n := name().Draw(t, "destination")
		return rapid.SampledFrom([]queuecore.Destination{{}, queuecore.QueueNamed(n), queuecore.TopicNamed(n)}).Draw(t, "kind")
	})
}

func value() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Map(text(), func(s string) any { return s }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) any { return b }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Int8(), func(n int8) any { return n }),
		rapid.Map(rapid.Int16(), func(n int16) any { return n }),
		rapid.Map(rapid.Int32(), func(n int32) any { return n }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Float32(), func(f float32) any { return f }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.SampledFrom([]any{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), float32(1), 1e7, 1e-3, 9999999.0, 0.00099}),
		rapid.Map(number(), func(s string) any { return queuecore.Decimal(s) }),
	)
}

func number() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringMatching(`[+-]?[0-9]{1,20}(\.[0-9]{0,5})?([eE][+-]?[0-9]{1,3})?`),
		rapid.Map(rapid.Int32(), func(n int32) string { return strconv.Itoa(int(n)) }),
		rapid.SampledFrom([]string{"0", "1", "1.0", "1.5", "05", "-0", "1E5", "1.0E10", ".5", "5."}))
}

func label() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.Just(""), rapid.SampledFrom([]string{"int", "long", "double", "float", "byte", "short",
		"Boolean", "png", "foo", "a.b", "int.x"}), text())
}

func properties() *rapid.Generator[queuecore.Properties] {
	return rapid.Custom(func(t *rapid.T) queuecore.Properties {
		n := rapid.IntRange(0, 24).Draw(t, "n")
		var ps queuecore.Properties
		for range n {
			p := queuecore.Property{Name: name().Draw(t, "name"), Value: value().Draw(t, "value"), Label: label().Draw(t, "label")}
			if _, ok := ps.Get(p.Name); !ok {
				ps = append(ps, p)
			}
		}
		return ps
	})
}

func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.UnixMilli(rapid.Int64Range(1, 253402300799998).Draw(t, "ms")).UTC()
	})
}

func anyMessage(t *rapid.T) *queuecore.Message {
	return &queuecore.Message{
		Destination:   queuecore.QueueNamed("q"),
		Body:          rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 12), rapid.Map(text(), func(s string) []byte { return []byte(s) })).Draw(t, "body"),
		BodyKind:      queuecore.BodyKind(rapid.IntRange(0, 5).Draw(t, "kind")),
		ContentType:   text().Draw(t, "content type"),
		CorrelationID: text().Draw(t, "correlation id"),
		ReplyTo:       destination().Draw(t, "reply to"),
		Type:          text().Draw(t, "type"),
		Group:         text().Draw(t, "group"),
		DedupID:       text().Draw(t, "dedup id"),
		Priority:      queuecore.Priority(rapid.IntRange(0, 10).Draw(t, "priority")),
		DeliverAt:     moment().Draw(t, "deliver at"),
		ExpiresAt:     moment().Draw(t, "expires at"),
		Properties:    properties().Draw(t, "properties"),
	}
}

func anyDelivery(t *rapid.T, m *queuecore.Message) *queuecore.Delivery {
	x := &queuecore.Delivery{Message: m, Queue: "q", Attempt: rapid.IntRange(1, 3).Draw(t, "attempt")}
	m.UserID = text().Draw(t, "user")
	m.Destination = queuecore.Destination{Kind: queuecore.KindTopic, Name: name().Draw(t, "topic")}
	if rapid.Bool().Draw(t, "is dead") {
		x.Dead = &queuecore.DeadLetter{Queue: name().Draw(t, "dead queue"), Reason: text().Draw(t, "reason"), Attempts: 3}
	}
	return x
}
