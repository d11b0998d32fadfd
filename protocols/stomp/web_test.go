package stomp_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp"
)

// Everything goes by WebSocket as by TCP, in both kinds of messages and however the
// client cuts its frames. What comes back is of the client's kind, a frame a message.
func TestWebSocketCarriesSTOMP(t *testing.T) {
	for _, kind := range []byte{wsText, wsBinary} {
		for _, size := range []int{0, 1, 7, 100} {
			t.Run(fmt.Sprintf("kind %d by %d", kind, size), func(t *testing.T) {
				inBubble(t, func(t *testing.T, h *house) {
					c, w := h.dialWeb(kind)
					w.size = size
					c.login("1.2")
					c.subscribe("0", "/queue/a", "ack:client-individual")
					c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nworld^@\nSEND\ndestination:/queue/a\nreceipt:2\n\nand\nmore^@")
					var acks []string
					bodies := map[string]bool{}
					for range 4 {
						if f := c.next(); f.Command == "MESSAGE" {
							acks = append(acks, ackID(f))
							bodies[string(f.Body)] = true
						}
					}
					if !bodies["world"] || !bodies["and\nmore"] {
						t.Errorf("got %v", bodies)
					}
					c.sendf("ACK\nid:%s\n\n^@ACK\nid:%s\n\n^@DISCONNECT\nreceipt:3\n\n^@", acks[0], acks[1])
					c.expect("RECEIPT", "receipt-id", "3")
					c.expectClosed()
					if code := w.closedWith(); code != 1000 {
						t.Errorf("closed with %d", code)
					}
					for _, m := range w.take() {
						if m.kind != kind || m.frames != 1 || strings.Count(m.body, "\x00") != 1 || !strings.HasSuffix(m.body, "\x00") {
							t.Errorf("got %+v", m)
						}
					}
					if n := h.stats("a").Len(); n != 0 {
						t.Errorf("%d messages left", n)
					}
				})
			})
		}
	}
}

// A body that is no text comes in a binary message, to a client that writes text too; a large
// one comes in one message of several frames, and is the same.
func TestWebSocketBodies(t *testing.T) {
	text := strings.Repeat("wö€\U0001F600", 1<<20/10)
	raw := make([]byte, 1<<20)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(raw)
	for name, tt := range map[string]struct {
		body string
		kind byte
	}{
		"NULs":         {"a\x00b\x00", wsText},
		"no UTF-8":     {"a\xffb", wsBinary},
		"half a rune":  {"a\xe2\x82", wsBinary},
		"large text":   {text, wsText},
		"large binary": {string(raw), wsBinary},
		"nothing":      {"", wsText},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c, w := h.dialWeb(wsText)
				c.login("1.1")
				c.subscribe("0", "/queue/a")
				w.take()
				w.kind, w.size = wsBinary, 33_333
				c.sendf("SEND\ndestination:/queue/a\ncontent-length:%d\n\n", len(tt.body))
				_, err := io.WriteString(w, tt.body+"\x00")
				must(t, err)
				if f := c.expect("MESSAGE"); string(f.Body) != tt.body {
					t.Errorf("%d bytes came, want %d", len(f.Body), len(tt.body))
				}
				m := w.take()
				if len(m) != 1 || m[0].kind != tt.kind || (m[0].frames > 1) != (len(tt.body) > 64<<10) {
					for _, x := range m {
						t.Errorf("a message of kind %d, %d frames and %d bytes", x.kind, x.frames, len(x.body))
					}
				}
			})
		})
	}
}

// A text that turns out to be none far behind goes on as a binary message.
func TestWebSocketTextThatIsNone(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, w := h.dialWeb(wsText)
		c.login("1.2")
		c.subscribe("0", "/queue/a")
		w.take()
		body := strings.Repeat("ö", 200<<10) + "\xff" + strings.Repeat("ö", 100<<10)
		w.kind = wsBinary
		c.sendf("SEND\ndestination:/queue/a\n\n%s^@", body)
		if f := c.expect("MESSAGE"); string(f.Body) != body {
			t.Errorf("%d bytes came, want %d", len(f.Body), len(body))
		}
		if m := w.take(); len(m) != 2 || m[0].kind != wsText || m[1].kind != wsBinary {
			t.Errorf("%d messages", len(m))
		}
	})
}

// Heart-beats are messages of one line feed, and pings are none: they are answered, and
// say nothing about a client that has promised beats.
func TestWebSocketHeartBeats(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, w := h.dialWeb(wsText)
		c.login("1.2", "heart-beat:1000,1000")
		w.take()
		for range 10 {
			time.Sleep(900 * time.Millisecond)
			c.send("\n")
		}
		beats := 0
		for _, m := range w.take() {
			if m != (webMessage{wsText, 1, "\n"}) {
				t.Errorf("got %+v", m)
			}
			beats++
		}
		if beats < 9 {
			t.Errorf("%d beats in 9 s", beats)
		}
		c.expectQuiet()
		for range 5 {
			time.Sleep(300 * time.Millisecond)
			_, err := w.Conn.Write(masked(wsFinal|wsPing, "hello"))
			must(t, err)
		}
		synctest.Wait()
		pongs := 0
		for _, m := range w.take() {
			if m.kind == wsPong && m.body == "hello" {
				pongs++
			}
		}
		if pongs != 5 {
			t.Errorf("%d pongs", pongs)
		}
		c.expectError("heart-beat missed")
		if code := w.closedWith(); code != 1000 {
			t.Errorf("closed with %d", code)
		}
	})
}

// ERROR is the last message, and the close frame comes behind it.
func TestWebSocketErrorAndClose(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		before, first := h.dialWeb(wsBinary)
		before.send("SEND\ndestination:/queue/a\n\n^@")
		before.expectError("not connected")
		after, second := h.dialWeb(wsText)
		after.login("1.2")
		after.send("SEND\nreceipt:7\n\n^@")
		if f := after.expectError("destination"); f.Command != "ERROR" {
			t.Error(describe(&f))
		}
		going, third := h.dialWeb(wsText)
		going.login("1.2")
		must(t, h.gateway.Shutdown(t.Context()))
		going.expectError("shutting down")
		for i, w := range []*web{first, second, third} {
			m := w.take()
			last := m[len(m)-1]
			if code := w.closedWith(); code != []uint16{1000, 1000, 1001}[i] || !strings.HasPrefix(last.body, "ERROR\n") || last.kind != w.kind {
				t.Errorf("%d: closed with %d behind %+v", i, code, last)
			}
		}
	})
}

// A client that closes has what came before handled, and its close frame answered.
func TestWebSocketClientCloses(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, w := h.dialWeb(wsText)
		c.login("1.2")
		c.send("SEND\ndestination:/queue/a\nreceipt:1\n\nx^@")
		_, err := w.Conn.Write(masked(wsFinal|wsClose, "\x0f\xa0")) // 4000
		must(t, err)
		c.expect("RECEIPT", "receipt-id", "1")
		c.expectClosed()
		if code := w.closedWith(); code != 4000 {
			t.Errorf("closed with %d", code)
		}
		if n := h.stats("a").Len(); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// The time for the login is over for a WebSocket as for all; before it there is room for
// little, and what breaks the rules of WebSocket ends its own connection alone.
func TestWebSocketHostility(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		witness := h.connect("1.2")
		silent, w := h.dialWeb(wsText)
		silent.expectError("login timeout")
		if code := w.closedWith(); code != 1000 {
			t.Errorf("the silent one is closed with %d", code)
		}
		for name, tt := range map[string]struct {
			bytes string
			login bool
			code  uint16
		}{
			"unmasked":                {"\x81\x05hello", false, 1002},
			"unmasked after login":    {"\x81\x05hello", true, 1002},
			"huge":                    {"\x82\xff\x00\x7f\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", true, 1009},
			"large before login":      {"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00", false, 1009},
			"compressed":              {string(masked(wsFinal|0x40|wsText, "x")), true, 1002},
			"text that is none":       {string(masked(wsFinal|wsText, "\xff")), true, 1007},
			"a ping that is too long": {string(masked(wsFinal|wsPing, strings.Repeat("x", 200))), false, 1002},
		} {
			c, w := h.dialWeb(wsText)
			if tt.login {
				c.login("1.2")
			}
			_, _ = io.WriteString(w.Conn, tt.bytes) // it may be cut off in its middle
			c.expectClosed()
			if code := w.closedWith(); code != tt.code {
				t.Errorf("%s: closed with %d, want %d", name, code, tt.code)
			}
		}
		large, _ := h.dialWeb(wsText)
		large.trySend("CONNECT\naccept-version:1.2\nx:" + strings.Repeat("x", 20<<10) + "\n\n^@")
		large.expectError("too large")
		witness.sync()
	})
}

// What is HTTP and no WebSocket gets an answer of HTTP, in the time for the login.
func TestHTTPThatIsNoWebSocket(t *testing.T) {
	endless := "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 8<<10)
	for name, tt := range map[string]struct {
		request string
		status  int
	}{
		"a page":          {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		"another path":    {"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		"a form":          {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70\r\n\r\nCONNECT\n\n\x00SEND\ndestination:/queue/a\n\nfrom a page\x00", 405},
		"nonsense":        {"GET nonsense\r\n\r\n", 400},
		"half for ever":   {"GET / HTTP/1.1\r\nHost:", 408},
		"endless headers": {endless, 431},
		"a strange page":  {strings.Replace(wsRequest, "\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n", 1), 403},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				witness := h.connect("1.2")
				nc := h.pipes.dial()
				defer nc.Close()
				start := time.Now()
				// Ends when all is read, or with the connection.
				go func() { _, _ = io.WriteString(nc, tt.request) }()
				a, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil || a.StatusCode != tt.status {
					t.Fatalf("%+v, %v", a, err)
				}
				if b, err := io.ReadAll(a.Body); err != nil || !strings.HasSuffix(string(b), ".\n") {
					t.Errorf("%q, %v", b, err)
				}
				if d := time.Since(start); (tt.status == 408) != (d == 10*time.Second) {
					t.Errorf("answered after %v", d)
				}
				witness.sync()
				if qs := h.broker.Queues(""); len(qs) != 0 {
					t.Errorf("queues: %v", qs)
				}
			})
		})
	}
}

// A byte now and then does not stretch the time for the login.
func TestSlowRequest(t *testing.T) {
	for _, text := range []string{wsRequest, "\x16\x03\x01\x02\x00" + strings.Repeat("x", 512)} {
		inBubble(t, func(t *testing.T, h *house) {
			nc := h.pipes.dial()
			defer nc.Close()
			start := time.Now()
			// Ends with the connection.
			go func() { _, _ = io.Copy(io.Discard, nc) }()
			for i := 0; ; i++ {
				if _, err := nc.Write([]byte{text[i]}); err != nil {
					break
				}
				time.Sleep(time.Second / 2)
			}
			if d := time.Since(start); d > 12*time.Second {
				t.Errorf("cut after %v", d)
			}
		}, withTLS(t), withLimits(stomp.Limits{Linger: time.Second}))
	}
}

// Configured origins are let in, and others are not.
func TestOrigins(t *testing.T) {
	for origin, want := range map[string]int{"https://app.example": 101, "http://example.org": 403, "https://example.org:8443": 403, "http://www.example.org": 403, "https://app.example:444": 403} {
		inBubble(t, func(t *testing.T, h *house) {
			nc := h.pipes.dial()
			defer nc.Close()
			// Ends when all is read, or with the connection.
			go func() {
				_, _ = io.WriteString(nc, strings.Replace(wsRequest, "\r\n\r\n", "\r\nOrigin: "+origin+"\r\n\r\n", 1))
			}()
			a, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil || a.StatusCode != want {
				t.Fatalf("%s: %+v, %v", origin, a, err)
			}
			if want == http.StatusForbidden {
				body, err := io.ReadAll(a.Body)
				if err != nil || !strings.Contains(string(body), `"`+origin+`"`) || !strings.Contains(string(body), "stomp_ws_origins") {
					t.Errorf("%s: %q, %v", origin, body, err)
				}
			}
		}, withOrigins("https://app.example"))
	}
}
