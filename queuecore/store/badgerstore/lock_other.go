//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package badgerstore

import "os"

const ownLock = false

func lockDir(dir string) (*os.File, error) { return os.Open(dir) }
