package stomp_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// The opcodes of WebSocket.
const (
	wsText, wsBinary, wsClose, wsPing, wsPong byte = 1, 2, 8, 9, 10
	wsFinal                                   byte = 0x80
)

const wsRequest = "GET /stomp HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v10.stomp, v12.stomp\r\n\r\n"

// web is a client's end of a WebSocket as a stream, and keeps what came in which messages.
type web struct {
	net.Conn
	r    *bufio.Reader
	kind byte // of what is written
	size int  // octets of a message that is written; 0: all of a Write

	rest []byte // of the message being read

	mu       sync.Mutex // over what follows
	messages []webMessage
	code     uint16 // of the close frame
}

// webMessage is one that has come.
type webMessage struct {
	kind   byte
	frames int
	body   string
}

// openWeb makes a WebSocket of a connection.
func openWeb(t testing.TB, nc net.Conn, kind byte) *web {
	t.Helper()
	w := &web{Conn: nc, r: bufio.NewReader(nc), kind: kind}
	if _, err := io.WriteString(nc, wsRequest); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(w.r, nil)
	if err != nil || a.StatusCode != http.StatusSwitchingProtocols || a.Header.Get("Sec-WebSocket-Protocol") != "v12.stomp" {
		t.Fatalf("%+v, %v", a, err)
	}
	return w
}

// dialWeb connects a client by WebSocket without a word of STOMP.
func (h *house) dialWeb(kind byte) (*client, *web) {
	h.t.Helper()
	w := openWeb(h.t, h.pipes.dial(), kind)
	return newClient(h.t, w), w
}

func (w *web) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := len(rest)
		if w.size > 0 {
			n = min(n, w.size)
		}
		if _, err := w.Conn.Write(masked(wsFinal|w.kind, string(rest[:n]))); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

// masked is a frame as a client writes it.
func masked(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{7, 77, 177, 0}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

func (w *web) Read(p []byte) (int, error) {
	for len(w.rest) == 0 {
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// next reads one message.
func (w *web) next() error {
	var m webMessage
	for fin := false; !fin; {
		first, payload, err := w.frame()
		if err != nil {
			return err
		}
		switch first &^ wsFinal {
		case wsClose:
			w.note(func() { w.code = binary.BigEndian.Uint16(payload) })
			_ = w.Close()
			return io.EOF
		case wsPong:
			w.note(func() { w.messages = append(w.messages, webMessage{kind: wsPong, body: string(payload)}) })
			continue
		case wsText, wsBinary:
			m.kind = first &^ wsFinal
		}
		m.frames++
		m.body += string(payload)
		fin = first&wsFinal != 0
	}
	w.note(func() { w.messages = append(w.messages, m) })
	w.rest = []byte(m.body)
	return nil
}

func (w *web) frame() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if extra := map[byte]int{126: 2, 127: 8}[head[1]]; extra > 0 {
		var b [8]byte
		if _, err := io.ReadFull(w.r, b[8-extra:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(b[:])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(w.r, payload)
	return head[0], payload, err
}

func (w *web) note(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// take returns the messages that have come since it was called last.
func (w *web) take() (all []webMessage) {
	w.note(func() { all, w.messages = w.messages, nil })
	return all
}

// closedWith returns the code of the server's close frame; 0: there was none.
func (w *web) closedWith() (code uint16) {
	w.note(func() { code = w.code })
	return code
}
