package journal

import "log/slog"

// Options are the settings of a Store; zero fields are the defaults.
type Options struct {
	// Log gets what concerns no single caller (nil: slog.Default).
	Log *slog.Logger
	// SegmentBytes is the size of a segment (zero: 4 MiB). A larger batch makes one grow.
	SegmentBytes int64
	// Segments is how many there may be (zero: 8; at least 2). Each takes its size on
	// disk, and as much in memory. All but three wait before the store below gets what they
	// have, since it may be undone meanwhile. When all are full, Write waits. Those beyond
	// eight are made while much of what was put is still there, and go with the next Settle.
	Segments int
	// MaxKey is the longest key that the store below takes, in bytes (zero: any).
	MaxKey int
	// MaxBatch bounds the keys and values of a batch, in bytes (zero: 9 MiB). The store
	// below must take each single one of them.
	MaxBatch int
}

const (
	segmentBytes = 4 << 20
	segments     = usualSegments
	maxBatch     = 9 << 20

	usualSegments = 8 // more are for what stays a while

	mostBytesSet = 128 << 20 // places in a segment have 32 bits, lengths of keys and values 28
)

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = segmentBytes
	}
	if o.Segments == 0 {
		o.Segments = segments
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = maxBatch
	}
	o.Segments = max(o.Segments, 2)
	o.SegmentBytes, o.MaxBatch = min(o.SegmentBytes, mostBytesSet), min(o.MaxBatch, mostBytesSet)
}
