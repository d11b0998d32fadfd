package wire

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Query is a request in the query form: names and values whose dotted names make
// a tree.
type Query struct{ root node }

// node is one level of the tree: "Attribute.1.Name=x" is a node "Attribute" that
// has a node "1" that has a node "Name" whose text is x.
type node struct {
	name string
	text string
	kids []*node
}

// ParseQuery reads pairs in the form of application/x-www-form-urlencoded: what
// stands behind the question mark of the address, and the body. When a name
// comes twice the last one counts. The error is an *Error.
func ParseQuery(parts ...string) (*Query, error) {
	q := &Query{}
	n := 0
	for _, part := range parts {
		for part != "" {
			var pair string
			pair, part, _ = strings.Cut(part, "&")
			if pair == "" {
				continue
			}
			if n++; n > maxPairs {
				return nil, Errorf(MalformedInput, "The request has more than %d parameters.", maxPairs)
			}
			if err := q.root.put(pair); err != nil {
				return nil, err
			}
		}
	}
	return q, nil
}

func (n *node) put(pair string) error {
	k, v, _ := strings.Cut(pair, "=")
	name, ok := UnescapeForm(k)
	text, ok2 := UnescapeForm(v)
	if !ok || !ok2 {
		return &Error{Code: MalformedInput, Message: "The query string contains a syntax error."}
	}
	for depth := 0; ; depth++ {
		if depth == maxDepth {
			return Errorf(MalformedInput, "A parameter name has more than %d parts.", maxDepth)
		}
		step, rest, more := strings.Cut(name, ".")
		n = n.kid(step)
		if !more {
			n.text = text
			return nil
		}
		name = rest
	}
}

// kid returns the node below n that is called name, and makes it if need be.
func (n *node) kid(name string) *node {
	if x := n.find(name); x != nil {
		return x
	}
	x := &node{name: name}
	n.kids = append(n.kids, x)
	return x
}

func (n *node) find(name string) *node {
	for _, x := range n.kids {
		if x.name == name {
			return x
		}
	}
	return nil
}

// UnescapeForm decodes %XX and + and says whether s was well formed.
func UnescapeForm(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			b.WriteByte(' ')
		case '%':
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return "", false
			}
			b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// Get returns the value of a parameter without dots, such as Action; "" when it
// is absent.
func (q *Query) Get(name string) string {
	if n := q.root.find(name); n != nil {
		return n.text
	}
	return ""
}

// Decode reads the parameters into r, which is what Action asks for. The error is an *Error.
func (q *Query) Decode(r Request) error {
	entry := q.Get("Action") + "RequestEntry" // the entries of a batch are named after it
	return queryValue{&q.root}.members(r, func(name string) string {
		if name == entry {
			return "Entries"
		}
		return plural(name)
	})
}

// queryValue is the value that a node stands for.
type queryValue struct{ *node }

func (v queryValue) str() (string, error) {
	if !utf8.ValidString(v.text) {
		return "", Errorf(MalformedInput, "The value of parameter %s is not valid UTF-8.", Cut(v.name))
	}
	return v.text, nil
}

func (v queryValue) integer() (int, error) {
	n, err := strconv.ParseInt(v.text[:min(len(v.text), maxDigits)], 10, 32)
	if err != nil {
		return 0, Errorf(InvalidParameterValue, "Value %s for parameter %s is invalid. Reason: Must be an integer.", Cut(v.text), Cut(v.name))
	}
	return int(n), nil
}

func (v queryValue) blob() ([]byte, error) { return decodeBlob(v.text) }

func (v queryValue) skip() error { return nil }

// structure hands on the members by the names that the JSON form gives them.
func (v queryValue) structure(o object) error { return v.members(o, plural) }

func (v queryValue) members(o object, inJSON func(string) string) error {
	for _, n := range v.kids {
		if err := o.set([]byte(inJSON(n.name)), queryValue{n}); err != nil {
			return err
		}
	}
	return nil
}

// plural returns the JSON form's name of a list or map. The query form names
// such a member after one of its elements, since it writes each on its own.
func plural(name string) string {
	switch name {
	case "Attribute", "AttributeName", "MessageAttribute", "MessageAttributeName",
		"MessageSystemAttribute", "MessageSystemAttributeName",
		"Tag", "TagKey", "AWSAccountId", "StringListValue", "BinaryListValue":
		return name + "s"
	case "ActionName":
		return "Actions"
	}
	return name
}

// dict reads N.Name and N.Value, or N.Key and N.Value. A map of one entry may
// leave the number out.
func (v queryValue) dict(o object) error {
	if v.find("Name") != nil || v.find("Key") != nil {
		return v.entry(o)
	}
	for _, n := range v.numbered() {
		if err := (queryValue{n}).entry(o); err != nil {
			return err
		}
	}
	return v.count()
}

func (v queryValue) entry(o object) error {
	key := v.find("Name")
	if key == nil {
		key = v.find("Key")
	}
	if key == nil {
		key = &node{name: "Name"}
	}
	name, err := queryValue{key}.str()
	if err != nil {
		return err
	}
	x := v.find("Value")
	if x == nil {
		x = &node{name: "Value"}
	}
	return o.set([]byte(name), queryValue{x})
}

// list reads the numbered nodes. A list of one element may leave the number out. An
// empty value alone is an empty list: so botocore writes one.
func (v queryValue) list(l list) error {
	if len(v.kids) == 0 && v.text == "" {
		return nil
	}
	if len(v.kids) == 0 {
		return l.add(v)
	}
	for _, n := range v.numbered() {
		if err := l.add(queryValue{n}); err != nil {
			return err
		}
	}
	return v.count()
}

func (v queryValue) count() error {
	if len(v.kids) > maxElements {
		return tooMany()
	}
	return nil
}

// numbered returns the nodes in the order of their numbers.
func (v queryValue) numbered() []*node {
	number := func(n *node) int {
		i, err := strconv.ParseUint(n.name, 10, 31)
		if err != nil {
			return maxPairs // behind those that have a number
		}
		return int(i)
	}
	slices.SortStableFunc(v.kids, func(a, b *node) int { return cmp.Compare(number(a), number(b)) })
	return v.kids
}
