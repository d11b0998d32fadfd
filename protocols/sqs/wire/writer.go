package wire

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

const (
	xmlHead   = `<?xml version="1.0"?>`
	namespace = "http://queue.amazonaws.com/doc/2012-11-05/"
)

// Result is what a request is answered with. The types of this package implement it.
type Result interface {
	write(w *writer)
}

// AppendJSON appends the body of an answer in the JSON form. A nil result is an
// empty body.
func AppendJSON(b []byte, r Result) []byte {
	if r == nil {
		return b
	}
	w := writer{buf: b}
	w.begin()
	r.write(&w)
	w.end()
	return w.buf
}

// AppendXML appends the body of the answer to an action in the query form.
func AppendXML(b []byte, action string, r Result, requestID string) []byte {
	w := writer{buf: append(b, xmlHead...), xml: true}
	w.buf = append(append(w.buf, '<'), action...)
	w.buf = append(w.buf, `Response xmlns="`+namespace+`">`...)
	if r != nil {
		w.open(action + "Result")
		r.write(&w)
		w.close(action + "Result")
	}
	w.open("ResponseMetadata")
	w.text("RequestId", requestID)
	w.close("ResponseMetadata")
	w.close(action + "Response")
	return w.buf
}

// writer writes members in either form. Where the two name a member differently
// its methods take both names, the JSON one first.
type writer struct {
	buf []byte
	xml bool
}

func (w *writer) open(name string) {
	w.buf = append(append(append(w.buf, '<'), name...), '>')
}

func (w *writer) close(name string) {
	w.buf = append(append(append(w.buf, '<', '/'), name...), '>')
}

func (w *writer) begin() { w.buf = append(w.buf, '{') }
func (w *writer) end()   { w.buf = append(w.buf, '}') }

// comma comes before every element but the first.
func (w *writer) comma() {
	switch w.buf[len(w.buf)-1] {
	case '{', '[':
	default:
		w.buf = append(w.buf, ',')
	}
}

func (w *writer) key(name string) {
	w.comma()
	w.buf = append(append(append(w.buf, '"'), name...), '"', ':')
}

// text writes a string that may hold anything.
func (w *writer) text(name, v string) {
	if w.xml {
		w.open(name)
		w.buf = appendXMLText(w.buf, v)
		w.close(name)
		return
	}
	w.key(name)
	w.buf = appendJSONString(w.buf, v)
}

// optional is text, but writes nothing when v is empty.
func (w *writer) optional(name, v string) {
	if v != "" {
		w.text(name, v)
	}
}

func (w *writer) boolean(name string, v bool) {
	word := "false"
	if v {
		word = "true"
	}
	if w.xml {
		w.text(name, word)
		return
	}
	w.key(name)
	w.buf = append(w.buf, word...)
}

func (w *writer) number(name string, n int64) {
	if w.xml {
		w.text(name, strconv.FormatInt(n, 10))
		return
	}
	w.key(name)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *writer) blob(name string, v []byte) {
	if w.xml {
		w.open(name)
		w.buf = base64.StdEncoding.AppendEncode(w.buf, v)
		w.close(name)
		return
	}
	w.key(name)
	w.buf = append(w.buf, '"')
	w.buf = append(base64.StdEncoding.AppendEncode(w.buf, v), '"')
}

// list writes n structures; nothing at all when there are none.
func (w *writer) list(name, element string, n int, each func(i int)) {
	if n == 0 {
		return
	}
	if w.xml {
		for i := range n {
			w.open(element)
			each(i)
			w.close(element)
		}
		return
	}
	w.key(name)
	w.buf = append(w.buf, '[')
	for i := range n {
		w.comma()
		w.begin()
		each(i)
		w.end()
	}
	w.buf = append(w.buf, ']')
}

// strings writes a list of strings. An empty one is written only when the model
// says that the member is always there.
func (w *writer) strings(name, element string, list []string, always bool) {
	if len(list) == 0 && !always {
		return
	}
	if w.xml {
		for _, s := range list {
			w.text(element, s)
		}
		return
	}
	w.key(name)
	w.buf = append(w.buf, '[')
	for _, s := range list {
		w.comma()
		w.buf = appendJSONString(w.buf, s)
	}
	w.buf = append(w.buf, ']')
}

// pairs writes a map of strings; nothing at all when it is empty. key is what the
// query form calls the name of an entry.
func (w *writer) pairs(name, element, key string, list Pairs) {
	if len(list) == 0 {
		return
	}
	if w.xml {
		for i := range list {
			w.open(element)
			w.text(key, list[i].Name)
			w.text("Value", list[i].Value)
			w.close(element)
		}
		return
	}
	w.key(name)
	w.begin()
	for i := range list {
		w.comma()
		w.buf = append(appendJSONString(w.buf, list[i].Name), ':')
		w.buf = appendJSONString(w.buf, list[i].Value)
	}
	w.end()
}

// attributes writes message attributes.
func (w *writer) attributes(list Attributes) {
	if len(list) == 0 {
		return
	}
	if w.xml {
		for i := range list {
			w.open("MessageAttribute")
			w.text("Name", list[i].Name)
			w.open("Value")
			w.attribute(&list[i])
			w.close("Value")
			w.close("MessageAttribute")
		}
		return
	}
	w.key("MessageAttributes")
	w.begin()
	for i := range list {
		w.comma()
		w.buf = append(appendJSONString(w.buf, list[i].Name), ':')
		w.begin()
		w.attribute(&list[i])
		w.end()
	}
	w.end()
}

func (w *writer) attribute(a *Attribute) {
	w.text("DataType", a.DataType)
	if a.IsBinary() {
		w.blob("BinaryValue", a.Binary)
	} else {
		w.text("StringValue", a.Text)
	}
}

// appendJSONString appends s in quotes. What is not UTF-8 becomes U+FFFD, for
// JSON cannot carry it.
func appendJSONString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := Plain(s, 0); i < len(s); i = Plain(s, i) {
		c := s[i]
		if c == 0x7F {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

// appendXMLText appends s as character data. What XML 1.0 cannot carry becomes U+FFFD.
func appendXMLText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if esc := xmlEscape(r, n); esc != "" {
			b = append(append(b, s[from:i]...), esc...)
			from = i + n
		}
		i += n
	}
	return append(b, s[from:]...)
}

// xmlEscape returns what stands for r, or "" if r may stand for itself. A
// carriage return must be escaped since parsers turn it into a line feed.
// XML 1.0, sections 2.2 and 2.11.
func xmlEscape(r rune, n int) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\r':
		return "&#xD;"
	}
	if !IsText(r) || r == utf8.RuneError && n == 1 {
		return "\ufffd"
	}
	return ""
}

// IsText reports whether a message may hold r: the characters of XML 1.0.
// SQS API, SendMessage, "MessageBody".
func IsText(r rune) bool {
	switch {
	case r >= 0x20 && r <= 0xD7FF, r == '\t', r == '\n', r == '\r':
		return true
	}
	return r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}
