package websocket

import "unicode/utf8"

// unfinished returns how many octets at the end of b are the beginning of a
// character that may go on behind it.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// text looks whether a text that comes in pieces is UTF-8.
type text struct {
	begun [utf8.UTFMax]byte // a character that is not complete
	n     int               // octets of it
}

// takes reports whether b can be the next piece.
func (t *text) takes(b []byte) bool {
	for t.n > 0 && len(b) > 0 {
		t.begun[t.n] = b[0]
		t.n++
		b = b[1:]
		if utf8.FullRune(t.begun[:t.n]) {
			if !utf8.Valid(t.begun[:t.n]) {
				return false
			}
			t.n = 0
		}
	}
	if len(b) == 0 {
		return true
	}
	n := unfinished(b)
	t.n = copy(t.begun[:], b[len(b)-n:])
	return utf8.Valid(b[:len(b)-n])
}

// complete reports whether the text may end here.
func (t *text) complete() bool { return t.n == 0 }
