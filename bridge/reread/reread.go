// Package reread takes small files again when they are replaced, by looking at them now
// and then: nothing is told by the system, so it works on every file system.
package reread

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Every is how old what is known of a file may be.
const Every = time.Second

// settledAfter is how long after its last change a file is taken not to be changing any
// more. Until then it is read whatever its time says: two changes within one tick of the
// file system's clock look like one.
const settledAfter = 2 * time.Second

// File is a file that may be replaced. Errors do not name it, for its owner knows what it is
// for, and hold nothing of what is in it. It is for one goroutine at a time.
type File struct {
	path   string
	max    int
	seen   fs.FileInfo // when it was taken; nil: never
	seenAt time.Time
}

// Of returns the file at path, of at most max bytes. It is not looked at yet.
func Of(path string, max int) *File { return &File{path: path, max: max} }

// Look returns what the file looks like. What is no file is an error: a pipe would have
// us wait.
func (f *File) Look() (fs.FileInfo, error) {
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a file")
	}
	return info, nil
}

// IsAs reports whether the file that looks like info is the one that was taken.
func (f *File) IsAs(info fs.FileInfo) bool {
	return f.seen != nil && os.SameFile(f.seen, info) && f.seen.Size() == info.Size() &&
		f.seen.ModTime().Equal(info.ModTime()) && f.seenAt.Sub(info.ModTime()) > settledAfter
}

// Read returns what is in the file.
func (f *File) Read() ([]byte, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, int64(f.max)+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case len(b) > f.max:
		return nil, fmt.Errorf("longer than %d bytes", f.max)
	}
	return b, nil
}

// Taken notes that what the file held when it looked like info is in use; now is the time.
func (f *File) Taken(info fs.FileInfo, now time.Time) { f.seen, f.seenAt = info, now }

// Forget has IsAs say no until the file is taken again.
func (f *File) Forget() { f.seen = nil }

// reason drops the path from an error of package os.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
