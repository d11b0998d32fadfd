package stomp_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// client writes raw frames and collects what comes back. Its reader never stops
// reading, unless it is told to hold.
type client struct {
	t      testing.TB
	nc     net.Conn
	frames chan frame.Frame
	ended  chan error // how the stream ended
	last   string     // the command read last, for messages
}

// dial connects a client without a word.
func (h *house) dial() *client {
	h.t.Helper()
	return newClient(h.t, h.pipes.dial())
}

func newClient(t testing.TB, nc net.Conn) *client {
	c := &client{t: t, nc: nc, frames: make(chan frame.Frame, 10_000), ended: make(chan error, 1)}
	// Ends when the connection is closed.
	go c.read()
	t.Cleanup(func() { _ = nc.Close() })
	return c
}

func (c *client) read() {
	r := frame.NewReader(c.nc, frame.Limits{Headers: 1000, HeaderBytes: 1 << 20, Body: 16 << 20})
	for {
		f, err := r.Read()
		if err != nil {
			c.ended <- err
			close(c.frames)
			return
		}
		f.Headers = append([]frame.Header(nil), f.Headers...)
		if f.Command == frame.Connected {
			r.SetVersion(versionOf(&f))
		}
		c.frames <- f
	}
}

func versionOf(f *frame.Frame) frame.Version {
	s, _ := f.Header("version")
	for _, v := range []frame.Version{frame.V11, frame.V12} {
		if v.String() == s {
			return v
		}
	}
	return frame.V10
}

// connect logs a client in that speaks one version.
func (h *house) connect(version string, headers ...string) *client {
	h.t.Helper()
	c := h.dial()
	c.login(version, headers...)
	return c
}

func (c *client) login(version string, headers ...string) {
	c.t.Helper()
	lines := append([]string{"CONNECT"}, headers...)
	if version != "1.0" {
		lines = append(lines, "accept-version:"+version, "host:test")
	}
	c.send(strings.Join(lines, "\n") + "\n\n^@")
	c.expect("CONNECTED", "version", version)
}

// send writes s, in which ^@ stands for NUL.
func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.nc, strings.ReplaceAll(s, "^@", "\x00")); err != nil {
		c.t.Fatalf("sending %.80q: %v", s, err)
	}
}

// sendf is send for frames with parts that vary.
func (c *client) sendf(format string, a ...any) {
	c.t.Helper()
	c.send(fmt.Sprintf(format, a...))
}

// trySend is send for a client that may be cut meanwhile.
func (c *client) trySend(s string) {
	_, _ = io.WriteString(c.nc, strings.ReplaceAll(s, "^@", "\x00"))
}

// next returns the next frame.
func (c *client) next() frame.Frame {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if !ok {
			c.t.Fatalf("the connection ended with %v after %s", <-c.ended, c.last)
		}
		c.last = f.Command
		return f
	case <-time.After(5 * time.Minute):
		c.t.Fatalf("nothing came after %s", c.last)
	}
	panic("unreachable")
}

// expect checks the next frame: pairs are headers and their values, or "body".
// The value * stands for any, and - for none.
func (c *client) expect(command string, pairs ...string) frame.Frame {
	c.t.Helper()
	f := c.next()
	if f.Command != command {
		c.t.Fatalf("got %s, want %s %q", describe(&f), command, pairs)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.expectPart(&f, pairs[i], pairs[i+1])
	}
	return f
}

func (c *client) expectPart(f *frame.Frame, name, want string) {
	c.t.Helper()
	got, ok := f.Header(name)
	if name == "body" {
		got, ok = string(f.Body), true
	}
	switch {
	case want == "-" && !ok, want == "*" && ok, ok && got == want:
	default:
		c.t.Fatalf("%s: %s is %q, want %q", describe(f), name, got, want)
	}
}

// expectError checks that an ERROR comes whose message header or body holds all
// of words, and that the connection is closed behind it.
func (c *client) expectError(words ...string) frame.Frame {
	c.t.Helper()
	f := c.next()
	for f.Command == frame.Message { // may have been on its way
		f = c.next()
	}
	if f.Command != frame.Error {
		c.t.Fatalf("got %s, want ERROR", describe(&f))
	}
	message, _ := f.Header("message")
	for _, w := range words {
		if !strings.Contains(strings.ToLower(message+"\n"+string(f.Body)), strings.ToLower(w)) {
			c.t.Fatalf("%s: no word of %q", describe(&f), w)
		}
	}
	c.expectPart(&f, "content-type", "text/plain")
	c.expectPart(&f, "content-length", fmt.Sprint(len(f.Body)))
	c.expectClosed()
	return f
}

// expectClosed checks that the server closes the connection and sends no more.
func (c *client) expectClosed() {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if ok {
			c.t.Fatalf("got %s, want the end of the connection", describe(&f))
		}
	case <-time.After(5 * time.Minute):
		c.t.Fatal("the connection is still open")
	}
	if err := <-c.ended; err != io.EOF {
		c.t.Fatalf("the connection ended with %v", err)
	}
	c.ended <- io.EOF
}

// expectQuiet checks that nothing has come once everybody waits. In a bubble only.
func (c *client) expectQuiet() {
	c.t.Helper()
	synctest.Wait()
	select {
	case f, ok := <-c.frames:
		if !ok {
			c.t.Fatalf("the connection ended with %v", <-c.ended)
		}
		c.t.Fatalf("got %s, want nothing", describe(&f))
	default:
	}
}

// sync waits until the frames before it have been read and processed.
func (c *client) sync() {
	c.t.Helper()
	c.send("BEGIN\ntransaction:sync\nreceipt:sync\n\n^@ABORT\ntransaction:sync\n\n^@")
	c.expect("RECEIPT", "receipt-id", "sync")
}

// put sends one message and waits for its RECEIPT.
func (c *client) put(destination, body string, headers ...string) {
	c.t.Helper()
	lines := append([]string{"SEND", "destination:" + destination, "receipt:put"}, headers...)
	c.send(strings.Join(lines, "\n") + "\n\n" + body + "^@")
	c.expect("RECEIPT", "receipt-id", "put")
}

// subscribe subscribes and waits for the RECEIPT.
func (c *client) subscribe(id, destination string, headers ...string) {
	c.t.Helper()
	lines := append([]string{"SUBSCRIBE", "id:" + id, "destination:" + destination, "receipt:subscribe"}, headers...)
	c.send(strings.Join(lines, "\n") + "\n\n^@")
	c.expect("RECEIPT", "receipt-id", "subscribe")
}

// ackID returns the header that an ACK in 1.2 names the message by.
func ackID(f frame.Frame) string {
	id, _ := f.Header("ack")
	return id
}

func messageID(f frame.Frame) string {
	id, _ := f.Header("message-id")
	return id
}

func describe(f *frame.Frame) string {
	return fmt.Sprintf("%s%v %.200q", f.Command, f.Headers, f.Body)
}
