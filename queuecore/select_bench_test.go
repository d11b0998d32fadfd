package queuecore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// BenchmarkSelectorLook looks through a long queue for a selector that matches nothing, a
// new one each time; a message is one iteration.
func BenchmarkSelectorLook(b *testing.B) {
	o := allPacked()
	r := newRig(b, &o)
	r.create("q", queuecore.QueueConfig{})
	const n = 100_000
	for at := 0; at < n; at += 1000 {
		var tx queuecore.Tx
		for range 1000 {
			tx.Sends = append(tx.Sends, colored("q", "gray", "a body of some size"))
		}
		r.commit(tx)
	}
	b.ResetTimer()
	for i := 0; i < b.N; i += n {
		x := compile(b, fmt.Sprintf("color = 'c%d'", i))
		if ds, err := r.Receive(context.Background(), "q", queuecore.ReceiveOptions{Selector: x}); err != nil || len(ds) > 0 {
			b.Fatal(ds, err)
		}
	}
}

// BenchmarkSendPastSelectors sends to a queue at which so many wait, each with a selector
// of his own that does not match.
func BenchmarkSendPastSelectors(b *testing.B) {
	for _, n := range []int{0, 1, 10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, nil)
			r.create("q", queuecore.QueueConfig{})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for i := range n {
				o := queuecore.ReceiveOptions{Wait: -1, Selector: compile(b, fmt.Sprintf("color = 'c%d'", i))}
				// Ends when ctx does.
				go func() { _, _ = r.Receive(ctx, "q", o) }()
			}
			r.waitFor("q", n)
			b.ResetTimer()
			began := time.Now()
			for sent := 0; sent < b.N; sent += 1000 {
				var tx queuecore.Tx
				for range min(1000, b.N-sent) {
					tx.Sends = append(tx.Sends, colored("q", "gray", "x"))
				}
				r.commit(tx)
			}
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "msg/s")
		})
	}
}
