package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrReplaced is in the error of a Save that has done its work, which a power cut may undo.
var ErrReplaced = errors.New("the change is made, and may not outlast a power cut")

// Save puts the changed file into the place of the old one, in one step: who reads it finds
// the one or the other, also after a crash. Mode and owner stay. When the file is not as it was when
// the change began, or the result would not be good, nothing is done. Nor is anything after another error,
// but for ErrReplaced.
func (e *Edit) Save() error {
	text, err := e.text()
	if err == nil {
		err = Check(text)
	}
	if err != nil {
		return fmt.Errorf("%s would not be good: %w", e.path, err)
	}
	if err := e.replace(text); err != nil {
		return fmt.Errorf("%s is as it was: %w", e.path, err)
	}
	if err := syncDir(filepath.Dir(e.path)); err != nil {
		return fmt.Errorf("%w: %w", ErrReplaced, err)
	}
	return nil
}

// replace has one file beside the old one while it is at work, so that two changes at the same
// time do not undo each other.
func (e *Edit) replace(text []byte) error {
	beside := e.path + ".new"
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there: another change is under way, or one was broken off; then remove it", beside)
	}
	if err != nil {
		return err
	}
	err = errors.Join(e.fill(f, text), f.Close())
	if err == nil {
		err = e.unchanged()
	}
	if err == nil {
		err = os.Rename(beside, e.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	return nil
}

// fill writes the text to the disk, in a file like the old one.
func (e *Edit) fill(f *os.File, text []byte) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	if e.info != nil {
		if err := keepOwner(f, e.info); err != nil {
			return fmt.Errorf("its owner cannot be kept: %w", err)
		}
		if err := f.Chmod(e.info.Mode().Perm()); err != nil {
			return err
		}
	}
	return f.Sync()
}

// unchanged reports by an error that the file is not as it was.
func (e *Edit) unchanged() error {
	now, err := os.ReadFile(e.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && e.info == nil:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil || e.info == nil || !bytes.Equal(now, e.before):
		return errors.New("somebody has changed it meanwhile; try again")
	}
	return nil
}

// WriteSecret writes a secret to a file that must not be there yet, for its owner alone.
func WriteSecret(path, secret string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(secret + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
