package cert

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/reread"
)

// followed is what files hold that may be replaced. Its methods may be called from any goroutine.
type followed[T any] struct {
	what  string // the log calls it so
	paths []string
	parse func(contents [][]byte) (T, error)
	log   *slog.Logger
	taken func(path string, err error)
	now   func() time.Time

	mu      sync.Mutex // over what follows
	value   T
	sum     [sha256.Size]byte // of what value was made of
	files   []*reread.File
	looked  time.Time // when the files were looked at last
	trouble string    // why the files are not in force; "": they are
}

// follow reads the files, of at most 1 MiB each.
func follow[T any](what string, parse func([][]byte) (T, error), o Options, paths ...string) (*followed[T], error) {
	f := &followed[T]{what: what, paths: paths, parse: parse, log: o.Log, taken: o.Taken, now: o.Now}
	for _, path := range paths {
		f.files = append(f.files, reread.Of(path, maxFile))
	}
	f.looked = f.now()
	_, err := f.read(f.looked)
	return f, err
}

// current returns the value. Within a second of a change it is the new one. While the files
// cannot be used, as happens between the replacing of one and of another, the one before stays.
func (f *followed[T]) current() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.value
}

// state returns the value, and whether it is that of the files as they are.
func (f *followed[T]) state() (value T, inForce bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.value, f.trouble == ""
}

// refresh takes the files again when it is time to look at them. f.mu is held.
func (f *followed[T]) refresh() {
	now := f.now()
	if since := now.Sub(f.looked); since >= 0 && since < reread.Every {
		return
	}
	f.looked = now
	f.tell(f.read(now))
}

// tell says what is new about the files.
func (f *followed[T]) tell(changed bool, err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	was := f.trouble
	f.trouble = trouble
	switch {
	case err != nil && trouble != was:
		f.taken(f.paths[0], err)
		f.log.Warn("a new "+f.what+" cannot be used; the one before stays", "err", err)
	case err == nil && changed:
		f.taken(f.paths[0], nil)
		f.log.Info("a new "+f.what+" is in force", "file", f.paths[0])
	case err == nil && was != "":
		f.log.Info("the "+f.what+" can be read again", "file", f.paths[0])
	}
}

// read takes the value from the files if these may have changed since they were read, and
// reports whether it is another one.
func (f *followed[T]) read(now time.Time) (changed bool, err error) {
	infos, same, err := f.look()
	if err != nil || same {
		return false, err
	}
	contents := make([][]byte, len(f.files))
	for i, file := range f.files {
		if contents[i], err = file.Read(); err != nil {
			return false, fmt.Errorf("%s: %w", f.paths[i], err)
		}
	}
	value, err := f.parse(contents)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(bytes.Join(contents, []byte{0})) // there is no NUL in PEM
	changed = sum != f.sum
	f.value, f.sum = value, sum
	for i, file := range f.files {
		file.Taken(infos[i], now)
	}
	return changed, nil
}

// look reports what the files look like, and whether all are as they were.
func (f *followed[T]) look() (infos []fs.FileInfo, same bool, err error) {
	infos, same = make([]fs.FileInfo, len(f.files)), true
	for i, file := range f.files {
		if infos[i], err = file.Look(); err != nil {
			return infos, false, fmt.Errorf("%s: %w", f.paths[i], err)
		}
		same = same && file.IsAs(infos[i])
	}
	return infos, same, nil
}
