package journal

import (
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store"
)

// salvage gives the whole operations between two places, which are those of the records from
// p.number up to the one before last, and returns the keys of the others; nil for one
// whose key cannot be told.
func (p *pass) salvage(at, end int, last uint64) (lost [][]byte, err error) {
	r := region{image: p.image[:end], salt: p.seg.header.salt, number: p.number, last: last, effort: &p.effort}
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
	salt   salt
	number uint64 // of the record that the operation before belongs to
	last   uint64 // the number behind all of them
	effort *int64 // bytes that may still be summed up in the search for operations
}

// effort bounds the search in all of a journal to some seconds: what looks like
// an operation at every byte, and goes on to the end, would take hours.
const effort = 64 << 30

// over says that nothing but the zeros behind a record is left.
func (r *region) over(at int) bool {
	return at >= len(r.image) || len(r.image)-at < align && isZero(r.image[at:])
}

// op reads the operation there, of the same record as the one before or of a later one.
func (r *region) op(at int) (o place, n int, whole bool) {
	o, n, seed := parseOp(r.image, at)
	for number := r.number; n > 0 && number < r.last; number++ {
		if seed == r.salt.seed(number) {
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
	if *r.effort <= 0 {
		return false
	}
	was := r.number
	_, n, whole := r.op(at)
	*r.effort -= int64(n)
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
