package mapping

import (
	"strings"
	"unicode"

	"github.com/sluicemq/sluice/queuecore"
)

// grammar is what the header lines of a dialect may be and mean.
type grammar interface {
	// meaning says what a header name is to Decode.
	meaning(name string) meaning
	// writable reports whether a header line can hold name and value unaltered.
	writable(name, value string) bool
	// header returns which value of which header the property called name is: the
	// first of its own, unless the dialect repeats headers. The header is "" for a
	// name that somebody might act on.
	header(name string) (header string, nth int)
	// reply reads a destination as the dialect's reply-to header spells it.
	reply(value string) (queuecore.Destination, error)
}

// lines collects the header lines of one message, and what they cannot hold.
type lines[G grammar] struct {
	g     G
	out   []Header
	types []byte
	rest  packed
	count map[string]int // lines by name; nil until somebody asks
}

func (l *lines[G]) add(name, value string) {
	l.out = append(l.out, Header{name, value})
	if l.count != nil {
		l.count[name]++
	}
}

// counted returns how many lines of a name there are.
func (l *lines[G]) counted(name string) int {
	if l.count == nil {
		l.count = make(map[string]int, len(l.out))
		for i := range l.out {
			l.count[l.out[i].Name]++
		}
	}
	return l.count[name]
}

// field adds the header of a text field, or packs it.
func (l *lines[G]) field(w meaning, name, value string) {
	switch {
	case value == "":
	case l.g.writable(name, value):
		l.add(name, value)
	default:
		l.rest.field(w, value)
	}
}

// statement adds a header that this server states of its own. It is no part of
// the message, so what a line cannot hold is blanked out and not packed.
func (l *lines[G]) statement(name, value string) {
	if !l.g.writable(name, value) {
		value = printable(value)
	}
	if value != "" {
		l.add(name, value)
	}
}

// properties adds the properties of m; packed are those whose name or value no
// line can hold, and those that Decode would take for something else.
func (l *lines[G]) properties(m *queuecore.Message) {
	place := 0 // among those that Decode gets
	for i := range m.Properties {
		p := &m.Properties[i]
		w := l.g.meaning(p.Name)
		switch {
		case w == userOwn || l.stays(m, w, p):
			l.property(place, p)
		case repeatsGroup(m, w, p):
			continue
		default:
			l.rest.property(place, p)
		}
		place++
	}
}

func (l *lines[G]) property(i int, p *queuecore.Property) {
	text, typ := spell(p.Value)
	name, nth := l.g.header(p.Name)
	if nth > 1 && l.counted(name) != nth-1 {
		name = p.Name // not what Decode would call it
	}
	if !l.g.writable(name, text) {
		l.rest.property(i, p)
		return
	}
	l.add(name, text)
	if typ != typeString || p.Label != "" {
		l.types = appendType(l.types, p.Name, typ, p.Label)
	}
}

// stays reports whether Decode would leave a header of a known name a property:
// an empty one, or a reply-to that is no destination of ours.
func (l *lines[G]) stays(m *queuecore.Message, w meaning, p *queuecore.Property) bool {
	text, plain := plainText(p)
	if !plain || !w.isText() || isSet(m, w) {
		return false
	}
	if text == "" {
		return true
	}
	if w != replyTo {
		return false
	}
	_, err := l.g.reply(text)
	return err != nil
}

// repeatsGroup reports whether p says again, in the words of the SQS JMS
// library, what the group header says already.
func repeatsGroup(m *queuecore.Message, w meaning, p *queuecore.Property) bool {
	text, plain := plainText(p)
	return w == group && plain && text != "" && text == m.Group
}

// finish adds the type list and what is packed.
func (l *lines[G]) finish(typesName, restName string) {
	if len(l.types) > 0 {
		l.add(typesName, string(l.types))
	}
	if !l.rest.isZero() {
		rest := l.rest // a copy, so that only a message that is packed costs the heap
		l.add(restName, rest.String())
	}
}

// printable replaces what some line cannot hold by blanks.
func printable(s string) string {
	return strings.TrimFunc(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s), isBlank)
}

// isBlank reports whether some client library trims r off the ends of a value.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }
