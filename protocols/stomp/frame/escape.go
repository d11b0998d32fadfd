package frame

import "strings"

// unescape undoes the escapes of a header name or value. STOMP 1.2, "Value
// Encoding": undefined ones "MUST be treated as a fatal protocol error".
func unescape(s string, v Version) (string, error) {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		c, ok := byte(0), i+1 < len(s)
		if ok {
			c, ok = unescaped(s[i+1], v)
		}
		if !ok {
			return "", malformed("%q is not an escape of STOMP %s", s[i:min(i+2, len(s))], v)
		}
		b.WriteByte(c)
		s = s[i+2:]
	}
	b.WriteString(s)
	return b.String(), nil
}

// unescaped returns what a backslash before c stands for.
func unescaped(c byte, v Version) (byte, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 'c':
		return ':', true
	case '\\':
		return '\\', true
	case 'r':
		return '\r', v == V12
	}
	return 0, false
}

// escape appends s to dst with the escapes of v.
func escape(dst []byte, s string, v Version) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		var c byte
		switch s[i] {
		case '\n':
			c = 'n'
		case ':':
			c = 'c'
		case '\\':
			c = '\\'
		case '\r':
			if v != V12 {
				continue
			}
			c = 'r'
		default:
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, '\\', c)
		start = i + 1
	}
	return append(dst, s[start:]...)
}
