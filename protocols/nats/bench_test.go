package nats_test

import (
	"fmt"
	"testing"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkPublishAsync is a publisher with thousands of messages under way.
func BenchmarkPublishAsync(b *testing.B) {
	h := start(b)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	body := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := js.PublishAsync("s.x", body); err != nil {
			b.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
}

// BenchmarkPublish waits for each ack.
func BenchmarkPublish(b *testing.B) {
	h := start(b)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	body := make([]byte, 128)
	for b.Loop() {
		must(js.Publish(within(b), "s.x", body))(b)
	}
}

// BenchmarkConsume is a consumer that acknowledges every message.
func BenchmarkConsume(b *testing.B) {
	h := start(b)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: 20_000})
	body := make([]byte, 128)
	for range b.N {
		must(js.PublishAsync("s.x", body))(b)
	}
	<-js.PublishAsyncComplete()
	b.ResetTimer()
	b.ReportAllocs()
	left, done := b.N, make(chan struct{})
	cc := must(o.Consume(func(m jetstream.Msg) {
		m.Ack()
		if left--; left == 0 {
			close(done)
		}
	}))(b)
	<-done
	b.StopTimer()
	cc.Stop()
}

// BenchmarkFetchOne takes and acknowledges messages one by one.
func BenchmarkFetchOne(b *testing.B) {
	h := start(b)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	for range b.N {
		must(js.PublishAsync("s.x", nil))(b)
	}
	<-js.PublishAsyncComplete()
	b.ResetTimer()
	for range b.N {
		m := must(o.Next())(b)
		if err := m.DoubleAck(within(b)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFanOut is one publisher and some subscribers of core NATS.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := start(b)
			done := make(chan struct{}, n)
			for range n {
				left := b.N
				nc := h.dial()
				sub := must(nc.Subscribe("f", func(*client.Msg) {
					if left--; left == 0 {
						done <- struct{}{}
					}
				}))(b)
				sub.SetPendingLimits(-1, -1)
				flush(b, nc)
			}
			nc := h.dial()
			body := make([]byte, 128)
			b.ResetTimer()
			b.ReportAllocs()
			for range b.N {
				nc.Publish("f", body)
			}
			for range n {
				<-done
			}
		})
	}
}
