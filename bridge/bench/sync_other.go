//go:build !linux

package bench

import "os"

// syncFile is the nearest there is to fdatasync.
func syncFile(f *os.File) error { return f.Sync() }
