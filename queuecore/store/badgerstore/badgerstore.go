package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// Store is a store.Store in a directory: a journal before badger.
type Store struct {
	*journal.Store
	base *base
}

// Open opens the store in dir and makes both if they are not there. What an
// unclean end left in journal and logs is read back first. The tables are read once: a
// damaged one is refused, since badger would take the damage for the end of the
// data, or for a key that is not there. What cannot be read in ten seconds is read
// right after opening, and damage in it is logged. The errors are ErrLocked, ErrPermission,
// ErrFormat, ErrCorrupt, ErrNoSpace, or badger's own.
func Open(dir string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s, err := open(dir, o)
	if err != nil {
		return nil, explain(dir, err, o.Advice)
	}
	return s, nil
}

// explain says what an error of opening is about, and what helps.
func explain(dir string, err error, advice string) error {
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: %w", ErrPermission, err)
	}
	return advise(fmt.Errorf("open %s: %w", dir, err), advice)
}

func open(dir string, o Options) (*Store, error) {
	b, err := openBase(dir, o)
	if err != nil {
		return nil, err
	}
	b.setAside()
	j, err := journal.Open(b.dir, b, o.journal())
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.settle, b.room.ahead = j.Settle, j.Ahead
	b.keep.start(b, o.KeepEvery)
	return &Store{Store: j, base: b}, nil
}

// Dropped returns how many bytes at the ends of journal and logs were not read back when
// the store was opened, since no whole write stood in them: what a power cut leaves,
// or damage. They are in the log too.
func (s *Store) Dropped() int64 { return s.base.dropped + s.Store.Dropped() }

// Close implements store.Store. It waits for a compaction that is under way, and until badger
// has what the journal has. On a disk without room for that, or for what badger writes at its
// end, or that does not take the marks, journal and log are left as they are, for the next
// opening to read back; the directory may then stay locked until the process ends.
func (s *Store) Close() error {
	s.base.keep.stop()
	return s.Store.Close()
}
