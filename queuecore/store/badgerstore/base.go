package badgerstore

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// base is a store.Store in badger alone: what stands behind the journal.
type base struct {
	dir  string
	db   *badger.DB
	log  *slog.Logger
	lock *os.File
	keep *keeper
	room room

	versions    *versions
	dropped     int64        // bytes of logs that were not read back
	settle      func() error // returns when the journal has handed on what it has
	part        int          // values of more bytes are kept in parts of this size
	skipCorrupt bool
	advice      string
	closed      atomic.Bool
	broken      atomic.Bool // badger failed in a way after which it may panic

	mu     sync.Mutex // guards what follows; held by Write, Sync and Close
	wal    *wal
	stage  stage
	large  map[string]int // keys whose values are kept in parts, and how many parts
	failed error          // set by a failure after which nothing may be written
}

// noStore is an error of a directory that holds nothing of a store: there is nothing to be damaged.
type noStore struct{ error }

func (e noStore) Unwrap() error { return e.error }

// advise adds the advice to an error that may come from damage.
func advise(err error, advice string) error {
	for _, other := range []error{ErrLocked, ErrPermission, ErrNoSpace, ErrClosed, ErrFailed, store.ErrNotFound} {
		if errors.Is(err, other) {
			return err
		}
	}
	if _, no := errors.AsType[noStore](err); no || err == nil || advice == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

// openBase opens badger in dir and makes both if they are not there. What an
// unclean end left in the logs is read back first. The tables are read once: a
// damaged one is refused, since badger would take the damage for the end of the
// data, or for a key that is not there. Nobody keeps it before keep.start.
func openBase(dir string, o Options) (_ *base, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := makeDir(dir); err != nil {
		return nil, noStore{err}
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	if err := checkAccess(dir); err != nil {
		return nil, err
	}
	return openLocked(dir, lock, o)
}

func openLocked(dir string, lock *os.File, o Options) (*base, error) {
	dropped, err := settleLogs(dir, o.Log)
	if err != nil {
		return nil, err
	}
	unchecked, err := inspect(dir, o.checkUntil(), o.Log)
	if err != nil {
		return nil, err
	}
	b := o.badger(dir)
	b.BypassLockGuard = ownLock
	if err := roomToOpen(dir, b.MemTableSize); err != nil {
		return nil, err
	}
	if err := dropMarks(dir); err != nil {
		return nil, err
	}
	db, err := openBadger(b)
	if err != nil {
		return nil, badgerError(err)
	}
	s := &base{
		dir: dir, db: db, log: o.Log, lock: lock, dropped: dropped,
		versions:    newVersions(db.MaxVersion()),
		part:        int(b.ValueThreshold) - 1<<10,
		skipCorrupt: o.SkipCorrupt, advice: o.Advice,
		settle: func() error { return nil },
	}
	if err := s.start(o, b.MemTableSize, unchecked); errors.Is(err, ErrFailed) {
		return nil, err // badger would not close: it tries for ever to write what it could not
	} else if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *base) start(o Options, memTableSize int64, unchecked []string) (err error) {
	if err := s.openRoom(o.MinFree, memTableSize); err != nil {
		return err
	}
	if s.large, err = s.findLarge(); err != nil {
		return err
	}
	if s.keep, err = newKeeper(s.db); err != nil {
		return err
	}
	if s.wal, err = openWAL(s.dir, memTableSize); err != nil {
		return err
	}
	s.db.SetDiscardTs(s.versions.oldest())
	if err := s.awaitLogs(); err != nil {
		return err
	}
	s.keep.unchecked = unchecked
	return nil
}

// openBadger opens badger, which panics over some of the damage that it finds.
func openBadger(b badger.Options) (db *badger.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: badger: %v", ErrCorrupt, r)
		}
	}()
	return badger.OpenManaged(b)
}

// checkAccess finds out whether files can be made in dir, since badger's errors
// no longer say that it was a matter of permission.
func checkAccess(dir string) error {
	f, err := os.CreateTemp(dir, "access-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// badgerError gives a name to those of badger's errors that have only a text.
func badgerError(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "Cannot acquire directory lock"):
		return ErrLocked
	case strings.Contains(text, "permission denied"):
		return fmt.Errorf("%w: %w", ErrPermission, err)
	case strings.Contains(text, "manifest"), strings.Contains(text, "checksum"), strings.Contains(text, "does not exist for table"):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// Sync implements store.Store.
func (s *base) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if err := s.wal.flush(); err != nil {
		return s.fail("sync", err)
	}
	return nil
}

// usable returns nil while the store can be written to. s.mu is held.
func (s *base) usable() error {
	if s.closed.Load() {
		return ErrClosed
	}
	return s.failed
}

// readable returns nil while the store can be read.
func (s *base) readable() error {
	switch {
	case s.closed.Load():
		return ErrClosed
	case s.broken.Load():
		return ErrFailed
	}
	return nil
}

// fail ends all writing: after a failed sync the kernel may have dropped the
// pages, so that the next sync would succeed and mean nothing. s.mu is held.
func (s *base) fail(doing string, err error) error {
	s.failed = fmt.Errorf("%w: %s: %w", ErrFailed, doing, err)
	return s.failed
}

// Close implements store.Store. It waits for a compaction that is under way.
// On a disk without room for what badger writes at its end, or that does not take
// the marks, the log is left as it is, for the next opening to read back; the
// directory then stays locked until the process ends.
func (s *base) Close() error {
	s.keep.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Swap(true) {
		return ErrClosed
	}
	var err error
	if s.failed == nil {
		err = s.wal.flush()
	}
	if full := s.roomToClose(); full != nil {
		s.log.Warn("not closed for want of space; what is confirmed is in the log and will be read back", "dir", s.dir, "err", full)
		return errors.Join(err, s.wal.close())
	}
	// Badger is about to remove the log, so the marks must no longer say that it
	// has to be there; and until it has, they say how far it was synced.
	if left := s.wal.noteTurn(); left != nil {
		return errors.Join(err, left, s.wal.close())
	}
	return errors.Join(err, s.wal.close(), s.db.Close(), dropMarks(s.dir), s.lock.Close())
}
