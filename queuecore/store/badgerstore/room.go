package badgerstore

import "fmt"

// room watches the free space of the disk.
type room struct {
	dir string
	min int64 // below it sends should stop
}

func newRoom(dir string, min int64) (room, error) {
	if min == 0 {
		_, total, err := space(dir)
		if err != nil {
			return room{}, err
		}
		min = defaultMinFree(total)
	}
	return room{dir, max(min, 0)}, nil
}

// defaultMinFree is what badger may need before it can give space back: two full
// memory tables, their sorted form, and one compaction of the upper levels.
func defaultMinFree(total int64) int64 { return min(1<<30, total/10) }

// check returns ErrNoSpace when less than least is free.
func (r room) check(least int64) error {
	if r.min == 0 {
		return nil
	}
	free, _, err := space(r.dir)
	if err != nil {
		return err
	}
	if free < least {
		return fmt.Errorf("%d MiB free in %s, %d MiB wanted: %w", free>>20, r.dir, least>>20, ErrNoSpace)
	}
	return nil
}

// Room returns nil while there is space on the disk for new messages, and
// otherwise an ErrNoSpace. A caller that stops sends then still has the lower
// half of Options.MinFree for acks. It costs one system call, and may be called
// from any goroutine.
func (s *Store) Room() error { return s.room.check(s.room.min) }
