package machine

// chunkSize is the number of neighbouring sequence numbers that live and die
// together in memory. A queue that is drained in order frees its chunks in
// order; one forgotten message keeps one chunk.
const chunkSize = 64

// index finds entries by sequence number and walks them in that order. It is
// the seam at which a long queue's middle can be left on disk.
type index struct {
	chunks      map[uint64]*chunk
	first, last *chunk
	n           int
}

type chunk struct {
	number     uint64
	live       int
	prev, next *chunk
	entries    [chunkSize]entry
}

func newIndex() index { return index{chunks: make(map[uint64]*chunk)} }

// add returns the new entry for seq, which must be above every earlier one.
func (x *index) add(seq uint64) *entry {
	n := seq / chunkSize
	c := x.last
	if c == nil || c.number != n {
		c = &chunk{number: n, prev: x.last}
		if x.last == nil {
			x.first = c
		} else {
			x.last.next = c
		}
		x.last = c
		x.chunks[n] = c
	}
	c.live++
	x.n++
	e := &c.entries[seq%chunkSize]
	e.seq = seq
	e.timer = -1
	return e
}

// get returns the entry of seq or nil.
func (x *index) get(seq uint64) *entry {
	c := x.chunks[seq/chunkSize]
	if c == nil || c.entries[seq%chunkSize].state == gone {
		return nil
	}
	return &c.entries[seq%chunkSize]
}

// remove forgets the entry. Pointers to it stay good and show the state gone.
func (x *index) remove(e *entry) {
	c := x.chunks[e.seq/chunkSize]
	*e = entry{seq: e.seq, timer: -1}
	x.n--
	if c.live--; c.live > 0 {
		return
	}
	delete(x.chunks, c.number)
	if c.prev == nil {
		x.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		x.last = c.prev
	} else {
		c.next.prev = c.prev
	}
}

// head returns the first entry, or nil.
func (x *index) head() (first *entry) {
	x.each(func(e *entry) bool { first = e; return false })
	return first
}

// each calls fn for every entry in order until it returns false. fn may remove
// the entry it is given.
func (x *index) each(fn func(*entry) bool) { x.from(0, fn) }

// from is each for the entries with a sequence number of at least seq.
func (x *index) from(seq uint64, fn func(*entry) bool) {
	for c := x.chunkOf(seq); c != nil; {
		next := c.next
		for i := range c.entries {
			if e := &c.entries[i]; e.state != gone && e.seq >= seq && !fn(e) {
				return
			}
		}
		c = next
	}
}

// chunkOf returns the first chunk that may hold seq or something behind it.
func (x *index) chunkOf(seq uint64) *chunk {
	if c := x.chunks[seq/chunkSize]; c != nil {
		return c
	}
	c := x.first
	for c != nil && c.number < seq/chunkSize {
		c = c.next
	}
	return c
}
