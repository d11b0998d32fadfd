package journal

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/bitflip"
)

// Finding is one thing that is wrong with a journal.
type Finding struct {
	File       string // its name in the directory
	At, Length int64
	What       string
	// Harmless: nothing that was synced is lost by it, and the journal opens.
	Harmless bool
	// Mended: it is damage, but nothing is lost by it.
	Mended bool
	// Keys are the keys of operations that it is known to have hit.
	Keys [][]byte
}

// Survey is what can be read of the journal in a directory which nobody has open.
type Survey struct {
	Findings []Finding
	Segments int   // that count
	Dropped  int64 // bytes that were not synced and are not whole

	last, number uint64 // the newest segment and record
}

// Damage returns the findings that are not harmless.
func (v *Survey) Damage() []Finding {
	return slices.DeleteFunc(slices.Clone(v.Findings), func(f Finding) bool { return f.Harmless })
}

// Operation is an operation and where it stands.
type Operation struct {
	store.Op
	File       string
	At, Length int64
}

// Read reads the journal in dir, changing nothing, and calls each for the operations that
// are not in the store below for certain, in their order; keys and values may be kept. Of what
// is damaged it gives what can be told to be whole. The error is for what cannot be
// read at all, or each's.
func Read(dir string, each func(Operation) error) (*Survey, error) {
	r, err := openReading(dir)
	if err != nil {
		return nil, err
	}
	for i, seg := range r.segments {
		var next *header
		if i+1 < len(r.segments) {
			next = &r.segments[i+1].header
		}
		if err := r.segment(seg, next, each); err != nil {
			return nil, err
		}
	}
	return &r.survey, nil
}

// reading is a Read under way.
type reading struct {
	dir      string
	marks    marks
	salt     salt
	segments []*readSegment // those that count, in order
	headless []string       // segments without a header that can be read
	survey   Survey
	effort   int64 // see region
}

type readSegment struct {
	path   string
	header header
}

func (r *reading) find(f Finding) { r.survey.Findings = append(r.survey.Findings, f) }

func openReading(dir string) (*reading, error) {
	r := &reading{dir: dir, effort: effort}
	known, damaged := false, false
	var err error
	if r.marks, known, damaged, err = readMarks(dir); err != nil {
		return nil, err
	}
	if damaged {
		r.find(Finding{File: MarksFile, What: "the marks of the journal are damaged; they are written anew", Harmless: true})
	}
	paths, err := segmentFiles(dir)
	if err != nil {
		return nil, err
	}
	if err := r.openAll(paths); err != nil {
		return nil, err
	}
	slices.SortFunc(r.segments, func(a, b *readSegment) int { return cmp.Compare(a.header.number, b.header.number) })
	r.choose(known)
	return r, nil
}

// openAll reads the headers of all segments. Where there is none, the salt of the others, or of
// the marks, tells what is in one.
func (r *reading) openAll(paths []string) error {
	for _, path := range paths {
		if err := r.open(path); err != nil {
			return err
		}
	}
	if r.salt = r.marks.salt; r.salt == 0 && len(r.segments) > 0 {
		r.salt = r.segments[0].header.salt
	}
	for _, path := range r.headless {
		if err := r.beheaded(path); err != nil {
			return err
		}
	}
	return nil
}

// open reads the header of a segment.
func (r *reading) open(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, segmentHeader)
	n, err := io.ReadFull(f, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	h, ok := parseHeader(b[:n])
	if !ok && n == segmentHeader && !isZero(b) &&
		bitflip.Try(b[:headerUsed], func() bool { h, ok = parseHeader(b); return ok }) {
		r.find(Finding{File: filepath.Base(path), Length: headerUsed, What: "one bit of the segment's header is wrong; it can be set right", Mended: true})
	}
	if !ok {
		r.headless = append(r.headless, path)
		return nil
	}
	r.segments = append(r.segments, &readSegment{path, h})
	return nil
}

// choose leaves out the segments that the store below has, and finds those that are missing.
func (r *reading) choose(known bool) {
	if n := len(r.segments); n > 0 {
		r.survey.last = r.segments[n-1].header.number
	}
	if known {
		r.survey.last = max(r.survey.last, r.marks.applied)
	}
	r.segments = slices.DeleteFunc(r.segments, func(s *readSegment) bool { return s.header.number <= r.marks.applied })
	r.survey.Segments = len(r.segments)
	want := r.marks.applied + 1
	for i, s := range r.segments {
		if s.header.number != want && (known || i > 0) {
			r.find(Finding{What: fmt.Sprintf("segments %d to %d of the journal are missing", want, s.header.number-1)})
		}
		want = s.header.number + 1
	}
	// The newest one may have lost its header to a power cut, as long as nothing else in it was synced.
	if known && (r.marks.segment > want || r.marks.segment == want && r.marks.synced > segmentHeader) {
		r.find(Finding{What: fmt.Sprintf("segment %d of the journal is missing", r.marks.segment)})
	}
}

// replay hands what a dead process left to the store below, which has it on disk then. It
// returns the numbers of the newest segment and record.
func (s *Store) replay() (last, number uint64, err error) {
	v, err := Read(s.dir, func(Operation) error { return nil })
	if err != nil {
		return 0, 0, err
	}
	if damage := v.Damage(); len(damage) > 0 {
		f := damage[0]
		return 0, 0, fmt.Errorf("%s: at byte %d: %s: %w", f.File, f.At, f.What, store.ErrCorrupt)
	}
	if s.dropped = v.Dropped; v.Segments == 0 {
		return v.last, v.number, nil
	}
	var piece store.Batch
	count := 0
	_, err = Read(s.dir, func(op Operation) error {
		if piece.Len() > 0 && (piece.Size()+len(op.Key)+len(op.Value) > pieceBytes || piece.Len() >= pieceOps) {
			if err := s.below.Write(&piece); err != nil {
				return err
			}
			piece.Reset()
		}
		piece.Append([]store.Op{op.Op})
		count++
		return nil
	})
	if err == nil {
		err = s.below.Write(&piece)
	}
	if err == nil {
		err = s.below.Sync()
	}
	s.options.Log.Info("reading back a journal that was not closed", "dir", s.dir, "segments", v.Segments, "operations", count, "dropped", v.Dropped)
	return v.last, v.number, err
}
