package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/bitflip"
)

// segment reads one segment; next is the header of the one after it, if there is one.
func (r *reading) segment(seg *readSegment, next *header, each func(Operation) error) error {
	image, err := os.ReadFile(seg.path)
	if err != nil {
		return err
	}
	p := &pass{reading: r, seg: seg, image: image, each: each, number: seg.header.first}
	p.synced, p.written = r.known(seg, next)
	return p.run(next != nil)
}

// known says up to where a segment was synced for certain, and how far it was written.
func (r *reading) known(seg *readSegment, next *header) (synced, written int64) {
	switch {
	case next != nil && next.number == seg.header.number+1:
		return next.previous, next.previous
	case next == nil && r.marks.segment == seg.header.number:
		return r.marks.synced, r.marks.written
	}
	return 0, 0
}

// pass goes over the records of one segment.
type pass struct {
	*reading
	seg             *readSegment
	image           []byte
	each            func(Operation) error
	number          uint64 // of the record that should come next
	synced, written int64
}

func (p *pass) find(f Finding) {
	f.File = filepath.Base(p.seg.path)
	p.reading.find(f)
}

// run reads record after record. The next segment, if there is one, says where the end is.
func (p *pass) run(ended bool) error {
	for at := int64(segmentHeader); at >= 0; {
		h, ok := p.head(at)
		var err error
		switch {
		case ok && p.whole(at, h):
			at, err = p.take(at, h)
		case ended && at == p.synced:
			return nil
		default:
			at, err = p.hurt(at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// head returns the head of the record that should be there.
func (p *pass) head(at int64) (h head, ok bool) {
	if at > int64(len(p.image)) {
		return h, false
	}
	h, ok = parseHead(p.image[at:], p.seg.header.number)
	return h, ok && h.number == p.number && at+int64(recordSize(h.length)) <= int64(len(p.image))
}

// ops returns the operations of a record.
func (p *pass) ops(at int64, h head) []byte {
	return p.image[at+headBytes : at+headBytes+int64(h.length)]
}

func (p *pass) sum(at int64, h head) uint32 {
	return crc32.Update(seedOf(h.number), castagnoli, p.ops(at, h))
}

func (p *pass) whole(at int64, h head) bool { return p.sum(at, h) == h.sum }

// take gives the operations of a whole record, and returns where the next one begins.
func (p *pass) take(at int64, h head) (next int64, err error) {
	_, err = p.salvage(int(at)+headBytes, int(at)+headBytes+h.length, h.number+1)
	p.number, p.survey.number = h.number+1, h.number
	return at + int64(recordSize(h.length)), err
}

// salvage gives the whole operations between two places, which are those of the records from
// p.number up to the one before last, and returns the keys of the others; nil for one
// whose key cannot be told.
func (p *pass) salvage(at, end int, last uint64) (lost [][]byte, err error) {
	r := region{image: p.image[:end], number: p.number, last: last}
	for !r.over(at) {
		o, n, whole := r.op(at)
		if whole {
			if err := p.give(o, at, n); err != nil {
				return lost, err
			}
			at += n
			continue
		}
		if n > 0 && r.resumes(at+n) {
			lost = append(lost, p.image[o.key:o.key+o.keyBytes:o.key+o.keyBytes])
			at += n
			continue
		}
		// Its lengths are damaged too: the next one is where one is whole.
		lost = append(lost, nil)
		for at++; !r.resumes(at); at++ {
		}
	}
	return lost, nil
}

// region is a part of a segment with records of which the heads may be gone.
type region struct {
	image  []byte
	number uint64 // of the record that the operation before belongs to
	last   uint64 // the number behind all of them
}

// over says that nothing but the zeros behind a record is left.
func (r *region) over(at int) bool {
	return at >= len(r.image) || len(r.image)-at < align && len(bytes.Trim(r.image[at:], "\x00")) == 0
}

// op reads the operation there, of the same record as the one before or of a later one.
func (r *region) op(at int) (o place, n int, whole bool) {
	for number := r.number; number < r.last; number++ {
		if o, n, whole = parseOp(r.image, at, seedOf(number)); n == 0 {
			return o, 0, false
		} else if whole {
			r.number = number
			return o, n, true
		}
	}
	return o, n, false
}

// resumes says whether a whole operation stands there, or nothing more.
func (r *region) resumes(at int) bool {
	if r.over(at) {
		return true
	}
	was := r.number
	_, _, whole := r.op(at)
	r.number = was
	return whole
}

func (p *pass) give(o place, at, n int) error {
	op := store.Op{Key: p.image[o.key : o.key+o.keyBytes : o.key+o.keyBytes], Delete: o.kind == opDelete}
	if !op.Delete {
		op.Value = p.image[o.value : o.value+o.valueBytes : o.value+o.valueBytes]
	}
	return p.each(Operation{Op: op, File: filepath.Base(p.seg.path), At: int64(at), Length: int64(n)})
}

// hurt looks at a place where no whole record stands, and returns where to go on; -1: nowhere.
func (p *pass) hurt(at int64) (next int64, err error) {
	if p.mend(at) {
		p.find(Finding{At: at, Length: headBytes, What: "one bit of the journal is wrong; it can be set right", Mended: true})
		return at, nil // to read it once more
	}
	next, later := p.nextRecord(at + align)
	if at >= p.synced && (!later.found || later.synced < p.number) {
		p.drop(at)
		return -1, nil
	}
	end, last := next, later.number
	if !later.found {
		end, last = min(max(p.synced, p.written, at), int64(len(p.image))), p.number+headsMost
	}
	if h, ok := p.head(at); ok {
		end, last = at+int64(recordSize(h.length)), p.number+1
	}
	f := Finding{At: at, Length: end - at, What: "a stretch of the journal is damaged"}
	if f.Keys, err = p.salvage(min(int(at)+headBytes, int(end)), int(end), min(last, p.number+headsMost)); err != nil {
		return -1, err
	}
	p.find(f)
	if !later.found {
		return -1, nil
	}
	p.number = later.number
	return next, nil
}

// headsMost is how many records in a row may have lost their heads, of which the operations
// are still looked for.
const headsMost = 256

// mend sets one bit of a record right.
func (p *pass) mend(at int64) bool {
	if h, ok := p.head(at); ok {
		return bitflip.Mend(p.ops(at, h), p.sum(at, h)^h.sum)
	}
	if at+headBytes > int64(len(p.image)) {
		return false
	}
	if _, other := parseHead(p.image[at:], p.seg.header.number); other {
		return false
	}
	return bitflip.Try(p.image[at:at+headBytes], func() bool { _, ok := p.head(at); return ok })
}

// drop counts what a power cut or a kill has left of records that were not synced.
func (p *pass) drop(at int64) {
	if _, begun := p.head(at); at >= p.written && !begun {
		return // nothing was written there
	}
	n := max(p.written-at, headBytes)
	p.survey.Dropped += n
	p.find(Finding{At: at, Length: n, What: "the end of the journal is not whole; it was not synced, so a power cut explains it", Harmless: true})
}

// later is a record that was found behind damage.
type later struct {
	found          bool
	number, synced uint64
}

// nextRecord looks for the head of a later record of this segment from there on.
func (p *pass) nextRecord(from int64) (int64, later) {
	for at := from; at+headBytes <= int64(len(p.image)); at += align {
		if binary.BigEndian.Uint32(p.image[at:]) != recordMagic {
			continue
		}
		if h, ok := parseHead(p.image[at:], p.seg.header.number); ok && h.number > p.number {
			return at, later{true, h.number, h.synced}
		}
	}
	return int64(len(p.image)), later{}
}
