package badgerstore

import (
	"io"
	"os"
	"path/filepath"
	"slices"
)

// readLogs reads the logs of an unclean end. If they are only to be opened, whole
// ones are measured and no more.
func (s *survey) readLogs(deep bool) error {
	numbers, err := numbered(s.dir, ".mem")
	if err != nil {
		return err
	}
	if m := s.marks.newest(); m.synced > logHeader && !m.left && !slices.Contains(numbers, int(m.number)) {
		s.vague = true
		s.find(Finding{File: logName(int(m.number)), Length: m.synced, What: "the log is missing"})
	}
	for _, n := range numbers {
		path := filepath.Join(s.dir, logName(n))
		m, err := s.markOf(n)
		if err != nil {
			return err
		}
		if unborn, err := isUnborn(path, m); err != nil {
			return err
		} else if unborn {
			s.find(Finding{File: logName(n), What: "a log without length, which a cut or a kill leaves", Harmless: true, mend: remove(logName(n))})
			continue
		}
		if !deep {
			good, dropped, err := measure(path)
			if err != nil {
				return err
			}
			if dropped == 0 && logHeader+good >= max(m.synced, logHeader) {
				continue
			}
		}
		l, err := openLog(path, m)
		if err != nil {
			return err
		}
		s.logs = append(s.logs, l)
		for i := range l.wounds {
			w := &l.wounds[i]
			s.vague = s.vague || w.any && !w.unsynced
			f := Finding{File: logName(n), At: w.at, Length: w.n, What: w.text(), Harmless: w.unsynced, Mended: w.lost == 0, wound: w}
			if w.unsynced {
				f.mend = cutLog(logName(n))
			}
			s.find(f)
		}
	}
	return nil
}

// isUnborn reports whether a log has no length, and nothing was lost by that. Badger
// makes a file first and gives it its length next, and in the end takes its length away
// before its name; a cut or a kill in between leaves one that badger refuses to open.
// Whatever was synced to a log came after its length.
func isUnborn(path string, m mark) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0 && (m.left || m.synced <= logHeader), err
}

func (w *wound) text() string {
	if w.unsynced {
		return w.what + "; it was not synced, so a power cut explains it"
	}
	return w.what
}

// markOf returns the mark of the log with the number.
func (s *survey) markOf(number int) (mark, error) {
	f, err := os.Open(filepath.Join(s.dir, logName(number)))
	if err != nil {
		return mark{}, err
	}
	defer f.Close()
	header := make([]byte, logHeader)
	n, err := io.ReadFull(f, header)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return mark{}, err
	}
	return s.marks.of(number, header[:n]), nil
}

func measure(path string) (good, dropped int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	return measureLog(f)
}
