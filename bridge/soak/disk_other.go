//go:build !(darwin || linux)

package soak

import "io/fs"

func allocated(i fs.FileInfo) int64 { return i.Size() }
