package selector

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Selector is a condition on the header fields and properties of a message, in the
// language of Jakarta Messaging 3.1, section 3.8.1. It never changes, and any
// number of goroutines may use it at once. A nil *Selector is no selector: it
// matches every message.
type Selector struct {
	text    string
	root    node
	names   []string
	convert bool
	steps   steps
}

// Options say which language a text is in. The zero Options is the standard's. A
// text may begin with the prefixes of ActiveMQ and Artemis, which go before what
// Options say: convert_string_expressions: and hyphenated_props:, and with no_
// before them the opposite; any_jms_names: is our own.
type Options struct {
	// Convert lets strings be numbers and booleans where those are wanted: in
	// arithmetic, when compared with one, when ordered, and as conditions. In
	// STOMP all properties are strings. A string that spells none stays one.
	Convert bool
	// Hyphens lets "-" and "." be part of a name if they stand between two other
	// parts of it, as in content-type. Then a-1 is a name; a - 1 is a difference.
	Hyphens bool
	// AnyName lets names be used that begin with JMS and are none of those that the
	// standard allows, such as JMSReplyTo or JMSRedelivered.
	AnyName bool
	Limits  Limits
}

// prefixes are the words before a selector that set Options.
var prefixes = []struct {
	name   string
	option func(*Options) *bool
}{
	{"convert_string_expressions:", func(o *Options) *bool { return &o.Convert }},
	{"hyphenated_props:", func(o *Options) *bool { return &o.Hyphens }},
	{"any_jms_names:", func(o *Options) *bool { return &o.AnyName }},
}

// Compile reads a selector. For a text that is empty or blank it returns nil, which
// is no selector (3.8.1.1). An error wraps ErrSelector, is a *SyntaxError and fits
// on one line.
func Compile(text string, o Options) (*Selector, error) {
	o.Limits = o.Limits.orDefaults()
	start := cutPrefixes(text, &o)
	if err := check(text, start, o.Limits); err != nil {
		return nil, err
	}
	body := text[start:]
	if strings.Trim(body, blanks) == "" {
		return nil, nil
	}
	p := parser{lexer: lexer{text: text, pos: start, hyphens: o.Hyphens}, options: o}
	root, err := p.run()
	if err != nil {
		return nil, err
	}
	s := &Selector{text: canonical(body, o), root: root, convert: o.Convert, steps: steps(o.Limits.Steps)}
	s.names = settle(&s.root)
	return s, nil
}

// cutPrefixes returns where the selector itself begins.
func cutPrefixes(text string, o *Options) int {
	start := 0
	for again := true; again; {
		again = false
		for _, p := range prefixes {
			rest, negated := strings.CutPrefix(text[start:], "no_")
			if strings.HasPrefix(rest, p.name) {
				*p.option(o) = !negated
				start = len(text) - len(rest) + len(p.name)
				again = true
			}
		}
	}
	return start
}

// canonical returns the text that means the same without Options.
func canonical(body string, o Options) string {
	text := ""
	for _, p := range prefixes {
		if *p.option(&o) {
			text += p.name
		}
	}
	return text + body
}

// check looks at what needs no parser.
func check(text string, start int, l Limits) error {
	if n := len(text) - start; n > l.Length {
		return &SyntaxError{start, fmt.Sprintf("%d bytes", n), fmt.Sprintf("at most %d", l.Length)}
	}
	if utf8.ValidString(text) {
		return nil
	}
	for i, r := range text {
		if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
			return &SyntaxError{i, fmt.Sprintf("the byte %#02x", text[i]), "UTF-8"}
		}
	}
	return nil
}

// Match reports whether the selector is true for a message. f is used until it
// returns, by the caller's goroutine, and must not be nil. Nothing is allocated.
func (s *Selector) Match(f Fields) bool {
	t, _ := s.Eval(f)
	return t == True
}

// Eval returns what the selector is worth for a message. A selector that is false or
// unknown does not match (3.8.1.1). The error is nil, or ErrSteps along with
// Unknown: the message is too long for it.
func (s *Selector) Eval(f Fields) (Truth, error) {
	if s == nil {
		return True, nil
	}
	e := evaluation{fields: f, convert: s.convert, left: s.steps}
	t := e.truth(&s.root)
	if e.left < 0 {
		return Unknown, ErrSteps
	}
	return t, nil
}

// String returns the selector as it was given to Compile, with a prefix for each
// option that is on: Compile makes the same of it without Options. Selectors with
// the same text, compiled within the same Limits, are the same. That of nil is empty.
func (s *Selector) String() string {
	if s == nil {
		return ""
	}
	return s.text
}

// Names returns the header fields and properties that the selector looks at, sorted.
// The slice belongs to the caller.
func (s *Selector) Names() []string {
	if s == nil {
		return nil
	}
	return slices.Clone(s.names)
}

// HeadersOnly reports whether the selector looks at no property, only at the
// header fields that the standard lets a selector look at.
func (s *Selector) HeadersOnly() bool {
	return s == nil || !slices.ContainsFunc(s.names, func(name string) bool { return !isHeader(name) })
}
