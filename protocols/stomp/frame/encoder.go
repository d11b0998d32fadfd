package frame

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Encoder appends one frame to a slice of bytes, piece by piece: [Start], then
// Header as often as needed, then End. The first error sticks, and End returns it.
type Encoder struct {
	// LineFeed has one follow the frame's NUL. STOMP 1.2, "Augmented BNF": frames may
	// be followed by EOLs.
	LineFeed bool

	dst     []byte
	start   int
	version Version
	escape  bool
	command string
	length  int // that the content-length header names; -1: no such header
	err     error
}

// Start begins a frame at the end of dst, as version v spells it.
func Start(dst []byte, v Version, command string) Encoder {
	e := Encoder{dst: dst, start: len(dst), version: v, escape: v.escapes(command), command: command, length: -1}
	if err := checkCommand(command); err != nil {
		e.err = fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	e.dst = append(e.dst, command...)
	e.dst = append(e.dst, '\n')
	return e
}

// Header adds a header line. The caller sees to it that no name comes twice.
func (e *Encoder) Header(name, value string) {
	if e.err != nil {
		return
	}
	if e.err = e.check(name, value); e.err != nil {
		return
	}
	if e.escape {
		e.dst = escape(e.dst, name, e.version)
		e.dst = append(e.dst, ':')
		e.dst = escape(e.dst, value, e.version)
	} else {
		e.dst = append(e.dst, name...)
		e.dst = append(e.dst, ':')
		e.dst = append(e.dst, value...)
	}
	e.dst = append(e.dst, '\n')
	if name == "content-length" {
		e.length, e.err = strconv.Atoi(value)
	}
}

// ContentLength adds a content-length header for a body of n bytes.
func (e *Encoder) ContentLength(n int) {
	e.dst = append(e.dst, "content-length:"...)
	e.dst = strconv.AppendInt(e.dst, int64(n), 10)
	e.dst = append(e.dst, '\n')
	e.length = n
}

// End adds the body and returns the slice that Start was given with the frame
// appended, or without it and an ErrUnwritable. A body is copied.
func (e *Encoder) End(body []byte) ([]byte, error) {
	if e.err == nil {
		e.err = e.checkBody(body)
	}
	if e.err != nil {
		return e.dst[:e.start], e.err
	}
	e.dst = append(e.dst, '\n')
	e.dst = append(e.dst, body...)
	if e.LineFeed {
		return append(e.dst, 0, '\n'), nil
	}
	return append(e.dst, 0), nil
}

// check refuses what would change the meaning of the line or of those after it.
func (e *Encoder) check(name, value string) error {
	bad := "\x00"
	if !e.escape {
		bad = "\x00\n"
	}
	if !e.escape && (e.version == Unnegotiated || e.version == V12) {
		bad = "\x00\n\r" // a CR may be taken for part of the line end
	}
	switch {
	case name == "":
		return fmt.Errorf("%w: a header has no name", ErrUnwritable)
	case !e.escape && strings.Contains(name, ":"):
		return fmt.Errorf("%w: the header name %q has a colon", ErrUnwritable, clip(name))
	case strings.ContainsAny(name, bad) || strings.ContainsAny(value, bad):
		return fmt.Errorf("%w: the header %q has an octet that STOMP %s cannot hold", ErrUnwritable, clip(name), e.version)
	}
	return nil
}

func (e *Encoder) checkBody(body []byte) error {
	switch {
	case e.length >= 0 && e.length != len(body):
		return fmt.Errorf("%w: a content-length of %d for a body of %d bytes", ErrUnwritable, e.length, len(body))
	case e.length < 0 && bytes.IndexByte(body, 0) >= 0:
		return fmt.Errorf("%w: a body with NUL octets and no content-length", ErrUnwritable)
	}
	return nil
}

// Append appends f to dst as version v spells it. The error is ErrUnwritable, and dst is
// returned as it was. f must have a content-length header if its body needs one.
func Append(dst []byte, v Version, f *Frame) ([]byte, error) {
	e := Start(dst, v, f.Command)
	for _, h := range f.Headers {
		e.Header(h.Name, h.Value)
	}
	return e.End(f.Body)
}
