package websocket

import (
	"encoding/binary"
	"net"
	"time"
	"unicode/utf8"
)

const (
	// keptOut is how much room for frames a connection keeps between writes.
	keptOut = 16 << 10
	// closeTimeout is how long a close frame may take that nobody has set a deadline for.
	closeTimeout = time.Second
)

// Write writes p in messages, with one write of the connection below. Nothing of p is
// kept but the first octets of a character that p ends in. With an error some of p may
// have been written, and nothing can be written any more.
func (c *Conn) Write(p []byte) (int, error) {
	defer c.pay() // what could not be paid meanwhile
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.over {
		return 0, net.ErrClosed
	}
	b := c.takeDebt(c.out[:0])
	for rest := p; len(rest) > 0; {
		n, last := c.cut(rest)
		b = c.frameOf(b, rest[:n], last)
		rest = rest[n:]
	}
	_, err := c.Conn.Write(b)
	if c.out = b; cap(b) > keptOut {
		c.out = nil
	}
	if err != nil {
		c.over = true
		return 0, err
	}
	return len(p), nil
}

// frameOf appends the next frame of a message. A text that turns out to be none ends
// where it was one, and the rest is a binary message. The turn is held.
func (c *Conn) frameOf(b, p []byte, last bool) []byte {
	if !c.begun {
		c.plain = !c.binary.Load()
	}
	if c.plain {
		if len(c.held) > 0 {
			p = append(c.held, p...)
		}
		var ok bool
		if p, ok = c.hold(p, last); !ok {
			b = c.breakOff(b)
		}
	}
	op := byte(opContinuation)
	if !c.begun {
		op = opBinary
		if c.plain {
			op = opText
		}
	}
	c.begun = !last
	return append(appendHeader(b, last, op, len(p)), p...)
}

// hold returns what of p can go out in a text frame, and reports whether p is text at
// all. An unfinished character at its end is held until the rest of it comes.
func (c *Conn) hold(p []byte, last bool) ([]byte, bool) {
	n := 0
	if !last {
		n = unfinished(p)
	}
	c.held = nil
	if whole := p[:len(p)-n]; utf8.Valid(whole) {
		if n > 0 {
			c.held = append(c.held, p[len(whole):]...)
		}
		return whole, true
	}
	return p, false
}

// breakOff ends the text message at hand, if it has begun; what follows is binary.
func (c *Conn) breakOff(b []byte) []byte {
	if c.begun {
		b = appendHeader(b, true, opContinuation, 0)
	}
	c.begun, c.plain = false, false
	return b
}

// CloseWrite says that nothing more will be written: it writes a close frame, with
// the code that the client has closed with, or else that of a normal end.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	code := c.code
	c.mu.Unlock()
	if code == 0 {
		code = normalClosure
	}
	return c.closeWith(code, "")
}

// GoAway is CloseWrite with the code that says that the server goes.
func (c *Conn) GoAway() error { return c.closeWith(goingAway, "") }

// closeWith writes a close frame and has the connection below end our half. Neither the
// frame nor the wait for somebody who writes takes longer than the deadlines of writes.
func (c *Conn) closeWith(code uint16, reason string) error {
	if err := c.sayClose(code, reason); err != nil {
		return err
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// sayClose writes a close frame, once.
func (c *Conn) sayClose(code uint16, reason string) error {
	_ = c.SetWriteDeadline(time.Now().Add(closeTimeout)) // the write reports it
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.over {
		return nil
	}
	c.over = true
	reason = reason[:min(len(reason), maxControl-2)]
	b := appendHeader(nil, true, opClose, 2+len(reason))
	b = append(binary.BigEndian.AppendUint16(b, code), reason...)
	_, err := c.Conn.Write(b)
	return err
}
