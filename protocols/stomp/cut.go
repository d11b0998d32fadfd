package stomp

import (
	"bytes"
	"strconv"
)

// cutter finds the ends of frames in what is written to a client, so that each can be
// a WebSocket message of its own. It sees no frames but those of this package. It
// holds no part of one, however the frames come in pieces.
type cutter struct {
	inside bool // of a frame
	body   bool // and of its body
	length int  // octets of the body to come; -1: it ends at the NUL
	line   [32]byte
	n      int // of the line at hand, as far as line has room
}

// next returns how many octets of p belong to the frame at hand, and whether it ends
// with them. A heart-beat stands alone.
func (c *cutter) next(p []byte) (n int, last bool) {
	if !c.inside {
		if p[0] == '\n' {
			return 1, true
		}
		*c = cutter{inside: true, length: -1}
	}
	for n < len(p) && !c.body {
		n += c.header(p[n:])
	}
	if !c.body {
		return n, false
	}
	m, last := c.rest(p[n:])
	c.inside = !last
	return n + m, last
}

// header takes a line, or what there is of it.
func (c *cutter) header(p []byte) int {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		c.n += copy(c.line[c.n:], p)
		return len(p)
	}
	c.n += copy(c.line[c.n:], p[:end])
	line := c.line[:c.n]
	if c.n = 0; len(line) == 0 {
		c.body = true
	}
	if value, ok := bytes.CutPrefix(line, []byte("content-length:")); ok {
		if n, err := strconv.Atoi(string(value)); err == nil {
			c.length = n
		}
	}
	return end + 1
}

// rest takes the body and the NUL, or what there is of them.
func (c *cutter) rest(p []byte) (n int, last bool) {
	if c.length < 0 {
		end := bytes.IndexByte(p, 0)
		if end < 0 {
			return len(p), false
		}
		return end + 1, true
	}
	if len(p) > c.length {
		return c.length + 1, true
	}
	c.length -= len(p)
	return len(p), false
}
