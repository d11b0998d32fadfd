package queuecore

import (
	"log/slog"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Options are the settings of a Broker; nil and zero fields are the defaults.
type Options struct {
	// NoSync answers before the data is synced; the store is synced every
	// SyncInterval instead (zero: 100 ms). A power cut then loses what was
	// confirmed within that time; the death of the process loses nothing.
	NoSync       bool
	SyncInterval time.Duration
	// MaxPendingBytes bounds the bodies of requests that are not answered yet
	// (zero: 64 MiB). A request over it waits, and with it the client that sent it.
	MaxPendingBytes int64
	// MaxMessageBytes bounds one message (zero: DefaultMaxMessageBytes).
	MaxMessageBytes int
	// MaxQueues bounds the queues there may be, transient ones included (zero:
	// 100,000), which may be half of them; each takes about 10 KB. A store that holds more opens all the same.
	MaxQueues int
	// CacheBytes bounds the recently sent messages kept in memory, so that a
	// receiver that keeps up costs no read (zero: 32 MiB; negative: none).
	CacheBytes int64
	// IndexEntries bounds the waiting messages whose index entries stand in memory
	// in full, all queues together (zero: 400,000, of about 180 bytes each; negative:
	// as few as possible). What waits behind them is packed, at some 8 bytes each.
	IndexEntries int
	// MaxIndexBytes bounds the memory for index entries and dedup ids (zero: 2 GiB;
	// negative: no bound). Over it sends are refused with ErrLimit. An eighth more goes to what
	// is known for the selectors that receivers wait with, at 64 KiB each and 64 bytes for each
	// byte of text; over it a receiver with a further one gets ErrLimit.
	MaxIndexBytes int64
	// MaxLeases bounds the messages that are out at a time, of all queues together
	// (zero: 1,000,000; negative: no bound). Over it receives that do not wait get ErrLimit.
	MaxLeases int
	// Now is the wall clock (nil: time.Now). It says when the broker begins, and
	// what the times in messages and answers mean; it may be set at any moment.
	Now func() time.Time
	// Elapsed is a clock that nobody sets, counted from any moment (nil: as Now's
	// times say, which is the monotonic clock if they hold one). It alone ends
	// leases, delays and windows. It must not run backwards.
	Elapsed func() time.Duration
	// Log gets what concerns no single caller (nil: slog.Default).
	Log *slog.Logger
}

// withDefaults returns a copy of o, which may be nil, with every field set.
func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.SyncInterval <= 0 {
		d.SyncInterval = 100 * time.Millisecond
	}
	if d.MaxPendingBytes <= 0 {
		d.MaxPendingBytes = 64 << 20
	}
	if d.MaxMessageBytes <= 0 {
		d.MaxMessageBytes = DefaultMaxMessageBytes
	}
	if d.MaxQueues <= 0 {
		d.MaxQueues = 100_000
	}
	if d.CacheBytes == 0 {
		d.CacheBytes = 32 << 20
	}
	if d.IndexEntries == 0 {
		d.IndexEntries = 400_000
	}
	if d.MaxIndexBytes == 0 {
		d.MaxIndexBytes = 2 << 30
	}
	if d.MaxLeases == 0 {
		d.MaxLeases = 1_000_000
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	return d
}

// groupLookAhead is how many waiting messages of a queue with group order are
// looked through for a group that is free.
const groupLookAhead = 200_000

// knownGroups is how many groups of a queue with fair groups are known at a time; those
// with entries in full are known in any case. Past it, what is packed is not counted
// in its groups, and noisy groups are quiet again by time alone.
const knownGroups = 100_000

// sieveBytes is the memory for receivers' selectors that goes with MaxIndexBytes: an eighth
// more, and no less than a dozen take.
func sieveBytes(index int64) int64 {
	if index <= 0 {
		return 0
	}
	return max(index/8, 1<<20)
}

// limits returns what the machine must keep to.
func (o *Options) limits() machine.Limits {
	return machine.Limits{
		Queues: o.MaxQueues, Cache: o.CacheBytes, Warm: max(o.IndexEntries, 0), Ahead: groupLookAhead, Groups: knownGroups,
		Leases: max(o.MaxLeases, 0), IndexBytes: max(o.MaxIndexBytes, 0), SieveBytes: sieveBytes(o.MaxIndexBytes),
	}
}
