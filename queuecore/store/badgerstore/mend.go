package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// mend brings a directory in which the survey found no damage into a form that
// badger opens and can make no worse. Nothing that was synced is dropped. It is
// done before the marks go: they say what a power cut explains.
func mend(dir string, found []Finding, log *slog.Logger) error {
	for _, f := range found {
		level := slog.LevelWarn
		if f.mend != nil {
			level = slog.LevelInfo
		}
		log.Log(context.Background(), level, "found in the data directory, and harmless", "file", f.File, "at", f.At, "what", f.What)
		if f.mend == nil {
			continue
		}
		if err := f.mend(dir); err != nil {
			return fmt.Errorf("mend %s: %w", f.File, err)
		}
	}
	return dropValueLogs(dir)
}

// remove returns a mend that removes a file.
func remove(name string) func(string) error {
	return func(dir string) error { return errors.Join(os.Remove(filepath.Join(dir, name)), disk.SyncDir(dir)) }
}

// cutLog returns a mend that has a log end where badger will stop to read. Badger
// cuts it too, but does not sync that: after the next power cut whole records would stand
// behind the hole again, without a mark that explains it.
func cutLog(name string) func(string) error {
	return func(dir string) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		good, _, err := measureLog(f)
		if err == nil {
			err = errors.Join(f.Truncate(logHeader+good), f.Sync())
		}
		return errors.Join(err, f.Close())
	}
}

// dropValueLogs removes value logs that hold nothing, which they all do: each
// unclean end would leave one for ever, and badger refuses one without length.
func dropValueLogs(dir string) error {
	numbers, err := numbered(dir, ".vlog")
	if err != nil {
		return err
	}
	for _, n := range numbers {
		name := fmt.Sprintf("%06d.vlog", n)
		if unused, err := isUnused(filepath.Join(dir, name)); err != nil {
			return err
		} else if !unused {
			continue
		}
		if err := remove(name)(dir); err != nil {
			return err
		}
	}
	return nil
}

// isUnused reports whether a value log that was not closed holds nothing. A
// closed one is as long as its header, and is used again.
func isUnused(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == logHeader {
		return false, err
	}
	last, err := lastByte(io.NewSectionReader(f, logHeader, max(0, info.Size()-logHeader)))
	return last == 0, err
}
