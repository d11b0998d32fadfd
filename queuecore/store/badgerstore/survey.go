package badgerstore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Finding is one thing that is wrong with a store.
type Finding struct {
	File   string `json:"file,omitempty"` // its name in the directory
	At     int64  `json:"at,omitempty"`   // where in the file, in bytes
	Length int64  `json:"length,omitempty"`
	What   string `json:"what"`
	// Records names what it touches, in words; "A to B" is all between.
	Records []string `json:"records,omitempty"`
	// Harmless: nothing is lost by it, and the store opens.
	Harmless bool `json:"harmless"`
	// Mended: it is damage, but salvage brings everything out.
	Mended bool `json:"mended"`

	wound *wound
	mend  func(dir string) error // what is done about it before badger opens the store; may be nil
}

// survey is what there is in a directory, read without badger.
type survey struct {
	dir      string
	until    time.Time // when to stop checking blocks, if it is not zero
	manifest *manifest
	marks    marks
	tables   []*table // those that count
	logs     []*logRest
	journal  journalRest
	findings []Finding
	vague    bool // something is lost, and nobody can say what it held

	contradicted bool // something came of what the manifest does not say, or the reverse
}

// fileNumber returns the number in the name of one of badger's files.
func fileNumber(name, ext string) (int, bool) {
	digits, ok := strings.CutSuffix(name, ext)
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0
}

// numbered returns the numbers of the files of dir with the extension, in order.
func numbered(dir, ext string) ([]int, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ns []int
	for _, e := range list {
		if n, ok := fileNumber(e.Name(), ext); ok {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	return ns, nil
}

func tableName(n int) string { return fmt.Sprintf("%06d.sst", n) }
func logName(n int) string   { return fmt.Sprintf("%05d.mem", n) }

// surveyDir looks at all of a store that nobody else may have open. With deep
// set it reads all that it can of what is damaged; otherwise it only finds out
// whether badger may open it. The error is for what cannot be read at all.
func surveyDir(dir string, deep bool) (*survey, error) {
	return surveyUntil(dir, deep, time.Time{})
}

// surveyUntil leaves the blocks of tables unchecked that it does not come to before the
// time, if that is not zero; unless it needs them.
func surveyUntil(dir string, deep bool, until time.Time) (*survey, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	s, err := surveyAs(dir, deep, until, m)
	if err != nil || !m.torn || !s.contradicted {
		return s, err
	}
	// Something came of the manifest's last change, so no power cut tore it.
	if err := s.close(); err != nil {
		return nil, err
	}
	m.torn, m.broken = false, "the last change in the manifest is damaged"
	return surveyAs(dir, deep, until, m)
}

// surveyAs looks at a store of which m is the manifest.
func surveyAs(dir string, deep bool, until time.Time, m *manifest) (_ *survey, err error) {
	s := &survey{dir: dir, until: until, manifest: m}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.marks, err = readMarks(dir); errors.Is(err, ErrCorrupt) {
		s.find(Finding{File: marksFile, What: "the marks of the logs are damaged; they are written anew", Harmless: true})
	} else if err != nil {
		return nil, err
	}
	if m.torn {
		s.find(Finding{
			File: "MANIFEST", At: m.good, What: "the last change was torn by a power cut, and nothing has come of it",
			Harmless: true, mend: func(dir string) error { return cutManifest(dir, m.good) },
		})
	}
	if unheard, err := s.unheard(); err != nil {
		return nil, err
	} else if len(unheard) > 0 && m.broken == "" {
		deep = true // to compare them with all else takes the blocks and the logs
	}
	for _, step := range []func(bool) error{s.readSmall, s.readTables, s.readLogs, s.readJournal, s.judgeManifest} {
		if err := step(deep); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *survey) close() error {
	var errs []error
	for _, t := range s.tables {
		errs = append(errs, t.file.Close())
	}
	return errors.Join(errs...)
}

func (s *survey) find(f Finding) { s.findings = append(s.findings, f) }

// damage returns what is not harmless.
func (s *survey) damage() []Finding {
	return slices.DeleteFunc(slices.Clone(s.findings), func(f Finding) bool { return f.Harmless })
}

// readTables opens the tables that the manifest names; all, if it cannot be believed.
func (s *survey) readTables(deep bool) error {
	numbers, err := numbered(s.dir, ".sst")
	if err != nil {
		return err
	}
	var want []int
	for _, n := range numbers {
		if _, live := s.manifest.live[uint64(n)]; live || s.manifest.broken != "" {
			want = append(want, n)
		}
	}
	// Badger merges the upper levels first, so they are checked first.
	slices.SortStableFunc(want, func(a, b int) int {
		return cmp.Compare(s.manifest.live[uint64(a)], s.manifest.live[uint64(b)])
	})
	if s.tables, err = s.openTables(want, deep); err != nil {
		return err
	}
	for _, t := range s.tables {
		s.blame(t)
	}
	var missing []uint64
	for id := range s.manifest.live {
		if _, found := slices.BinarySearch(numbers, int(id)); !found {
			missing = append(missing, id)
		}
	}
	return s.judgeMissing(missing)
}

func (s *survey) blame(t *table) {
	for i := range t.wounds {
		w := &t.wounds[i]
		s.vague = s.vague || w.any
		s.find(Finding{File: filepath.Base(t.path), At: w.at, Length: w.n, What: w.what, Mended: w.lost == 0, wound: w})
	}
}

// openTables opens tables, two at a time: half of the work is the disk's.
func (s *survey) openTables(numbers []int, deep bool) ([]*table, error) {
	tables, errs := make([]*table, len(numbers)), make([]error, len(numbers))
	var workers sync.WaitGroup
	var next atomic.Int64
	for range 2 {
		// Ends when no table is left to take.
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(numbers); i = int(next.Add(1)) - 1 {
				tables[i], errs[i] = s.openTable(filepath.Join(s.dir, tableName(numbers[i])), deep)
			}
		})
	}
	workers.Wait()
	tables = slices.DeleteFunc(tables, func(t *table) bool { return t == nil })
	if err := errors.Join(errs...); err != nil {
		for _, t := range tables {
			t.file.Close()
		}
		return nil, err
	}
	return tables, nil
}

// openTable opens a table, and checks its blocks if there is time.
func (s *survey) openTable(path string, deep bool) (*table, error) {
	if deep || s.until.IsZero() || time.Now().Before(s.until) {
		return openTable(path, deep)
	}
	t, whole, err := openIndex(path, false)
	if whole {
		t.blocks, t.unchecked = nil, true
	}
	return t, err
}

// readSmall looks at the files that hold nothing of ours, but without which
// badger does not open.
func (s *survey) readSmall(bool) error {
	if err := s.readFormat(); err != nil {
		return err
	}
	if b, err := os.ReadFile(filepath.Join(s.dir, "KEYREGISTRY")); err == nil && !registryFits(b) {
		s.find(Finding{File: "KEYREGISTRY", What: "the file is damaged; it holds no data, and is made anew", Harmless: true, mend: remove("KEYREGISTRY")})
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	vlogs, err := numbered(s.dir, ".vlog")
	if err != nil {
		return err
	}
	for _, n := range vlogs {
		name := fmt.Sprintf("%06d.vlog", n)
		if unused, err := isUnused(filepath.Join(s.dir, name)); err != nil {
			return err
		} else if unused {
			continue // each unclean end leaves one
		}
		b, err := readToLastByte(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		if len(b) < logHeader || len(bytes.Trim(b[:8], "\x00")) > 0 {
			s.find(Finding{File: name, What: "the header is damaged; the file holds no data, and is made anew", Harmless: true, mend: remove(name)})
		}
	}
	return nil
}

// registryFits: sixteen random bytes, and a text which shows that they fit. We
// do not encrypt, so there are no keys.
func registryFits(b []byte) bool {
	const text = "Hello Badger"
	return len(b) == 16+len(text) && string(b[16:]) == text
}

func (s *survey) readFormat() error {
	text, err := os.ReadFile(filepath.Join(s.dir, formatFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if empty, eerr := s.empty(); eerr != nil || empty {
		return eerr
	}
	if err != nil {
		s.find(Finding{File: formatFile, What: "the file is missing", Mended: true})
	} else if _, err := parseFormat(text); err != nil {
		s.find(Finding{File: formatFile, What: err.Error(), Mended: true})
	}
	return nil
}
