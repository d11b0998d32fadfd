package mapping_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

func plainDelivery() *queuecore.Delivery {
	m := &queuecore.Message{Destination: queuecore.QueueNamed("orders"), Body: []byte(`{"id":4711}`), SentAt: now}
	return &queuecore.Delivery{Message: m, Queue: "orders", Attempt: 1}
}

func richDelivery() *queuecore.Delivery {
	x := plainDelivery()
	x.CorrelationID, x.ReplyTo, x.Priority = "c-1", queuecore.QueueNamed("replies"), queuecore.PriorityOf(7)
	x.ExpiresAt, x.ContentType = now.Add(time.Hour), "application/json"
	x.Properties = queuecore.Properties{{Name: "region", Value: "eu"}, {Name: "qty", Value: int32(5)}, {Name: "a b", Value: "c\nd"}}
	return x
}

func benchmark(b *testing.B, f func()) {
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

func BenchmarkSTOMPEncodePlain(b *testing.B) {
	x := plainDelivery()
	benchmark(b, func() { mapping.STOMP{}.Encode(x) })
}

func BenchmarkSTOMPEncodeRich(b *testing.B) {
	x := richDelivery()
	benchmark(b, func() { mapping.STOMP{}.Encode(x) })
}

func BenchmarkSTOMPDecodePlain(b *testing.B) {
	h := []mapping.Header{{Name: "destination", Value: "/queue/orders"}, {Name: "content-length", Value: "11"}, {Name: "receipt", Value: "1"}}
	body := []byte(`{"id":4711}`)
	benchmark(b, func() { _, _ = mapping.STOMP{}.Decode(h, body, now) })
}

func BenchmarkSTOMPDecodeRich(b *testing.B) {
	h, body := mapping.STOMP{}.Encode(richDelivery())
	benchmark(b, func() { _, _ = mapping.STOMP{}.Decode(h, body, now) })
}

func BenchmarkNATSEncodePlain(b *testing.B) {
	x := plainDelivery()
	benchmark(b, func() { mapping.NATS{}.Encode(x) })
}

func BenchmarkNATSEncodeRich(b *testing.B) {
	x := richDelivery()
	benchmark(b, func() { mapping.NATS{}.Encode(x) })
}

func BenchmarkNATSDecodePlain(b *testing.B) {
	body := []byte(`{"id":4711}`)
	benchmark(b, func() { _, _ = mapping.NATS{}.Decode(nil, body, now) })
}

func BenchmarkSQSEncodePlain(b *testing.B) {
	x := plainDelivery()
	benchmark(b, func() { mapping.SQS{}.Encode(x) })
}

func BenchmarkSQSEncodeRich(b *testing.B) {
	x := richDelivery()
	benchmark(b, func() { mapping.SQS{}.Encode(x) })
}

func BenchmarkSQSDecodePlain(b *testing.B) {
	x := mapping.SQSMessage{Body: `{"id":4711}`, Delay: -1}
	benchmark(b, func() { _, _ = mapping.SQS{}.Decode(x, now) })
}

func BenchmarkStreamName(b *testing.B) {
	benchmark(b, func() { mapping.NATS{}.Stream("orders_eu-1") })
}

// TestPlainMessagesAreCheap: a message without properties costs the heap only
// what it hands out.
func TestPlainMessagesAreCheap(t *testing.T) {
	x, body := plainDelivery(), []byte(`{"id":4711}`)
	h := []mapping.Header{{Name: "destination", Value: "/queue/orders"}, {Name: "receipt", Value: "1"}}
	for _, c := range []struct {
		name string
		want float64
		f    func()
	}{
		{"STOMP Encode: headers, destination, timestamp", 3, func() { mapping.STOMP{}.Encode(x) }},
		{"STOMP Decode: message", 1, func() { _, _ = mapping.STOMP{}.Decode(h, body, now) }},
		{"NATS Encode", 0, func() { mapping.NATS{}.Encode(x) }},
		{"NATS Decode: message", 1, func() { _, _ = mapping.NATS{}.Decode(nil, body, now) }},
		{"SQS Encode: body", 1, func() { mapping.SQS{}.Encode(x) }},
		{"SQS Decode: message, body", 2, func() { _, _ = mapping.SQS{}.Decode(mapping.SQSMessage{Body: "a", Delay: -1}, now) }},
	} {
		if got := testing.AllocsPerRun(50, c.f); got > c.want {
			t.Errorf("%s: %v allocations", c.name, got)
		}
	}
}

// The two below are of the worst that 64 KiB of headers can be.

func BenchmarkNATSManyValues(b *testing.B) {
	var h []mapping.Header
	for range 13_000 {
		h = append(h, mapping.Header{Name: "X", Value: ""})
	}
	benchmark(b, func() {
		m, _ := mapping.NATS{}.Decode(h, nil, now)
		mapping.NATS{}.Encode(&queuecore.Delivery{Message: m})
	})
}

func BenchmarkSTOMPManyHeaders(b *testing.B) {
	h := []mapping.Header{{Name: "destination", Value: "q"}}
	for i := range 13_000 {
		h = append(h, mapping.Header{Name: strconv.Itoa(i), Value: ""})
	}
	benchmark(b, func() {
		m, _ := mapping.STOMP{}.Decode(h, nil, now)
		mapping.STOMP{}.Encode(&queuecore.Delivery{Message: m})
	})
}
