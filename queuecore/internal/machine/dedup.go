package machine

import (
	"cmp"
	"slices"
)

// dedup remembers the ids of a queue's sends for a window.
type dedup struct {
	tally *tally
	seen  map[string]first
	order []dedupKey // by expiry, as long as the window does not change
	at    int
}

// first is the send that a duplicate is answered with.
type first struct {
	seq     uint64
	id      [16]byte
	expires int64
}

type dedupKey struct {
	key     string
	expires int64
}

func newDedup(t *tally) dedup { return dedup{tally: t, seen: make(map[string]first)} }

// forget forgets all ids.
func (d *dedup) forget() {
	d.tally.ids -= len(d.seen)
	*d = newDedup(d.tally)
}

// find returns the first send of key within the window.
func (d *dedup) find(key string, now int64) (first, bool) {
	f, ok := d.seen[key]
	return f, ok && f.expires > now
}

// knows reports whether there is a record of key, also of a window that is over.
func (d *dedup) knows(key string) bool {
	_, ok := d.seen[key]
	return ok
}

// add remembers a send.
func (d *dedup) add(key string, f first) {
	d.tally.ids -= len(d.seen)
	d.seen[key] = f
	d.tally.ids += len(d.seen)
	d.order = append(d.order, dedupKey{key, f.expires})
}

// due reports whether there is a window that is over.
func (d *dedup) due(now int64) bool { return d.at < len(d.order) && d.order[d.at].expires <= now }

// shorten ends every window at the limit at the latest, and calls fn for each
// that it changes.
func (d *dedup) shorten(limit int64, fn func(key string, f first)) {
	d.order, d.at = d.order[:0], 0
	for k, f := range d.seen {
		if f.expires > limit {
			f.expires = limit
			d.seen[k] = f
			fn(k, f)
		}
		d.order = append(d.order, dedupKey{k, f.expires})
	}
	d.sort()
}

// expire forgets up to limit ids whose window is over, and calls fn for each.
func (d *dedup) expire(now int64, limit int, fn func(key string)) {
	for ; limit > 0 && d.at < len(d.order) && d.order[d.at].expires <= now; limit-- {
		k := d.order[d.at]
		d.order[d.at] = dedupKey{}
		d.at++
		if f, ok := d.seen[k.key]; ok && f.expires <= now {
			delete(d.seen, k.key)
			d.tally.ids--
			fn(k.key)
		}
	}
	if d.at > 1024 && d.at*2 > len(d.order) {
		n := copy(d.order, d.order[d.at:])
		clear(d.order[n:])
		d.order, d.at = d.order[:n], 0
	}
}

// sort brings keys that were loaded in any order into the order of their expiry.
func (d *dedup) sort() {
	slices.SortFunc(d.order, func(a, b dedupKey) int { return cmp.Compare(a.expires, b.expires) })
}
