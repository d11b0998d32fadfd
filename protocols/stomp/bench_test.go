package stomp_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// benchClient is a client over the loopback that costs little itself.
type benchClient struct {
	b  *testing.B
	nc net.Conn
	in *bufio.Reader
}

func newBenchClient(b *testing.B, h *house) *benchClient {
	b.Helper()
	nc, err := net.Dial("tcp", h.listen())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = nc.Close() })
	c := &benchClient{b: b, nc: nc, in: bufio.NewReaderSize(nc, 64<<10)}
	c.write("CONNECT\naccept-version:1.2\nhost:x\n\n\x00")
	c.frames(1)
	return c
}

func (c *benchClient) write(s string) {
	if _, err := c.nc.Write([]byte(s)); err != nil {
		c.b.Error(err)
	}
}

// frames reads n frames that hold no NUL.
func (c *benchClient) frames(n int) {
	for range n {
		if _, err := c.in.ReadSlice(0); err != nil {
			c.b.Error(err)
			return
		}
	}
}

// BenchmarkSend sends with a receipt each, of which up to 1,000 are outstanding.
func BenchmarkSend(b *testing.B) {
	h := newHouse(b)
	c := newBenchClient(b, h)
	body := strings.Repeat("x", 128)
	const batch = 100
	var frames strings.Builder
	for i := range batch {
		fmt.Fprintf(&frames, "SEND\ndestination:/queue/a\ncontent-type:text/plain\ncontent-length:128\nreceipt:%d\n\n%s\x00", i, body)
	}
	outstanding := make(chan struct{}, 10)
	done := make(chan struct{})
	rounds := b.N/batch + 1
	go func() {
		defer close(done)
		for range rounds {
			c.frames(batch)
			<-outstanding
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	for range rounds {
		outstanding <- struct{}{}
		c.write(frames.String())
	}
	<-done
	b.StopTimer()
}

// BenchmarkReceive receives messages in auto mode and in batches of ACK frames.
func BenchmarkReceive(b *testing.B) {
	for _, mode := range []string{"auto", "client"} {
		b.Run(mode, func(b *testing.B) {
			h := newHouse(b)
			c := newBenchClient(b, h)
			fill(b, h.broker, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			c.write("SUBSCRIBE\nid:0\ndestination:/queue/a\nprefetch-count:1000\nack:" + mode + "\n\n\x00")
			for left := b.N; left > 0; {
				n := min(left, 100)
				c.frames(n)
				left -= n
				if mode == "client" {
					c.write(fmt.Sprintf("ACK\nid:%d\n\n\x00", b.N-left))
				}
			}
			b.StopTimer()
		})
	}
}

func fill(b *testing.B, broker *queuecore.Broker, n int) {
	b.Helper()
	ctx := context.Background()
	if _, err := broker.CreateQueue(ctx, "a", queuecore.QueueConfig{}); err != nil {
		b.Fatal(err)
	}
	for n > 0 {
		var t queuecore.Tx
		for range min(n, 1000) {
			t.Sends = append(t.Sends, &queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: []byte(strings.Repeat("x", 128))})
		}
		if _, err := broker.Commit(ctx, t); err != nil {
			b.Fatal(err)
		}
		n -= len(t.Sends)
	}
}
