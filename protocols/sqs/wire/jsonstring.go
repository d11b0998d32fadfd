package wire

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string into memory of its own.
func (j *jsonReader) quoted() (string, error) {
	raw, escaped, err := j.span()
	if err != nil {
		return "", err
	}
	if !escaped {
		return string(raw), nil
	}
	return j.unescape(raw)
}

// name reads a string that is looked at and forgotten. It is part of the text
// itself unless it holds escapes.
func (j *jsonReader) name() ([]byte, error) {
	raw, escaped, err := j.span()
	if err != nil || !escaped {
		return raw, err
	}
	s, err := j.unescape(raw)
	return []byte(s), err
}

// span passes over a string and returns what is between the quotes, and whether
// there are escapes in it.
// RFC 8259, section 7: control characters must be escaped; section 8.1: UTF-8.
func (j *jsonReader) span() (raw []byte, escaped bool, err error) {
	from := j.pos + 1
	ascii := true
	for i := plainBytes(j.buf, from); i < len(j.buf); i = plainBytes(j.buf, i+1) {
		switch c := j.buf[i]; {
		case c == '"':
			raw, j.pos = j.buf[from:i], i+1
			if !ascii && !utf8.Valid(raw) {
				return nil, false, j.malformed("invalid UTF-8 before the end of a string")
			}
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			j.pos = i
			return nil, false, j.malformed("control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	j.pos = len(j.buf)
	return nil, false, j.malformed("string without an end")
}

func (j *jsonReader) unescape(raw []byte) (string, error) {
	var out strings.Builder
	out.Grow(len(raw))
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			out.Write(raw)
			return out.String(), nil
		}
		out.Write(raw[:i])
		raw = raw[i+1:]
		if raw[0] != 'u' {
			c := simpleEscape(raw[0])
			if c == 0 {
				return "", j.malformed("unknown escape before the end of a string")
			}
			out.WriteByte(c)
			raw = raw[1:]
			continue
		}
		r, n := unicodeEscape(raw)
		if n == 0 {
			return "", j.malformed("bad \\u escape before the end of a string")
		}
		out.WriteRune(r)
		raw = raw[n:]
	}
}

func simpleEscape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// unicodeEscape reads uXXXX, or a pair of them that stands for one character
// outside the basic plane. Half a pair is an error: it is no character, and to
// put another in its place would change the message.
func unicodeEscape(b []byte) (r rune, n int) {
	r = hex4(b)
	if r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 5
	}
	if len(b) < 11 || b[5] != '\\' || b[6] != 'u' {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, hex4(b[6:])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 11
}

// hex4 reads the digits of uXXXX; -1 if they are none.
func hex4(b []byte) rune {
	if len(b) < 5 {
		return -1
	}
	var r rune
	for _, c := range b[1:5] {
		d := unhex(c)
		if d < 0 {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
