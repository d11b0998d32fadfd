package badgerstore

import (
	"errors"
	"os"
	"syscall"
)

// blocks says whether the disk has set blocks aside for a log file. Badger writes
// to its log through a mapping of a sparse file, and a page that finds no block
// kills the process. So the blocks are asked for in advance: what fits in the
// log can then be written however full the disk has become, which is what lets
// acks go on there.
type blocks uint8

const (
	blocksUnknown blocks = iota // not asked for, or refused for want of space
	blocksThere
	blocksNever // the file system cannot
)

// logSize is what a log may grow to: a memory table, and the write that filled
// it, which is at most 15% of one.
func logSize(limit int64) int64 { return limit + limit/4 }

// holdsMore reports whether the next write needs no room on the disk: it goes
// into this file, and the file has its blocks.
func (w *wal) holdsMore() bool {
	if w.blocks == blocksUnknown {
		w.allocate()
	}
	return w.blocks == blocksThere && !w.mayTurn()
}

// allocate has the disk set the file's blocks aside, if it can.
func (w *wal) allocate() {
	f, err := os.OpenFile(w.path(w.number), os.O_RDWR, 0)
	if err != nil {
		return // out of descriptors, say; the next write tries again
	}
	defer f.Close()
	switch err := allocate(f, logSize(w.limit)); {
	case err == nil:
		w.blocks = blocksThere
	case !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT):
		w.blocks = blocksNever
	}
}
