package stomp_test

import (
	"bytes"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// The tests called TestSpec… hold the gateway to one sentence of the standard each.
// SPEC.md lists them; this one keeps the list true.
func TestSpecListNamesEveryTest(t *testing.T) {
	list, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(list), -1) {
		named[name] = true
	}
	there := make(map[string]bool)
	for _, dir := range []string{".", "frame", "../websocket", "../../bridge", "../../bridge/cert", "../../bridge/interop/websocket", "../../bridge/interop/dialects", "../../cmd/sluice", "../../mapping", "../../queuecore"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f.Name(), "_test.go") {
				continue
			}
			source, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(source), -1) {
				there[m[1]] = true
			}
		}
	}
	for name := range there {
		if strings.HasPrefix(name, "TestSpec1") && !named[name] {
			t.Errorf("SPEC.md does not name %s", name)
		}
	}
	for name := range named {
		if !there[name] {
			t.Errorf("SPEC.md names %s, which is not there", name)
		}
	}
}

// 1.2, "STOMP Frames": the EOL is an OPTIONAL carriage return and a REQUIRED line feed.
func TestSpec12LinesEndWithOptionalCarriageReturn(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("\r\nCONNECT\r\naccept-version:1.2\r\nhost:test\r\n\r\n^@\r\n\r\n")
		c.expect("CONNECTED", "version", "1.2")
		c.send("SEND\r\ndestination:/queue/a\r\nreceipt:1\r\n\r\nline\r\n^@\r\n")
		c.expect("RECEIPT", "receipt-id", "1")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "body", "line\r\n")
	})
}

// 1.2, "Value Encoding": "When decoding frame headers, the following transformations
// MUST be applied … Conversely when encoding frame headers, the reverse transformation
// MUST be applied."
func TestSpec12EscapesAreAppliedBothWays(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		nc := h.pipes.dial()
		defer nc.Close()
		write := func(s string) {
			if _, err := nc.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		const line = `na\cme\n\\:va\clue\r\n\\t`
		write("CONNECT\naccept-version:1.2\n\n\x00")
		readRaw(t, nc, 1)
		write("SUBSCRIBE\nid:a\\cb\ndestination:/queue/a\n\n\x00SEND\ndestination:/queue/a\n" + line + "\n\nx\x00")
		got := readRaw(t, nc, 1)
		if !strings.Contains(got, "\n"+line+"\n") || !strings.Contains(got, "\nsubscription:a\\cb\n") {
			t.Errorf("no line %q in %q", line, got)
		}
	})
}

// readRaw reads n frames as they are on the wire.
func readRaw(t *testing.T, nc net.Conn, n int) string {
	t.Helper()
	var b bytes.Buffer
	buf := make([]byte, 4096)
	for bytes.Count(b.Bytes(), []byte{0}) < n {
		m, err := nc.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, b.String())
		}
		b.Write(buf[:m])
	}
	return b.String()
}

// 1.2, "Value Encoding": "Undefined escape sequences such as \t MUST be treated as a
// fatal protocol error."
func TestSpec12UndefinedEscapesAreFatal(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("SEND\ndestination:/queue/a\nx:a\\tb\n\nx^@")
		c.expectError("malformed frame", `\\t`)
		if _, err := h.broker.Queue("a"); err == nil {
			t.Error("the frame was processed")
		}
	})
}

// 1.1, "Value Encoding": "Undefined escape sequences such as \r MUST be treated as a
// fatal protocol error."
func TestSpec11CarriageReturnHasNoEscape(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.1")
		c.send("SEND\ndestination:/queue/a\nx:a\\rb\n\nx^@")
		c.expectError("malformed frame", `\\r`)
	})
}

// 1.1, "Augmented BNF": a line ends with NL, which is a line feed alone.
func TestSpec11CarriageReturnIsData(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.1")
		c.put("/queue/a", "x", "foo:bar\r")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "foo", "bar\r", "sluice-packed", "-")
	})
}

// 1.2, "Value Encoding": "The CONNECT and CONNECTED frames do not escape the carriage
// return, line feed or colon octets in order to remain backward compatible with STOMP 1.0."
func TestSpec12ConnectIsNotEscaped(t *testing.T) {
	auth := &users{passwords: map[string]string{"a": `p\c:\t`}}
	inBubble(t, func(t *testing.T, h *house) {
		h.connect("1.2", "login:a", `passcode:p\c:\t`)
	}, withAuth(auth))
}

// 1.2, "Value Encoding": "In STOMP 1.2, clients and servers MUST never trim or pad
// headers with spaces."
func TestSpec12HeadersAreNotTrimmed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x", " name : value ")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", " name ", " value ")
	})
}

// 1.0: the examples pad headers ("destination: /queue/foo").
func TestSpec10HeadersAreTrimmed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\nlogin: <username>\npasscode:<passcode>\n\n^@")
		c.expect("CONNECTED", "version", "1.0", "session", "*")
		c.send("SUBSCRIBE\ndestination: /queue/foo\nack: client\n\n^@")
		c.send("SEND\ndestination:/queue/foo \n\nx^@")
		c.expect("MESSAGE", "destination", "/queue/foo", "subscription", "-")
	})
}

// 1.2, "Body": "Only the SEND, MESSAGE, and ERROR frames MAY have a body. All other
// frames MUST NOT have a body."
func TestSpec12OtherFramesHaveNoBody(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("BEGIN\ntransaction:t\nreceipt:1\n\nbody^@")
		c.expectError("malformed frame", "BEGIN frame must not have a body")
	})
}

// 1.0, "SUBSCRIBE": "The body of the SUBSCRIBE command is ignored."
func TestSpec10BodyOfSubscribeIsIgnored(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.0")
		c.send("SUBSCRIBE\ndestination:/queue/a\nreceipt:1\n\nnoise^@")
		c.expect("RECEIPT", "receipt-id", "1")
	})
}

// 1.2, "Header content-length": "If a content-length header is included, this number of
// octets MUST be read, regardless of whether or not there are NULL octets in the body.
// The frame still needs to be terminated with a NULL octet."
func TestSpec12ContentLengthOctetsAreRead(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "a^@b^@", "content-length:4")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "body", "a\x00b\x00")
		c.send("SEND\ndestination:/queue/a\ncontent-length:1\n\nab^@")
		c.expectError("malformed frame", "no NUL octet after the 1 bytes")
	})
}

// 1.2, "Header content-length": "If the frame body contains NULL octets, the frame MUST
// include a content-length header."
func TestSpec12MessageHasContentLength(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "^@", "content-length:1")
		c.put("/queue/a", "")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "content-length", "1", "body", "\x00")
		c.expect("MESSAGE", "content-length", "0", "body", "")
	})
}

// 1.2, "Header content-type": "All STOMP clients and servers MUST support UTF-8 encoding
// and decoding."
func TestSpec12HeadersAreUTF8(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/straße", "тело", "größe:大")
		c.subscribe("ü", "/queue/straße")
		c.expect("MESSAGE", "größe", "大", "subscription", "ü", "destination", "/queue/straße", "body", "тело")
		c.send("SEND\ndestination:/queue/a\nx:\xff\n\n^@")
		c.expectError("not UTF-8")
	})
}

// 1.2, "Repeated Header Entries": "only the first header entry SHOULD be used as the
// value of header entry."
func TestSpec12FirstRepeatedHeaderWins(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("SEND\ndestination:/queue/a\ndestination:/queue/b\nfoo:World\nfoo:Hello\nreceipt:1\nreceipt:2\n\n^@")
		c.expect("RECEIPT", "receipt-id", "1")
		c.subscribe("0", "/queue/a")
		if f := c.expect("MESSAGE", "foo", "World"); strings.Contains(describe(&f), "Hello") {
			t.Errorf("%s", describe(&f))
		}
	})
}

// 1.2, "Size Limits": "If these limits are exceeded the server SHOULD send the client an
// ERROR frame and then close the connection."
func TestSpec12SizeLimits(t *testing.T) {
	limits := stomp.Limits{Frame: frame.Limits{Headers: 5, HeaderBytes: 200, Body: 100}}
	tests := []struct{ name, frame, error string }{
		{"headers", "SEND\n" + strings.Repeat("a:b\n", 6) + "\n^@", "more than 5 header lines"},
		{"header line", "SEND\na:" + strings.Repeat("x", 300) + "\n\n^@", "more than 200 bytes"},
		{"body", "SEND\ndestination:/queue/a\n\n" + strings.Repeat("x", 101) + "^@", "more than 100 bytes"},
		{"claimed body", "SEND\ndestination:/queue/a\ncontent-length:101\n\n", "limit of 100 bytes"},
		{"negative length", "SEND\ndestination:/queue/a\ncontent-length:-1\n\n^@", `"-1" is not a number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				go c.trySend(tt.frame)
				c.expectError(tt.error)
			}, withLimits(limits))
		})
	}
}

// 1.2, "Connection Lingering": "STOMP servers must be able to support clients which
// rapidly connect and disconnect." … "a client may not receive the last frame": it does.
func TestSpec12LastFrameIsReceived(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	for range 20 {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, nc)
		// What is unread when a socket is closed would reset it and take the RECEIPT along.
		c.send("CONNECT\naccept-version:1.2\nhost:x\n\n^@DISCONNECT\nreceipt:bye\n\n^@" + strings.Repeat("\n", 10_000))
		c.expect("CONNECTED")
		c.expect("RECEIPT", "receipt-id", "bye")
		c.expectClosed()
	}
}

// 1.2, "CONNECT or STOMP Frame": "STOMP servers MUST handle a STOMP frame in the same
// manner as a CONNECT frame."
func TestSpec12StompIsConnect(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("STOMP\naccept-version:1.1,1.2\nhost:test\nheart-beat:0,0\n\n^@")
		c.expect("CONNECTED", "version", "1.2")
		c.sync()
	})
}

// 1.2, "CONNECTED Frame": "STOMP 1.2 servers MUST set the following headers: version".
// The server header "MUST contain a server-name field".
func TestSpec12ConnectedHeaders(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		seen := make(map[string]bool)
		for _, v := range []string{"1.0", "1.1", "1.2"} {
			c := h.dial()
			c.send("CONNECT\naccept-version:" + v + "\nhost:test\n\n^@")
			f := c.expect("CONNECTED", "version", v, "server", "Sluice/test", "session", "*")
			id, _ := f.Header("session")
			if id == "" || seen[id] {
				t.Errorf("session %q is empty or not unique", id)
			}
			seen[id] = true
		}
	})
}

// 1.2, "Protocol Negotiation": "The protocol that will be used for the rest of the
// session will be the highest protocol version that both the client and server have in
// common." "If the accept-version header is missing, it means that the client only
// supports version 1.0 of the protocol."
func TestSpec12HighestCommonVersion(t *testing.T) {
	tests := []struct{ header, version string }{
		{"", "1.0"},
		{"accept-version:1.0\n", "1.0"},
		{"accept-version:1.0,1.1,2.0\n", "1.1"},
		{"accept-version:1.2,1.1,1.0\n", "1.2"},
		{"accept-version:1.0, 1.1, 1.2, 9.9\n", "1.2"},
		{"accept-version:1.0,1.1\n", "1.1"},
		{"accept-version:1.1,1.0\n", "1.1"},
		{"accept-version: 1.1 ,1.0 , 3\n", "1.1"},
		{"accept-version:2.0,1.0\n", "1.0"},
		{"accept-version:,1.2,,1.2\n", "1.2"},
	}
	inBubble(t, func(t *testing.T, h *house) {
		for _, tt := range tests {
			c := h.dial()
			c.send("CONNECT\n" + tt.header + "host:test\n\n^@")
			c.expect("CONNECTED", "version", tt.version)
		}
	})
}

// 1.2, "Protocol Negotiation": "If the client and server do not share any common protocol
// versions, then the server MUST respond with an ERROR frame similar to the following and
// then close the connection".
func TestSpec12NoCommonVersion(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for _, accept := range []string{"2.0", "", "1.3,2", "11", "1.2.1"} {
			c := h.dial()
			c.send("CONNECT\naccept-version:" + accept + "\nhost:test\n\n^@")
			f := c.expectError("version mismatch")
			c.expectPart(&f, "version", "1.0,1.1,1.2")
			c.expectPart(&f, "body", "Supported versions are 1.0,1.1,1.2\n")
		}
	})
}

// 1.2, "Connecting": "A STOMP client initiates the stream or TCP connection to the server
// by sending the CONNECT frame".
func TestSpec12FirstFrameIsConnect(t *testing.T) {
	for _, first := range []string{
		"SEND\ndestination:/queue/a\n\nx^@", "SUBSCRIBE\nid:0\ndestination:/queue/a\n\n^@",
		"DISCONNECT\nreceipt:1\n\n^@", "CONNECTED\nversion:1.2\n\n^@", "MESSAGE\n\n^@",
	} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.dial()
			c.send(first)
			c.expectError("not connected", "The first frame must be CONNECT or STOMP")
			if _, err := h.broker.Queue("a"); err == nil {
				t.Errorf("%q was processed", first)
			}
		})
	}
}

// 1.2, "Connecting": "The server can reject any connection attempt. The server SHOULD
// respond back with an ERROR frame explaining why the connection was rejected and then
// close the connection."
func TestSpec12RejectedConnection(t *testing.T) {
	auth := &users{passwords: map[string]string{"a": "secret"}}
	inBubble(t, func(t *testing.T, h *house) {
		for _, login := range []string{"login:a\npasscode:wrong\n", "login:a\n", "login:b\npasscode:secret\n", "login:\npasscode:\n", ""} {
			c := h.dial()
			c.send("CONNECT\naccept-version:1.2\nhost:test\n" + login + "\n^@")
			c.expectError("access refused", "The login, the passcode or the certificate is not right.")
		}
		h.connect("1.2", "login:a", "passcode:secret")
	}, withAuth(auth))
}

// 1.2, "Heart-beating": "the heart-beat header MUST contain two positive integers
// separated by a comma."
func TestSpec12HeartBeatIsTwoNumbers(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for _, value := range []string{"", "1", "1,", ",1", "a,b", "-1,1", "1,-1", "1,2,3", "1, 2", "99999999999,1"} {
			c := h.dial()
			c.send("CONNECT\naccept-version:1.2\nhost:test\nheart-beat:" + value + "\n\n^@")
			c.expectError("bad heart-beat")
		}
	})
}

// 1.2, "Heart-beating": "A missing heart-beat header MUST be treated the same way as a
// "heart-beat:0,0" header, that is: the party cannot send and does not want to receive
// heart-beats."
func TestSpec12NoHeartBeatHeaderMeansNone(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, zero := h.connect("1.2"), h.connect("1.2", "heart-beat:0,0")
		time.Sleep(24 * time.Hour)
		c.sync()
		zero.sync()
		if n := countBytes(h, "1.2", "", time.Hour); n != 0 {
			t.Errorf("%d bytes came", n)
		}
	})
}

// countBytes connects with the heart-beat header, waits for d and returns how many
// bytes have come since CONNECTED.
func countBytes(h *house, version, header string, d time.Duration) int {
	h.t.Helper()
	nc := h.pipes.dial()
	defer nc.Close()
	if _, err := nc.Write([]byte("CONNECT\naccept-version:" + version + "\nhost:x\n" + header + "\n\x00")); err != nil {
		h.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	if _, err := nc.Read(buf); err != nil {
		h.t.Fatal(err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(d))
	total := 0
	for {
		n, err := nc.Read(buf)
		total += n
		if strings.Trim(string(buf[:n]), "\n") != "" {
			h.t.Fatalf("got %q", buf[:n])
		}
		if err != nil {
			return total
		}
	}
}

// 1.2, "Heart-beating": "the sender MUST send new data over the network connection at
// least every <n> milliseconds; if the sender has no real STOMP frame to send, it MUST
// send an end-of-line (EOL)". <n> is MAX(<sx>,<cy>).
func TestSpec12ServerBeats(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		// At least one in 10 s, and no more than one EOL for each.
		if n := countBytes(h, "1.2", "heart-beat:0,10000\n", 10*time.Minute); n < 60 || n > 90 {
			t.Errorf("%d beats in 600 s with 10 s between", n)
		}
		// The server can send one each 500 ms, and no faster.
		if n := countBytes(h, "1.1", "heart-beat:0,1\n", 10*time.Second); n < 20 || n > 30 {
			t.Errorf("%d beats in 10 s with 500 ms between", n)
		}
		if n := countBytes(h, "1.2", "heart-beat:10000,0\n", 15*time.Second); n != 0 {
			t.Errorf("%d bytes to a client that wants none", n)
		}
	})
}

// 1.2, "Heart-beating": "any new data received over the network connection is an
// indication that the remote end is alive", "the receiver MAY consider the connection as
// dead", "the receiver SHOULD be tolerant and take into account an error margin".
func TestSpec12ServerWaitsForBeats(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "heart-beat:10000,0")
		for range 20 { // late, but within the margin; each a single byte
			time.Sleep(19 * time.Second)
			c.send("\n")
		}
		for _, b := range "BEGIN\ntransaction:t\nreceipt:1\n\n\x00" {
			time.Sleep(19 * time.Second)
			c.send(string(b))
		}
		c.expect("RECEIPT", "receipt-id", "1")
		time.Sleep(21 * time.Second)
		c.expectError("heart-beat missed")
	})
}

// 1.2, "Heart-beating": "if <cx> is 0 … or <sy> is 0 … then there will be none;
// otherwise, there will be heart-beats every MAX(<cx>,<sy>) milliseconds".
func TestSpec12HeartBeatIsTheSlower(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		fast := h.connect("1.2", "heart-beat:1,0") // the server wants one each 500 ms
		time.Sleep(900 * time.Millisecond)
		fast.sync()
		time.Sleep(1100 * time.Millisecond)
		fast.expectError("heart-beat missed")
		none := h.connect("1.2", "heart-beat:0,0")
		time.Sleep(time.Hour)
		none.sync()
	})
}

// 1.2, "Client Frames": for a frame that is not in the list "a STOMP 1.2 server MAY
// respond with an ERROR frame and then close the connection".
func TestSpec12UnknownFrames(t *testing.T) {
	for command, word := range map[string]string{
		"GREET": "GREET is not a command", "CONNECTED": "Only a server sends CONNECTED", "MESSAGE": "Only a server",
		"RECEIPT": "Only a server", "ERROR": "Only a server", "CONNECT": "one CONNECT frame", "STOMP": "one CONNECT frame",
	} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2")
			c.send(command + "\naccept-version:1.2\nreceipt:7\n\n^@")
			f := c.expectError(word)
			c.expectPart(&f, "receipt-id", "7")
		})
	}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.0")
		c.send("NACK\nmessage-id:1\n\n^@")
		c.expectError("STOMP 1.0 has no NACK")
	})
}
