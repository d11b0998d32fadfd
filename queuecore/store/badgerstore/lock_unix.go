//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package badgerstore

import (
	"errors"
	"os"
	"syscall"
)

// ownLock says that lockDir keeps others out, so that badger need not. Badger's
// own lock is the same one, but its errors can be told apart by their text only.
const ownLock = true

// lockDir takes the directory for this Store alone; closing the file gives it back.
func lockDir(dir string) (*os.File, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}
