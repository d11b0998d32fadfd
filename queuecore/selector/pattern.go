// Package selector says which messages are meant: by the subject they were sent
// to. Selectors over a message's properties belong here too.
package selector

import (
	"errors"
	"strings"
)

// ErrPattern is what Parse wraps.
var ErrPattern = errors.New("bad subject pattern")

// Pattern is a checked subject pattern: tokens separated by dots, of which "*"
// stands for any one token and a last ">" for one or more.
type Pattern string

// Parse checks a pattern.
func Parse(s string) (Pattern, error) {
	for rest, more := s, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == "" || token == ">" && more {
			return "", ErrPattern
		}
	}
	return Pattern(s), nil
}
