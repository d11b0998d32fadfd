package badgerstore

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// keeper gives disk space back. Badger compacts when its upper levels have grown,
// by bytes; but a deletion takes 50 bytes there, whatever it deletes. Without
// help a store that was drained keeps nearly all it ever held: the deletions
// wait in the memory table, or in a level that never fills again.
type keeper struct {
	quit, done chan struct{} // done stays nil when there is no goroutine
	once       sync.Once     // closes quit

	table   int64        // the size of a memory table
	writes  atomic.Int64 // since the store was opened
	deleted atomic.Int64 // records deleted since the last reclaim, also before a restart

	unchecked []string // tables that opening had no time for; the goroutine's own from start
	scrubbed  int      // tables checked; the goroutine's own
}

const (
	// keepEvery is the default of Options.KeepEvery.
	keepEvery = time.Minute
	// A store at rest is compacted when a quarter of it may be dead, and as much
	// as flushing the memory table costs in writing, which is two tables. A busy
	// one, when half of it may be, and much more.
	deadAtRest = 2
	deadBusy   = 16
	// countEvery is how many deletions a crash may take from keeper.deleted.
	countEvery = 10_000
	// hurryEvery is how often the store looks while sends are refused for want of space.
	hurryEvery = time.Second
	// fillerSize is the size of one filler record; one of them stays.
	fillerSize = 256 << 10
)

// newKeeper returns a keeper that knows what was deleted before the restart.
func newKeeper(db *badger.DB) (*keeper, error) {
	k := &keeper{quit: make(chan struct{}), table: db.Opts().MemTableSize}
	return k, k.loadCount(db)
}

// start has the keeper look after s until stop.
func (k *keeper) start(s *base, every time.Duration) {
	if every < 0 {
		return
	}
	if every == 0 {
		every = keepEvery
	}
	k.done = make(chan struct{})
	// Ends when quit is closed, by stop.
	go k.run(s, every)
}

// stop ends the keeper and waits for what it has under way.
func (k *keeper) stop() {
	k.once.Do(func() { close(k.quit) })
	if k.done != nil {
		<-k.done
	}
}

func (k *keeper) run(s *base, every time.Duration) {
	defer close(k.done)
	s.checkRest(k.unchecked)
	tick := time.NewTicker(every)
	defer tick.Stop()
	hurry := time.NewTicker(min(every, hurryEvery))
	defer hurry.Stop()
	var seen int64
	for {
		select {
		case <-k.quit:
			return
		case <-hurry.C:
			s.bound()
			if s.room.short.Load() {
				k.hurry(s)
			}
		case <-tick.C:
			k.settle(s)
			writes := k.writes.Load()
			if size, dead := s.dead(); k.due(size, dead, writes == seen) {
				k.reclaim(s)
			}
			seen = writes
			s.scrub(every)
		}
	}
}

// hurry looks for space while sends are refused for want of it.
func (k *keeper) hurry(s *base) {
	k.settle(s)
	if size, dead := s.dead(); k.worth(size, dead) {
		k.reclaim(s)
	}
}

// settle has the journal hand on what it has: a few deletions in it may be all that a
// great many bytes wait for.
func (k *keeper) settle(s *base) {
	if err := s.settle(); err != nil {
		s.log.Debug("the journal cannot be settled", "dir", s.dir, "err", err)
	}
}

func (k *keeper) reclaim(s *base) {
	if err := s.reclaim(); err != nil {
		s.log.Warn("cannot give disk space back", "dir", s.dir, "err", err)
	}
}

// bound gives pages of tables back when too many are resident.
func (s *base) bound() {
	if resident() < mappedLimit+s.keep.table {
		return
	}
	if err := letGo(s.dir); err != nil {
		s.log.Debug("pages of tables cannot be given back", "err", err)
	}
}

// worth says whether dead bytes among size are worth a compaction while sends
// are refused for want of space.
func (k *keeper) worth(size, dead int64) bool { return dead >= k.table/2 && dead >= size/8 }

// due says whether dead bytes among size are worth a compaction.
func (k *keeper) due(size, dead int64, atRest bool) bool {
	if atRest && dead >= deadAtRest*k.table && dead >= size/4 {
		return true
	}
	return dead >= deadBusy*k.table && dead >= size/2
}

// dead returns the bytes of the sorted tables, and how many of them have been
// deleted, if records are of one size.
func (s *base) dead() (size, dead int64) {
	var keys int64
	for _, t := range s.db.Tables() {
		size += int64(t.OnDiskSize)
		keys += int64(t.KeyCount)
	}
	if keys == 0 {
		return size, 0
	}
	return size, min(s.keep.deleted.Load()*(size/keys), size)
}

// reclaim gives the space of deleted records back. Reads and writes go on.
func (s *base) reclaim() error {
	counted := s.keep.deleted.Load()
	started := time.Now()
	before, _ := s.dead()
	if err := s.flushTable(); err != nil || s.keep.stopped() {
		return err
	}
	if err := s.room.check(s.room.low); err != nil {
		return err
	}
	if err := s.checkTables(); err != nil {
		return err
	}
	s.db.SetDiscardTs(s.versions.oldest())
	if err := s.db.Flatten(1); err != nil {
		return err
	}
	after, _ := s.dead()
	s.log.Info("disk space given back", "dir", s.dir, "before", before, "after", after, "took", time.Since(started))
	return s.putCount(s.keep.deleted.Add(-counted))
}

// flushTable makes badger write its memory table, with all that was deleted
// until now, to a sorted one. Badger does so only when the table is full, so it
// is filled.
func (s *base) flushTable() error {
	s.mu.Lock()
	full := s.wal.number
	s.mu.Unlock()
	filler := make([]byte, min(fillerSize, s.part))
	for !s.keep.stopped() {
		last, turned, err := s.fill(full, filler)
		if err != nil {
			return err
		}
		if turned {
			s.awaitTable(last, full)
			break
		}
	}
	return nil
}

// fill writes a filler record. If that made badger leave the log with the number
// full, last is the last version in it.
func (s *base) fill(full int, filler []byte) (last uint64, turned bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(fillerSize + slack); err != nil {
		return 0, false, err
	}
	last = s.versions.next() - 1
	err = s.commit(func(g *stage) error { return g.put([]byte{fillerByte, 'f'}, filler, 0) })
	return last, s.wal.number != full, err
}

// flushTicks bounds the waiting for badger's flush, to half a minute. What it has
// not flushed by then is reclaimed the next time.
const flushTicks = 1500

// awaitTable returns when the version, the last one of a log, stands in a sorted
// table. Badger tells nobody when that happens, so it is asked.
func (s *base) awaitTable(version uint64, log int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range flushTicks {
		if s.flushed(version, log) {
			return
		}
		select {
		case <-s.keep.quit:
			return
		case <-tick.C:
		}
	}
}

// flushed looks for the version in the tables, and for the log: a compaction may
// have dropped the one, and a reader keep the other.
func (s *base) flushed(version uint64, log int) bool {
	for _, t := range s.db.Tables() {
		if t.MaxVersion >= version {
			return true
		}
	}
	_, err := os.Stat(s.wal.path(log))
	return errors.Is(err, fs.ErrNotExist)
}

func (k *keeper) stopped() bool {
	select {
	case <-k.quit:
		return true
	default:
		return false
	}
}

// The count of deletions is kept in a record of its own, so that a store which
// was drained and restarted is still known to be drained.

func countKey() []byte { return []byte{fillerByte, 'd'} }

func (k *keeper) loadCount(db *badger.DB) error {
	txn := db.NewTransactionAt(math.MaxUint64, false)
	defer txn.Discard()
	item, err := txn.Get(countKey())
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return item.Value(func(v []byte) error {
		if len(v) == 8 {
			k.deleted.Store(int64(binary.BigEndian.Uint64(v)))
		}
		return nil
	})
}

// count adds the stage's deletions to the count, and now and then a record of it
// to the stage.
func (k *keeper) count(g *stage) error {
	n := k.deleted.Load()
	if (n+g.deletes)/countEvery == n/countEvery {
		return nil
	}
	return g.put(countKey(), binary.BigEndian.AppendUint64(nil, uint64(n+g.deletes)), 0)
}

func (s *base) putCount(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(func(g *stage) error {
		return g.put(countKey(), binary.BigEndian.AppendUint64(nil, uint64(n)), 0)
	})
}
