package selector

import (
	"slices"
	"strings"
)

// Table finds the values that were added under patterns matching a subject. It
// is a trie of tokens and not safe for concurrent use; concurrent calls of Match
// alone are.
type Table[V comparable] struct{ root node[V] }

type node[V comparable] struct {
	next   map[string]*node[V]
	one    *node[V] // under "*"
	values []V      // patterns that end here
	rest   []V      // patterns that end here with ">"
}

// NewTable returns an empty table.
func NewTable[V comparable]() *Table[V] { return &Table[V]{} }

// Add adds v under the pattern; adding it again does nothing.
func (t *Table[V]) Add(pattern string, v V) error {
	if _, err := Parse(pattern); err != nil {
		return err
	}
	n := &t.root
	for rest, more := pattern, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == ">" {
			n.rest = insert(n.rest, v)
			return nil
		}
		n = n.grow(token)
	}
	n.values = insert(n.values, v)
	return nil
}

func insert[V comparable](vs []V, v V) []V {
	if slices.Contains(vs, v) {
		return vs
	}
	return append(vs, v)
}

func (n *node[V]) grow(token string) *node[V] {
	if token == "*" {
		if n.one == nil {
			n.one = &node[V]{}
		}
		return n.one
	}
	child := n.next[token]
	if child == nil {
		if n.next == nil {
			n.next = make(map[string]*node[V])
		}
		child = &node[V]{}
		n.next[token] = child
	}
	return child
}

// Remove removes v from under the pattern, and reports whether it was there.
func (t *Table[V]) Remove(pattern string, v V) bool { return t.root.remove(pattern, true, v) }

// remove works on what is left of the pattern; more is false at its end.
func (n *node[V]) remove(rest string, more bool, v V) bool {
	if !more {
		return cut(&n.values, v)
	}
	token, rest, more := strings.Cut(rest, ".")
	var child *node[V]
	switch token {
	case ">":
		return cut(&n.rest, v)
	case "*":
		child = n.one
	default:
		child = n.next[token]
	}
	if child == nil || !child.remove(rest, more, v) {
		return false
	}
	if child.empty() {
		if token == "*" {
			n.one = nil
		} else {
			delete(n.next, token)
		}
	}
	return true
}

func cut[V comparable](vs *[]V, v V) bool {
	i := slices.Index(*vs, v)
	if i < 0 {
		return false
	}
	*vs = slices.Delete(*vs, i, i+1)
	return true
}

func (n *node[V]) empty() bool {
	return len(n.next) == 0 && n.one == nil && len(n.values) == 0 && len(n.rest) == 0
}

// Match calls fn for each value under each pattern that matches the subject: a
// value under two matching patterns comes twice.
func (t *Table[V]) Match(subject string, fn func(V)) { t.root.match(subject, true, fn) }

func (n *node[V]) match(rest string, more bool, fn func(V)) {
	if !more {
		for _, v := range n.values {
			fn(v)
		}
		return
	}
	for _, v := range n.rest {
		fn(v)
	}
	token, rest, more := strings.Cut(rest, ".")
	if child := n.next[token]; child != nil {
		child.match(rest, more, fn)
	}
	if n.one != nil {
		n.one.match(rest, more, fn)
	}
}
