package wire

import "strings"

// Request is what a client asks for. The types of this package implement it.
type Request interface{ object }

// object takes the members of a structure, or the entries of a map, one by one
// as they are read. It must use up v by calling one of its methods. name is good
// during the call only.
type object interface {
	set(name []byte, v value) error
}

// list takes the elements of a list.
type list interface {
	add(v value) error
}

// value is the value of one member, in either form.
type value interface {
	str() (string, error)
	integer() (int, error)
	blob() ([]byte, error)
	structure(o object) error
	dict(o object) error // a map from names to values
	list(l list) error
	skip() error
}

// Int is an integer that may be absent.
type Int struct {
	Value int
	Set   bool
}

// Or returns the integer, or d when it is absent.
func (i Int) Or(d int) int {
	if i.Set {
		return i.Value
	}
	return d
}

func (i *Int) read(v value) error {
	n, err := v.integer()
	*i = Int{Value: n, Set: true}
	return err
}

func readString(to *string, v value) error {
	s, err := v.str()
	*to = s
	return err
}

// Strings is a list of strings.
type Strings []string

func (s *Strings) add(v value) error {
	x, err := v.str()
	*s = append(*s, x)
	return err
}

// Pair is one entry of a map from strings to strings.
type Pair struct{ Name, Value string }

// Pairs is a map from strings to strings in the order of the request. When a name
// comes twice the last one counts.
type Pairs []Pair

func (p *Pairs) set(name []byte, v value) error {
	x, err := v.str()
	if err != nil {
		return err
	}
	for i := range *p {
		if (*p)[i].Name == string(name) {
			(*p)[i].Value = x
			return nil
		}
	}
	*p = append(*p, Pair{string(name), x})
	return nil
}

// Get returns the value of name and whether it is there.
func (p Pairs) Get(name string) (string, bool) {
	for i := range p {
		if p[i].Name == name {
			return p[i].Value, true
		}
	}
	return "", false
}

// Attribute is a message attribute. DataType says which of the two values it should have;
// a request may have given both.
type Attribute struct {
	Name     string
	DataType string
	Text     string
	Binary   []byte
	Lists    bool // StringListValues or BinaryListValues had elements
}

// IsBinary reports whether Binary holds the value.
func (a *Attribute) IsBinary() bool { return a.BaseType() == "Binary" }

// BaseType returns DataType up to the first dot; what follows is the sender's own label.
func (a *Attribute) BaseType() string {
	base, _, _ := strings.Cut(a.DataType, ".")
	return base
}

// Label returns what DataType has behind its base type: the first dot and all that
// follows, or nothing.
func (a *Attribute) Label() string { return a.DataType[len(a.BaseType()):] }

// Size is what the attribute adds to the size of a message, whatever of it is allowed.
func (a *Attribute) Size() int {
	return len(a.Name) + len(a.DataType) + len(a.Text) + len(a.Binary)
}

func (a *Attribute) set(name []byte, v value) error {
	switch string(name) {
	case "DataType":
		return readString(&a.DataType, v)
	case "StringValue":
		return readString(&a.Text, v)
	case "BinaryValue":
		b, err := v.blob()
		a.Binary = b
		return err
	case "StringListValues", "BinaryListValues":
		var l Strings
		err := v.list(&l)
		a.Lists = a.Lists || len(l) > 0
		return err
	}
	return v.skip()
}

// Attributes are the attributes of a message in the order of the request.
type Attributes []Attribute

func (as *Attributes) set(name []byte, v value) error {
	a := Attribute{Name: string(name)}
	if err := v.structure(&a); err != nil {
		return err
	}
	for i := range *as {
		if (*as)[i].Name == a.Name {
			(*as)[i] = a
			return nil
		}
	}
	*as = append(*as, a)
	return nil
}
