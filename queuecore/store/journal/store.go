package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// Options are the settings of a Store; zero fields are the defaults.
type Options struct {
	// Log gets what concerns no single caller (nil: slog.Default).
	Log *slog.Logger
	// SegmentBytes is the size of a segment (zero: 4 MiB). A larger batch makes one grow.
	SegmentBytes int64
	// Segments is how many there may be (zero: 8; at least 2). Each takes its size on
	// disk, and as much in memory. All but three wait before the store below gets what they
	// have, since it may be undone meanwhile. When all are full, Write waits.
	Segments int
	// MaxKey is the longest key that the store below takes, in bytes (zero: any).
	MaxKey int
	// MaxBatch bounds the keys and values of a batch, in bytes (zero: 9 MiB). The store
	// below must take each single one of them.
	MaxBatch int
}

const (
	segmentBytes = 4 << 20
	segments     = 8
	maxBatch     = 9 << 20

	mostBytesSet = 128 << 20 // places in a segment have 32 bits, lengths of keys and values 28
)

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = segmentBytes
	}
	if o.Segments == 0 {
		o.Segments = segments
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = maxBatch
	}
	o.Segments = max(o.Segments, 2)
	o.SegmentBytes, o.MaxBatch = min(o.SegmentBytes, mostBytesSet), min(o.MaxBatch, mostBytesSet)
}

// Store is a store.Store: a journal before another store, which it owns.
type Store struct {
	dir     string
	options Options
	below   store.Store
	marks   *marker
	flusher *flusher
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

	beginning sync.RWMutex // see flush
}

// Open puts a journal in dir before a store, and closes that when the Store is closed. What
// a dead process left in the journal is handed to the store first, which has it
// on disk when Open returns. If Open fails, the store is not closed. An error is
// store.ErrCorrupt when Survey finds damage.
func Open(dir string, below store.Store, o Options) (*Store, error) {
	o.fill()
	s := &Store{dir: dir, options: o, below: below, sync: disk.SyncFile}
	last, number, err := s.replay()
	if err != nil {
		return nil, err
	}
	s.number, s.synced = number, number
	if s.marks, err = openMarker(dir, marks{segment: last + 1, written: segmentHeader, synced: segmentHeader, applied: last}); err != nil {
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
	if err := first.begin(header{number: last + 1, first: s.number + 1}); err != nil {
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
	seed := seedOf(s.number + 1)
	for i := range b.Ops {
		var p place
		image, p = appendOp(image, &b.Ops[i], seed)
		s.places = append(s.places, p)
	}
	h := head{
		segment: s.segment.header.number, number: s.number + 1, synced: s.synced,
		length: len(image) - ops, sum: crc32.Update(seed, castagnoli, image[ops:]),
	}
	h.encode(image[at:])
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
	if err := next.segment.begin(header{number: s.segment.header.number + 1, first: s.number + 1, previous: s.segment.end}); err != nil {
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

// Settle returns when the store below has all that was written before the call, or
// cannot take it: ErrNoSpace while it has no room.
func (s *Store) Settle() error {
	s.writing.Lock()
	err := s.usable()
	if err == nil && s.begun() {
		err = s.turn()
	}
	waits := s.unsettled()
	s.writing.Unlock()
	if err != nil {
		return err
	}
	s.flusher.hasten()
	for _, done := range waits {
		if err := s.flusher.await(done); err != nil {
			return err
		}
	}
	return s.flusher.bad.failure()
}

// supersede forgets those of the oldest generation's keys that newer ones have done something
// to again, so that the store below never hears of them. What was below the old slot is
// then below the new one. A newer slot that is not on disk does not count: a power cut may
// take it, when the older one must be below.
func (s *Store) supersede(oldest *generation, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newer := s.old[1:len(s.old):len(s.old)]
	if !s.closed { // otherwise the live one is the last of the old
		newer = append(newer, s.live)
	}
	for _, k := range keys {
		x := oldest.slots[k]
		for _, g := range newer {
			y, ok := g.slots[k]
			if !ok {
				continue
			}
			if int(y.at) >= g.synced {
				break
			}
			if y.below = x.below; y.deleted && !y.below {
				delete(g.slots, k)
			} else {
				g.slots[g.keyOf(k, y)] = y
			}
			delete(oldest.slots, k)
			break
		}
	}
}

// unsettled returns a channel for each generation that the store below has not got,
// which is closed when it has, or never will.
func (s *Store) unsettled() (waits []chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.old {
		waits = append(waits, g.done)
	}
	return waits
}

// Close implements store.Store. The store below has everything then, and the
// journal's files are gone; unless it has failed, or has no room, when they stay for
// the next Open.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.isClosed() {
		return store.ErrClosed
	}
	err := s.finish()
	return errors.Join(err, s.marks.file.Close(), s.below.Close())
}

// finish hands all to the store below, if it can be, and ends the flusher.
func (s *Store) finish() (err error) {
	if s.usable() == nil {
		err = s.flush()
	}
	sound := s.usable() == nil
	s.mu.Lock()
	s.closed, s.old = true, append(s.old, s.live)
	s.mu.Unlock()
	if sound {
		s.flusher.frozen <- s.live
	}
	s.flusher.close()
	if len(s.old) == 0 {
		return errors.Join(err, s.discard())
	}
	for _, g := range s.old {
		g.segment.file.Close()
	}
	s.options.Log.Warn("the journal is left as it is, and will be read back", "dir", s.dir, "err", errors.Join(s.failed, s.flusher.bad.now()))
	return err
}

// discard removes the journal's files, all of which are applied.
func (s *Store) discard() error {
	if err := s.marks.noteApplied(s.segment.header.number); err != nil {
		return err
	}
	if err := removeSegments(s.dir); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(s.dir, MarksFile)), disk.SyncDir(s.dir))
}

// Get implements store.Store.
func (s *Store) Get(key []byte) ([]byte, error) {
	value, found, err := s.recent(key)
	if found || err != nil {
		return value, err
	}
	return s.below.Get(key)
}

// recent returns what the generations know of a key.
func (s *Store) recent(key []byte) (value []byte, found bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, false, store.ErrClosed
	}
	for i := len(s.old); i >= 0; i-- {
		g := s.live
		if i < len(s.old) {
			g = s.old[i]
		}
		if x, ok := g.slots[string(key)]; ok && x.deleted {
			return nil, false, store.ErrNotFound
		} else if ok {
			return bytes.Clone(g.value(x)), true, nil
		}
	}
	return nil, false, nil
}
