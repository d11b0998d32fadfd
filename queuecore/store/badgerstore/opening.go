package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// roomToOpen returns ErrNoSpace when the disk has no room for what badger does
// at once when it opens a store: it makes sorted tables of the logs of an unclean
// end, and may begin a compaction. It first cuts each log down to what is in it,
// which gives space back; so that is counted as free.
func roomToOpen(dir string, memTableSize int64) error {
	free, _, err := space(dir)
	if err != nil || free >= (compactTables+turnTables)*memTableSize {
		return err
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	needed := int64(openingBytes)
	for _, path := range logs {
		used, set, err := logSpace(path)
		if err != nil {
			return err
		}
		needed += used
		free += max(set-used, 0)
	}
	waiting, err := journalBytes(dir)
	if err != nil {
		return err
	}
	needed += waiting
	tables, err := tableSpace(dir)
	if err != nil {
		return err
	}
	if err := enough(free, needed+min(tables, compactTables*memTableSize)); err != nil {
		return fmt.Errorf("no room to read back what was not closed: %w", err)
	}
	return nil
}

// journalBytes is what the journal holds that is to be written to badger's log.
func journalBytes(dir string) (n int64, err error) {
	_, err = journal.Read(dir, func(op journal.Operation) error {
		const record = 64
		n += op.Length + record
		return nil
	})
	return n, err
}

// setAside has the disk set blocks aside for the log, so that what is acked has a place there
// when the disk is full. Where there are none, the first write tries again.
func (s *base) setAside() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.room.off {
		s.wal.holds(0)
	}
}

// tableSpace returns what the sorted tables take up, which is the most that a
// compaction of them can need.
func tableSpace(dir string) (n int64, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".sst" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return 0, err
		}
		n += allocated(info)
	}
	return n, err
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
func (s *base) awaitLogs() error {
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
