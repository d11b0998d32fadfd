package wire

import (
	"encoding/base64"
	"math"
	"strconv"
)

// DecodeJSON reads the body of an AWS JSON 1.0 request into r. An empty body is
// an empty request. It keeps nothing of body. The error is an *Error.
//
// AWS JSON 1.0 protocol: unknown members are passed by, null is the same as absent.
func DecodeJSON(body []byte, r Request) error {
	j := &jsonReader{buf: body}
	if j.space(); j.pos == len(j.buf) {
		return nil
	}
	if err := j.structure(r); err != nil {
		return err
	}
	if j.space(); j.pos != len(j.buf) {
		return j.malformed("text after the end of the request")
	}
	return nil
}

// jsonReader reads a text from front to back. It is its own value: the one that
// begins at pos.
type jsonReader struct {
	buf   []byte
	pos   int
	depth int
	total int // members and elements so far
}

func (j *jsonReader) malformed(what string) error {
	return Errorf(MalformedInput, "The request is not valid JSON: %s at byte %d.", what, j.pos)
}

func serialization(text string) error { return &Error{Code: MalformedInput, Message: text} }

func (j *jsonReader) space() {
	for j.pos < len(j.buf) {
		switch j.buf[j.pos] {
		case ' ', '\t', '\r', '\n':
			j.pos++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, or 0 at the end.
func (j *jsonReader) peek() byte {
	j.space()
	if j.pos == len(j.buf) {
		return 0
	}
	return j.buf[j.pos]
}

// eat passes over c if it comes next.
func (j *jsonReader) eat(c byte) bool {
	if j.peek() != c {
		return false
	}
	j.pos++
	return true
}

// null passes over a null.
func (j *jsonReader) null() bool {
	if j.peek() != 'n' || len(j.buf)-j.pos < 4 || string(j.buf[j.pos:j.pos+4]) != "null" {
		return false
	}
	j.pos += 4
	return true
}

// mismatch says what is there in place of a scalar.
func (j *jsonReader) mismatch() error {
	switch j.peek() {
	case '{':
		return serialization("Start of structure or map found where not expected.")
	case '[':
		return serialization("Start of list found where not expected")
	case 0:
		return j.malformed("unexpected end")
	}
	return j.malformed("unexpected character")
}

// str reads a string. Numbers and booleans are taken as they are spelled.
func (j *jsonReader) str() (string, error) {
	switch c := j.peek(); {
	case c == '"':
		return j.quoted()
	case c == '-' || c >= '0' && c <= '9':
		b, err := j.number()
		return string(b), err
	case c == 't' || c == 'f':
		return j.boolean()
	}
	return "", j.mismatch()
}

func (j *jsonReader) boolean() (string, error) {
	for _, word := range [...]string{"true", "false"} {
		if end := j.pos + len(word); end <= len(j.buf) && string(j.buf[j.pos:end]) == word {
			j.pos = end
			return word, nil
		}
	}
	return "", j.malformed("unexpected character")
}

func (j *jsonReader) integer() (int, error) {
	switch c := j.peek(); {
	case c == '"':
		return 0, serialization("STRING_VALUE can not be converted to an Integer")
	case c == 't' || c == 'f':
		return 0, serialization("TRUE_VALUE and FALSE_VALUE can not be converted to an Integer")
	case c != '-' && (c < '0' || c > '9'):
		return 0, j.mismatch()
	}
	b, err := j.number()
	if err != nil {
		return 0, err
	}
	if len(b) > maxDigits { // strconv's errors would repeat it
		return 0, serialization("NUMBER_VALUE can not be converted to an Integer")
	}
	if n, err := strconv.ParseInt(string(b), 10, 32); err == nil {
		return int(n), nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, serialization("NUMBER_VALUE can not be converted to an Integer")
	}
	return int(f), nil
}

// number reads a number and returns its spelling.
// RFC 8259, section 6.
func (j *jsonReader) number() ([]byte, error) {
	from := j.pos
	if j.at('-') {
		j.pos++
	}
	if j.at('0') {
		j.pos++
	} else if j.digits() == 0 {
		return nil, j.malformed("digit expected")
	}
	if j.at('.') {
		j.pos++
		if j.digits() == 0 {
			return nil, j.malformed("digit expected")
		}
	}
	if j.at('e') || j.at('E') {
		j.pos++
		if j.at('+') || j.at('-') {
			j.pos++
		}
		if j.digits() == 0 {
			return nil, j.malformed("digit expected")
		}
	}
	return j.buf[from:j.pos], nil
}

func (j *jsonReader) at(c byte) bool { return j.pos < len(j.buf) && j.buf[j.pos] == c }

func (j *jsonReader) digits() int {
	from := j.pos
	for j.pos < len(j.buf) && j.buf[j.pos] >= '0' && j.buf[j.pos] <= '9' {
		j.pos++
	}
	return j.pos - from
}

// blob reads base64, as AWS JSON 1.0 carries bytes.
func (j *jsonReader) blob() ([]byte, error) {
	s, err := j.str()
	if err != nil {
		return nil, err
	}
	return decodeBlob(s)
}

func decodeBlob(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, serialization("A binary value is not valid base64.")
	}
	return b, nil
}

func (j *jsonReader) dict(o object) error { return j.structure(o) }

// structure reads a structure or a map.
func (j *jsonReader) structure(o object) error {
	if !j.eat('{') {
		if j.peek() == '[' {
			return serialization("Unrecognized collection type")
		}
		return j.notA("structure")
	}
	if err := j.enter(); err != nil {
		return err
	}
	defer j.leave()
	if j.eat('}') {
		return nil
	}
	for n := 0; ; n++ {
		if err := j.member(o, n); err != nil {
			return err
		}
		if j.eat('}') {
			return nil
		}
		if !j.eat(',') {
			return j.malformed("',' or '}' expected")
		}
	}
}

func (j *jsonReader) member(o object, n int) error {
	if err := j.count(n); err != nil {
		return err
	}
	if j.peek() != '"' {
		return j.malformed("name expected")
	}
	name, err := j.name()
	if err != nil {
		return err
	}
	if len(name) > maxName {
		return Errorf(MalformedInput, "A name has more than %d bytes.", maxName)
	}
	if !j.eat(':') {
		return j.malformed("':' expected")
	}
	if j.null() {
		return nil
	}
	return o.set(name, j)
}

func (j *jsonReader) list(l list) error {
	if !j.eat('[') {
		return j.notA("list")
	}
	if err := j.enter(); err != nil {
		return err
	}
	defer j.leave()
	if j.eat(']') {
		return nil
	}
	for n := 0; ; n++ {
		if err := j.count(n); err != nil {
			return err
		}
		if !j.null() {
			if err := l.add(j); err != nil {
				return err
			}
		}
		if j.eat(']') {
			return nil
		}
		if !j.eat(',') {
			return j.malformed("',' or ']' expected")
		}
	}
}

func (j *jsonReader) notA(what string) error {
	switch c := j.peek(); {
	case c == '{' || c == '[' || c == 0:
		return j.mismatch()
	case c == '"' || c == '-' || c == 't' || c == 'f' || c >= '0' && c <= '9':
		return serialization("A " + what + " was expected and a single value found.")
	}
	return j.malformed("unexpected character")
}

// skip passes over a value of any kind.
func (j *jsonReader) skip() error {
	switch j.peek() {
	case '{':
		return j.structure(ignored{})
	case '[':
		return j.list(ignored{})
	case '"':
		raw, escaped, err := j.span()
		if err == nil && escaped {
			_, err = j.unescape(raw)
		}
		return err
	}
	_, err := j.str()
	return err
}

func (j *jsonReader) enter() error {
	if j.depth++; j.depth > maxDepth {
		return Errorf(MalformedInput, "The request nests deeper than %d levels.", maxDepth)
	}
	return nil
}

func (j *jsonReader) leave() { j.depth-- }

// count takes note of one more member or element, the nth of its list or map.
func (j *jsonReader) count(n int) error {
	if n == maxElements {
		return tooMany()
	}
	if j.total++; j.total > maxTotal {
		return Errorf(MalformedInput, "The request has more than %d values.", maxTotal)
	}
	return nil
}

func tooMany() error {
	return Errorf(MalformedInput, "A list or map has more than %d elements.", maxElements)
}

// ignored takes what nobody asked for.
type ignored struct{}

func (ignored) set(_ []byte, v value) error { return v.skip() }
func (ignored) add(v value) error           { return v.skip() }
