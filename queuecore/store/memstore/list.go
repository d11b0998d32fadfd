package memstore

import "math/rand/v2"

// maxHeight suits some 4^12 keys; more only make it slower.
const maxHeight = 12

// list is a skip list: sorted by key, and everything but a walk costs O(log n).
type list struct {
	head *node // not an entry
}

type node struct {
	entry
	next []*node // next[h] is the next node of at least that height
}

func newList() *list {
	return &list{head: &node{next: make([]*node, maxHeight)}}
}

// before fills path with the last node below key on every level.
func (l *list) before(key string, path *[maxHeight]*node) {
	n := l.head
	for h := maxHeight - 1; h >= 0; h-- {
		for n.next[h] != nil && n.next[h].key < key {
			n = n.next[h]
		}
		path[h] = n
	}
}

// from returns the first node whose key is not below key, or nil.
func (l *list) from(key string) *node {
	var path [maxHeight]*node
	l.before(key, &path)
	return path[0].next[0]
}

// get returns the value of key, or nil.
func (l *list) get(key string) []byte {
	if n := l.from(key); n != nil && n.key == key {
		return n.value
	}
	return nil
}

// set makes e.key hold e.value, removing it when that is nil, and returns what
// it held before.
func (l *list) set(e entry) []byte {
	var path [maxHeight]*node
	l.before(e.key, &path)
	n := path[0].next[0]
	if n == nil || n.key != e.key {
		if e.value != nil {
			insert(e, &path)
		}
		return nil
	}
	old := n.value
	n.value = e.value
	if e.value == nil {
		for h := range n.next {
			path[h].next[h] = n.next[h]
		}
	}
	return old
}

func insert(e entry, path *[maxHeight]*node) {
	height := 1
	for height < maxHeight && rand.Uint32()%4 == 0 {
		height++
	}
	n := &node{entry: e, next: make([]*node, height)}
	for h := range n.next {
		n.next[h] = path[h].next[h]
		path[h].next[h] = n
	}
}
