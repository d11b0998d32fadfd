// Package alloc measures what a parser takes of memory. Only tests import it.
package alloc

import (
	"math"
	"runtime"
	"testing"
)

// slack is what any parser may take for itself, whatever its limit: buffers of a fixed size and errors.
const slack = 64 << 10

// Bytes is what f allocates in all, garbage included, the least of three times: others of the process may be at
// work meanwhile. One test at a time may measure.
func Bytes(f func()) uint64 { return least(0, f) }

// least is Bytes, and satisfied at the first time that takes no more than enough: each stops the world twice, for which
// a busy machine takes long.
func least(enough uint64, f func()) uint64 {
	n := uint64(math.MaxUint64)
	for i := 0; i < 3 && n > enough; i++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		n = min(n, after.TotalAlloc-before.TotalAlloc)
	}
	return n
}

// Twice fails unless f allocates twice limit at most, and 64 KiB besides. All that a parser has at one time
// is less than what it allocates in all.
func Twice(t testing.TB, limit int, what string, f func()) {
	t.Helper()
	most := 2*uint64(limit) + slack
	if n := least(most, f); n > most {
		t.Errorf("%s: %d KiB allocated, the limit is %d KiB", what, n>>10, limit>>10)
	}
}
