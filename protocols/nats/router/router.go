package router

import (
	"bytes"
	"strings"
	"sync"
)

// Router keeps subscriptions by pattern. All methods may be called from any
// goroutine. The zero Router is empty and ready.
type Router[V any] struct {
	mu      sync.RWMutex
	literal map[string]*set[V] // patterns without wildcards, by the whole pattern
	root    node[V]            // patterns with wildcards
	n       int
}

// Entry is one subscription. It belongs to the Router that made it.
type Entry[V any] struct {
	Value   V
	pattern string
	queue   string
	at      int // index in its list
}

// Pattern returns what was subscribed to.
func (e *Entry[V]) Pattern() string { return e.pattern }

// Queue returns the queue group; "" for a subscription of its own.
func (e *Entry[V]) Queue() string { return e.queue }

// Add subscribes v to a pattern, which must be Valid. Members of one queue group
// share what matches.
func (r *Router[V]) Add(pattern, queue string, v V) *Entry[V] {
	e := &Entry[V]{Value: v, pattern: pattern, queue: queue}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	if !Literal(pattern) {
		r.root.add(pattern, e)
		return e
	}
	if r.literal == nil {
		r.literal = make(map[string]*set[V])
	}
	s := r.literal[pattern]
	if s == nil {
		s = new(set[V])
		r.literal[pattern] = s
	}
	s.add(e)
	return e
}

// Remove ends a subscription; false when it had ended already.
func (r *Router[V]) Remove(e *Entry[V]) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.at < 0 {
		return false
	}
	r.n--
	if !Literal(e.pattern) {
		r.root.remove(e.pattern, e)
	} else if s := r.literal[e.pattern]; s.remove(e) {
		delete(r.literal, e.pattern)
	}
	e.at = -1
	return true
}

// Len returns the number of subscriptions.
func (r *Router[V]) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.n
}

// Match finds what a literal subject reaches and puts it into m, which may be
// used again and again.
func (r *Router[V]) Match(subject []byte, m *Matches[V]) {
	m.reset()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.literal[string(subject)]; s != nil {
		m.take(s)
	}
	r.root.match(subject, m)
}

// Has reports whether a literal subject reaches anybody.
func (r *Router[V]) Has(subject []byte) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.literal[string(subject)] != nil || r.root.has(subject)
}

// Each calls f with the subscriptions to exactly a literal pattern, of one queue group or
// of none (""), until f returns false. f must not block and must not call the Router.
func (r *Router[V]) Each(pattern []byte, queue string, f func(V) bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.literal[string(pattern)]
	if s == nil {
		return
	}
	for _, e := range s.of(queue) {
		if !f(e.Value) {
			return
		}
	}
}

// node stands for the tokens that lead to it.
type node[V any] struct {
	next map[string]*node[V]
	star *node[V]
	here set[V] // patterns that end here
	rest set[V] // patterns that end with ">" behind here
}

func (n *node[V]) empty() bool {
	return len(n.next) == 0 && n.star == nil && n.here.empty() && n.rest.empty()
}

func (n *node[V]) add(pattern string, e *Entry[V]) {
	token, tail, more := strings.Cut(pattern, ".")
	if token == ">" {
		n.rest.add(e)
		return
	}
	child := n.child(token)
	if more {
		child.add(tail, e)
		return
	}
	child.here.add(e)
}

// child returns the node behind a token of a pattern, and makes it if need be.
func (n *node[V]) child(token string) *node[V] {
	if token == "*" {
		if n.star == nil {
			n.star = new(node[V])
		}
		return n.star
	}
	c := n.next[token]
	if c == nil {
		c = new(node[V])
		if n.next == nil {
			n.next = make(map[string]*node[V])
		}
		n.next[strings.Clone(token)] = c
	}
	return c
}

// remove takes e out and drops the nodes that are empty then.
func (n *node[V]) remove(pattern string, e *Entry[V]) {
	token, tail, more := strings.Cut(pattern, ".")
	if token == ">" {
		n.rest.remove(e)
		return
	}
	child := n.child(token)
	if more {
		child.remove(tail, e)
	} else {
		child.here.remove(e)
	}
	if !child.empty() {
		return
	}
	if token == "*" {
		n.star = nil
	} else {
		delete(n.next, token)
	}
}

func (n *node[V]) match(subject []byte, m *Matches[V]) {
	m.take(&n.rest)
	token, tail, more := bytes.Cut(subject, dot)
	for _, child := range [...]*node[V]{n.next[string(token)], n.star} {
		switch {
		case child == nil:
		case more:
			child.match(tail, m)
		default:
			m.take(&child.here)
		}
	}
}

func (n *node[V]) has(subject []byte) bool {
	if !n.rest.empty() {
		return true
	}
	token, tail, more := bytes.Cut(subject, dot)
	for _, child := range [...]*node[V]{n.next[string(token)], n.star} {
		switch {
		case child == nil:
		case more && child.has(tail), !more && !child.here.empty():
			return true
		}
	}
	return false
}
