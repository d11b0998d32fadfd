package badgerstore

import (
	"errors"

	"github.com/sluicemq/sluice/queuecore/store"
)

// The errors of the package. They come wrapped with the directory or the key
// they are about.
var (
	// ErrLocked: another process, or another Store of this one, has the directory open.
	ErrLocked = errors.New("data directory is used by another process")
	// ErrPermission: the directory or a file in it may not be read and written.
	ErrPermission = errors.New("no permission to read and write the data directory")
	// ErrFormat: the directory holds something else, or data of a newer version.
	ErrFormat = errors.New("not a data directory that this version can read")
	// ErrCorrupt: what is on disk is not what was written.
	ErrCorrupt = store.ErrCorrupt
	// ErrNoSpace: the disk is so full that nothing more is written. The batch
	// has been refused as a whole; the store works on once there is room.
	ErrNoSpace = store.ErrNoSpace
	// ErrFailed: an earlier Write or Sync failed in a way that leaves open what
	// is on disk. Nothing is written any more; open the store again.
	ErrFailed = store.ErrFailed
	// ErrClosed: the Store is closed.
	ErrClosed = store.ErrClosed
)
