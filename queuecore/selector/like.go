package selector

import (
	"strings"
	"unicode/utf8"
)

// noEscape is the escape character of a LIKE without ESCAPE.
const noEscape rune = -1

// like is a pattern of LIKE. A "%" cuts it into runs; each run has a fixed number
// of characters, and the first that fits from the left leaves the most for those
// after it, so that nothing is ever tried twice. Characters are Unicode's.
type like struct {
	head  run   // what the string begins with
	inner []run // what comes between, in this order
	tail  run   // what it ends with
	exact bool  // no "%": head is all of it
}

// run is pieces one after the other.
type run []piece

// piece is some characters of any kind, and then those of text.
type piece struct {
	skip int
	text string
}

// newLike reads a pattern. The escape character takes the meaning away from a "%",
// a "_" or an escape character that follows it; before others it stands for itself,
// as "all other characters" do (3.8.1.1).
func newLike(pattern string, escape rune) *like {
	b := likeBuilder{runs: []run{nil}}
	for pattern != "" {
		r, n := utf8.DecodeRuneInString(pattern)
		if escaped, ok := afterEscape(pattern, escape); ok {
			b.text = append(b.text, escaped...)
			n += len(escaped)
		} else {
			b.add(r)
		}
		pattern = pattern[n:]
	}
	b.endPiece()
	return assemble(b.runs)
}

// afterEscape returns the character whose meaning the first one of a pattern takes
// away, and whether it does.
func afterEscape(pattern string, escape rune) (string, bool) {
	r, n := utf8.DecodeRuneInString(pattern)
	if r != escape {
		return "", false
	}
	next, m := utf8.DecodeRuneInString(pattern[n:])
	return pattern[n : n+m], m > 0 && (next == '%' || next == '_' || next == escape)
}

// likeBuilder collects the runs of a pattern, and the piece under way.
type likeBuilder struct {
	runs []run
	skip int
	text []byte
}

func (b *likeBuilder) add(r rune) {
	switch {
	case r == '%':
		b.endPiece()
		b.runs = append(b.runs, nil)
	case r == '_':
		if len(b.text) > 0 {
			b.endPiece()
		}
		b.skip++
	default:
		b.text = utf8.AppendRune(b.text, r)
	}
}

func (b *likeBuilder) endPiece() {
	if b.skip > 0 || len(b.text) > 0 {
		last := &b.runs[len(b.runs)-1]
		*last = append(*last, piece{b.skip, string(b.text)})
	}
	b.skip, b.text = 0, b.text[:0]
}

func assemble(runs []run) *like {
	last := len(runs) - 1
	l := &like{head: runs[0], exact: last == 0}
	if l.exact {
		return l
	}
	l.tail = runs[last]
	for _, r := range runs[1:last] {
		if len(r) > 0 {
			l.inner = append(l.inner, r)
		}
	}
	return l
}

// match reports whether the pattern fits all of s. It says no if there are not
// enough steps left.
func (l *like) match(s string, left *steps) bool {
	s, ok := l.head.atStart(s, left)
	if !ok || l.exact {
		return ok && s == ""
	}
	if s, ok = l.tail.atEnd(s, left); !ok {
		return false
	}
	for _, r := range l.inner {
		if s, ok = r.find(s, left); !ok {
			return false
		}
	}
	return true
}

// atStart takes r away from the start of s.
func (r run) atStart(s string, left *steps) (string, bool) {
	for _, p := range r {
		if !left.spend(p.skip) || !left.spendBytes(len(p.text)) {
			return "", false
		}
		for range p.skip {
			if s == "" {
				return "", false
			}
			_, n := utf8.DecodeRuneInString(s)
			s = s[n:]
		}
		var ok bool
		if s, ok = strings.CutPrefix(s, p.text); !ok {
			return "", false
		}
	}
	return s, true
}

// atEnd takes r away from the end of s.
func (r run) atEnd(s string, left *steps) (string, bool) {
	for i := len(r) - 1; i >= 0; i-- {
		p := r[i]
		if !left.spend(p.skip) || !left.spendBytes(len(p.text)) {
			return "", false
		}
		var ok bool
		if s, ok = strings.CutSuffix(s, p.text); !ok {
			return "", false
		}
		for range p.skip {
			if s == "" {
				return "", false
			}
			_, n := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-n]
		}
	}
	return s, true
}

// find returns what follows the first place in s where r fits. Characters of any
// kind before its first text may as well be those that "%" stands for.
func (r run) find(s string, left *steps) (string, bool) {
	s, ok := run{{skip: r[0].skip}}.atStart(s, left)
	if !ok {
		return "", false
	}
	for {
		within := s[:min(len(s), left.bytes(len(s)))]
		i := strings.Index(within, r[0].text)
		if i < 0 {
			left.spendBytes(len(s)) // more than there is, if not all of s was looked through
			return "", false
		}
		if !left.spendBytes(i + len(r[0].text)) {
			return "", false
		}
		s = s[i:]
		if rest, ok := r[1:].atStart(s[len(r[0].text):], left); ok {
			return rest, true
		}
		s = s[1:]
	}
}
