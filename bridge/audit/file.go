package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// file is what lines are appended to. It is for one goroutine at a time.
type file struct {
	path string
	open *os.File
	torn []byte // what is missing of a line that was written in part
}

// openFile opens the file at path, made with mode 0600 if it is not there. If its last line has
// no end, because the machine died in the middle of it, it is given one.
func openFile(path string) (*file, error) {
	f := &file{path: path}
	return f, f.reopen()
}

func (f *file) reopen() error {
	open, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return reason(err)
	}
	info, err := open.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err == nil {
		err = endLastLine(open, info.Size())
	}
	if err != nil {
		return errors.Join(reason(err), open.Close())
	}
	f.open = open
	return nil
}

func endLastLine(open *os.File, size int64) error {
	if size == 0 {
		return nil
	}
	var last [1]byte
	if _, err := open.ReadAt(last[:], size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err := open.Write([]byte{'\n'})
	return err
}

// write appends a line by one call of the system. What the disk took of it stays, and the
// rest comes before the next one.
func (f *file) write(line []byte) error {
	if err := f.mend(); err != nil {
		return err
	}
	if err := f.follow(); err != nil {
		return err
	}
	n, err := f.open.Write(line)
	if err != nil && n > 0 {
		f.torn = append([]byte(nil), line[n:]...)
		return errTorn
	}
	return reason(err)
}

// errTorn is the error for a line of which there is a part: it is as good as written.
var errTorn = errors.New("a line was written in part")

// mend writes what is missing of a line.
func (f *file) mend() error {
	if len(f.torn) == 0 {
		return nil
	}
	n, err := f.open.Write(f.torn)
	f.torn = f.torn[n:]
	return reason(err)
}

// follow opens the file anew when another one, or none, has its name: it was rotated.
func (f *file) follow() error {
	there, err := os.Stat(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return reason(err)
	}
	is, err2 := f.open.Stat()
	if err == nil && err2 == nil && os.SameFile(there, is) {
		return nil
	}
	old := f.open
	if err := f.reopen(); err != nil {
		return err
	}
	return errors.Join(reason(old.Sync()), reason(old.Close()))
}

// reason drops the path from an error of package os: whoever is told knows it.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return err
}

// keep returns what has the disk keep what was written so far. It may run while others write,
// or the file is opened anew, which keeps what the old one has.
func (f *file) keep() func() error {
	open := f.open
	return func() error {
		if err := open.Sync(); err != nil && !errors.Is(err, fs.ErrClosed) {
			return reason(err)
		}
		return nil
	}
}

func (f *file) close() error { return reason(f.open.Close()) }

// Check says why no log could be appended to at path, as Open would, and changes nothing: where there is no file yet, it
// makes one of another name in the directory, and removes it. The error does not name path.
func Check(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkDirectory(filepath.Dir(path))
	case err != nil:
		return reason(err)
	case !info.Mode().IsRegular():
		return errors.New("not a file")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return reason(err)
	}
	return reason(f.Close())
}

func checkDirectory(dir string) error {
	f, err := os.CreateTemp(dir, ".sluice-check-*")
	if err != nil {
		return fmt.Errorf("it is not there, and cannot be made: %w", reason(err))
	}
	return errors.Join(reason(f.Close()), reason(os.Remove(f.Name())))
}
