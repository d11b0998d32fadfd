package badgerstore

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore/store"
)

// onDisk returns the bytes that the sorted tables of dir take up.
func onDisk(t *testing.T, dir string) (n int64) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			n += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
	}
	return n
}

// fillAndDrain writes n records of size bytes, removes all but every 1000th, and
// returns how much the records took up before.
func fillAndDrain(t *testing.T, s *base, n, size int) int64 {
	t.Helper()
	value := strings.Repeat("x", size)
	for i := range n {
		put(t, s, fmt.Sprintf("key%06d", i), value)
	}
	full := onDisk(t, s.dir)
	var b store.Batch
	for i := range n {
		if i%1000 == 0 {
			continue
		}
		b.Delete(fmt.Appendf(nil, "key%06d", i))
		if b.Len() == 100 || i == n-1 {
			if err := s.Write(&b); err != nil {
				t.Fatal(err)
			}
			b.Reset()
		}
	}
	return full
}

func TestReclaim(t *testing.T) {
	s := openTiny(t, t.TempDir())
	const records = 3_000
	full := fillAndDrain(t, s, records, 5_000)
	if left := onDisk(t, s.dir); left < full/2 {
		t.Fatalf("badger has given back %d of %d bytes by itself: the test tests nothing", full-left, full)
	}
	if err := s.reclaim(); err != nil {
		t.Fatal(err)
	}
	if left := onDisk(t, s.dir); left > full/10 {
		t.Errorf("%d of %d bytes are left", left, full)
	}
	for i := range records / 1000 {
		wantGet(t, s, fmt.Sprintf("key%06d", i*1000), strings.Repeat("x", 5_000))
	}
	n := 0
	if err := s.Load(nil, func(_, _ []byte) error { n++; return nil }); err != nil || n != records/1000 {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestReclaimBesideReader: a reader that began before the deletions sees all.
func TestReclaimBesideReader(t *testing.T) {
	s := openTiny(t, t.TempDir())
	const records = 2_000
	for i := range records {
		put(t, s, fmt.Sprintf("key%06d", i), "before")
	}
	n := 0
	err := s.Load(nil, func(_, v []byte) error {
		if n++; n == 1 {
			fillAndDrain(t, s, records, 100)
			if err := s.reclaim(); err != nil {
				t.Fatal(err)
			}
		}
		if string(v) != "before" {
			t.Fatalf("record %d: %.20q", n, v)
		}
		return nil
	})
	if err != nil || n != records {
		t.Errorf("%d records, %v, want %d", n, err, records)
	}
	if len(s.versions.reading) != 0 {
		t.Errorf("versions still being read: %v", s.versions.reading)
	}
}

// notice is a log handler that tells of one message.
type notice struct {
	slog.Handler
	message string
	seen    chan struct{}
}

func (n notice) Enabled(context.Context, slog.Level) bool { return true }

func (n notice) Handle(_ context.Context, r slog.Record) error {
	if r.Message == n.message {
		select {
		case n.seen <- struct{}{}:
		default:
		}
	}
	return nil
}

func TestKeeperReclaims(t *testing.T) {
	done := notice{slog.DiscardHandler, "disk space given back", make(chan struct{}, 1)}
	s, err := openKept(t.TempDir(), Options{Log: slog.New(done), KeepEvery: time.Millisecond, tune: small})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fillAndDrain(t, s, 2_000, 5_000)
	<-done.seen
}

func TestKeeperStopsAtOnce(t *testing.T) {
	s := openTiny(t, t.TempDir())
	fillAndDrain(t, s, 100, 100)
	s.keep.stop()
	number := s.wal.number
	if err := s.reclaim(); err != nil {
		t.Errorf("reclaim by a stopped keeper: %v", err)
	}
	if s.wal.number != number {
		t.Error("a stopped keeper fills the log")
	}
}

func TestDue(t *testing.T) {
	k := &keeper{table: 64 << 20}
	const mib = 1 << 20
	tests := []struct {
		size, dead     int64
		atRest, atWork bool
	}{
		{0, 0, false, false},
		{100 * mib, 100 * mib, false, false},
		{200 * mib, 128 * mib, true, false},
		{1000 * mib, 200 * mib, false, false},
		{1000 * mib, 250 * mib, true, false},
		{1500 * mib, 1024 * mib, true, true},
		{10_000 * mib, 4_000 * mib, true, false},
		{10_000 * mib, 5_000 * mib, true, true},
	}
	for _, x := range tests {
		if got := k.due(x.size, x.dead, true); got != x.atRest {
			t.Errorf("due(%d, %d) at rest = %v", x.size, x.dead, got)
		}
		if got := k.due(x.size, x.dead, false); got != x.atWork {
			t.Errorf("due(%d, %d) at work = %v", x.size, x.dead, got)
		}
	}
}

// TestDeletionsAreRemembered: a store that was drained and then killed is still
// known to be drained.
func TestDeletionsAreRemembered(t *testing.T) {
	var b store.Batch
	for i := range 600 {
		b.Delete(fmt.Append(nil, i))
	}
	writes := make([]*store.Batch, 40)
	for i := range writes {
		writes[i] = &b
	}
	dir, _, _ := crashed(t, writes...)
	s := openTiny(t, dir)
	if n := s.keep.deleted.Load(); n < 600*40-countEvery-600 || n > 600*40 {
		t.Errorf("%d deletions are remembered, of %d", n, 600*40)
	}
	if err := s.reclaim(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s = openTiny(t, dir); s.keep.deleted.Load() != 0 {
		t.Errorf("%d deletions are remembered after a reclaim", s.keep.deleted.Load())
	}
}
