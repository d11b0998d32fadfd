package badgerstore

import (
	"fmt"
	"sync/atomic"
)

// room watches the free space of the disk.
type room struct {
	dir   string
	off   bool         // nobody looks
	min   int64        // what the caller wants to stay free
	table int64        // the size of a memory table
	size  func() int64 // what the sorted tables take up
	ahead func() int64 // what the journal has and badger has not
	short atomic.Bool  // Room has said so, and wants a little more before it says otherwise
}

// What badger may take, in memory tables.
const (
	// turnTables is what one more turn of the log takes: the new log (1¼) and two
	// full memory tables on their way to sorted ones, which come before their logs go.
	turnTables = 4
	// ackTables is what is left for acks, besides, once sends are refused.
	ackTables = 4
	// compactTables is the most that compactions under way may take until the tables
	// that they replace are gone: the upper level with as many tables as badger
	// lets it have and the level below, and ten tables of a lower level.
	compactTables = 12
)

// compaction is what compactions may take: never more than there is to compact.
func (r *room) compaction() int64 { return min(r.size(), compactTables*r.table) }

// low is the space without which nothing is written that needs some.
func (r *room) low() int64 { return r.compaction() + turnTables*r.table }

// mark is the space below which sends should stop. What stands in the journal counts twice:
// it will take its space, and be something more to compact.
func (r *room) mark() int64 { return max(r.min, r.low()+ackTables*r.table+2*r.ahead()) }

func (s *base) openRoom(minFree, memTableSize int64) error {
	r := &s.room
	r.dir, r.table, r.size, r.off = s.dir, memTableSize, s.tableSize, minFree < 0
	r.ahead = func() int64 { return 0 }
	if r.min = minFree; minFree == 0 {
		_, total, err := space(s.dir)
		if err != nil {
			return err
		}
		r.min = defaultMinFree(total)
	}
	return nil
}

// defaultMinFree is a habit of administrators; what badger needs is on top of no
// setting.
func defaultMinFree(total int64) int64 { return min(1<<30, total/10) }

// tableSize returns the bytes of the sorted tables.
func (s *base) tableSize() int64 {
	size, _ := s.dead()
	return size
}

// check returns ErrNoSpace when less than least is free.
func (r *room) check(least func() int64) error {
	if r.off {
		return nil
	}
	free, _, err := space(r.dir)
	if err != nil {
		return err
	}
	if free >= max(r.min, (compactTables+turnTables+ackTables)*r.table)*2 {
		return nil // more than any of them can ask for; to count the tables costs more than this
	}
	return enough(free, least())
}

func enough(free, least int64) error {
	if free < least {
		return fmt.Errorf("%w: %d MiB free, %d MiB needed", ErrNoSpace, free>>20, (least+1<<20-1)>>20)
	}
	return nil
}

// Room returns nil while there is space on the disk for new messages, and
// otherwise an ErrNoSpace. A caller that stops sends then still has room for
// acks. It costs one system call, on a disk that is nearly full a look at the
// tables besides, and may be called from any goroutine.
func (s *base) Room() error {
	err := s.room.check(func() int64 {
		mark := s.room.mark()
		if s.room.short.Load() {
			mark += mark / 16 // or it would say yes and no in turn at the mark
		}
		return mark
	})
	s.room.short.Store(err != nil)
	return err
}

// writable returns ErrNoSpace while a write of n bytes could find no room. s.mu
// is held.
func (s *base) writable(n int64) error {
	if s.room.off || s.wal.holds(n) {
		return nil
	}
	return s.room.check(s.room.low)
}

// roomToClose returns ErrNoSpace when the disk has no room for the sorted tables
// that badger makes at its end. s.mu is held.
func (s *base) roomToClose() error {
	old, err := s.wal.older()
	if err != nil {
		return err
	}
	return s.room.check(func() int64 { return openingBytes + s.wal.used.table + int64(old)*s.wal.limit })
}
