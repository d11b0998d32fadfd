package wire

import (
	"errors"
	"fmt"
	"strings"
)

// Version is the first line of every header block, without its end.
const Version = "NATS/1.0"

// ErrHeader: a header block that cannot be understood, or is over MaxHeader.
var ErrHeader = errors.New("bad message header")

// EachHeader calls f for every header of a block, in order, until f returns
// false. Blanks before a value are not part of it; a header without a name is
// passed by. The error is ErrHeader (NATS ADR-4, "Headers").
func EachHeader(block string, f func(name, value string) bool) error {
	if len(block) > MaxHeader {
		return fmt.Errorf("%d bytes, the limit is %d: %w", len(block), MaxHeader, ErrHeader)
	}
	first, rest, ok := strings.Cut(block, crlf)
	if !ok || !strings.HasPrefix(first, Version) {
		return fmt.Errorf("no %s line: %w", Version, ErrHeader)
	}
	for {
		line, tail, ok := strings.Cut(rest, crlf)
		if !ok {
			return fmt.Errorf("no empty line at the end: %w", ErrHeader)
		}
		if line == "" {
			return nil
		}
		rest = tail
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("line %.64q has no colon: %w", line, ErrHeader)
		}
		if name != "" && !f(name, strings.TrimLeft(value, " \t")) {
			return nil
		}
	}
}

// BeginHeader appends the first line of a header block. End it with EndHeader.
func BeginHeader(dst []byte) []byte { return append(dst, Version+crlf...) }

// BeginStatus appends the first line of a block that carries a status, as
// "NATS/1.0 404 No Messages". Text may be empty.
func BeginStatus(dst []byte, status, text string) []byte {
	dst = append(append(dst, Version+" "...), status...)
	if text != "" {
		dst = append(append(dst, ' '), text...)
	}
	return append(dst, crlf...)
}

// AppendHeader appends one header. A line end in it, which would let its value
// forge another header, becomes a blank.
func AppendHeader(dst []byte, name, value string) []byte {
	dst = append(appendClean(dst, name), ": "...)
	return append(appendClean(dst, value), crlf...)
}

func appendClean(dst []byte, s string) []byte {
	from := len(dst)
	dst = append(dst, s...)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\r' || dst[i] == '\n' {
			dst[i] = ' '
		}
	}
	return dst
}

// EndHeader appends the empty line that ends a block.
func EndHeader(dst []byte) []byte { return append(dst, crlf...) }
