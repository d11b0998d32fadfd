package queuecore

import (
	"errors"
	"testing"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Runs that nobody finishes take memory too, also those in which nothing was found.
func TestReadAheadIsBounded(t *testing.T) {
	const limit = 100 << 10
	for name, scan := range map[string]scanFunc{
		"one record each": func(from, _ []byte, fn func(k, v []byte) error) error {
			return fn(from, []byte("a"))
		},
		"nothing": func(_, _ []byte, _ func(k, v []byte) error) error { return nil },
		"damaged": func(_, _ []byte, _ func(k, v []byte) error) error { return errors.New("damaged") },
	} {
		a := newReadAhead(limit)
		for i := range uint64(10_000) {
			a.take(1, i*runLength+1, scan)
		}
		if n := len(a.runs); n > limit/1024 || n != a.line.Len() {
			t.Errorf("%s: %d runs are kept, %d in line", name, n, a.line.Len())
		}
		if a.bytes > limit {
			t.Errorf("%s: %d bytes are kept, the limit is %d", name, a.bytes, limit)
		}
	}
}

// What was read ahead is handed out once, and counted off.
func TestReadAheadCountsOff(t *testing.T) {
	a := newReadAhead(1 << 20)
	scan := func(from, _ []byte, fn func(k, v []byte) error) error {
		seq, _ := machine.EntrySeq(from)
		for i := range uint64(runLength) {
			if err := fn(machine.EntryKey(1, seq+i), []byte("record")); err != nil {
				return err
			}
		}
		return nil
	}
	a.take(1, 0, scan)
	for seq := range uint64(10 * runLength) {
		if v := a.take(1, seq, scan); string(v) != "record" {
			t.Fatalf("record %d: %q", seq, v)
		}
	}
	if len(a.runs) != 0 || a.line.Len() != 0 || a.bytes != 0 {
		t.Errorf("left: %d runs, %d in line, %d bytes", len(a.runs), a.line.Len(), a.bytes)
	}
}
