package journal

import (
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"

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
	heads           []standing // nil before something is looked for among them
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
			at, err = p.take(at, h, true)
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
	h, ok = parseHead(p.image[at:], p.seg.header.salt)
	return h, ok && h.segment == p.seg.header.number && h.number == p.number && at+int64(recordSize(h.length)) <= int64(len(p.image))
}

// ops returns the operations of a record.
func (p *pass) ops(at int64, h head) []byte {
	return p.image[at+headBytes : at+headBytes+int64(h.length)]
}

func (p *pass) sum(at int64, h head) uint32 {
	return crc32.Update(p.seg.header.salt.seed(h.number), castagnoli, p.ops(at, h))
}

func (p *pass) whole(at int64, h head) bool { return p.sum(at, h) == h.sum }

const hurtStretch = "a stretch of the journal is damaged"

// take gives the operations of a record that is whole, or of which at least the head is, and
// returns where the next one begins.
func (p *pass) take(at int64, h head, whole bool) (next int64, err error) {
	lost, err := p.salvage(int(at)+headBytes, int(at)+headBytes+h.length, h.number+1)
	next = at + int64(recordSize(h.length))
	if !whole || len(lost) > 0 {
		p.find(Finding{At: at, Length: next - at, What: hurtStretch, Keys: lost})
	}
	p.number, p.survey.number = h.number+1, h.number
	return next, err
}

// hurt looks at a place where no whole record stands, and returns where to go on; -1: nowhere.
func (p *pass) hurt(at int64) (next int64, err error) {
	h, begun := p.head(at)
	end := at
	if begun {
		end = at + int64(recordSize(h.length))
	}
	b := p.behind(max(end, at+align))
	synced := at < p.synced || b.synced >= p.number
	switch {
	case p.mend(at):
		p.find(Finding{At: at, Length: headBytes, What: "one bit of the journal is wrong; it can be set right", Mended: true, Harmless: !synced})
		return at, nil // to read it once more
	case !synced:
		p.drop(at, max(p.written, b.end, end))
		return -1, nil
	case begun:
		return p.take(at, h, false)
	}
	return p.headGone(at, b)
}

// headGone gives what is whole of the records from there up to the next one with a head.
func (p *pass) headGone(at int64, b behind) (next int64, err error) {
	next, end, last := -1, min(max(p.synced, p.written, at), int64(len(p.image))), p.number+headsMost
	if b.found {
		next, end, last = b.at, b.at, min(b.number, last)
	}
	f := Finding{At: at, Length: end - at, What: hurtStretch}
	f.Keys, err = p.salvage(min(int(at)+headBytes, int(end)), int(end), last)
	p.find(f)
	p.number = b.number
	return next, err
}

// headsMost is how many records in a row may have lost their heads, of which the operations
// are still looked for.
const headsMost = 256

// mend sets one bit of a record right.
func (p *pass) mend(at int64) bool {
	if h, ok := p.head(at); ok {
		return p.mendOps(p.ops(at, h), h, p.sum(at, h)^h.sum)
	}
	if at+headBytes > int64(len(p.image)) {
		return false
	}
	b := p.image[at : at+headBytes]
	if _, other := parseHead(b, p.seg.header.salt); other {
		return false
	}
	return bitflip.Try(b, func() bool { _, ok := p.head(at); return ok })
}

// mendOps sets one bit of operations right, if then the sum of each is right too.
func (p *pass) mendOps(ops []byte, h head, wrong uint32) bool {
	was := bytes.Clone(ops)
	if bitflip.Mend(ops, wrong) && allWhole(ops, p.seg.header.salt.seed(h.number)) {
		return true
	}
	copy(ops, was)
	return false
}

// allWhole says whether b is nothing but whole operations of one record.
func allWhole(b []byte, seed uint32) bool {
	for at := 0; at < len(b); {
		_, n, s := parseOp(b, at)
		if n == 0 || s != seed {
			return false
		}
		at += n
	}
	return true
}

// drop counts what a power cut or a kill has left, up to end, of records that were not synced.
func (p *pass) drop(at, end int64) {
	if end <= at {
		return // nothing was written there
	}
	p.survey.Dropped += end - at
	p.find(Finding{At: at, Length: end - at, What: hurtEnd, Harmless: true})
}

const hurtEnd = "the end of the journal is not whole; it was not synced, so a power cut explains it"
