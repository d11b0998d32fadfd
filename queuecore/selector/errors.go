package selector

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

var (
	// ErrSelector is what is wrong with a text that Compile refuses. The error is a
	// *SyntaxError as well, which says where and what.
	ErrSelector = errors.New("invalid selector")
	// ErrSteps: one evaluation looked at more than Limits.Steps allows.
	ErrSteps = errors.New("selector takes too many steps for this message")
)

// SyntaxError says why a text is no selector. It wraps ErrSelector.
type SyntaxError struct {
	Offset int    // of what was found, in bytes from the start of the text
	Found  string // what stands there, shortened
	Want   string // what could have stood there, or what is allowed
}

// Error is one line, whatever the text holds.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%v: at offset %d: found %s, expected %s", ErrSelector, e.Offset, e.Found, e.Want)
}

// Unwrap returns ErrSelector.
func (e *SyntaxError) Unwrap() error { return ErrSelector }

// maxQuoted is how many bytes of a selector an error repeats.
const maxQuoted = 40

// quoted returns a piece of a selector for an error: on one line, and not long.
func quoted(text string) string {
	if len(text) <= maxQuoted {
		return strconv.Quote(text)
	}
	n := maxQuoted
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strconv.Quote(text[:n]) + "…"
}
