package disk

import (
	"os"
	"syscall"
)

// SyncFile has the data of f on disk, also what was written through a mapping,
// and as much of its metadata as it takes to read them again.
func SyncFile(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// keepSize is FALLOC_FL_KEEP_SIZE: the length of the file stays what it is.
const keepSize = 1

// Allocate sets blocks aside for the first n bytes of f. What is there stays.
func Allocate(f *os.File, n int64) error {
	for {
		err := syscall.Fallocate(int(f.Fd()), keepSize, 0, n)
		if err != syscall.EINTR {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
