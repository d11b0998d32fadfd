package mapping

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"time"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// packed is what a dialect has no place for, on its way through one header or
// attribute as JSON. It names fields and properties alone: nothing that only a
// server may set.
type packed struct {
	// Fields holds the message's own fields by their packedKey.
	Fields map[string]exact `json:"f,omitempty"`
	// Empty says that the body is empty and what is shown stands in for it.
	Empty      bool             `json:"e,omitempty"`
	Properties []packedProperty `json:"p,omitempty"`
}

type packedProperty struct {
	Place int    `json:"i"` // in Message.Properties
	Name  exact  `json:"n"`
	Type  string `json:"t,omitempty"` // a string when absent
	Label exact  `json:"l,omitempty"`
	Value exact  `json:"v"`
}

// exact is a string that JSON keeps byte for byte: what is not UTF-8 becomes an
// array of one base64 string.
type exact string

// MarshalJSON implements json.Marshaler.
func (s exact) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(s)) {
		return marshal(string(s))
	}
	return marshal([1]string{base64.StdEncoding.EncodeToString([]byte(s))})
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *exact) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '[' {
		return json.Unmarshal(b, (*string)(s))
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("array of %d, not of one base64 string", len(list))
	}
	raw, err := base64.StdEncoding.DecodeString(list[0])
	*s = exact(raw)
	return err
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (p *packed) isZero() bool { return len(p.Fields) == 0 && !p.Empty && len(p.Properties) == 0 }

// field packs the text of a field.
func (p *packed) field(w meaning, text string) {
	if p.Fields == nil {
		p.Fields = make(map[string]exact)
	}
	p.Fields[w.packedKey()] = exact(text)
}

// property packs the property at place i.
func (p *packed) property(i int, x *queuecore.Property) {
	text, typ := spell(x.Value)
	if typ == typeString {
		typ = ""
	}
	p.Properties = append(p.Properties, packedProperty{i, exact(x.Name), typ, exact(x.Label), exact(text)})
}

// String returns compact JSON in printable ASCII, which every dialect can carry.
func (p *packed) String() string {
	sort.SliceStable(p.Properties, func(i, j int) bool { return p.Properties[i].Place < p.Properties[j].Place })
	raw, err := marshal(p)
	if err != nil {
		panic(err) // strings, numbers and booleans always marshal
	}
	return string(asciiOnly(raw))
}

// asciiOnly escapes what is not ASCII. JSON has such characters only within strings.
func asciiOnly(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/8)
	for _, r := range string(raw) {
		switch {
		case r < 0x7F:
			out = append(out, byte(r))
		case r < 0x10000:
			out = fmt.Appendf(out, "\\u%04x", r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, "\\u%04x\\u%04x", 0xD800+r>>10, 0xDC00+r&0x3FF)
		}
	}
	return out
}

// parsePacked reads what String wrote. The work and the memory are bounded by
// the length of text.
func parsePacked(header, text string) (*packed, error) {
	p := new(packed)
	if err := json.Unmarshal([]byte(text), p); err != nil {
		return nil, invalid(header, text, "must be what this gateway packed: "+err.Error())
	}
	return p, nil
}

// restore puts what is packed back into m. What a client can see counts more
// than what is packed: a field or property that m has already stays, but for
// the kind of the body, which is only packed when what shows is not the truth.
func (p *packed) restore(header string, m *queuecore.Message) error {
	for key, text := range p.Fields {
		w, ok := packedMeaning(key)
		if !ok {
			return invalid(header, key, "no such field")
		}
		if err := restoreField(header, m, w, string(text)); err != nil {
			return err
		}
	}
	return p.restoreProperties(header, m)
}

func restoreField(header string, m *queuecore.Message, w meaning, text string) (err error) {
	switch {
	case w == bodyKind && text == "":
		m.BodyKind = queuecore.BodyUnspecified
	case w != bodyKind && isSet(m, w):
	case w == replyTo:
		m.ReplyTo, err = STOMP{}.Destination(text)
	default:
		err = setField(m, w, header, text, time.Time{})
	}
	return err
}

// restoreProperties puts each property back at its place, as far as there are so many.
func (p *packed) restoreProperties(header string, m *queuecore.Message) error {
	if len(p.Properties) == 0 {
		return nil
	}
	shown, index := m.Properties, nameIndex{}
	all := make(queuecore.Properties, 0, len(shown)+len(p.Properties))
	for i := range p.Properties {
		x := &p.Properties[i]
		v, err := x.value(header)
		if err != nil {
			return err
		}
		for len(shown) > 0 && len(all) < x.Place {
			all, shown = append(all, shown[0]), shown[1:]
		}
		if index.find(m.Properties, string(x.Name)) < 0 {
			all = append(all, queuecore.Property{Name: string(x.Name), Value: v, Label: string(x.Label)})
		}
	}
	all = append(all, shown...)
	m.Properties = all
	return distinct(header, all)
}

func (x *packedProperty) value(header string) (any, error) {
	if x.Name == "" {
		return nil, invalid(header, string(x.Value), "a property needs a name")
	}
	typ := x.Type
	if typ == "" {
		typ = typeString
	}
	v, ok := read(string(x.Value), typ)
	if !ok {
		return nil, invalid(header, string(x.Value), fmt.Sprintf("property %q is not of type %q", string(x.Name), typ))
	}
	return v, nil
}

// distinct returns an error when two properties have one name.
func distinct(header string, props queuecore.Properties) error {
	seen := make(map[string]struct{}, len(props))
	for i := range props {
		if _, ok := seen[props[i].Name]; ok {
			return invalid(header, props[i].Name, "named twice")
		}
		seen[props[i].Name] = struct{}{}
	}
	return nil
}
