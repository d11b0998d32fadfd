package badgerstore

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// judgeManifest finds out whether the manifest has lost tables. A table that it
// has never heard of is what a crash leaves between the making of a table and
// the manifest's change: all that is in it stands in a log or in other tables
// still. If not, the change was made, and is lost; badger would remove the table.
func (s *survey) judgeManifest(bool) error {
	m := s.manifest
	if m.broken != "" {
		if empty, err := s.empty(); err != nil || empty {
			return err
		}
		s.find(Finding{File: "MANIFEST", At: m.good, What: m.broken, Mended: true})
		return nil
	}
	unheard, err := s.unheard()
	if err != nil || len(unheard) == 0 {
		return err
	}
	known := newView(s.tables, s.logs)
	for _, n := range unheard {
		if err := s.judgeUnheard(n, known); err != nil {
			return err
		}
	}
	return nil
}

// empty says whether the store has no files with data yet.
func (s *survey) empty() (bool, error) {
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return false, err
	}
	for _, e := range list {
		if ext := filepath.Ext(e.Name()); ext == ".sst" || ext == ".mem" || ext == ".vlog" || ext == journal.Extension || e.Name() == "MANIFEST" {
			return false, nil
		}
	}
	return true, nil
}

// unheard returns the tables that the manifest has never named.
func (s *survey) unheard() (ns []int, err error) {
	numbers, err := numbered(s.dir, ".sst")
	for _, n := range numbers {
		if _, live := s.manifest.live[uint64(n)]; !live && !s.manifest.deleted[uint64(n)] {
			ns = append(ns, n)
		}
	}
	return ns, err
}

func (s *survey) judgeUnheard(number int, known *view) error {
	t, err := openTable(filepath.Join(s.dir, tableName(number)), true)
	if err != nil {
		return err
	}
	lost, err := missing(t, known)
	if err == nil && lost {
		s.contradicted = true
		s.find(Finding{File: "MANIFEST", At: s.manifest.good, What: "the manifest has lost table " + tableName(number), Mended: true})
		s.tables = append(s.tables, t)
		s.blame(t)
		return nil
	}
	s.find(Finding{File: tableName(number), What: "left by a crash; all that is in it stands elsewhere too", Harmless: true})
	return errors.Join(err, t.file.Close())
}

// missing says whether the table has anything that is not in the view.
func missing(t *table, known *view) (bool, error) {
	walk := known.walk()
	for _, b := range t.blocks {
		rs, err := t.records(b)
		if err != nil {
			return false, err
		}
		for _, r := range rs {
			newest, found, err := walk.get(r.key)
			if err != nil {
				return false, err
			}
			if !found || newest.version < r.version {
				return true, nil
			}
		}
	}
	return false, nil
}
