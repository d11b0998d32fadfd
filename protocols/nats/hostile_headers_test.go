package nats_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestHostileHeaders: a stream refuses header blocks that make no sense, and those that are
// too large, each with a sentence. nats-server, which is asked with
// INTEROP_AGAINST=host:port, refuses the large ones alone: it need not understand a block.
func TestHostileHeaders(t *testing.T) {
	address, real := os.Getenv("INTEROP_AGAINST"), true
	if address == "" {
		address, real = start(t).address, false
	}
	const kept, bad, large = `"seq":`, `"err_code":10003,"description":"`, `"err_code":10097,"description":"header size exceeds maximum allowed of 64k`
	for _, tt := range []struct{ name, block, want string }{
		{"good", "NATS/1.0\r\nK: v\r\n\r\n", kept},
		{"none", "NATS/1.0\r\n\r\n", kept},
		{"no version", "K: v\r\n\r\n", bad},
		{"another version", "NATS/2.0\r\nK: v\r\n\r\n", bad},
		{"no end", "NATS/1.0\r\nK: v\r\n", bad},
		{"no colon", "NATS/1.0\r\nK v\r\n\r\n", bad},
		{"no name", "NATS/1.0\r\n: v\r\n\r\n", kept},
		{"LF alone", "NATS/1.0\nK: v\n\n", bad},
		{"a zero", "NATS/1.0\r\nK: \x00\r\n\r\n", kept},
		{"no UTF-8", "NATS/1.0\r\nK\xff: \xff\r\n\r\n", kept},
		{"just under 64 KiB", headerBlock(64<<10 - 1), kept},
		{"64 KiB", headerBlock(64 << 10), large},
		{"far over 64 KiB", headerBlock(500 << 10), large},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if real && tt.want == bad {
				tt.want = kept
			}
			if got := publishBlock(t, address, tt.block); !strings.Contains(got, tt.want) || strings.Contains(got, `"error"`) != (tt.want != kept) {
				t.Errorf("got %q, want %s", got, tt.want)
			}
		})
	}
}

// headerBlock is a block of n bytes.
func headerBlock(n int) string {
	const begin, end = "NATS/1.0\r\nK: ", "\r\n\r\n"
	return begin + strings.Repeat("v", n-len(begin)-len(end)) + end
}

// publishBlock makes a stream, publishes to it with a header block, and returns the answer.
func publishBlock(t *testing.T, address, block string) (answer string) {
	t.Helper()
	nc := must(net.Dial("tcp", address))(t)
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(nc)
	const stream = `{"name":"H","subjects":["h"],"retention":"workqueue"}`
	fmt.Fprint(nc, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB in.* 1\r\n")
	fmt.Fprintf(nc, "PUB $JS.API.STREAM.CREATE.H in.1 %d\r\n%s\r\n", len(stream), stream)
	bodyOf(t, in, "MSG in.1 1 ")
	fmt.Fprintf(nc, "HPUB h in.2 %d %d\r\n%sx\r\n", len(block), len(block)+1, block)
	return bodyOf(t, in, "MSG in.2 1 ")
}

// bodyOf reads up to a message and returns its one line.
func bodyOf(t *testing.T, in *bufio.Reader, line string) string {
	t.Helper()
	for !strings.HasPrefix(must(in.ReadString('\n'))(t), line) {
	}
	return must(in.ReadString('\n'))(t)
}
