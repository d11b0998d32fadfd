//go:build !linux

package badgerstore

import (
	"errors"
	"os"
)

// syncFile has the data of f on disk, also what was written through a mapping.
func syncFile(f *os.File) error { return f.Sync() }

// allocate is not to be had on this system.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
