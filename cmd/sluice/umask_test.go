//go:build unix

package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Messages are their owner's alone also in a directory that others may look into, whatever the umask is.
func TestFilesOfTheStoreArePrivate(t *testing.T) {
	old := syscall.Umask(0o022) // the server inherits it
	t.Cleanup(func() { syscall.Umask(old) })
	dir, to := openToAll(t), openToAll(t)
	serve(t, nil, append(freePorts(), "--data-dir="+dir)...).stop()
	if _, stderr, code := run(t, nil, "store", "salvage", "--data", dir, "--to", to); code != 0 {
		t.Fatalf("%d: %s", code, stderr)
	}
	wantPrivate(t, dir)
	wantPrivate(t, to)
}

func openToAll(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantPrivate(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
