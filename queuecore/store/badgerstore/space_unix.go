//go:build darwin || linux

package badgerstore

import (
	"os"
	"syscall"
)

// minFiles is how many files the file system must still be able to hold, for a
// disk that runs out of them first.
const minFiles = 1000

// space returns the bytes of the file system that holds path: those that this
// process may still use, and all of them.
func space(path string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	free, total = int64(s.Bavail)*int64(s.Bsize), int64(s.Blocks)*int64(s.Bsize)
	if s.Files > 0 && s.Ffree < minFiles {
		free = 0
	}
	return free, total, nil
}

// allocated returns the bytes of the disk that a file has.
func allocated(info os.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}
