package machine

import "math/bits"

// chunkSize is the number of neighbouring sequence numbers that live and die
// together in memory: a chunk's slots are the bits of a word.
const chunkSize = 64

// index finds entries by sequence number and walks them in that order. An entry
// is either warm, a struct that the rules work with, or packed: a few bytes of
// its chunk's page.
type index struct {
	chunks      map[uint64]*chunk
	first, last *chunk
	n           int // entries, warm and packed
	warm        int
	tally       *tally // of all indexes
}

// chunk is the entries of one run of sequence numbers.
type chunk struct {
	queue      *queue
	number     uint64
	prev, next *chunk
	warm       *[chunkSize]entry // nil: none is
	page       []byte            // what is packed, and perhaps what was; see page.go
	roster     *roster           // in a queue with fair groups: those of all that is packed, if they are few
	packed     uint64            // slots that are
	delayed    uint64            // those of them that count as delayed
	live       int32             // entries, warm and packed
	timer      int32             // place in the timers' heap, -1 when in none
	levels     uint16            // priorities of the packed entries that are ready
	queued     uint16            // lanes that it stands in
	aside      uint16            // priorities whose packed entries that are ready stand in lanes of noisy groups
	uncounted  bool              // in a queue with fair groups: what is packed is not counted there
	paged      bool              // its page is on disk, and says what is there
}

func newIndex(t *tally) index { return index{chunks: make(map[uint64]*chunk), tally: t} }

// order is a chunk's place in a lane.
func (c *chunk) order() uint64 { return c.number }

func (c *chunk) firstSeq() uint64 { return c.number * chunkSize }

func bit(seq uint64) uint64 { return 1 << (seq % chunkSize) }

// opens reports whether the next entry, of number seq, begins a chunk.
func (x *index) opens(seq uint64) bool { return x.last == nil || x.last.number != seq/chunkSize }

// add returns the new entry for seq, which must be above every earlier one.
func (x *index) add(q *queue, seq uint64) *entry {
	c := x.last
	if x.opens(seq) {
		c = x.append(&chunk{queue: q, number: seq / chunkSize, timer: -1})
	}
	c.live++
	x.n++
	return x.warmUp(c, seq)
}

// append puts c behind all others.
func (x *index) append(c *chunk) *chunk {
	c.prev = x.last
	if x.last == nil {
		x.first = c
	} else {
		x.last.next = c
	}
	x.last = c
	x.chunks[c.number] = c
	x.tally.chunks++
	return c
}

// warmUp returns the struct for seq of c, which had none.
func (x *index) warmUp(c *chunk, seq uint64) *entry {
	if c.warm == nil {
		c.warm = new([chunkSize]entry)
		x.tally.rooms++
	}
	x.warm++
	x.tally.warm++
	e := &c.warm[seq%chunkSize]
	*e = entry{queue: c.queue, seq: seq, timer: -1}
	return e
}

// get returns the warm entry of seq or nil.
func (x *index) get(seq uint64) *entry {
	c := x.chunks[seq/chunkSize]
	if c == nil || c.warm == nil || c.warm[seq%chunkSize].state == gone {
		return nil
	}
	return &c.warm[seq%chunkSize]
}

// holding returns the chunk in which seq is packed, or nil.
func (x *index) holding(seq uint64) *chunk {
	if c := x.chunks[seq/chunkSize]; c != nil && c.packed&bit(seq) != 0 {
		return c
	}
	return nil
}

// remove forgets a warm entry. Pointers to it stay good and show the state gone.
// It returns the chunk, which may be without entries now and then is forgotten.
func (x *index) remove(e *entry) *chunk {
	c := x.chunks[e.seq/chunkSize]
	x.cool(e)
	x.n--
	if c.live--; c.live == 0 {
		x.drop(c)
	}
	return c
}

// setPage gives c another page, or none.
func (x *index) setPage(c *chunk, page []byte) {
	x.tally.pages += int64(len(page) - len(c.page))
	c.page = page
}

// cool makes a warm entry's struct a hole.
func (x *index) cool(e *entry) {
	*e = entry{queue: e.queue, seq: e.seq, timer: -1}
	x.warm--
	x.tally.warm--
}

// clearRoom frees the room for c's warm entries; there are none.
func (x *index) clearRoom(c *chunk) {
	if c.warm != nil {
		c.warm = nil
		x.tally.rooms--
	}
}

// drop forgets a chunk with all that it has packed. Whoever walks over its room
// may go on.
func (x *index) drop(c *chunk) {
	x.n -= bits.OnesCount64(c.packed)
	c.packed, c.delayed, c.levels, c.aside = 0, 0, 0, 0
	x.setPage(c, nil)
	if x.tally.chunks--; c.warm != nil {
		x.tally.rooms--
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

// each calls fn for every warm entry in order until it returns false. fn may
// remove the entry it is given.
func (x *index) each(fn func(*entry) bool) { x.from(0, fn) }

// from is each for the entries with a sequence number of at least seq.
func (x *index) from(seq uint64, fn func(*entry) bool) {
	for c := x.chunkOf(seq); c != nil; {
		next := c.next
		for i := 0; c.warm != nil && i < chunkSize; i++ {
			if e := &c.warm[i]; e.state != gone && e.seq >= seq && !fn(e) {
				return
			}
		}
		c = next
	}
}

// view calls fn for every entry from seq on, in order, until it returns false. A
// packed one is shown as it would be; it must not be changed or kept.
func (x *index) view(seq uint64, fn func(*entry) bool) {
	for c := x.chunkOf(seq); c != nil; {
		next := c.next
		if !c.view(func(e *entry, _ string) bool { return e.seq < seq || fn(e) }) {
			return
		}
		c = next
	}
}

// head calls fn for the first entry, if there is one.
func (x *index) head(fn func(*entry)) {
	x.view(0, func(e *entry) bool { fn(e); return false })
}

// dropWhole forgets a chunk with all its entries.
func (x *index) dropWhole(c *chunk) {
	warm := int(c.live) - bits.OnesCount64(c.packed)
	x.n -= warm
	x.warm -= warm
	x.tally.warm -= warm
	x.drop(c)
}

// forget forgets everything.
func (x *index) forget() {
	for x.first != nil {
		x.dropWhole(x.first)
	}
}

// chunkOf returns the first chunk that may hold seq or something behind it.
func (x *index) chunkOf(seq uint64) *chunk {
	n := seq / chunkSize
	if x.last == nil || x.last.number < n {
		return nil
	}
	// Whichever comes first, the end of the gap behind n or that of the walk to it.
	c := x.first
	for at := n; c.number < n; at++ {
		if near := x.chunks[at]; near != nil {
			return near
		}
		c = c.next
	}
	return c
}
