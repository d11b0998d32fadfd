package bridge

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// fill puts n messages into mine that are larger together than all buffers between a server and a client, behind
// a small one.
func (x *attempt) fill(n int) {
	x.Helper()
	body := bytes.Repeat([]byte("x"), 400<<10)
	for i := range n + 1 {
		m := &queuecore.Message{Destination: queuecore.QueueNamed("mine"), Body: body}
		if i == 0 {
			m.Body = []byte("x")
		}
		if _, err := x.h.broker.Send(x.Context(), m); err != nil {
			x.Fatal(err)
		}
	}
}

// Of what a STOMP client that does not keep up has been going to get when the policy of the queue changed, it gets no more than
// what was on its way: neither of what was received together, nor of what a browser has looked at together.
func TestChangeOfAPolicyStopsWhatWaitsForRoom(t *testing.T) {
	const n = 60
	for header, begun := range map[string]func(*attempt) bool{
		"browser:true": func(*attempt) bool { return true }, // the first message comes with others
		"ack:client": func(x *attempt) bool {
			st, err := x.h.broker.Stats(t.Context(), "mine")
			if err != nil {
				x.Fatal(err)
			}
			return st.Leased > n/2
		},
	} {
		t.Run(header, func(t *testing.T) {
			x := besieged(t)
			if _, err := x.h.broker.Purge(t.Context(), "mine"); err != nil {
				t.Fatal(err)
			}
			x.fill(n)
			hear := x.deafen()
			defer hear()
			c, err := net.Dial("tcp", x.h.Addrs().STOMP)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.(*net.TCPConn).SetReadBuffer(64 << 10)
			_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
			fmt.Fprintf(c, "CONNECT\naccept-version:1.2\nhost:x\nlogin:eve\npasscode:%s\n\n\x00SUBSCRIBE\nid:1\n%s\ndestination:/queue/mine\n\n\x00", usersPassword, header)
			r := bufio.NewReader(c)
			if _, err := x.confirmed(r); err != nil {
				t.Fatal(err)
			}
			if _, err := r.ReadString(0); err != nil {
				t.Fatal(err)
			}
			for !begun(x) {
			}
			x.setPolicy("mine", denyingEve)
			for got := 0; ; got++ {
				text, err := r.ReadString(0)
				switch {
				case err != nil:
					t.Fatal(err)
				case strings.Contains(text, "message:access refused"):
					return
				case got > n/2:
					t.Fatalf("eve gets %d messages yet", got)
				}
			}
		})
	}
}
