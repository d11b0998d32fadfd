package badgerstore

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// judgeMissing decides what tables without a file are. Badger names a table in
// its manifest without syncing the directory, and then removes the log that it was made
// of; a power cut on a file system that keeps neither change of names leaves the log, under
// a manifest that badger would refuse. Then they are taken out of the manifest and
// made again.
//
// It has to be sure that the log is there. Commits are numbered without gaps and
// tables are made of logs in their order. So the first commit that was in the oldest of
// those tables comes right after all that the tables before it hold; and if the log which
// has it is there, and the logs after it go on without a gap, nothing is missing.
// Otherwise they are lost.
func (s *survey) judgeMissing(ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	why, err := s.notInLogs(ids)
	if err != nil {
		return err
	}
	if why == "" {
		s.find(Finding{
			File: "MANIFEST", What: fmt.Sprintf("tables %d lost their names in a power cut; they are made again of their logs", ids),
			Harmless: true, mend: func(dir string) error { return forgetTables(dir, ids) },
		})
		return nil
	}
	s.vague, s.contradicted = true, true
	for _, id := range ids {
		s.find(Finding{File: tableName(int(id)), What: "the table is missing, and " + why})
	}
	return nil
}

// notInLogs says why tables without a file cannot be made again of logs; nothing
// if they can.
func (s *survey) notInLogs(ids []uint64) (why string, err error) {
	for _, id := range ids {
		if level := s.manifest.live[id]; level > 0 {
			return fmt.Sprintf("it is of level %d, which is not made of logs", level), nil
		}
	}
	last := uint64(0)
	for _, t := range s.tables {
		if t.id() < ids[0] {
			last = max(last, t.version)
		}
	}
	return logsHold(s.dir, last+1)
}

// logsHold says what is missing if no log holds the commit, or the logs after it
// not all that followed. Logs that nothing was written to may be missing.
func logsHold(dir string, commit uint64) (missing string, err error) {
	numbers, err := numbered(dir, ".mem")
	if err != nil {
		return "", err
	}
	found, end := false, uint64(0)
	for _, n := range numbers {
		first, last, err := logCommits(filepath.Join(dir, logName(n)))
		switch {
		case err != nil:
			return "", err
		case last == 0:
			continue
		case found && first != end+1:
			return fmt.Sprintf("no log holds commit %d", end+1), nil
		}
		found, end = found || first <= commit && commit <= last, last
	}
	if !found {
		return fmt.Sprintf("no log holds commit %d", commit), nil
	}
	return "", nil
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
