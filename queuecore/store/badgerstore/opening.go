package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// roomToOpen returns ErrNoSpace when the disk has no room for the sorted tables
// that badger makes of the logs of an unclean end. Badger first cuts each log down
// to what is in it, which gives space back.
func roomToOpen(dir string, least int64) error {
	free, _, err := space(dir)
	if err != nil || free >= least {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	needed := int64(openingBytes)
	for _, path := range paths {
		used, set, err := logSpace(path)
		if err != nil {
			return err
		}
		needed += used
		free += max(set-used, 0)
	}
	if err := enough(free, needed); err != nil {
		return fmt.Errorf("reading back what was not closed: %w", err)
	}
	return nil
}

// openingBytes is what opening takes besides: the manifest, the first pages of
// new files, directories.
const openingBytes = 1 << 20

// logSpace returns what a log holds, and the space that the disk has set aside
// for it.
func logSpace(path string) (used, set int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if used, _, err = measureLog(f); err != nil {
		return 0, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	return used, allocated(info), nil
}

// awaitLogs returns when badger has made sorted tables of all logs but the one
// that it writes to. Until then what they held may be in the kernel's memory
// alone: after a failed sync it forgets that, and would confirm the next one.
func (s *Store) awaitLogs() error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range openingTicks {
		if old, err := s.wal.older(); err != nil || old == 0 {
			return err
		}
		<-tick.C
	}
	return fmt.Errorf("the logs of an earlier run were not brought into tables: %w", ErrFailed)
}

// openingTicks bounds the waiting to a minute. Badger itself tries for ever.
const openingTicks = 12_000
