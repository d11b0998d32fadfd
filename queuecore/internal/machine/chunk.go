package machine

import "math/bits"

// view calls fn for every entry of c in order until it returns false, and reports
// whether it never did. What is packed is shown as it would be: it must not be
// changed or kept. The name is that of the entry's group.
func (c *chunk) view(fn func(e *entry, group string) bool) bool {
	if c.packed == 0 {
		return c.viewWarm(0, chunkSize, fn)
	}
	next, going := 0, true
	c.eachPacked(func(e *entry, group string) {
		if !going {
			return
		}
		slot := int(e.seq % chunkSize)
		going = c.viewWarm(next, slot, fn) && fn(e, group)
		next = slot + 1
	})
	return going && c.viewWarm(next, chunkSize, fn)
}

func (c *chunk) viewWarm(from, to int, fn func(e *entry, group string) bool) bool {
	for i := from; c.warm != nil && i < to; i++ {
		e := &c.warm[i]
		if e.state == gone {
			continue
		}
		group := ""
		if e.group != nil {
			group = e.group.name
		}
		if !fn(e, group) {
			return false
		}
	}
	return true
}

// eachPacked calls fn for every packed entry of c, shown as it would be.
func (c *chunk) eachPacked(fn func(e *entry, group string)) {
	if c.packed == 0 {
		return
	}
	// The page was made here, or checked when it was loaded.
	_ = parsePage(c.page, c.firstSeq(), func(e *entry, group string) bool {
		if c.packed&bit(e.seq) == 0 {
			return true
		}
		e.queue = c.queue
		if e.state == Delayed && c.delayed&bit(e.seq) == 0 {
			e.state, e.visible = Ready, 0
		}
		fn(e, group)
		return c.packed>>(e.seq%chunkSize)>>1 != 0
	})
}

// anyWarm reports whether c has a warm entry.
func (c *chunk) anyWarm() bool { return int(c.live) > bits.OnesCount64(c.packed) }

// due returns when the packed entries must be looked at again; 0 is never.
func (c *chunk) due() int64 {
	first := int64(0)
	c.eachPacked(func(e *entry, _ string) {
		if at := e.due(); at != 0 && (first == 0 || at < first) {
			first = at
		}
	})
	return first
}
