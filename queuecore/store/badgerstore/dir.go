package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The format of what the package writes: how keys and values are packed, see
// record.go. A change that an older version would misread raises it.
const (
	formatFile    = "FORMAT"
	formatVersion = 1
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
		if err := syncDir(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// checkFormat makes sure that dir holds this version's data, and marks it when
// it is empty.
func checkFormat(dir string) error {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return markFormat(dir, path)
	}
	if err != nil {
		return err
	}
	if _, err := parseFormat(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
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
			return fmt.Errorf("%s is neither empty nor a data directory (it holds %s): %w", dir, e.Name(), ErrFormat)
		}
	}
	return writeFile(path, fmt.Appendf(nil, "sluice store %d\n", formatVersion))
}

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
	return syncDir(filepath.Dir(path))
}

// syncDir has the entries of dir on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
