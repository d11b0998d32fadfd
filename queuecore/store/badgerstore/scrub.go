package badgerstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// scrubEvery is how often each table is read and checked while the store is
// open. Badger's compactions do not look at checksums: they would write damage
// that nobody has met into a new table, with a checksum that fits.
const scrubEvery = 24 * time.Hour

// scrub checks the tables that are due, when it is called this often. What it
// finds is logged; the messages it touches are parked when they are met.
func (s *base) scrub(every time.Duration) {
	tables := s.db.Tables()
	if len(tables) == 0 {
		return
	}
	share := 1 + int(int64(len(tables))*int64(every)/int64(scrubEvery))
	for range min(share, len(tables)) {
		if s.keep.stopped() {
			return
		}
		s.keep.scrubbed++
		s.scrubTable(tableName(int(tables[s.keep.scrubbed%len(tables)].ID)))
	}
}

func (s *base) scrubTable(name string) {
	if err := s.checkTable(name); err != nil {
		s.log.Error("a table is damaged", "dir", s.dir, "err", advise(err, s.advice))
	}
}

// checkRest checks the tables that opening had no time for.
func (s *base) checkRest(names []string) {
	if len(names) == 0 {
		return
	}
	s.log.Info("checking the tables that there was no time for before opening", "dir", s.dir, "tables", len(names))
	started := time.Now()
	for _, name := range names {
		if s.keep.stopped() {
			return
		}
		s.scrubTable(name)
	}
	s.log.Info("all tables are checked", "dir", s.dir, "took", time.Since(started))
}

// checkTables returns ErrCorrupt when one of the tables is damaged.
func (s *base) checkTables() error {
	for _, t := range s.db.Tables() {
		if s.keep.stopped() {
			return nil
		}
		if err := s.checkTable(tableName(int(t.ID))); err != nil {
			return advise(err, s.advice)
		}
	}
	return nil
}

// checkTable returns ErrCorrupt when a table is damaged. One that is compacted meanwhile is
// not: badger takes its length away first, and then its name.
func (s *base) checkTable(name string) error {
	err := soundTable(filepath.Join(s.dir, name))
	if err != nil && !s.hasTable(name) {
		return nil
	}
	return err
}

// hasTable says whether a table counts now.
func (s *base) hasTable(name string) bool {
	return slices.ContainsFunc(s.db.Tables(), func(t badger.TableInfo) bool { return tableName(int(t.ID)) == name })
}

func soundTable(path string) error {
	t, err := openTable(path, false)
	if err != nil {
		return err
	}
	if len(t.wounds) > 0 {
		err = fmt.Errorf("%s: at byte %d: %s: %w", filepath.Base(path), t.wounds[0].at, t.wounds[0].what, ErrCorrupt)
	}
	return errors.Join(err, t.file.Close())
}
