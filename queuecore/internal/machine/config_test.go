package machine

import (
	"math"
	"testing"
	"time"
)

// The rest after an attempt is the first one times the factor for each attempt before,
// up to its bound; always the same, and whatever the count, never negative or more than
// times can hold.
func TestBackoff(t *testing.T) {
	for _, x := range []struct {
		initial, most time.Duration
		factor        float64
		attempt       uint32
		want          time.Duration
	}{
		{0, 0, 2, 5, 0},
		{time.Second, 0, 2, 0, 0},
		{time.Second, time.Minute, 2, 1, time.Second},
		{time.Second, time.Minute, 2, 2, 2 * time.Second},
		{time.Second, time.Minute, 2, 6, 32 * time.Second},
		{time.Second, time.Minute, 2, 7, time.Minute},
		{time.Second, time.Minute, 2, math.MaxUint32, time.Minute},
		{time.Second, 0, 2, 1_000_000, maxDelay},
		{time.Second, 0, 1e308, 3, maxDelay},
		{maxDelay, maxDelay, math.MaxFloat64, math.MaxUint32, maxDelay},
		{time.Second, 0, 0, 9, time.Second},
		{time.Second, 0, 0.1, 9, time.Second},
		{time.Second, 0, 1, math.MaxUint32, time.Second},
		{time.Minute, time.Second, 2, 1, time.Second},
		{time.Second, 0, 1.5, 3, 2250 * time.Millisecond},
	} {
		c := Config{BackoffInitial: x.initial, BackoffMax: x.most, BackoffFactor: x.factor}
		for range 2 {
			if d := c.backoff(x.attempt); d != x.want {
				t.Errorf("%+v: %v after attempt %d, want %v", c, d, x.attempt, x.want)
			}
		}
	}
}
