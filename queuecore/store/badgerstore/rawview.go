package badgerstore

import (
	"bytes"
	"cmp"
	"container/heap"
	"slices"
	"sort"
)

// view is all that can be read of a store's files, as one sorted map: of each key
// the newest version.
type view struct {
	tables []*table
	loose  []raw // sorted: what came from journal, logs and damaged blocks
}

func compareRaw(a, b raw) int {
	if c := bytes.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(b.version, a.version) // newest first
}

func newView(tables []*table, logs []*logRest, journal ...raw) *view {
	v := &view{tables: tables}
	for _, t := range tables {
		v.loose = append(v.loose, t.loose...)
	}
	for _, l := range logs {
		v.loose = append(v.loose, l.whole...)
	}
	v.loose = append(v.loose, journal...)
	slices.SortFunc(v.loose, compareRaw)
	return v
}

// cursor walks over one sorted run.
type cursor struct {
	table *table // nil: rest is all there is
	next  int    // the block after rest
	rest  []raw
}

// seek puts the cursor on the first record at or after key.
func (c *cursor) seek(key []byte) error {
	if c.table != nil {
		// The key may begin in the block before the first that begins behind it.
		i := sort.Search(len(c.table.blocks), func(i int) bool {
			first := c.table.blocks[i].first
			return bytes.Compare(first[:len(first)-versionBytes], key) >= 0
		})
		c.next, c.rest = max(i-1, 0), nil
	}
	for {
		i := sort.Search(len(c.rest), func(i int) bool { return bytes.Compare(c.rest[i].key, key) >= 0 })
		if c.rest = c.rest[i:]; len(c.rest) > 0 {
			return nil
		}
		if more, err := c.fill(); err != nil || !more {
			return err
		}
	}
}

// fill reads the next block when there is nothing left of the last one.
func (c *cursor) fill() (more bool, err error) {
	if len(c.rest) > 0 {
		return true, nil
	}
	if c.table == nil || c.next >= len(c.table.blocks) {
		return false, nil
	}
	c.rest, err = c.table.records(c.table.blocks[c.next])
	c.next++
	return err == nil, err
}

// cursors is a heap by the next record.
type cursors []*cursor

func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(i, j int) bool { return compareRaw(h[i].rest[0], h[j].rest[0]) < 0 }
func (h cursors) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cursors) Push(x any)        { *h = append(*h, x.(*cursor)) }
func (h *cursors) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}

// scan calls fn for the newest version of each key with the prefix, in order,
// removals too.
func (v *view) scan(prefix []byte, fn func(raw) error) error {
	h := cursors{{rest: v.loose}}
	for _, t := range v.tables {
		h = append(h, &cursor{table: t})
	}
	open := h[:0]
	for _, c := range h {
		if err := c.seek(prefix); err != nil {
			return err
		}
		if len(c.rest) > 0 {
			open = append(open, c)
		}
	}
	heap.Init(&open)
	var last []byte
	for len(open) > 0 {
		c := open[0]
		r := c.rest[0]
		if !bytes.HasPrefix(r.key, prefix) {
			return nil
		}
		if last == nil || !bytes.Equal(last, r.key) {
			last = r.key
			if err := fn(r); err != nil {
				return err
			}
		}
		c.rest = c.rest[1:]
		more, err := c.fill()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&open, 0)
		} else {
			heap.Pop(&open)
		}
	}
	return nil
}

// get returns the newest version of a key, a removal too.
func (v *view) get(key []byte) (newest raw, found bool, err error) {
	look := func(c *cursor) error {
		if err := c.seek(key); err != nil || len(c.rest) == 0 {
			return err
		}
		if r := c.rest[0]; bytes.Equal(r.key, key) && (!found || r.version > newest.version) {
			newest, found = r, true
		}
		return nil
	}
	if err := look(&cursor{rest: v.loose}); err != nil {
		return newest, false, err
	}
	for _, t := range v.tables {
		if outside, err := t.outside(key); err != nil {
			return newest, false, err
		} else if outside {
			continue
		}
		if err := look(&cursor{table: t}); err != nil {
			return newest, false, err
		}
	}
	return newest, found, nil
}

// walk is a view that is asked for keys in their order, so that each block is read
// once.
type walk []*cursor

func (v *view) walk() walk {
	w := walk{{rest: v.loose}}
	for _, t := range v.tables {
		w = append(w, &cursor{table: t})
	}
	return w
}

// get returns what view.get does. Keys may come again, and never go back.
func (w walk) get(key []byte) (newest raw, found bool, err error) {
	for _, c := range w {
		if err := c.advance(key); err != nil {
			return newest, false, err
		}
		if len(c.rest) == 0 {
			continue
		}
		if r := c.rest[0]; bytes.Equal(r.key, key) && (!found || r.version > newest.version) {
			newest, found = r, true
		}
	}
	return newest, found, nil
}

// advance moves the cursor on to the first record at or after key, if that is in
// the block at hand, and seeks it otherwise.
func (c *cursor) advance(key []byte) error {
	if n := len(c.rest); n > 0 && bytes.Compare(c.rest[n-1].key, key) >= 0 {
		c.rest = c.rest[sort.Search(n, func(i int) bool { return bytes.Compare(c.rest[i].key, key) >= 0 }):]
		return nil
	}
	if c.table == nil {
		c.rest = nil
		return nil
	}
	if outside, err := c.table.outside(key); err != nil || outside {
		c.rest = nil
		return err
	}
	return c.seek(key)
}

// outside says whether the key lies before the table's first or after its last.
func (t *table) outside(key []byte) (bool, error) {
	n := len(t.blocks)
	if n == 0 {
		return true, nil
	}
	if t.last == nil {
		rs, err := t.records(t.blocks[n-1])
		if err != nil {
			return false, err
		}
		t.last = rs[len(rs)-1].key
	}
	first := t.blocks[0].first
	return bytes.Compare(key, first[:len(first)-versionBytes]) < 0 || bytes.Compare(key, t.last) > 0, nil
}

// value returns what a record of ours stands for; ErrCorrupt.
func (v *view) value(r raw) ([]byte, error) {
	key := r.key[1:]
	if r.mark != largeMark {
		return openSmall(key, r.value)
	}
	length, sum, err := openLarge(key, r.value)
	if err != nil {
		return nil, err
	}
	var value []byte
	for i := 0; len(value) < length; i++ {
		part, found, err := v.get(appendPartKey(nil, key, i))
		if err != nil {
			return nil, err
		}
		if !found || part.deleted || len(part.value) == 0 {
			return nil, damaged(key)
		}
		value = append(value, part.value...)
	}
	if len(value) != length || checksum(key, value) != sum {
		return nil, damaged(key)
	}
	return value, nil
}
