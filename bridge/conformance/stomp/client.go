package stomp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// maxBuffer bounds what a server may send for one frame, in octets.
const maxBuffer = 1 << 20

// client is one connection to the server. Every method does nothing once its
// probe is over.
type client struct {
	p       *probe
	nc      net.Conn // nil: there is no connection
	version string   // in force, once connected
	buf     []byte
	early   []frame // that came while something else was awaited
	padded  bool    // the line end that may follow CONNECTED has come
	ended   error   // how the server's stream ended
	promise
}

// dial opens a connection without a word.
func (p *probe) dial() *client {
	c := &client{p: p, version: v10}
	p.clients = append(p.clients, c)
	if p.over() {
		return c
	}
	nc, err := p.o.dial(p.ctx, &net.Dialer{Deadline: p.deadline})
	if err != nil {
		p.basis(func() { p.fail("a connection", "%v", err) })
		return c
	}
	c.nc = nc
	return c
}

// connect logs in with the version of the check.
func (p *probe) connect(headers ...string) *client { return p.connectAs(p.version, headers...) }

func (p *probe) connectAs(version string, headers ...string) *client {
	c := p.dial()
	p.basis(func() {
		c.sendConnect("CONNECT", version, headers...)
		c.expectConnected(version)
	})
	return c
}

// sendConnect sends a CONNECT or STOMP frame for a version, with the credentials.
func (c *client) sendConnect(command, version string, headers ...string) {
	if version != v10 {
		headers = append(headers, "accept-version:"+version)
	}
	c.sendLogin(command, headers...)
}

// sendLogin is sendConnect without a version.
func (c *client) sendLogin(command string, headers ...string) {
	o := c.p.o
	lines := append([]string{command, "host:" + o.Host}, headers...)
	if o.Login != "" {
		lines = append(lines, "login:"+o.Login, "passcode:"+o.Passcode)
	}
	c.send(strings.Join(lines, "\n") + "\n\n^@")
}

func (c *client) expectConnected(version string) frame {
	f := c.expect("CONNECTED")
	got, ok := f.header("version")
	if ok && got != version || !ok && version != v10 {
		c.p.fail("CONNECTED with version:"+version, "%v", &f)
	}
	c.version = version
	return f
}

// send writes s, in which ^@ stands for NUL.
func (c *client) send(s string, a ...any) {
	if len(a) > 0 {
		s = fmt.Sprintf(s, a...)
	}
	c.write([]byte(strings.ReplaceAll(s, "^@", "\x00")))
}

func (c *client) write(b []byte) {
	if c.p.over() {
		return
	}
	c.p.noteSent(string(b))
	_ = c.nc.SetWriteDeadline(c.p.deadline)
	defer c.speaks(time.Now())
	if _, err := c.nc.Write(b); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.p.fail("a server that reads", "%v", err)
	} // a server that has closed may have said why: the reader sees
}

// fill reads more, until a time.
func (c *client) fill(until time.Time) error {
	if c.ended != nil {
		return c.ended
	}
	if len(c.buf) > maxBuffer {
		return fmt.Errorf("a frame of more than %d octets", maxBuffer)
	}
	_ = c.nc.SetReadDeadline(until)
	b := make([]byte, 4096)
	n, err := c.nc.Read(b)
	c.buf = append(c.buf, b[:n]...)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.ended = err
	}
	if n > 0 {
		return nil
	}
	return err
}

// read returns the next frame that comes before a time. An error is
// os.ErrDeadlineExceeded, the end of the stream, or tells what is wrong with a frame.
func (c *client) read(until time.Time) (frame, error) {
	for {
		c.buf = bytes.TrimLeft(c.buf, "\r\n")
		f, n, err := parse(c.buf, c.version)
		if err != nil {
			return f, fmt.Errorf("a malformed frame: %w: %s", err, clip(string(c.buf)))
		}
		if n > 0 {
			c.buf = c.buf[n:]
			return f, nil
		}
		if err := c.fill(until); err != nil {
			return frame{}, err
		}
	}
}

// pieces are what a wait is made of that ends when nothing has come. When the machine holds up the kit,
// and with it maybe the server, that counts as one of them, however long it takes.
const pieces = 10

func (c *client) inPieces(d time.Duration, wait func(until time.Time) error) (err error) {
	for range pieces {
		until := time.Now().Add(d / pieces)
		if err = wait(until); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.held = c.held || time.Since(until) > d/pieces/2
	}
	return err
}

// readWithin is read for as long as d.
func (c *client) readWithin(d time.Duration) (f frame, err error) {
	err = c.inPieces(d, func(until time.Time) error {
		f, err = c.read(until)
		return err
	})
	return f, err
}

// next returns the next frame, whatever it is.
func (c *client) next(expected string) frame {
	if c.p.over() {
		return frame{}
	}
	if len(c.early) > 0 {
		f := c.early[0]
		c.early = c.early[1:]
		return f
	}
	f, err := c.read(c.p.deadline)
	if err != nil {
		c.p.fail(expected, "%s", describe(err))
	}
	return f
}

func describe(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing in time"
	case errors.Is(err, io.EOF):
		return "the server closed the connection"
	case errors.Is(err, net.ErrClosed):
		return "the connection is closed"
	}
	return err.Error()
}

// expect checks that the next frame is of a command and has these headers, or
// "body"; the value * stands for any.
func (c *client) expect(command string, pairs ...string) frame {
	f := c.next(strings.TrimSpace(command + " " + strings.Join(pairs, " ")))
	return c.checked(f, command, pairs...)
}

func (c *client) checked(f frame, command string, pairs ...string) frame {
	if c.p.over() {
		return f
	}
	if f.command != command {
		c.p.fail(strings.TrimSpace(command+" "+strings.Join(pairs, " ")), "%v", &f)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		got, ok := f.header(pairs[i])
		if pairs[i] == "body" {
			got, ok = string(f.body), true
		}
		if !ok || pairs[i+1] != "*" && got != pairs[i+1] {
			c.p.fail(fmt.Sprintf("%s with %s %q", command, pairs[i], pairs[i+1]), "%v", &f)
		}
	}
	return f
}

// receipt awaits the RECEIPT with an id; messages and other receipts that come
// before it are kept.
func (c *client) receipt(id string) {
	var kept []frame
	for !c.p.over() {
		f := c.next("RECEIPT " + id)
		if f.command != "MESSAGE" && (f.command != "RECEIPT" || f.is("receipt-id", id)) {
			c.checked(f, "RECEIPT", "receipt-id", id)
			break
		}
		kept = append(kept, f)
	}
	c.early = append(kept, c.early...)
}

// quiet fails when anything comes while the grace lasts.
func (c *client) quiet(expected string) {
	if c.p.over() {
		return
	}
	f, err := c.peek()
	if err == nil {
		c.p.fail(expected, "%v", &f)
	} else if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.p.fail(expected, "%s", describe(err))
	}
}

// peek is the next frame within the grace.
func (c *client) peek() (frame, error) {
	if len(c.early) > 0 {
		return c.early[0], nil
	}
	return c.readWithin(c.p.o.Grace)
}

// justAfter is how long a server may take to close the connection behind its ERROR. STOMP 1.2, "ERROR": "it
// MUST then close the connection just after sending the ERROR frame". RabbitMQ closes some after ten seconds.
const justAfter = 4 * time.Second

// closed awaits the end of the connection by the server.
func (c *client) closed() {
	for !c.p.over() {
		f, err := c.readWithin(min(justAfter, c.p.o.Timeout))
		switch {
		case err == nil:
			c.p.fail("the end of the connection", "%v", &f)
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.p.fail("the end of the connection", "it is still open")
		default:
			return
		}
	}
}

// refused checks that the server answers with ERROR and closes. Messages that were on
// their way do not count.
func (c *client) refused() frame {
	f := c.next("ERROR, and the end of the connection")
	for f.command == "MESSAGE" {
		f = c.next("ERROR, and the end of the connection")
	}
	f = c.checked(f, "ERROR")
	c.closed()
	return f
}

// fatal checks that the server ends the connection, with an ERROR or without.
func (c *client) fatal() {
	if c.p.over() {
		return
	}
	f, err := c.read(c.p.deadline)
	if err == nil && f.command == "ERROR" {
		c.closed()
		return
	}
	if err == nil {
		c.p.fail("ERROR, or the end of the connection", "%v", &f)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		c.p.fail("ERROR, or the end of the connection", "nothing in time")
	}
}

// sync has the server answer, and with it show that it has read all before.
func (c *client) sync() {
	c.send("BEGIN\ntransaction:sync\nreceipt:sync\n\n^@ABORT\ntransaction:sync\n\n^@")
	c.receipt("sync")
}

// cut ends the connection without a word.
func (c *client) cut() {
	if c.nc != nil {
		_ = c.nc.Close()
	}
}

// bye ends the connection in good order.
func (c *client) bye() {
	c.send("DISCONNECT\nreceipt:bye\n\n^@")
	c.receipt("bye")
	c.cut()
}
