package journal

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"sort"
)

// standing is a head and where it stands.
type standing struct {
	head
	at     int64
	proven uint64 // the highest number that this head or one behind it calls synced
}

func (s *standing) end() int64 { return s.at + int64(recordSize(s.length)) }

// eachHead calls fn for whatever looks like a head.
func eachHead(image []byte, k salt, fn func(at int64, h head)) {
	for at := segmentHeader; at+headBytes <= len(image); at += align {
		if binary.BigEndian.Uint32(image[at:]) != recordMagic {
			continue
		}
		if h, ok := parseHead(image[at:], k); ok {
			fn(int64(at), h)
		}
	}
}

// newestIn returns the newest segment that there are heads of.
func newestIn(image []byte, k salt) (segment uint64) {
	eachHead(image, k, func(_ int64, h head) { segment = max(segment, h.segment) })
	return segment
}

// headsIn returns the heads of a segment.
func headsIn(image []byte, k salt, segment uint64) (heads []standing) {
	eachHead(image, k, func(at int64, h head) {
		if h.segment == segment {
			heads = append(heads, standing{head: h, at: at})
		}
	})
	var proven uint64
	for i := range slices.Backward(heads) {
		proven = max(proven, heads[i].synced)
		heads[i].proven = proven
	}
	return heads
}

// behind is what stands behind damage.
type behind struct {
	found  bool
	at     int64  // of the next head
	number uint64 // its record's
	synced uint64 // the last record that any of them calls synced
	end    int64  // of the last record
}

// behind looks for later records of this segment from there on.
func (p *pass) behind(from int64) behind {
	if p.heads == nil {
		p.heads = headsIn(p.image, p.seg.header.salt, p.seg.header.number)
	}
	rest := p.heads[sort.Search(len(p.heads), func(i int) bool { return p.heads[i].at >= from }):]
	for len(rest) > 0 && rest[0].number <= p.number {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return behind{}
	}
	return behind{true, rest[0].at, rest[0].number, rest[0].proven, rest[len(rest)-1].end()}
}

// beheaded looks at a segment without a header that can be read. Its records say which one it
// is, and whether the header was on disk; one of zeros was not, if they do not say so.
func (r *reading) beheaded(path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	zeros := isZero(image[:min(len(image), segmentHeader)])
	f := Finding{File: filepath.Base(path), Length: segmentHeader, What: "the header of the segment is damaged"}
	newest := newestIn(image, r.salt)
	if newest <= r.marks.applied {
		if !zeros {
			r.find(f)
		}
		return nil
	}
	heads := headsIn(image, r.salt, newest)
	first := heads[0]
	if zeros && first.proven < first.number && (r.marks.segment != newest || r.marks.synced <= segmentHeader) {
		f.At, f.Length, f.What, f.Harmless = segmentHeader, heads[len(heads)-1].end()-segmentHeader, hurtEnd, true
		r.survey.Dropped += f.Length
		r.find(f)
		return nil
	}
	r.find(f)
	h := header{number: newest, first: first.number, salt: r.salt}
	if first.at > segmentHeader {
		h.first = max(first.number, headsMost+1) - headsMost
	}
	r.segments = append(r.segments, &readSegment{path, h})
	return nil
}

// isZero says whether there is nothing but zeros.
func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
