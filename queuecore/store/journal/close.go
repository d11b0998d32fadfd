package journal

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// Close implements store.Store. The store below has everything then, and the
// journal's files are gone; unless it has failed, or has no room, when they stay for
// the next Open.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.isClosed() {
		return store.ErrClosed
	}
	err := s.finish()
	return errors.Join(err, s.marks.file.Close(), s.below.Close())
}

// finish hands all to the store below, if it can be, and ends the flusher.
func (s *Store) finish() (err error) {
	if s.usable() == nil {
		err = s.flush()
	}
	sound := s.usable() == nil
	s.mu.Lock()
	s.closed, s.old = true, append(s.old, s.live)
	s.mu.Unlock()
	if sound {
		s.flusher.frozen <- s.live
	}
	s.flusher.close()
	if len(s.old) == 0 {
		return errors.Join(err, s.discard())
	}
	for _, g := range s.old {
		g.segment.file.Close()
	}
	s.options.Log.Warn("the journal is left as it is, and will be read back", "dir", s.dir, "err", errors.Join(s.failed, s.flusher.bad.now()))
	return err
}

// discard removes the journal's files, all of which are applied.
func (s *Store) discard() error {
	if err := s.marks.noteApplied(s.segment.header.number); err != nil {
		return err
	}
	if err := removeSegments(s.dir); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(s.dir, MarksFile)), disk.SyncDir(s.dir))
}
