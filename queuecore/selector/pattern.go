package selector

import (
	"errors"
	"fmt"
	"strings"
)

// ErrPattern is what is wrong with a pattern that Parse refuses; the text says
// what.
var ErrPattern = errors.New("invalid subject pattern")

// The tokens that stand for others. They are so only when they are a whole token.
const (
	anyToken = "*" // one token
	anyTail  = ">" // one or more tokens; only as the last one
)

// Pattern says which subjects concern a receiver. A subject is made of tokens
// separated by dots; a subject with an empty token matches nothing. Patterns are
// equal (==) when they are spelled alike. The zero Pattern matches nothing.
type Pattern struct{ text string }

// Parse reads a pattern: tokens separated by dots, none of them empty. "*"
// stands for one token, and ">", as the last token, for one or more. Every other
// token stands for itself, byte by byte. The error wraps ErrPattern.
func Parse(pattern string) (Pattern, error) {
	for rest, more := pattern, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		switch {
		case token == "":
			return Pattern{}, fmt.Errorf("%q: empty token: %w", pattern, ErrPattern)
		case token == anyTail && more:
			return Pattern{}, fmt.Errorf("%q: %q is not the last token: %w", pattern, anyTail, ErrPattern)
		}
	}
	return Pattern{pattern}, nil
}

// String returns the pattern as it was given to Parse.
func (p Pattern) String() string { return p.text }

// IsLiteral reports whether p matches one subject only, the one spelled like it.
func (p Pattern) IsLiteral() bool {
	for rest, more := p.text, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == "" || token == anyToken || token == anyTail {
			return false
		}
	}
	return true
}

// Match reports whether p matches the subject.
func (p Pattern) Match(subject string) bool {
	for pattern := p.text; ; {
		want, restOfPattern, morePattern := strings.Cut(pattern, ".")
		token, restOfSubject, moreSubject := strings.Cut(subject, ".")
		switch {
		case token == "" || want == "":
			return false
		case want == anyTail:
			return !hasEmptyToken(subject)
		case want != anyToken && want != token:
			return false
		case !morePattern || !moreSubject:
			return morePattern == moreSubject
		}
		pattern, subject = restOfPattern, restOfSubject
	}
}

func hasEmptyToken(subject string) bool {
	return subject == "" || subject[0] == '.' || subject[len(subject)-1] == '.' || strings.Contains(subject, "..")
}

// Overlaps reports whether there is a subject that both a and b match.
func Overlaps(a, b Pattern) bool {
	for x, y := a.text, b.text; ; {
		s, restX, moreX := strings.Cut(x, ".")
		t, restY, moreY := strings.Cut(y, ".")
		switch {
		case s == "" || t == "":
			return false
		case s == anyTail || t == anyTail:
			return true
		case s != t && s != anyToken && t != anyToken:
			return false
		case !moreX || !moreY:
			return moreX == moreY
		}
		x, y = restX, restY
	}
}

// Covers reports whether a matches every subject that b matches.
func Covers(a, b Pattern) bool {
	for x, y := a.text, b.text; ; {
		s, restX, moreX := strings.Cut(x, ".")
		t, restY, moreY := strings.Cut(y, ".")
		switch {
		case t == "":
			return true // b matches nothing
		case s == "":
			return false
		case s == anyTail:
			return true
		case t == anyTail:
			return false
		case s != anyToken && s != t:
			return false
		case !moreX || !moreY:
			return moreX == moreY
		}
		x, y = restX, restY
	}
}
