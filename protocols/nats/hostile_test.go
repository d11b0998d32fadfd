package nats_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
)

// hostile is what a client says behind its CONNECT, and all that it must hear.
type hostile struct {
	name, say string
	want      string // a line
	lives     bool   // the connection does
}

const (
	unknown    = "-ERR 'Unknown Protocol Operation'"
	arguments  = unknown + " " // nats-server hangs up without a word
	tooLong    = "-ERR 'maximum control line exceeded'"
	badSubject = "-ERR 'Invalid Subject'"
	badPublish = "-ERR 'Invalid Publish Subject'"
)

func hostiles() []hostile {
	long := strings.Repeat("x", 5000)
	return []hostile{
		{"unknown verb", "FROB a b\r\n", unknown, false},
		{"verb of a server", "MSG a 1 0\r\n\r\n", unknown, false},
		{"half a verb", "PU\r\n", unknown, false},
		{"verb with a tail", "SUBS a 1\r\n", unknown, false},
		{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", unknown, false},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n", unknown, false},
		{"zeros", "\x00\x00\x00\x00\r\n", unknown, false},

		{"PUB without arguments", "PUB\r\n", unknown, false},
		{"PUB without a size", "PUB a\r\n", arguments, false},
		{"PUB with four arguments", "PUB a b c 1\r\nx\r\n", arguments, false},
		{"PUB of a word", "PUB a x\r\n", arguments, false},
		{"PUB of less than nothing", "PUB a -1\r\n", arguments, false},
		{"PUB of a size over all numbers", "PUB a 99999999999999999999\r\n", arguments, false},
		{"PUB longer than it says", "PUB a 1\r\nabc\r\n", unknown, false},
		{"PUB over the limit", "PUB a 1048577\r\n", "-ERR 'Maximum Payload Violation'", false},
		{"PUB over the limit by far", "PUB a 999999999\r\n", "-ERR 'Maximum Payload Violation'", false},

		{"SUB without arguments", "SUB\r\n", unknown, false},
		{"SUB without an id", "SUB a\r\n", arguments, false},
		{"SUB with four arguments", "SUB a b c d\r\n", arguments, false},
		{"UNSUB without arguments", "UNSUB\r\n", unknown, false},
		{"UNSUB of nobody", "UNSUB nobody\r\n", "", true},
		{"UNSUB with three arguments", "UNSUB a 1 1\r\n", arguments, false},

		{"line over 4 KiB", "SUB " + long + " 1\r\n", tooLong, false},
		{"PUB over 4 KiB", "PUB " + long + " 0\r\n\r\n", tooLong, false},
		{"CONNECT over 4 KiB", `CONNECT {"name":"` + long + "\"}\r\n", tooLong, false},
		{"line without an end", "SUB " + long, tooLong, false},

		{"SUB with an empty token", "SUB a..b 1\r\n", badSubject, true},
		{"SUB with a dot first", "SUB .a 1\r\n", badSubject, true},
		{"SUB with a dot last", "SUB a. 1\r\n", badSubject, true},
		{"SUB with > inside", "SUB a.>.b 1\r\n", badSubject, true},
		{"PUB with an empty token", "PUB a..b 1\r\nx\r\n", "", true},
		{"PUB to a wildcard", "PUB a.* 1\r\nx\r\n", "", true},
		{"pedantic PUB with an empty token", "CONNECT {\"pedantic\":true}\r\nPUB a..b 1\r\nx\r\n", badPublish, true},
		{"pedantic PUB with a dot last", "CONNECT {\"pedantic\":true}\r\nPUB a. 1\r\nx\r\n", badPublish, true},
		{"pedantic PUB to a wildcard", "CONNECT {\"pedantic\":true}\r\nPUB a.* 1\r\nx\r\n", badPublish, true},
		{"pedantic HPUB to a wildcard", "CONNECT {\"pedantic\":true}\r\nHPUB > 12 12\r\nNATS/1.0\r\n\r\n\r\n", badPublish, true},

		{"HPUB without a header's size", "HPUB a 12\r\nNATS/1.0\r\n\r\n\r\n", arguments, false},
		{"HPUB of more headers than bytes", "HPUB a 13 12\r\nNATS/1.0\r\n\r\n\r\n", arguments, false},
		{"HPUB of a word", "HPUB a x 12\r\nNATS/1.0\r\n\r\n\r\n", arguments, false},
		{"HPUB of no headers", "HPUB a 0 0\r\n\r\n", "", true},
		{"HPUB of what are no headers", "HPUB a 12 12\r\nnothing/1.0!\r\n", "", true},
		{"HPUB over 64 KiB that nobody hears", headers(70_000), "", true},

		{"ack of nothing", "PUB $JS.ACK 0\r\n\r\n", "", true},
		{"ack with empty tokens", "PUB $JS.ACK....... 4\r\n+ACK\r\n", "", true},
		{"ack of an unknown stream", "PUB $JS.ACK.NONE.none.1.1.1.1.0 0\r\n\r\n", "", true},
		{"ack of no numbers", "PUB $JS.ACK.S.c.x.y.z.t.p 4\r\n+ACK\r\n", "", true},
		{"ack of numbers too large", "PUB $JS.ACK.S.c.99999999999999999999.1.1.1.0 4\r\n+ACK\r\n", "", true},
		{"ack of ten tokens", "PUB $JS.ACK.S.c.1.1.1.1.0.x 4\r\n+ACK\r\n", "", true},
		{"ack with nonsense for a body", "PUB $JS.ACK.S.c.1.1.1.1.0 13\r\n-NAK {\"delay\"\r\n", "", true},
		{"forged reply", "PUB a $JS.ACK.S.c.1.1.1.1.0 0\r\n\r\n",
			`-ERR 'Permissions Violation for Publish with Reply of "$JS.ACK.S.c.1.1.1.1.0"'`, true},

		{"CONNECT without options", "CONNECT\r\n", arguments, false},
		{"CONNECT with half of its options", "CONNECT {\"verbose\":\r\n", arguments, false},
		{"CONNECT with a list", "CONNECT []\r\n", arguments, false},
		{"CONNECT of a protocol to come", "CONNECT {\"protocol\":9}\r\n", "-ERR 'invalid client protocol'", false},
		{"CONNECT of no protocol", "CONNECT {\"protocol\":-1}\r\n", "-ERR 'invalid client protocol'", false},
		{"no responders without headers", "CONNECT {\"headers\":false,\"no_responders\":true}\r\n", "-ERR 'no responders requires headers support'", false},
		{"CONNECT to an account", "CONNECT {\"account\":\"A\"}\r\n", "-ERR 'Authorization Violation'", false},

		{"PONG to no PING", "PONG\r\n", "", true},
		{"PING with an argument", "PING x\r\n", "PONG", true},
		{"small letters", "sub a 1\r\nunsub 1\r\nping\r\n", "PONG", true},
		{"tabs and blanks", "SUB \t a  \t 1 \r\nUNSUB   1\r\n", "", true},
		{"line with LF alone", "SUB a 1\nUNSUB 1\n", "", true},
	}
}

// headers is an HPUB of so many bytes of headers.
func headers(n int) string { return fmt.Sprintf("HPUB a %d %d\r\n%s\r\n", n, n, headerBlock(n)) }

// TestHostileClients: whatever a client says, it hears what nats-server would say,
// and others are served meanwhile. With INTEROP_AGAINST=host:port that server is asked.
func TestHostileClients(t *testing.T) {
	address := os.Getenv("INTEROP_AGAINST")
	if address == "" {
		address = start(t).address
	}
	other := must(client.Connect("nats://"+address, patient()...))(t)
	defer other.Close()
	must(other.Subscribe("other", func(m *client.Msg) { m.Respond(m.Data) }))(t)
	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			h.run(t, address)
			if m, err := other.RequestWithContext(within(t), "other", []byte(h.name)); err != nil || string(m.Data) != h.name {
				t.Errorf("the other client was not served: %v", err)
			}
		})
	}
}

func (h *hostile) run(t *testing.T, address string) {
	t.Helper()
	nc := must(net.Dial("tcp", address))(t)
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(nc)
	must(in.ReadString('\n'))(t) // INFO
	// What is said behind the end of a connection may be lost.
	fmt.Fprint(nc, "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n"+h.say)
	if h.lives {
		fmt.Fprint(nc, "PING\r\nSUB end 9\r\nPUB end 0\r\n\r\n")
	}
	var heard []string
	lives := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		if lives = strings.HasPrefix(line, "MSG end 9"); lives {
			break
		}
		heard = append(heard, strings.TrimSuffix(line, "\r\n"))
	}
	var want []string
	if h.want != "" && (h.want != arguments || os.Getenv("INTEROP_AGAINST") == "") {
		want = append(want, strings.TrimSpace(h.want))
	}
	if h.lives {
		want = append(want, "PONG")
	}
	if fmt.Sprint(heard) != fmt.Sprint(want) || lives != h.lives {
		t.Errorf("said %q\nheard %q, lives: %v\nwant  %q, lives: %v", bytes.TrimSpace([]byte(h.say)[:min(len(h.say), 100)]), heard, lives, want, h.lives)
	}
}
