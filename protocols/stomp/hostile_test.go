package stomp_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// hostile is what a client says that it should not, and what it is told.
type hostile struct {
	name    string
	bytes   string // ^@ stands for NUL
	message string // of the ERROR
	detail  string // in its body: what was wrong, and the limit
}

const (
	connect12 = "CONNECT\naccept-version:1.2\nhost:x\n\n\x00"
	sendTo    = "SEND\ndestination:/queue/a\n"
	subscribe = "SUBSCRIBE\nid:%d\ndestination:/queue/a\n%s\n^@"
)

func x(n int) string { return strings.Repeat("x", n) }

// each repeats what f says for 0 to n-1.
func each(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

// What strangers say instead of a good CONNECT.
func hostileStrangers() []hostile {
	connect := func(lines string) string { return "CONNECT\naccept-version:1.2\nhost:x\n" + lines + "\n\n^@" }
	return []hostile{
		{"another frame first", sendTo + "\nx^@", "not connected", "The first frame must be CONNECT or STOMP, not SEND."},
		{"a server's frame first", "CONNECTED\nversion:1.2\n\n^@", "not connected", "not CONNECTED"},
		{"no command", ":\n\n^@", "malformed frame", `":" is not a command`},
		{"NULs alone", "^@^@^@", "malformed frame", "NUL octet in the command line"},
		{"a command without an end", strings.Repeat("CONNECT", 10), "frame too large", "more than 32 bytes"},
		{"a header line without an end", "CONNECT\nlogin:" + x(20<<10), "frame too large", "more than 16384 bytes. The setting is stomp_max_login_frame."},
		{"header lines without an end", "CONNECT\n" + strings.Repeat("a:b\n", 5000), "frame too large", "more than 100 header lines. The setting is stomp_max_headers."},
		{"a body of 4 GiB", connect("content-length:4294967296"), "frame too large", "content-length 4294967296 is over the limit of 16384 bytes. The setting is stomp_max_login_frame."},
		{"a body without an end", "CONNECT\naccept-version:1.2\n\n" + x(20<<10), "frame too large", "more than 16384 bytes"},
		{"a body", "CONNECT\naccept-version:1.2\n\nbody^@", "malformed frame", "must not have a body"},
		{"a negative length", connect("content-length:-1"), "malformed frame", `"-1" is not a number`},
		{"a NUL in a header", "CONNECT\nlo^@gin:a\n\n^@", "malformed frame", "NUL octet in the command and headers"},
		{"versions that there are not", "CONNECT\naccept-version:9.9,,;DROP,1.2.3\n\n^@", "version mismatch", "Supported versions are 1.0,1.1,1.2"},
		{"no version in accept-version", "CONNECT\naccept-version:\n\n^@", "version mismatch", "Supported versions are 1.0,1.1,1.2"},
		{"accept-version of commas", "CONNECT\naccept-version:" + strings.Repeat(",", 10_000) + "\n\n^@", "version mismatch", "Supported versions are"},
		{"a heart-beat over 32 bits", connect("heart-beat:4294967296,0"), "bad heart-beat", "two numbers of milliseconds below 2147483648"},
		{"a heart-beat over 64 bits", connect("heart-beat:0,99999999999999999999"), "bad heart-beat", "two numbers"},
		{"a negative heart-beat", connect("heart-beat:-1,0"), "bad heart-beat", "two numbers"},
		{"three heart-beats", connect("heart-beat:1,2,3"), "bad heart-beat", "two numbers"},
		{"TLS in the clear", "\x16\x02\n", "malformed frame", "is not a command"},
	}
}

// What clients of 1.2 say that have logged in.
func hostileClients() []hostile {
	deep := "selector:" + strings.Repeat("(", 10_000) + "TRUE" + strings.Repeat(")", 10_000)
	long := "selector:" + strings.Repeat("NOT ", 5_000) + "TRUE"
	return []hostile{
		{"a second CONNECT", "CONNECT\naccept-version:1.2\nhost:x\n\n^@", "already connected", "A connection takes one CONNECT frame."},
		{"a second STOMP", "STOMP\naccept-version:1.2\nhost:x\n\n^@", "already connected", "one CONNECT"},
		{"CONNECTED", "CONNECTED\nversion:1.2\n\n^@", "not a client's frame", "Only a server sends CONNECTED frames."},
		{"MESSAGE", "MESSAGE\ndestination:/queue/a\n\nx^@", "not a client's frame", "Only a server sends MESSAGE"},
		{"RECEIPT", "RECEIPT\nreceipt-id:1\n\n^@", "not a client's frame", "Only a server sends RECEIPT"},
		{"ERROR", "ERROR\nmessage:x\n\n^@", "not a client's frame", "Only a server sends ERROR"},
		{"an unknown command", "GREET\n\n^@", "unknown command", "GREET is not a command of STOMP 1.2."},
		{"a command in small letters", "send\n\n^@", "malformed frame", `"send" is not a command`},
		{"a negative length", sendTo + "content-length:-1\n\nx^@", "malformed frame", `The content-length "-1" is not a number of bytes.`},
		{"a length of 2 GiB", sendTo + "content-length:2147483647\n\nx^@", "frame too large", "limit of 1048576 bytes. The setting is stomp_max_body."},
		{"a length over 64 bits", sendTo + "content-length:18446744073709551617\n\nx^@", "frame too large", "limit of 1048576 bytes"},
		{"a length with a sign", sendTo + "content-length:+1\n\nx^@", "malformed frame", `"+1"`},
		{"a length that is too short", sendTo + "content-length:1\n\nxx^@", "malformed frame", "no NUL octet after the 1 bytes"},
		{"a body over the limit", sendTo + "\n" + x(1<<20+1) + "^@", "frame too large", "more than 1048576 bytes. The setting is stomp_max_body."},
		{"a body of BEGIN", "BEGIN\ntransaction:t\n\nbody^@", "malformed frame", "must not have a body"},
		{"a header line without an end", "SEND\nfoo:" + x(70<<10), "frame too large", "more than 65536 bytes. The setting is stomp_max_header_size."},
		{"header lines without an end", "SEND\n" + strings.Repeat("a:b\n", 101), "frame too large", "more than 100 header lines. The setting is stomp_max_headers."},
		{"one header again and again", "SEND\n" + strings.Repeat("destination:/queue/a\n", 101), "frame too large", "more than 100 header lines"},
		{"a NUL in a header", "SEND\ndesti^@nation:/queue/a\n\nx^@", "malformed frame", "NUL octet in the command and headers"},
		{"a NUL after the blank line that is missing", "SEND\ndestination:/queue/a\n^@", "malformed frame", "NUL octet before the blank line"},
		{"no colon", "SEND\ndestination\n\nx^@", "malformed frame", `"destination" has no colon`},
		{"no name", "SEND\n:x\n\nx^@", "malformed frame", "has no name"},
		{"an escape that there is not", sendTo + "a:\\t\n\nx^@", "malformed frame", `\t`},
		{"half an escape", sendTo + "a:b\\\n\nx^@", "malformed frame", "is not an escape"},
		{"an escape in a name", sendTo + "a\\0:b\n\nx^@", "malformed frame", "is not an escape"},
		{"a carriage return in a header", sendTo + "a:b\rc\n\nx^@", "malformed frame", "carriage return is not followed by a line feed"},
		{"no UTF-8", sendTo + "a:\xff\xfe\n\nx^@", "malformed frame", "not UTF-8"},
		{"no destination", "SEND\n\nx^@", "missing header", `The frame SEND needs the header "destination".`},
		{"a destination of control bytes", "SEND\ndestination:/queue/\x01\x02\n\nx^@", "", "queue"},
		{"a destination that is too long", "SEND\ndestination:/queue/" + x(300) + "\n\nx^@", "", "255"},
		{"an ACK of nothing", "ACK\nid:1\n\n^@", "unknown message", `"1"`},
		{"an ACK without id", "ACK\n\n^@", "missing header", `"id"`},
		{"an ACK in no transaction", "ACK\nid:1\ntransaction:none\n\n^@", "unknown message", `"1"`},
		{"a NACK of nothing", "NACK\nid:18446744073709551615\n\n^@", "unknown message", "18446744073709551615"},
		{"a COMMIT of nothing", "COMMIT\ntransaction:none\n\n^@", "no such transaction", `The transaction "none" is not open.`},
		{"an ABORT of nothing", "ABORT\ntransaction:none\n\n^@", "no such transaction", `"none"`},
		{"a SEND in no transaction", sendTo + "transaction:none\n\nx^@", "no such transaction", `"none"`},
		{"a transaction twice", strings.Repeat("BEGIN\ntransaction:t\n\n^@", 2), "transaction exists", `"t" is open already`},
		{"thousands of BEGINs", each(5000, func(i int) string { return fmt.Sprintf("BEGIN\ntransaction:%d\n\n^@", i) }),
			"too many transactions", "The limit is 16 open ones on one connection. The setting is stomp_max_transactions."},
		{"a transaction without an end", "BEGIN\ntransaction:t\n\n^@" + strings.Repeat(sendTo+"transaction:t\n\nx^@", 8001),
			"transaction too large", "The limit is 8000 operations in one transaction. The setting is stomp_max_transaction_ops."},
		{"a transaction of 7 MiB", "BEGIN\ntransaction:t\n\n^@" + strings.Repeat(sendTo+"transaction:t\n\n"+x(1<<20-1)+"^@", 7),
			"transaction too large", "The limit is 6291456 bytes of messages in the open transactions of one connection. The setting is stomp_max_transaction_size."},
		{"a long name of a transaction", "BEGIN\ntransaction:" + x(2000) + "\n\n^@", "header too long", `The header "transaction" has 2000 bytes; the limit is 1024.`},
		{"an UNSUBSCRIBE of nothing", "UNSUBSCRIBE\nid:1\n\n^@", "no such subscription", `"1"`},
		{"a subscription twice", strings.Repeat(fmt.Sprintf(subscribe, 0, ""), 2), "subscription exists", `"0"`},
		{"10,000 subscriptions", each(10_000, func(i int) string { return fmt.Sprintf(subscribe, i, "") }),
			"too many subscriptions", "The limit is 1000 on one connection. The setting is stomp_max_subscriptions."},
		{"a long name of a subscription", "SUBSCRIBE\nid:" + x(2000) + "\ndestination:/queue/a\n\n^@", "header too long", `The header "id" has 2000 bytes; the limit is 1024.`},
		{"an ack mode that there is not", fmt.Sprintf(subscribe, 0, "ack:never\n"), "bad ack mode", "auto, client or client-individual"},
		{"a prefetch that is no number", fmt.Sprintf(subscribe, 0, "prefetch-count:-1\n"), "bad", "-1"},
		{"a selector of 10,000 parentheses", fmt.Sprintf(subscribe, 0, deep+"\n"), "bad selector", "at most 16384"},
		{"a selector of 5,000 operators", fmt.Sprintf(subscribe, 0, long+"\n"), "bad selector", "at most"},
		{"a selector that is deep, and not too long", fmt.Sprintf(subscribe, 0, "selector:"+strings.Repeat("(", 8000)+"\n"), "bad selector", "offset"},
		{"many long selectors", each(40, func(i int) string { return fmt.Sprintf(subscribe, i, "selector:a = '"+x(10<<10)+"'\n") }),
			"too many selectors", "The limit is 262144 bytes"},
		{"many destinations", "SEND\ndestination:" + strings.Repeat("/queue/a,", 100) + "/queue/a\n\nx^@", "", "queue"},
		{"HTTP after the login", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", "malformed frame", "is not a command"},
	}
}

// Whatever is bad is answered with an ERROR that says what, and what the limit is; what came with it
// is not obeyed, the connection is closed, nothing is left behind, and others are served on.
func TestHostileFrames(t *testing.T) {
	for name, tests := range map[string][]hostile{"stranger": hostileStrangers(), "client": hostileClients()} {
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, h *house) {
					witness := h.connect("1.2")
					c := h.dial()
					if name == "client" {
						c.login("1.2")
					}
					// Ends when all is written, or the connection is closed.
					go c.trySend(tt.bytes + "\n\n^@SEND\ndestination:/queue/behind\n\nx^@")
					f := c.expectError(tt.message, tt.detail)
					if m, _ := f.Header("message"); tt.message != "" && !strings.HasPrefix(m, tt.message) {
						t.Errorf("message %q, want %q", m, tt.message)
					}
					synctest.Wait()
					if _, err := h.broker.Queue("behind"); err == nil {
						t.Error("a frame behind the bad one was obeyed")
					}
					witness.put("/queue/good", "served")
					h.left(t, 1)
				})
			})
		}
	}
}

// left checks that nobody but the connections that are open holds anything.
func (h *house) left(t *testing.T, open int) {
	t.Helper()
	synctest.Wait()
	b := h.gateway.Bounds()
	bodies, transactions := b.Lent()
	if n := b.Door().Counts().Open; n != open || bodies != 0 || transactions != 0 || b.Outgoing() != 0 {
		t.Errorf("left: %d connections, %d and %d bytes lent, %d on their way", n, bodies, transactions, b.Outgoing())
	}
	for _, q := range h.broker.Queues("") {
		if s := h.stats(q.Name); s.Leased != 0 || s.Waiting != 0 {
			t.Errorf("left in %s: %+v", q.Name, s)
		}
	}
	if h.log.count() != 0 {
		t.Errorf("errors in the log: %q", h.log.errors)
	}
}

// A body that is shorter than promised is no message: neither when the client goes, nor
// when it says nothing more.
func TestBodyThatDoesNotCome(t *testing.T) {
	for _, begin := range []string{sendTo + "content-length:1000\n\nhalf", sendTo + "content-length:100000\n\n" + x(60_000), sendTo + "\nhalf", "SEND\ndesti"} {
		inBubble(t, func(t *testing.T, h *house) {
			gone, silent := h.connect("1.2"), h.connect("1.2", "heart-beat:1000,0")
			gone.send(begin)
			_ = gone.nc.Close()
			silent.send(begin)
			silent.expectError("heart-beat missed")
			h.left(t, 0)
			if _, err := h.broker.Queue("a"); err == nil {
				t.Error("half a message was sent")
			}
		})
	}
}

// A message's name says nothing on another connection, in whatever mode, and guesses and copies do not settle it.
func TestForeignMessagesAreNotSettled(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a", "ack:client-individual")
		m := c.expect("MESSAGE")
		for _, name := range []string{ackID(m), messageID(m), "0", "1", "2", "-1", "stomp.0.1"} {
			for _, frame := range []string{"ACK\nid:%s\n\n^@", "NACK\nid:%s\n\n^@", "BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@COMMIT\ntransaction:t\n\n^@"} {
				thief := h.connect("1.2")
				thief.subscribe("0", "/queue/a", "ack:client-individual")
				thief.sendf(frame, name)
				thief.expectError("unknown message", name)
			}
		}
		if s := h.stats("a"); s.Leased != 1 {
			t.Fatalf("%+v", s)
		}
		c.sendf("ACK\nid:%s\nreceipt:1\n\n^@", ackID(m))
		c.expect("RECEIPT")
		_ = c.nc.Close()
		h.left(t, 0)
	})
}

// The largest heart-beat that can be written is kept to, and overflows nothing.
func TestHugeHeartBeat(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "heart-beat:2147483647,2147483647")
		time.Sleep(30 * 24 * time.Hour)
		c.sync()
	})
}

// Pings are answered and cost nothing else, however many come. Fragments of nothing, and a message that never
// ends, have what a stream of frames has: the limits of frames.
func TestHostileWebSockets(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		witness := h.connect("1.2")
		c, w := h.dialWeb(wsText)
		c.login("1.2")
		flood := strings.Repeat(string(masked(wsFinal|wsPing, x(125))), 5_000)
		if _, err := io.WriteString(w.Conn, flood); err != nil {
			t.Fatal(err)
		}
		c.sync()
		empty := string(masked(wsText, "")) + strings.Repeat(string(masked(0, "")), 10_000)
		if _, err := io.WriteString(w.Conn, empty+string(masked(wsFinal, "\n"))); err != nil {
			t.Fatal(err)
		}
		c.sync()
		endless := masked(wsText, "SEND\nfoo:")
		// Ends when the connection is closed.
		go func() {
			for b, err := endless, error(nil); err == nil; b = masked(0, x(1000)) {
				_, err = w.Conn.Write(b)
			}
		}()
		c.expectError("frame too large", "more than 65536 bytes")
		stranger, theirs := h.dialWeb(wsText)
		// Ends when the connection is closed.
		go func() {
			for b, err := masked(wsText, "\n"), error(nil); err == nil; b = masked(0, "\n") {
				_, err = theirs.Conn.Write(b)
			}
		}()
		stranger.expectClosed()
		if code := theirs.closedWith(); code != 1009 {
			t.Errorf("a message without an end, of a stranger: closed with %d", code)
		}
		witness.sync()
		h.left(t, 1)
	})
}

// Connections over a limit are told so, are counted, and cost those that are there nothing, however many come.
func TestFloodOfConnections(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		good := h.connect("1.2")
		for range 500 {
			h.dial().expectError("too many connections", "The limit is 1 connections. The setting is stomp_max_connections.")
		}
		var all []*client
		for range 500 { // at once, and they do not go by themselves
			c := h.dial()
			all = append(all, c)
		}
		good.put("/queue/a", "x")
		for _, c := range all {
			_ = c.nc.Close()
		}
		h.left(t, 1)
		if n := h.gateway.Bounds().Door().Counts().RefusedAll; n != 1000 {
			t.Errorf("%d refused", n)
		}
	}, withLimits(stomp.Limits{Connections: 1}))
}

// Half-sent bodies that take all the room make others wait, and for no longer than the time that they are
// given. Who sends less than 16 KiB does not wait at all.
func TestHalfSentBodiesMakeRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		var hogs []*client
		for range 3 {
			c := h.connect("1.2")
			c.send(sendTo + "content-length:1000000\n\n" + x(500_000))
			hogs = append(hogs, c)
		}
		good := h.connect("1.2")
		good.put("/queue/a", x(16<<10))
		start := time.Now()
		done := make(chan struct{})
		go func() {
			good.put("/queue/a", x(900_000))
			close(done)
		}()
		<-done
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("%v for the large one", d)
		}
		for i, c := range hogs {
			if i == 0 { // one had to go, the oldest
				c.expectError("frame took too long", "The limit is 3145728 bytes of frames that are being received, of all clients together",
					"more than 10s. The setting is stomp_body_memory.")
				continue
			}
			c.send(x(500_000) + "^@")
			c.sync()
		}
		h.left(t, 3)
	}, withLimits(stomp.Limits{BodyMemory: 3 << 20, Frame: frame.Limits{Body: 1 << 20}}))
}

// The same for messages in transactions that nobody ends.
func TestOpenTransactionsMakeRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		begin := "BEGIN\ntransaction:t\n\n^@" + sendTo + "transaction:t\n\n" + x(900_000) + "^@"
		hog := h.connect("1.2")
		hog.send(begin)
		hog.sync()
		good := h.connect("1.2")
		good.send("BEGIN\ntransaction:t\n\n^@" + sendTo + "transaction:t\n\nsmall^@COMMIT\ntransaction:t\nreceipt:1\n\n^@")
		good.expect("RECEIPT")
		start := time.Now()
		good.send(begin + "COMMIT\ntransaction:t\nreceipt:2\n\n^@")
		good.expect("RECEIPT")
		if d := time.Since(start); d != 30*time.Second {
			t.Errorf("%v for the large one", d)
		}
		hog.expectError("transaction took too long", "The limit is 1048576 bytes", "more than 30s. The setting is stomp_transaction_memory.")
		h.left(t, 1)
		if n := h.stats("a").Ready; n != 2 {
			t.Errorf("%d messages", n)
		}
	}, withLimits(stomp.Limits{TransactionMemory: 1 << 20}))
}

// elsewhere is a connection from another machine.
type elsewhere struct {
	net.Conn
	from string
}

func (e elsewhere) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(e.from), 1))
}

// One address has no more than its part of the connections, and leaves the others theirs; one of
// IPv6 has its whole network with it.
func TestConnectionsOfOneAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		from := func(address string) *client {
			ours, theirs := net.Pipe()
			h.pipes.conns <- elsewhere{theirs, address}
			return newClient(t, ours)
		}
		hog := from("2001:db8::1")
		hog.login("1.2")
		from("2001:db8::2").login("1.2")
		from("2001:db8::3").expectError("too many connections", "The limit is 2 from one address, and 2001:db8::/64 has them.",
			"The setting is stomp_max_connections_per_address.")
		good := from("2001:db8:0:1::1")
		good.login("1.2")
		_ = hog.nc.Close()
		synctest.Wait()
		from("2001:db8::4").login("1.2")
		if c := h.gateway.Bounds().Door().Counts(); c != (door.Counts{Open: 3, RefusedHere: 1}) {
			t.Errorf("%+v", c)
		}
	}, withLimits(stomp.Limits{Address: 2}))
}

// Control bytes are no line ends: the standard lets them be in names and values, and they come through as they
// are, and into nobody's log or answer as anything else.
func TestControlBytesInHeaders(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		for _, name := range []string{"\x01", "a\x07b", "\x1b[31m", "\x7f", "a\tb", " a ", "\u0085", "\u202e"} {
			c.put("/queue/a", "x", name+":"+name)
			c.expect("MESSAGE", name, name)
		}
		c.send("GREET\x1b[31m\n\n^@")
		f := c.expectError("malformed frame", `"GREET\x1b[31m" is not a command`)
		if strings.ContainsFunc(string(f.Body), func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("control bytes in %q", f.Body)
		}
	})
}
