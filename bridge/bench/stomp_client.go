package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// stompConn is a client that costs little: frames are read where they lie, and
// written together before it waits. It is used by one goroutine, but for close and
// interrupt. STOMP 1.2, "STOMP Frames".
type stompConn struct {
	addr string
	conn net.Conn
	in   []byte // read and not yet looked at
	room []byte // where in lies
	out  []byte // frames that are not written yet
}

// stompFrame is good until the next frame is read.
type stompFrame struct{ head, body []byte }

// stompHello bounds connecting and logging in, and maxStompFrame one frame.
const (
	stompHello    = time.Minute
	maxStompFrame = 64 << 20
)

// dialTarget connects and logs in.
func dialTarget(ctx context.Context, t *STOMPTarget) (*stompConn, error) {
	d := net.Dialer{Timeout: stompHello}
	conn, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, fmt.Errorf("STOMP server %s: %w", t.Addr, err)
	}
	c := &stompConn{addr: t.Addr, conn: conn, room: make([]byte, 32<<10)}
	if err := c.login(t); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

func (c *stompConn) login(t *STOMPTarget) error {
	if err := c.conn.SetDeadline(time.Now().Add(stompHello)); err != nil {
		return err
	}
	c.out = append(c.out, "CONNECT\naccept-version:"+t.Version+"\nheart-beat:0,0\n"...)
	for _, h := range [][2]string{{"host", t.Host}, {"login", t.Login}, {"passcode", t.Passcode}} {
		if h[1] != "" {
			c.out = append(c.out, h[0]+":"+h[1]+"\n"...)
		}
	}
	c.out = append(c.out, "\n\x00"...)
	f, err := c.next()
	switch {
	case err != nil:
		return fmt.Errorf("no CONNECTED: %w", err)
	case !f.is("CONNECTED"):
		return fmt.Errorf("STOMP server %s: wanted CONNECTED, got %.200q", c.addr, f.head)
	}
	if v := f.header("version"); t.Version != "1.0" && string(v) != t.Version {
		return fmt.Errorf("STOMP server %s: speaks version %q, not %s", c.addr, v, t.Version)
	}
	return c.conn.SetDeadline(time.Time{})
}

// next writes what waits to be written, unless a frame has come already, and returns
// the next frame. An ERROR frame is an error. After an interruption it can be called again.
func (c *stompConn) next() (stompFrame, error) {
	for {
		f, n, ok := cutFrame(c.in)
		if ok {
			c.in = c.in[n:]
			if f.is("ERROR") {
				return f, c.refused(f)
			}
			return f, nil
		}
		if err := c.flush(); err != nil {
			return f, err
		}
		if err := c.fill(); err != nil {
			return f, err
		}
	}
}

// refused is what an ERROR frame says, in one line.
func (c *stompConn) refused(f stompFrame) error {
	why := strings.Join(strings.Fields(string(f.body)), " ")
	return fmt.Errorf("STOMP server %s: ERROR: %s: %.300s", c.addr, f.header("message"), why)
}

func (c *stompConn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.conn.Write(c.out)
	c.out = c.out[:0]
	return c.lost(err)
}

// fill reads more.
func (c *stompConn) fill() error {
	if len(c.in) == len(c.room) {
		if len(c.room) >= maxStompFrame {
			return fmt.Errorf("STOMP server %s: a frame of more than %d bytes", c.addr, maxStompFrame)
		}
		c.room = make([]byte, 2*len(c.room))
	}
	copy(c.room, c.in)
	n, err := c.conn.Read(c.room[len(c.in):])
	c.in = c.room[:len(c.in)+n]
	if n > 0 {
		return nil
	}
	return c.lost(err)
}

func (c *stompConn) lost(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("STOMP server %s: it closed the connection (%.80q had come)", c.addr, c.in)
	}
	return fmt.Errorf("STOMP server %s: %w", c.addr, err)
}

// interrupt has a reader return with os.ErrDeadlineExceeded. Any goroutine may call it.
func (c *stompConn) interrupt() error { return c.conn.SetReadDeadline(time.Unix(1, 0)) }

// leave ends a connection in good order: the answer comes when all frames before are processed.
// STOMP 1.2, "DISCONNECT".
func (c *stompConn) leave() error {
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	c.out = append(c.out, "DISCONNECT\nreceipt:bye\n\n\x00"...)
	for {
		f, err := c.next()
		if err != nil || f.is("RECEIPT") && string(f.header("receipt-id")) == "bye" {
			return err
		}
	}
}

// close may be called from any goroutine, and again.
func (c *stompConn) close() error {
	if err := c.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// cutFrame returns the frame that b begins with and how long it is, if all of it is there.
func cutFrame(b []byte) (f stompFrame, n int, ok bool) {
	start := 0
	for start < len(b) && (b[start] == '\n' || b[start] == '\r') { // ends of the frame before, and heart-beats
		start++
	}
	end := bytes.Index(b[start:], []byte("\n\n"))
	if end < 0 {
		return f, 0, false
	}
	f.head = b[start : start+end+1]
	body := b[start+end+2:]
	size := bytes.IndexByte(body, 0)
	if h := f.header("content-length"); h != nil {
		if v, err := strconv.Atoi(string(h)); err == nil && v >= 0 {
			size = v
		}
	}
	if size < 0 || size >= len(body) {
		return f, 0, false
	}
	f.body = body[:size]
	return f, start + end + 2 + size + 1, true
}

func (f stompFrame) is(command string) bool {
	return len(f.head) > len(command) && string(f.head[:len(command)]) == command && f.head[len(command)] == '\n'
}

// header returns the value as it is on the wire, nil if there is none.
func (f stompFrame) header(name string) []byte {
	lines := f.head
	for {
		i := bytes.IndexByte(lines, '\n')
		if i < 0 {
			return nil
		}
		lines = lines[i+1:]
		if len(lines) > len(name) && string(lines[:len(name)]) == name && lines[len(name)] == ':' {
			value, _, _ := bytes.Cut(lines[len(name)+1:], []byte{'\n'})
			return value
		}
	}
}
