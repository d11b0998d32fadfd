package badgerstore

import (
	"log/slog"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// Options are the settings of a Store; zero fields are the defaults.
type Options struct {
	// Log gets what concerns no single caller (nil: slog.Default).
	Log *slog.Logger
	// MinFree is how many bytes of the disk stay free at least: below it Room says
	// so. Badger maps its files into memory, so a disk that is really full kills
	// the process; therefore Room says so too, however small MinFree is, when what
	// badger may need is not there: eight memory tables (512 MiB) and the size of
	// the sorted tables up to 768 MiB. Without the half of the former and the latter
	// Write refuses every batch that does not fit in the log, whose space is set
	// aside. Zero: the smaller of 1 GiB and a tenth of the disk; negative: no check.
	MinFree int64
	// Ahead is how many bytes of messages that stay the journal may keep, in memory and on
	// disk, before badger gets them (zero: 32 MiB, and not less). Where they stand is known in memory besides:
	// of messages of 64 bytes that is as much again. It bounds what the next opening reads back
	// after a kill.
	Ahead int64
	// KeepEvery is how often the store looks whether compaction would give disk
	// space back (zero: one minute; negative: never).
	KeepEvery time.Duration
	// SkipCorrupt makes Load log damaged records and pass them by; otherwise
	// Load ends at the first one with ErrCorrupt.
	SkipCorrupt bool
	// Advice says in words what to do about damage. It ends the text of every
	// error about it, also of those that keep the store from opening.
	Advice string

	tune     func(badger.Options) badger.Options // tests make everything smaller
	segments journal.Options                     // zero fields are the defaults
	checkFor time.Duration                       // zero: checkFor
}

// checkFor bounds the reading of tables before badger opens them. From the page
// cache, or a disk of 500 MB/s, that is 5 GB at least.
const checkFor = 10 * time.Second

// checkUntil returns when to stop checking tables; zero, never, when nobody would
// check the rest.
func (o Options) checkUntil() time.Time {
	switch {
	case o.KeepEvery < 0:
		return time.Time{}
	case o.checkFor != 0:
		return time.Now().Add(o.checkFor)
	}
	return time.Now().Add(checkFor)
}

// FileReserve is how many file descriptors a process must keep free for its
// stores. Badger loses data, and does not say so, when it finds none in the
// middle of a compaction; so whoever opens descriptors at the wish of others, as
// a listener does, must stop this far before the limit.
const FileReserve = 1024

// Sizes of badger's parts. A batch may fill 15% of the memory table, and must be
// able to hold 8 MiB.
const (
	memTableSize   = 64 << 20
	valueThreshold = 1 << 20 // badger's own limit; larger values would go to its value log
)

// segmentBytes is the size of the journal's segments, of which there are at least leastSegments.
const (
	segmentBytes  = 4 << 20
	leastSegments = 8
)

// journal returns the settings of the journal.
func (o Options) journal() journal.Options {
	j := o.segments
	if j.Segments == 0 && j.SegmentBytes == 0 {
		j.SegmentBytes, j.Segments = segmentBytes, max(leastSegments, int(o.Ahead/segmentBytes))
	}
	j.Log, j.MaxKey = o.Log, maxKey
	return j
}

func (o Options) badger(dir string) badger.Options {
	b := badger.DefaultOptions(dir).
		WithLogger(logger{o.Log}).
		WithSyncWrites(false).      // Store.Sync does it
		WithDetectConflicts(false). // one writer, which reads nothing
		WithNumVersionsToKeep(1).
		WithMetricsEnabled(false). // process-wide variables, and nobody reads them
		WithMemTableSize(memTableSize).
		WithNumMemtables(2). // each takes 83 MiB
		WithValueThreshold(valueThreshold).
		WithValueLogFileSize(4 << 20). // never written to; mapped twice this size
		WithBaseTableSize(8 << 20).    // fewer open files
		WithNumCompactors(2).
		WithNumLevelZeroTables(2).      // Flatten leaves fewer alone, dead or not
		WithNumLevelZeroTablesStall(4). // what a compaction may take at once; see room.go
		// No compression: tables are read from the page cache and need no cache
		// of their own, and a flipped bit stays in the record that it hit.
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0)
	if o.tune != nil {
		b = o.tune(b)
	}
	return b
}
