package websocket

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

// Read reads octets of data messages. The end is io.EOF behind the client's close
// frame, which CloseWrite answers: what is still to be said can be said before.
// After a *Violation the client has been told.
func (c *Conn) Read(p []byte) (int, error) {
	if c.ended != nil || len(p) == 0 {
		return 0, c.ended
	}
	n, err := c.next(p)
	if err != nil {
		err = c.fail(err)
	}
	return n, err
}

// fail tells the client what it has done wrong.
func (c *Conn) fail(err error) error {
	var v *Violation
	switch {
	case errors.As(err, &v):
		c.ended = err
		_ = c.sayClose(v.Code, v.Reason) // the connection ends with or without a word
	case err == io.EOF && c.open && c.ended == nil:
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads headers up to a data frame that has octets, and some of these.
func (c *Conn) next(p []byte) (int, error) {
	for c.read == c.frame.length {
		h, err := c.readHeader()
		if err != nil {
			return 0, err
		}
		if h.control() {
			err = c.control(&h)
		} else {
			err = c.begin(&h)
		}
		if err != nil {
			return 0, err
		}
	}
	n, err := c.in.Read(p[:min(uint64(len(p)), c.frame.length-c.read)])
	c.frame.unmask(p[:n], c.read)
	c.read += uint64(n)
	if bad := c.check(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// begin starts a data frame. RFC 6455, 5.4.
func (c *Conn) begin(h *header) error {
	switch {
	case c.open && h.op != opContinuation:
		return violation(protocolError, "a message begins inside of another")
	case !c.open && h.op == opContinuation:
		return violation(protocolError, "a message begins with a continuation")
	case !c.open:
		c.open, c.isText, c.size = true, h.op == opText, 0
		c.learn(h.op)
	}
	most := uint64(c.most.Load())
	if h.length > most || c.size+h.length > most {
		return violation(tooBig, "a message has at most %d octets", most)
	}
	c.size += h.length
	c.frame, c.read = *h, 0
	return c.check(nil)
}

// learn keeps the kind of the first data message.
func (c *Conn) learn(op byte) {
	if !c.told {
		c.told = true
		c.binary.Store(op == opBinary)
	}
}

// check looks at the next octets of a message. RFC 6455, 8.1.
func (c *Conn) check(b []byte) error {
	if c.isText && !c.text.takes(b) {
		return violation(noText, "a text message is not UTF-8")
	}
	if c.read < c.frame.length || !c.frame.fin {
		return nil
	}
	c.open = false
	if c.isText && !c.text.complete() {
		return violation(noText, "a text message ends inside of a character")
	}
	return nil
}

// control handles a control frame, of which a client may send any number between
// the frames of a message. RFC 6455, 5.5.
func (c *Conn) control(h *header) error {
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(c.in, payload); err != nil { // it is in the buffer
		return err
	}
	h.unmask(payload, 0)
	switch h.op {
	case opPing:
		c.owe(payload)
	case opClose:
		return c.closed(payload)
	}
	return nil
}

// owe has the ping answered. Of several that could not be answered yet only the last
// is. RFC 6455, 5.5.3.
func (c *Conn) owe(payload []byte) {
	c.mu.Lock()
	c.pong, c.owed = payload, true
	c.mu.Unlock()
	c.pay()
}

// closed reads the client's close frame. RFC 6455, 5.5.1 and 7.4.
func (c *Conn) closed(payload []byte) error {
	code := uint16(0)
	if len(payload) >= 2 {
		code = binary.BigEndian.Uint16(payload)
	}
	switch {
	case len(payload) == 1, len(payload) >= 2 && !mayClose(code):
		return violation(protocolError, "a close frame has no code that may be sent")
	case len(payload) > 2 && !utf8.Valid(payload[2:]):
		return violation(noText, "the reason of a close frame is not UTF-8")
	}
	c.mu.Lock()
	c.code = code
	c.mu.Unlock()
	c.ended = io.EOF
	return io.EOF
}

// mayClose reports whether a client may send a code. RFC 6455, 7.4.
func mayClose(code uint16) bool {
	switch {
	case code >= 3000 && code < 5000:
		return true
	case code < 1000 || code > 1014:
		return false
	}
	return code != 1004 && code != 1005 && code != 1006
}
