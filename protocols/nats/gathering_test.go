package nats_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Acks that a connection reads together are handed on before it waits for the rest of what
// the client says, which may never come, and when it ends.
func TestAcksReadTogetherWaitForNothing(t *testing.T) {
	for what, rest := range map[string]string{"half a line": "PUB S", "half a message": "PUB S 5\r\nx", "a wrong line": "what\r\n", "the end": ""} {
		t.Run(what, func(t *testing.T) {
			h := start(t)
			js, s := h.stream(jetstream.StreamConfig{Name: "S"})
			o := h.consumer(s, jetstream.ConsumerConfig{})
			const n = 3
			for range n {
				must(js.Publish(within(t), "S", []byte("x")))(t)
			}
			var say strings.Builder
			say.WriteString("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB in 1\r\n")
			for _, m := range fetch(t, o, n) {
				fmt.Fprintf(&say, "PUB %s in 4\r\n+ACK\r\n", m.Reply())
			}
			nc := must(net.Dial("tcp", h.address))(t)
			defer nc.Close()
			nc.SetDeadline(time.Now().Add(patience))
			in := bufio.NewReader(nc)
			must(in.ReadString('\n'))(t) // INFO
			fmt.Fprint(nc, say.String()+rest)
			if what == "the end" || what == "a wrong line" { // nobody hears answers then
				if rest == "" {
					nc.Close()
				}
				waitFor(t, func() bool { return h.stats().Len() == 0 })
				return
			}
			for answers := 0; answers < n; {
				if strings.HasPrefix(must(in.ReadString('\n'))(t), "MSG in 1 0") {
					answers++
				}
			}
			if left := h.stats().Len(); left != 0 {
				t.Errorf("%d messages are left", left)
			}
		})
	}
}
