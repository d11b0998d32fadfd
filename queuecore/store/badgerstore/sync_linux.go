package badgerstore

import (
	"os"
	"syscall"
)

// syncFile has the data of f on disk, also what was written through a mapping,
// and as much of its metadata as it takes to read them again.
func syncFile(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
