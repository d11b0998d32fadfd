// Package disk is what the stores ask of the operating system beyond package os.
package disk

import (
	"errors"
	"os"
)

// SyncDir has the entries of dir on disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
