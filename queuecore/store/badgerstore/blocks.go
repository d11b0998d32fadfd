package badgerstore

import (
	"errors"
	"os"
	"syscall"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// blocks says how much of a log file the disk has set blocks aside for. Badger
// writes to its log through a mapping of a sparse file, and a page that finds no
// block kills the process. So the blocks are asked for in advance: what fits in
// them can then be written however full the disk has become, which is what lets
// acks go on there.
type blocks struct {
	set   int64
	never bool // the file system cannot
}

// logSize is what a log may grow to: a memory table, and the write that filled
// it, which is at most 15% of one.
func logSize(limit int64) int64 { return limit + limit/4 }

// holds reports whether a write of n bytes needs no room on the disk: it goes into
// this file, which has the blocks.
func (w *wal) holds(n int64) bool {
	if w.mayTurn() {
		return false
	}
	there := func() bool { return w.used.file+n+slack <= w.blocks.set }
	if !there() && !w.blocks.never {
		w.allocate()
	}
	return there()
}

// allocate has the disk set blocks aside, if it can. On a disk that is nearly full
// already it takes half of what there is, and leaves the rest to compaction.
func (w *wal) allocate() {
	free, _, err := space(w.dir)
	if err != nil {
		return // the next write tries again
	}
	n := logSize(w.limit)
	if free < n+turnTables*w.limit {
		n = min(n, max(w.blocks.set, free/2))
	}
	if n <= w.blocks.set {
		return
	}
	f, err := os.OpenFile(w.path(w.number), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	switch err := disk.Allocate(f, n); {
	case err == nil:
		w.blocks.set = n
	case !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT):
		w.blocks.never = true
	}
}

// inLog is at least what b takes in a log.
func inLog(b *store.Batch) int64 {
	const record = 64
	return int64(b.Size()) + int64(b.Len()+1)*record
}
