package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// The format of what the package writes: how keys and values are packed, see
// record.go. A change that an older version would misread raises it: with format 2 came
// the journal.
const (
	formatFile    = "FORMAT"
	formatVersion = 2
)

// makeDir makes dir, for its owner alone, with entries that survive a power cut.
func makeDir(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, d)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, d := range missing {
		if err := disk.SyncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// checkFormat makes sure that dir holds data that this version can read, and marks it when
// it is empty or of an older version.
func checkFormat(dir string) error {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return markFormat(dir, path)
	}
	if err != nil {
		return err
	}
	version, err := parseFormat(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if version < formatVersion {
		return writeFile(path, formatText())
	}
	return nil
}

// parseFormat returns the version that a format file names; ErrFormat.
func parseFormat(text []byte) (version int, err error) {
	if _, err := fmt.Sscanf(string(text), "sluice store %d", &version); err != nil || version < 1 {
		return 0, fmt.Errorf("not the text that it should be: %w", ErrFormat)
	}
	if version > formatVersion {
		return 0, fmt.Errorf("store format %d, this version reads up to %d: %w", version, formatVersion, ErrFormat)
	}
	return version, nil
}

func markFormat(dir, path string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !mayStand(e.Name()) {
			return foreign(dir, e.Name())
		}
	}
	return writeFile(path, formatText())
}

// foreign is the error of a directory with other files. One that holds something of a store has lost its format file.
func foreign(dir, name string) error {
	err := fmt.Errorf("%s is neither empty nor a data directory (it holds %s): %w", dir, name, ErrFormat)
	if holdsStore(dir) != nil {
		return noStore{err}
	}
	return err
}

func formatText() []byte { return fmt.Appendf(nil, "sluice store %d\n", formatVersion) }

// mayStand says which files a directory may hold that is about to become a data
// directory: what a fresh file system holds, and what a crash in writeFile leaves.
func mayStand(name string) bool {
	return name == "lost+found" || name == formatFile+".new"
}

// writeFile writes all of a file or nothing, and has it on disk.
func writeFile(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return disk.SyncDir(filepath.Dir(path))
}
