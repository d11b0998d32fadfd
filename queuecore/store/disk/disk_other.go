//go:build !linux

package disk

import (
	"errors"
	"os"
)

// SyncFile has the data of f on disk, also what was written through a mapping.
func SyncFile(f *os.File) error { return f.Sync() }

// Allocate is not to be had on this system.
func Allocate(*os.File, int64) error { return errors.ErrUnsupported }
