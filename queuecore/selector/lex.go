package selector

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenString // text is the string that is meant
	tokenNumber
	tokenWord   // a reserved word; text is in upper case
	tokenSymbol // an operator, a parenthesis or a comma
)

// token is one word of a selector, from byte at up to byte end.
type token struct {
	kind    tokenKind
	text    string
	at, end int
}

// lexer cuts a selector into tokens.
type lexer struct {
	text    string // valid UTF-8
	pos     int
	hyphens bool // names may hold "-" and "."
}

// next returns the next token; at the end it returns tokenEnd, again and again.
func (l *lexer) next() (token, *SyntaxError) {
	for l.pos < len(l.text) && isBlank(l.text[l.pos]) {
		l.pos++
	}
	if l.pos == len(l.text) {
		return token{kind: tokenEnd, at: l.pos, end: l.pos}, nil
	}
	c := l.text[l.pos]
	switch {
	case c == '\'':
		return l.takeString()
	case isDigit(c), c == '.' && digits(l.text[l.pos+1:]) > 0:
		return l.takeNumber()
	case strings.IndexByte("=<>+-*/(),", c) >= 0:
		return l.takeSymbol()
	}
	return l.takeWord()
}

// blanks are white space: space, horizontal tab, form feed and line terminators
// (3.8.1.1).
const blanks = " \t\f\n\r"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// take returns the token that ends at end, and goes on after it.
func (l *lexer) take(kind tokenKind, end int) token {
	t := token{kind: kind, text: l.text[l.pos:end], at: l.pos, end: end}
	l.pos = end
	return t
}

// takeString reads a string: in single quotes, with each one inside doubled.
func (l *lexer) takeString() (token, *SyntaxError) {
	for end := l.pos + 1; end < len(l.text); end++ {
		if l.text[end] != '\'' {
			continue
		}
		if end+1 < len(l.text) && l.text[end+1] == '\'' {
			end++
			continue
		}
		t := l.take(tokenString, end+1)
		t.text = strings.ReplaceAll(t.text[1:len(t.text)-1], "''", "'")
		return t, nil
	}
	return token{}, &SyntaxError{l.pos, "a string without an end, " + quoted(l.text[l.pos:]), "a closing '"}
}

// takeNumber takes all that could be part of a number. Whether it is one is seen later.
func (l *lexer) takeNumber() (token, *SyntaxError) {
	exponent := byte('e')
	if rest := l.text[l.pos:]; len(rest) > 1 && (rest[:2] == "0x" || rest[:2] == "0X") {
		exponent = 'p'
	}
	end := l.pos + 1
	for ; end < len(l.text); end++ {
		c, before := l.text[end], l.text[end-1]
		isSign := (c == '+' || c == '-') && before|0x20 == exponent
		if !isSign && c != '.' && !isWordByte(c) {
			break
		}
	}
	return l.take(tokenNumber, end), nil
}

// isWordByte reports whether c could follow in a number or a word.
func isWordByte(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

func (l *lexer) takeSymbol() (token, *SyntaxError) {
	rest := l.text[l.pos:]
	switch {
	case strings.HasPrefix(rest, "/*"), strings.HasPrefix(rest, "--") && !startsOperand(rest[2:]):
		return token{}, &SyntaxError{l.pos, quoted(rest[:2]), "no comment (for two minus signs put a space between them)"}
	case strings.HasPrefix(rest, "=="):
		return token{}, &SyntaxError{l.pos, `"=="`, "="}
	case strings.HasPrefix(rest, "<="), strings.HasPrefix(rest, ">="), strings.HasPrefix(rest, "<>"):
		return l.take(tokenSymbol, l.pos+2), nil
	}
	return l.take(tokenSymbol, l.pos+1), nil
}

// startsOperand reports whether two minus signs before rest are a subtraction and
// a sign rather than a comment of SQL.
func startsOperand(rest string) bool {
	return rest != "" && (isDigit(rest[0]) || rest[0] == '.' || rest[0] == '(')
}

// takeWord reads a name or a reserved word.
func (l *lexer) takeWord() (token, *SyntaxError) {
	end := l.pos
	for end < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[end:])
		if isNameStart(r) || end > l.pos && (isNamePart(r) || l.isJoint(end)) {
			end += n
			continue
		}
		break
	}
	if end == l.pos {
		return token{}, l.stray()
	}
	t := l.take(tokenName, end)
	if word, ok := reserved(t.text); ok {
		t.kind, t.text = tokenWord, word
	}
	return t, nil
}

// isJoint reports whether the byte at i joins two parts of a name, as in
// content-type.
func (l *lexer) isJoint(i int) bool {
	if !l.hyphens || l.text[i] != '-' && l.text[i] != '.' {
		return false
	}
	r, _ := utf8.DecodeRuneInString(l.text[i+1:])
	return i+1 < len(l.text) && isNamePart(r)
}

const hyphenHint = " (names with - and . need the prefix hyphenated_props:)"

// stray is the error for a character that nothing begins with.
func (l *lexer) stray() *SyntaxError {
	want := "a name, a value or an operator"
	switch rest := l.text[l.pos:]; {
	case strings.HasPrefix(rest, "!="):
		return &SyntaxError{l.pos, `"!="`, "<>"}
	case rest[0] == '"':
		want = "' around a string"
	case rest[0] == '-' || rest[0] == '.':
		want += hyphenHint
	}
	_, n := utf8.DecodeRuneInString(l.text[l.pos:])
	return &SyntaxError{l.pos, quoted(l.text[l.pos : l.pos+n]), want}
}

// isNameStart is Java's Character.isJavaIdentifierStart.
func isNameStart(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
}

// isNamePart is Java's Character.isJavaIdentifierPart: what a name may begin with,
// digits, marks, and what Java ignores in a name.
func isNamePart(r rune) bool {
	return isNameStart(r) || unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Cf) ||
		r <= 0x08 || 0x0E <= r && r <= 0x1B || 0x7F <= r && r <= 0x9F
}

// reserved returns a reserved word in upper case, and whether it is one. They are
// ASCII: Unicode's folding would take a dotless i for theirs.
func reserved(text string) (string, bool) {
	if len(text) < 2 || len(text) > len("BETWEEN") {
		return "", false
	}
	for i := range len(text) {
		if c := text[i] | 0x20; c < 'a' || c > 'z' {
			return "", false
		}
	}
	switch word := strings.ToUpper(text); word {
	case "NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE":
		return word, true
	}
	return "", false
}
