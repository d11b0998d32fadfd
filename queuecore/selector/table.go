package selector

import (
	"slices"
	"strings"
)

// Table maps subjects to the values that were added under matching patterns.
// Finding them takes time by the tokens of the subject, not by the number of
// patterns. The zero Table is empty and ready.
//
// Any number of goroutines may call Match at once; Add and Remove need the Table
// for themselves.
type Table[V comparable] struct {
	root  level[V]
	pairs int
}

// level is what the patterns of a table have in common up to some token.
type level[V comparable] struct {
	here, tail set[V] // values of patterns that end here, and that end with ">" after this
	any        *level[V]
	next       map[string]*level[V]
}

// set is a set in the order of addition.
type set[V comparable] struct {
	list  []V
	index map[V]struct{} // nil while the list is short
}

// Len returns the number of pairs of a pattern and a value.
func (t *Table[V]) Len() int { return t.pairs }

// Add adds value under p, and reports whether it was not there yet. The zero
// Pattern takes no values.
func (t *Table[V]) Add(p Pattern, value V) bool {
	if p == (Pattern{}) {
		return false
	}
	l := &t.root
	for rest, more := p.text, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == anyTail {
			return t.counted(l.tail.add(value), 1)
		}
		l = l.child(token)
	}
	return t.counted(l.here.add(value), 1)
}

// Remove takes value away from under p, and reports whether it was there.
func (t *Table[V]) Remove(p Pattern, value V) bool {
	if p == (Pattern{}) {
		return false
	}
	return t.counted(t.root.remove(p.text, value), -1)
}

func (t *Table[V]) counted(changed bool, by int) bool {
	if changed {
		t.pairs += by
	}
	return changed
}

// Match calls fn once for each value that was added under a pattern that matches
// the subject, in no particular order. fn must not change the table.
func (t *Table[V]) Match(subject string, fn func(V)) {
	if hasEmptyToken(subject) {
		return
	}
	var room [8]*set[V]
	found := t.root.find(subject, room[:0])
	for i, s := range found {
		for _, v := range s.list {
			if !inAny(found[:i], v) {
				fn(v)
			}
		}
	}
}

func inAny[V comparable](sets []*set[V], v V) bool {
	for _, s := range sets {
		if s.has(v) {
			return true
		}
	}
	return false
}

// find appends the sets of the patterns that match the rest of a subject.
func (l *level[V]) find(subject string, found []*set[V]) []*set[V] {
	if len(l.tail.list) > 0 {
		found = append(found, &l.tail)
	}
	token, rest, more := strings.Cut(subject, ".")
	for _, child := range [2]*level[V]{l.any, l.next[token]} {
		switch {
		case child == nil:
		case more:
			found = child.find(rest, found)
		case len(child.here.list) > 0:
			found = append(found, &child.here)
		}
	}
	return found
}

func (l *level[V]) child(token string) *level[V] {
	if token == anyToken {
		if l.any == nil {
			l.any = new(level[V])
		}
		return l.any
	}
	c := l.next[token]
	if c == nil {
		if l.next == nil {
			l.next = make(map[string]*level[V])
		}
		c = new(level[V])
		l.next[token] = c
	}
	return c
}

// remove takes value away from under the rest of a pattern, and drops levels
// that have become empty.
func (l *level[V]) remove(pattern string, value V) bool {
	token, rest, more := strings.Cut(pattern, ".")
	if token == anyTail {
		return l.tail.remove(value)
	}
	child := l.next[token]
	if token == anyToken {
		child = l.any
	}
	if child == nil {
		return false
	}
	var removed bool
	if more {
		removed = child.remove(rest, value)
	} else {
		removed = child.here.remove(value)
	}
	if removed && child.empty() {
		l.drop(token)
	}
	return removed
}

func (l *level[V]) drop(token string) {
	if token == anyToken {
		l.any = nil
		return
	}
	delete(l.next, token)
}

func (l *level[V]) empty() bool {
	return len(l.here.list) == 0 && len(l.tail.list) == 0 && l.any == nil && len(l.next) == 0
}

// shortSet is the length up to which a set is searched value by value.
const shortSet = 8

func (s *set[V]) has(v V) bool {
	if s.index == nil {
		return slices.Contains(s.list, v)
	}
	_, ok := s.index[v]
	return ok
}

func (s *set[V]) add(v V) bool {
	if s.has(v) {
		return false
	}
	s.list = append(s.list, v)
	switch {
	case s.index != nil:
		s.index[v] = struct{}{}
	case len(s.list) > shortSet:
		s.index = make(map[V]struct{}, 2*len(s.list))
		for _, x := range s.list {
			s.index[x] = struct{}{}
		}
	}
	return true
}

func (s *set[V]) remove(v V) bool {
	if !s.has(v) {
		return false
	}
	i := slices.Index(s.list, v)
	s.list = slices.Delete(s.list, i, i+1)
	if s.index != nil {
		delete(s.index, v)
	}
	if len(s.list) == 0 {
		*s = set[V]{}
	}
	return true
}
