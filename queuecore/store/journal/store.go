package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// Store is a store.Store: a journal before another store, which it owns.
type Store struct {
	dir     string
	options Options
	below   store.Store
	marks   *marker
	flusher *flusher
	salt    salt
	sync    func(*os.File) error // tests make it fail
	dropped int64

	writing sync.Mutex // guards what follows; held by Write, Sync, Settle and Close
	segment *segment   // the one that is written to
	number  uint64     // of the last record
	synced  uint64     // the last record that is on disk
	dirty   bool
	failed  error
	places  []place // of the batch under way

	mu     sync.RWMutex  // guards what follows
	live   *generation   // of the segment that is written to
	old    []*generation // those that the store below has not got yet, oldest first
	closed bool

	beginning sync.RWMutex // see awaitBeginnings
}

// Open puts a journal in dir before a store, and closes that when the Store is closed. What
// a dead process left in the journal is handed to the store first, which has it
// on disk when Open returns. If Open fails, the store is not closed. An error is
// store.ErrCorrupt when Read finds damage.
func Open(dir string, below store.Store, o Options) (*Store, error) {
	o.fill()
	s := &Store{dir: dir, options: o, below: below, salt: salt(rand.Uint64()), sync: disk.SyncFile}
	last, number, err := s.replay()
	if err != nil {
		return nil, err
	}
	s.number, s.synced = number, number
	began := marks{segment: last + 1, written: segmentHeader, synced: segmentHeader, applied: last, salt: s.salt}
	if s.marks, err = openMarker(dir, began); err != nil {
		return nil, noSpace(err)
	}
	if err := s.start(last); err != nil {
		return nil, errors.Join(err, s.marks.file.Close())
	}
	return s, nil
}

// start begins the first segment, behind those of before.
func (s *Store) start(last uint64) error {
	if err := removeSegments(s.dir); err != nil {
		return err
	}
	first, err := createSegment(s.dir, 0, s.options.SegmentBytes)
	if err != nil {
		return noSpace(err)
	}
	if err := first.begin(header{number: last + 1, first: s.number + 1, salt: s.salt}); err != nil {
		return errors.Join(noSpace(err), first.file.Close())
	}
	s.segment, s.dirty = first, true
	s.live = newGeneration(first, s.image(nil, first))
	s.flusher = newFlusher(s)
	return nil
}

// image begins the image of a segment.
func (s *Store) image(memory []byte, seg *segment) []byte {
	if memory == nil {
		memory = make([]byte, 0, s.options.SegmentBytes)
	}
	return append(memory[:0], seg.header.encode()...)
}

func noSpace(err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: %w", store.ErrNoSpace, err)
	}
	return err
}

// removeSegments removes the segments' files.
func removeSegments(dir string) error {
	paths, err := segmentFiles(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return disk.SyncDir(dir)
}

// Dropped returns how many bytes at the end of the journal were not read back by Open, since
// they were no whole batch: what a power cut leaves of what was not synced.
func (s *Store) Dropped() int64 { return s.dropped }

// usable returns nil while the store can be written to. s.writing is held.
func (s *Store) usable() error {
	if s.isClosed() {
		return store.ErrClosed
	}
	if s.failed == nil {
		s.failed = s.flusher.bad.failure()
	}
	return s.failed
}

func (s *Store) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// fail ends all writing. s.writing is held.
func (s *Store) fail(doing string, err error) error {
	s.failed = fmt.Errorf("%w: journal: %s: %w", store.ErrFailed, doing, err)
	return s.failed
}

// Write implements store.Store.
func (s *Store) Write(b *store.Batch) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.usable(); err != nil || b.Len() == 0 {
		return err
	}
	if err := s.fits(b); err != nil {
		return err
	}
	if s.begun() && int64(len(s.live.image)+mostBytes(b)) > s.options.SegmentBytes {
		if err := s.turn(); err != nil {
			return err
		}
	}
	s.grow(mostBytes(b))
	return s.append(b)
}

// begun reports whether there is a record in the segment that is written to.
func (s *Store) begun() bool { return s.number >= s.segment.header.first }

// grow makes room for a record that is larger than a segment, which is empty then.
func (s *Store) grow(n int) {
	if need := len(s.live.image) + n; need > cap(s.live.image) {
		image := append(make([]byte, 0, need), s.live.image...)
		s.mu.Lock()
		s.live.image = image
		s.mu.Unlock()
	}
}

func (s *Store) fits(b *store.Batch) error {
	if b.Size() > s.options.MaxBatch || mostBytes(b) > 2*s.options.MaxBatch {
		return fmt.Errorf("%d operations of %d bytes: %w", b.Len(), b.Size(), store.ErrTooLarge)
	}
	if s.options.MaxKey == 0 {
		return nil
	}
	for i := range b.Ops {
		if n := len(b.Ops[i].Key); n > s.options.MaxKey {
			return fmt.Errorf("key of %d bytes, limit %d: %w", n, s.options.MaxKey, store.ErrTooLarge)
		}
	}
	return nil
}

// append writes a batch, for which there is room in the segment. On a disk that is
// full, which happens where blocks cannot be set aside, nothing has been done.
func (s *Store) append(b *store.Batch) error {
	at := len(s.live.image)
	image := s.encode(s.live.image, b)
	if _, err := s.segment.file.WriteAt(image[at:], int64(at)); isFull(err) {
		return noSpace(err)
	} else if err != nil {
		return s.fail("write", err)
	}
	s.segment.end = int64(len(image))
	s.number++
	s.dirty = true
	s.mu.Lock()
	s.live.image = image
	for _, p := range s.places {
		s.live.do(p)
	}
	s.mu.Unlock()
	if err := s.marks.note(func(m *marks) { m.written = s.segment.end }); err != nil {
		return s.fail("write marks", err)
	}
	return nil
}

// encode appends the record of a batch to the image, in place, and notes where
// its operations stand.
func (s *Store) encode(image []byte, b *store.Batch) []byte {
	at := len(image)
	ops := at + headBytes
	image = image[:ops]
	s.places = s.places[:0]
	seed := s.salt.seed(s.number + 1)
	for i := range b.Ops {
		var p place
		image, p = appendOp(image, &b.Ops[i], seed)
		s.places = append(s.places, p)
	}
	h := head{
		segment: s.segment.header.number, number: s.number + 1, synced: s.synced,
		length: len(image) - ops, sum: crc32.Update(seed, castagnoli, image[ops:]),
	}
	h.encode(image[at:], s.salt)
	end := at + recordSize(h.length)
	clear(image[len(image):end])
	return image[:end]
}

// turn freezes the generation and goes on with the next segment. The old one is
// synced first, so that a power cut leaves no later write without an earlier one.
func (s *Store) turn() error {
	if err := s.flush(); err != nil {
		return err
	}
	next, err := s.flusher.next()
	if err != nil {
		return err
	}
	h := header{number: s.segment.header.number + 1, first: s.number + 1, previous: s.segment.end, salt: s.salt}
	if err := next.segment.begin(h); err != nil {
		s.flusher.spare <- next
		if isFull(err) {
			return noSpace(err)
		}
		return s.fail("begin a segment", err)
	}
	next.image = s.image(next.image, next.segment)
	s.segment, s.dirty = next.segment, true
	s.mu.Lock()
	frozen := s.live
	s.live, s.old = next, append(s.old, frozen)
	s.mu.Unlock()
	s.flusher.frozen <- frozen
	err = s.marks.note(func(m *marks) {
		m.segment, m.written, m.synced = next.segment.header.number, segmentHeader, segmentHeader
	})
	if err != nil {
		return s.fail("write marks", err)
	}
	return nil
}

// flush has what was written on disk. s.writing is held.
func (s *Store) flush() error {
	if !s.dirty {
		return nil
	}
	if err := s.sync(s.segment.file); err != nil {
		return s.fail("sync", err)
	}
	s.dirty, s.synced = false, s.number
	s.mu.Lock()
	s.live.synced = len(s.live.image)
	s.mu.Unlock()
	if err := s.marks.note(func(m *marks) { m.synced = m.written }); err != nil {
		return s.fail("write marks", err)
	}
	return nil
}

// Sync implements store.Store.
func (s *Store) Sync() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	return s.flush()
}

// Room implements store.Room: it is what the store below says, if it says something,
// and ErrNoSpace while that takes nothing for want of space.
func (s *Store) Room() error {
	if err := s.flusher.bad.stuck(); err != nil {
		return err
	}
	if r, ok := s.below.(store.Room); ok {
		return r.Room()
	}
	return nil
}
