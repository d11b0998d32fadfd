package badgerstore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	sst "github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
)

// forgetUnnamedTables takes tables out of the manifest that were made of logs and
// whose names a power cut took, when the logs are still there. Badger names a
// table in its manifest without syncing the directory, and then removes the log; a
// file system that keeps neither change of names still has the log, under a manifest that
// badger would refuse.
//
// It has to be sure that the log is there. Commits are numbered without gaps and
// tables are made of logs in their order. So the first commit that was in the oldest of
// those tables comes right after all that the tables before it hold; and if the log which
// has it is there, and the logs after it go on without a gap, nothing is missing.
func forgetUnnamedTables(dir, manifest string, log *slog.Logger) error {
	known, end, err := replayManifest(manifest)
	if err != nil {
		return nil // badger says it better
	}
	missing, err := missingTables(dir, known)
	if err != nil || len(missing) == 0 {
		return err
	}
	before, err := lastCommit(dir, known, missing[0])
	if err != nil {
		return err
	}
	if err := logsHold(dir, before+1); err != nil {
		return fmt.Errorf("tables %d of the manifest are not there: %w: %w", missing, err, ErrCorrupt)
	}
	log.Warn("tables lost their names in a power cut and are made again of their logs", "tables", missing)
	if err := os.Truncate(manifest, end); err != nil { // a change that is too short, if any
		return err
	}
	return appendDeletion(manifest, missing)
}

// replayManifest returns the tables of a manifest and where its last whole change ends.
func replayManifest(path string) (map[uint64]badger.TableManifest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	m, end, err := badger.ReplayManifestFile(f, 0, badger.Options{})
	return m.Tables, end, err
}

// nothingCameOf makes sure that what follows end in a manifest is not needed: tables
// that only it names, and which badger would remove, are still in a log.
func nothingCameOf(dir string, manifest *os.File, end int64) error {
	known, err := readBegin(dir, manifest, end)
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		return err
	}
	last, unknown := uint64(0), make(map[string]uint64)
	for _, path := range paths {
		version, err := tableVersion(path)
		id, _ := sst.ParseFileID(path)
		if _, ok := known[id]; ok {
			last = max(last, version)
		} else if err == nil { // otherwise it was not finished
			unknown[path] = version
		}
	}
	for path, version := range unknown {
		if version <= last {
			continue // made of other tables
		}
		if err := logsHold(dir, version); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// readBegin returns the tables of a manifest that ends at end.
func readBegin(dir string, manifest *os.File, end int64) (map[uint64]badger.TableManifest, error) {
	f, err := os.CreateTemp(dir, "manifest-*.tmp")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, io.NewSectionReader(manifest, 0, end))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	known, _, err := replayManifest(f.Name())
	return known, errors.Join(err, os.Remove(f.Name()))
}

// missingTables returns the tables without a file, in order. Only those of level 0
// are made of logs; of any other the error is ErrCorrupt.
func missingTables(dir string, known map[uint64]badger.TableManifest) (missing []uint64, err error) {
	for id, t := range known {
		if _, err := os.Stat(sst.NewFilename(id, dir)); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if t.Level > 0 {
			return nil, fmt.Errorf("table %d of level %d is not there: %w", id, t.Level, ErrCorrupt)
		}
		missing = append(missing, id)
	}
	slices.Sort(missing)
	return missing, nil
}

// lastCommit returns the number of the last commit in the tables made before id.
func lastCommit(dir string, known map[uint64]badger.TableManifest, id uint64) (last uint64, err error) {
	for other := range known {
		if other >= id {
			continue
		}
		version, err := tableVersion(sst.NewFilename(other, dir))
		if err != nil {
			return 0, err
		}
		last = max(last, version)
	}
	return last, nil
}

// tableVersion returns the number of the last commit in a table.
func tableVersion(path string) (version uint64, err error) {
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer func() { // badger's way to say that it cannot read a table
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v: %w", path, r, ErrCorrupt)
		}
	}()
	t, err := sst.OpenTable(f, sst.Options{})
	if err != nil {
		return 0, errors.Join(fmt.Errorf("%s: %w: %w", path, err, ErrCorrupt), f.Close(-1))
	}
	return t.MaxVersion(), f.Close(-1)
}

// logsHold returns nil if a log holds the commit, and the logs after it all that
// followed. Logs that nothing was written to may be missing.
func logsHold(dir string, commit uint64) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	found, end := false, uint64(0)
	for _, path := range paths {
		first, last, err := logCommits(path)
		switch {
		case err != nil:
			return err
		case last == 0:
			continue
		case found && first != end+1:
			return fmt.Errorf("no log holds commit %d", end+1)
		}
		found, end = found || first <= commit && commit <= last, last
	}
	if !found {
		return fmt.Errorf("no log holds commit %d", commit)
	}
	return nil
}

// logCommits returns the numbers of the first and last whole commits in a log; 1
// and 0 if there is none.
func logCommits(path string) (first, last uint64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	good, _, err := measureLog(f)
	if err != nil || good == 0 {
		return 1, 0, err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, logHeader, good), 1<<20)
	for first = 0; ; {
		version, ok := readVersion(r)
		if !ok {
			return first, last, nil
		}
		if last = version; first == 0 {
			first = version
		}
	}
}

// readVersion returns the number of the commit that the next record belongs to,
// which stands at the end of its key, as what is left to the largest number.
func readVersion(r *bufio.Reader) (version uint64, ok bool) {
	if _, err := r.Discard(2); err != nil {
		return 0, false
	}
	var lengths [3]uint64
	for i := range lengths {
		var err error
		if lengths[i], err = binary.ReadUvarint(r); err != nil {
			return 0, false
		}
	}
	var b [8]byte
	if _, err := r.Discard(int(lengths[0]) - len(b)); err != nil {
		return 0, false
	}
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, false
	}
	const sum = 4
	_, err := r.Discard(int(lengths[1]) + sum)
	return math.MaxUint64 - binary.BigEndian.Uint64(b[:]), err == nil
}
