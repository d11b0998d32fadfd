package machine

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// A page says all that the rules must know of a chunk's entries, in a few bytes
// each: times and sizes as differences, names once. A chunk whose entries are all
// packed has its page on disk too, so that opening reads that instead of them.
//
//	word    the slots that follow
//	entry   flags and priority; sent, size as differences from the entry before;
//	        then what the flags announce
const pageVersion = 1

// The flags of an entry, above its priority.
const (
	priorityMask = 0x0f
	hasVisible   = 1 << 4
	hasExpires   = 1 << 5
	hasGroup     = 1 << 6
	hasMore      = 1 << 7 // a second byte of flags follows

	hasShared = 1 << 0
	hasState  = 1 << 1
	hasDead   = 1 << 2
	hasEnd    = 1 << 3 // the message is the last of its group
)

// pager writes a page.
type pager struct {
	b          []byte
	sent, size int64
	names      []string
}

func newPager(slots uint64, room []byte) pager {
	return pager{b: binary.BigEndian.AppendUint64(append(room[:0], pageVersion), slots)}
}

// add appends e, which is Ready or Delayed.
func (p *pager) add(e *entry, group string) {
	flags, more := e.flags(group)
	p.b = append(p.b, flags|e.priority)
	if flags&hasMore != 0 {
		p.b = append(p.b, more)
	}
	p.b = binary.AppendVarint(p.b, e.sent-p.sent)
	p.b = binary.AppendVarint(p.b, int64(e.size)-p.size)
	p.sent, p.size = e.sent, int64(e.size)
	if flags&hasVisible != 0 {
		p.b = binary.AppendVarint(p.b, e.visible-e.sent)
	}
	if flags&hasExpires != 0 {
		p.b = binary.AppendVarint(p.b, e.expires-e.sent)
	}
	if flags&hasGroup != 0 {
		p.name(group)
	}
	p.addMore(e, more)
}

func (p *pager) addMore(e *entry, more byte) {
	if more&hasShared != 0 {
		p.b = binary.AppendUvarint(p.b, e.shared)
	}
	if more&hasState != 0 {
		p.b = binary.AppendUvarint(p.b, uint64(e.attempt))
		p.b = binary.AppendVarint(p.b, e.first)
	}
	if more&hasDead != 0 {
		p.name(e.dead.Queue)
		p.name(e.dead.Reason)
		p.b = binary.AppendUvarint(p.b, uint64(e.dead.Attempts))
	}
}

func (e *entry) flags(group string) (flags, more byte) {
	for _, f := range [...]struct {
		on  bool
		bit byte
	}{{e.state == Delayed, hasVisible}, {e.expires != 0, hasExpires}, {group != "", hasGroup}} {
		if f.on {
			flags |= f.bit
		}
	}
	if e.shared != 0 {
		more |= hasShared
	}
	if e.stated {
		more |= hasState
	}
	if e.dead != nil {
		more |= hasDead
	}
	if e.is(closing) {
		more |= hasEnd
	}
	if more != 0 {
		flags |= hasMore
	}
	return flags, more
}

// name appends a name, or the place of the same name earlier in the page.
func (p *pager) name(s string) {
	for i, old := range p.names {
		if old == s {
			p.b = binary.AppendUvarint(p.b, uint64(i)+1)
			return
		}
	}
	p.names = append(p.names, s)
	p.b = binary.AppendUvarint(append(p.b, 0), uint64(len(s)))
	p.b = append(p.b, s...)
}

// parsePage calls fn with each entry that page lists, in order, until fn returns
// false. The entry is reused; its state is Ready, or Delayed when it was so when the
// page was written. The error is ErrInvalid.
func parsePage(page []byte, first uint64, fn func(e *entry, group string) bool) error {
	if len(page) < 9 || page[0] != pageVersion {
		return fmt.Errorf("page of %d bytes: %w", len(page), ErrInvalid)
	}
	r := pageReader{reader: reader{b: page[9:]}}
	var e entry
	for slots := binary.BigEndian.Uint64(page[1:]); slots != 0; slots &= slots - 1 {
		e = entry{seq: first + uint64(bits.TrailingZeros64(slots)), timer: -1, state: Ready}
		group := r.entry(&e)
		if r.bad || e.priority >= levels {
			return fmt.Errorf("page of %d bytes: %w", len(page), ErrInvalid)
		}
		if !fn(&e, group) {
			return nil
		}
	}
	return nil
}

type pageReader struct {
	reader
	sent, size int64
	names      []string
}

func (r *pageReader) entry(e *entry) (group string) {
	flags := r.byte()
	e.priority = flags & priorityMask
	var more byte
	if flags&hasMore != 0 {
		more = r.byte()
	}
	r.sent += r.varint()
	r.size += r.varint()
	e.sent, e.size = r.sent, uint32(r.size)
	if flags&hasVisible != 0 {
		e.visible, e.state = e.sent+r.varint(), Delayed
	}
	if flags&hasExpires != 0 {
		e.expires = e.sent + r.varint()
	}
	if flags&hasGroup != 0 {
		group = r.name()
	}
	r.more(e, more)
	return group
}

func (r *pageReader) more(e *entry, more byte) {
	e.mark(closing, more&hasEnd != 0)
	if more&hasShared != 0 {
		e.shared = r.uvarint()
	}
	if more&hasState != 0 {
		e.stated = true
		e.attempt = uint32(r.uvarint())
		e.first = r.varint()
	}
	if more&hasDead != 0 {
		e.dead = &DeadLetter{Queue: r.name(), Reason: r.name(), Attempts: int(uint32(r.uvarint()))}
	}
}

func (r *pageReader) name() string {
	if i := r.uvarint(); i > 0 {
		if i > uint64(len(r.names)) {
			r.bad = true
			return ""
		}
		return r.names[i-1]
	}
	s := string(r.bytes(r.uvarint()))
	r.names = append(r.names, s)
	return s
}
