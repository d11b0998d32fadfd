//go:build !linux

package badgerstore

import "os"

// syncFile has the data of f on disk, also what was written through a mapping.
func syncFile(f *os.File) error { return f.Sync() }
