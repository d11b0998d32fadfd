package stomp_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// BenchmarkWrapped sends 100 messages of 128 bytes in one write, and reads their
// receipts, over each of the four that one port takes. The client of a WebSocket is a
// slow one.
func BenchmarkWrapped(b *testing.B) {
	h := newHouse(b, withTLS(b))
	address := h.listen()
	dial := func() net.Conn {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = nc.Close() })
		return nc
	}
	frames := strings.Repeat("SEND\ndestination:/queue/a\ncontent-length:128\nreceipt:1\n\n"+strings.Repeat("x", 128)+"\x00", 100)
	for name, open := range map[string]func() net.Conn{
		"TCP":       dial,
		"TLS":       func() net.Conn { return dialTLS(b, address, trusting()) },
		"WebSocket": func() net.Conn { return openWeb(b, dial(), wsText) },
		"both":      func() net.Conn { return openWeb(b, dialTLS(b, address, trusting()), wsText) },
	} {
		b.Run(name, func(b *testing.B) {
			c := &benchClient{b: b, nc: open()}
			c.in = bufio.NewReader(c.nc)
			c.write("CONNECT\naccept-version:1.2\nhost:x\n\n\x00")
			c.frames(1)
			for b.Loop() {
				c.write(frames)
				c.frames(100)
				if w, ok := c.nc.(*web); ok {
					w.take()
				}
			}
		})
	}
}

// BenchmarkConnect logs in and goes.
func BenchmarkConnect(b *testing.B) {
	h := newHouse(b)
	address := h.listen()
	b.ReportAllocs()
	for b.Loop() {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.WriteString(nc, "CONNECT\naccept-version:1.2\nhost:x\n\n\x00DISCONNECT\n\n\x00"); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(nc); err != nil {
			b.Fatal(err)
		}
		_ = nc.Close()
	}
}
