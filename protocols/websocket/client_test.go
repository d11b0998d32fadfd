package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/websocket"
)

// The opcodes.
const (
	continuation, text, binaries byte = 0, 1, 2
	closing, ping, pong          byte = 8, 9, 10
	final                        byte = 0x80
)

// client is the other end of a WebSocket, byte for byte.
type client struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

// lines cuts what is written after each line feed.
func lines(p []byte) (int, bool) {
	if n := bytes.IndexByte(p, '\n'); n >= 0 {
		return n + 1, true
	}
	return len(p), false
}

func options() *websocket.Options {
	return &websocket.Options{
		HeaderBytes: 4 << 10, Paths: []string{"/", "/ws"}, Protocols: []string{"v2", "v1"},
		Message: 1 << 20, WriteTimeout: time.Minute, Cut: lines, OriginsSetting: "the_origins",
	}
}

const request = "GET /ws HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

// open makes a WebSocket over the loopback.
func open(t *testing.T, o *websocket.Options) (*websocket.Conn, *client) {
	t.Helper()
	here, there := pair(t)
	c := &client{t: t, nc: there, r: bufio.NewReader(there)}
	c.write([]byte(request + "\r\n"))
	ws, err := websocket.Accept(here, o)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", answer, err)
	}
	return ws, c
}

func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if there, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if here, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// frame writes a masked frame.
func (c *client) frame(first byte, payload string) {
	c.t.Helper()
	c.write(frame(first, payload))
}

func frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 250}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// next reads one frame of the server.
func (c *client) next() (first byte, payload string) {
	c.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		c.t.Fatalf("no frame: %v", err)
	}
	n := uint64(head[1])
	if extra := map[byte]int{126: 2, 127: 8}[head[1]]; extra > 0 {
		b := make([]byte, 8)
		if _, err := io.ReadFull(c.r, b[8-extra:]); err != nil {
			c.t.Fatal(err)
		}
		n = binary.BigEndian.Uint64(b)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.r, b); err != nil {
		c.t.Fatal(err)
	}
	return head[0], string(b)
}

func (c *client) expect(first byte, payload string) {
	c.t.Helper()
	if f, p := c.next(); f != first || p != payload {
		c.t.Fatalf("got %#x %.80q, want %#x %.80q", f, p, first, payload)
	}
}

func closeWith(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// expectEnd checks that the stream ends here.
func (c *client) expectEnd() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Fatalf("after the end: %q, %v", b, err)
	}
}

// read reads exactly what is wanted off a stream.
func read(t *testing.T, r io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(r, b); err != nil || string(b) != want {
		t.Fatalf("read %.80q, %v; want %.80q", b[:n], err, want)
	}
}
