//go:build darwin || linux

package soak

import (
	"io/fs"
	"syscall"
)

// allocated returns what the file takes up on the disk, in bytes.
func allocated(i fs.FileInfo) int64 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return i.Size()
}
