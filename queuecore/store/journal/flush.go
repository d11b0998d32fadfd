package journal

import (
	"errors"
	"os"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore/store"
)

// flusher hands frozen generations to the store below, one after the other, and gives
// their segments back. It is the only one who writes to the store below.
type flusher struct {
	s      *Store
	frozen chan *generation // from Write, never more than there are segments
	spare  chan *generation // empty ones, with their segments; back to Write
	quit   chan struct{}    // closed by close: what has no room now has none
	done   chan struct{}
	hurry  chan struct{} // have nothing wait
	bad    trouble

	waiting []*generation // frozen, oldest first; this and what follows is the goroutine's own
	made    int           // segments
	names   []int         // of segments that are no more
	ended   error         // why a generation was not handed on: those after it must not be either
}

// retryEvery is how often a store below without room is asked again.
const retryEvery = time.Second

func newFlusher(s *Store) *flusher {
	f := &flusher{
		s: s, frozen: make(chan *generation, s.options.Segments), spare: make(chan *generation, s.options.Segments),
		quit: make(chan struct{}), done: make(chan struct{}), hurry: make(chan struct{}, 1), made: 1,
	}
	f.bad.news = make(chan struct{})
	// Ends when frozen is closed, by close.
	go f.run()
	return f
}

func (f *flusher) run() {
	defer close(f.done)
	for more := true; more; {
		f.provide()
		var again <-chan time.Time
		if len(f.spare) == 0 {
			again = time.After(retryEvery)
		}
		select {
		case g, ok := <-f.frozen:
			if more = ok; ok {
				f.waiting = append(f.waiting, g)
			}
			f.settle(more)
		case <-f.hurry:
			f.drain()
			f.settle(false)
			f.shrink()
		case <-again:
			f.settle(true)
		}
	}
}

// drain takes what is frozen already.
func (f *flusher) drain() {
	for {
		select {
		case g, ok := <-f.frozen:
			if !ok {
				return
			}
			f.waiting = append(f.waiting, g)
		default:
			return
		}
	}
}

// settle hands on what waits: with keep set only as much as it takes to have a
// spare segment, since what waits may yet be undone.
func (f *flusher) settle(keep bool) {
	for spare := f.provide(); len(f.waiting) > 0; spare = f.provide() {
		if keep && spare && f.mayWait() {
			return
		}
		g := f.waiting[0]
		f.waiting = f.waiting[1:]
		f.finish(g)
	}
}

// mayWait reports whether all that is frozen may wait. What comes and goes is over within a few
// segments; the others are for what stays a while.
func (f *flusher) mayWait() bool {
	n, most := len(f.waiting), f.s.options.Segments-busySegments
	return n <= min(most, usualSegments-busySegments) || n <= most && f.s.lasting(f.waiting[0])
}

// busySegments are those that do not wait: the one that is written to, the one that is
// handed on, and a spare one.
const busySegments = 3

// provide sees that there is a spare segment, if there may be one more. Whoever takes it
// at once brings work, so that it is asked for again.
func (f *flusher) provide() (spare bool) {
	if len(f.spare) > 0 {
		return true
	}
	if f.made >= f.s.options.Segments {
		return false
	}
	seg, err := createSegment(f.s.dir, f.name(), f.s.options.SegmentBytes)
	if err != nil {
		if !isFull(err) || !f.s.hasFrozen() { // or the segment of what is frozen becomes the spare one
			f.bad.say(noSpace(err))
		}
		return false
	}
	f.names = f.names[:max(0, len(f.names)-1)]
	f.made++
	f.bad.clear() // before anybody can see the segment
	f.spare <- newGeneration(seg, make([]byte, 0, f.s.options.SegmentBytes))
	return true
}

// name returns the number of the file of the segment that is made next.
func (f *flusher) name() int {
	if n := len(f.names); n > 0 {
		return f.names[n-1]
	}
	return f.made
}

// shrink gives back spare segments, with their memory, until there are the usual ones. All that
// stood in them is applied, and the marks say so on disk.
func (f *flusher) shrink() {
	for f.made > usualSegments {
		select {
		case g := <-f.spare:
			f.drop(g.segment.file)
		default:
			return
		}
	}
}

// drop removes the file of a segment that is not used any more. One that cannot be removed is
// in nobody's way until a segment has its name again.
func (f *flusher) drop(file *os.File) {
	file.Close()
	if err := os.Remove(file.Name()); err != nil {
		f.s.options.Log.Warn("a segment of the journal cannot be removed", "file", file.Name(), "err", err)
	}
	f.names = append(f.names, segmentNumber(file.Name()))
	f.made--
}

// next returns an empty generation, with its segment. It waits while the store below
// is at work, and not when that has no room.
func (f *flusher) next() (*generation, error) {
	for {
		select {
		case g := <-f.spare:
			return g, nil
		default:
		}
		news, err := f.bad.look()
		if err != nil {
			return nil, err
		}
		select {
		case g := <-f.spare:
			return g, nil
		case <-news:
		}
	}
}

// What is handed to the store below at a time.
const (
	pieceBytes = 1 << 20
	pieceOps   = 4096
)

// flush brings what is left of a generation into the store below, and has it on disk.
func (f *flusher) flush(g *generation) error {
	f.s.awaitBeginnings()
	if err := f.hand(g); err != nil {
		return err
	}
	return f.s.below.Sync()
}

// hand writes what is left of the generation to the store below, in the order of the keys.
func (f *flusher) hand(g *generation) error {
	for rest := g.keys(); len(rest) > 0; rest = rest[min(supersedeKeys, len(rest)):] {
		f.s.supersede(g, rest[:min(supersedeKeys, len(rest))])
	}
	keys := g.keys() // mostly few are left to be put in order
	slices.Sort(keys)
	var piece store.Batch
	for _, k := range keys {
		x, ok := g.slot(k)
		if !ok {
			continue
		}
		if n := len(k) + int(x.n); piece.Len() > 0 && (piece.Size()+n > pieceBytes || piece.Len() >= pieceOps) {
			if err := f.write(&piece); err != nil {
				return err
			}
			piece.Reset()
		}
		if x.deleted {
			piece.Delete([]byte(k))
		} else {
			piece.Put([]byte(k), g.value(x))
		}
	}
	return f.write(&piece)
}

// supersedeKeys is how many keys supersede looks at while it keeps others waiting.
const supersedeKeys = 256

// write writes a piece, as soon as there is room for it.
func (f *flusher) write(piece *store.Batch) error {
	for {
		err := f.s.below.Write(piece)
		if err == nil {
			f.bad.clear()
			return nil
		}
		if !errors.Is(err, store.ErrNoSpace) {
			return err
		}
		f.bad.say(err)
		select {
		case <-time.After(retryEvery):
		case <-f.quit:
			return err
		}
	}
}

// finish hands a generation on, drops it, and gives its segment back. One that the store
// below has not got stays, and so do all that are newer.
func (f *flusher) finish(g *generation) {
	defer close(g.done)
	if f.ended == nil {
		f.ended = f.flush(g)
	}
	if f.ended == nil {
		f.ended = f.s.marks.noteApplied(g.segment.header.number)
	}
	if f.ended != nil {
		f.bad.say(f.ended)
		return
	}
	f.s.mu.Lock()
	f.s.old = f.s.old[1:]
	f.s.mu.Unlock()
	f.spare <- f.renew(g)
}

// renew empties a generation. Its image goes while a walk reads in it, or when it has grown.
func (f *flusher) renew(g *generation) *generation {
	size := f.s.options.SegmentBytes
	if int64(cap(g.image)) > size {
		g.segment.file.Truncate(size) // what stands behind it does no harm
	} else if g.pins.Load() == 0 {
		g.reuse(g.segment)
		return g
	}
	return newGeneration(g.segment, make([]byte, 0, size))
}

// hasten has the flusher hand on all that is frozen.
func (f *flusher) hasten() {
	select {
	case f.hurry <- struct{}{}:
	default:
	}
}

// await waits until done is closed, and not for a store below without room.
func (f *flusher) await(done <-chan struct{}) error {
	for {
		news, err := f.bad.look()
		select {
		case <-done:
			return nil
		default:
		}
		if err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		case <-news:
		}
	}
}

// close ends the flusher when it has handed on what is frozen.
func (f *flusher) close() {
	close(f.frozen)
	close(f.quit)
	<-f.done
	for close := true; close; {
		select {
		case g := <-f.spare:
			g.segment.file.Close()
		default:
			close = false
		}
	}
}
