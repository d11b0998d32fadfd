package badgerstore

import (
	"fmt"
	"sync/atomic"
)

// room watches the free space of the disk.
type room struct {
	dir   string
	min   int64       // below it sends should stop; 0: nobody looks
	short atomic.Bool // Room has said so, and wants a little more before it says otherwise
}

// leastTables is how many memory tables' worth of space has to stay free for
// badger to go on, however little the caller wants. The lower half is what one
// more turn of the log may take: the new log (1¼ tables) and two full memory
// tables on their way to sorted ones, which come before their logs go. The upper
// half is what a compaction that is under way may take: the tables of the upper
// level and as much again from the one below.
const leastTables = 8

func (r *room) open(dir string, min, memTableSize int64) error {
	r.dir = dir
	if min < 0 {
		return nil
	}
	if min == 0 {
		_, total, err := space(dir)
		if err != nil {
			return err
		}
		min = defaultMinFree(total)
	}
	r.min = max(min, leastTables*memTableSize)
	return nil
}

// defaultMinFree leaves more than the least on a disk that has it.
func defaultMinFree(total int64) int64 { return min(1<<30, total/10) }

// low is the space without which nothing is written that needs some.
func (r *room) low() int64 { return r.min / 2 }

// check returns ErrNoSpace when less than least is free.
func (r *room) check(least int64) error {
	if r.min == 0 {
		return nil
	}
	free, _, err := space(r.dir)
	if err != nil {
		return err
	}
	return enough(free, least)
}

func enough(free, least int64) error {
	if free < least {
		return fmt.Errorf("%w: %d MiB free, %d MiB needed", ErrNoSpace, free>>20, (least+1<<20-1)>>20)
	}
	return nil
}

// Room returns nil while there is space on the disk for new messages, and
// otherwise an ErrNoSpace. A caller that stops sends then still has the lower
// half of Options.MinFree for acks. It costs one system call, and may be called
// from any goroutine.
func (s *Store) Room() error {
	r := &s.room
	least := r.min
	if r.short.Load() {
		least += r.min / 16 // or it would say yes and no in turn at the mark
	}
	err := r.check(least)
	r.short.Store(err != nil)
	return err
}

// writable returns ErrNoSpace while a write of n bytes could find no room. s.mu
// is held.
func (s *Store) writable(n int64) error {
	if s.room.min == 0 || s.wal.holds(n) {
		return nil
	}
	return s.room.check(s.room.low())
}

// roomToClose returns ErrNoSpace when the disk has no room for the sorted tables
// that badger makes at its end. s.mu is held.
func (s *Store) roomToClose() error {
	old, err := s.wal.older()
	if err != nil || s.room.min == 0 {
		return err
	}
	return s.room.check(openingBytes + s.wal.used.table + int64(old)*s.wal.limit)
}
