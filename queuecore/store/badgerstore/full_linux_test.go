package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	queuedisk "github.com/sluicemq/sluice/queuecore/store/disk"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// writeUntilRefused writes records until there is no room, and returns how many.
func writeUntilRefused(t *testing.T, s *base) (n int) {
	t.Helper()
	for ; n < 100_000; n++ {
		err := s.Write(batch(fmt.Sprintf("key%06d", n), strings.Repeat("x", 1000)))
		if errors.Is(err, ErrNoSpace) {
			if !strings.Contains(err.Error(), "MiB free") {
				t.Errorf("the error does not say how much is free: %v", err)
			}
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the disk never became full")
	return n
}

func wantAll(t *testing.T, s *base, n int) {
	t.Helper()
	for i := range n {
		wantGet(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 1000))
	}
}

// On a disk without a free block the log still takes what it has blocks for.
// When there is space again, so is the store.
func TestWritesOnFullDisk(t *testing.T) {
	disk := storetest.SmallDisk(t, 24<<20)
	s := openTiny(t, filepath.Join(disk, "data"))
	put(t, s, "before", "1")
	foreign := storetest.FillUp(t, disk, 0)
	if err := s.Room(); !errors.Is(err, ErrNoSpace) {
		t.Errorf("Room: %v, want ErrNoSpace", err)
	}
	n := writeUntilRefused(t, s)
	if n < 500 {
		t.Errorf("%d records of 1 kB were taken, want about as many as fit in a log of 1 MiB", n)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	wantAll(t, s, n)
	if err := s.roomToClose(); !errors.Is(err, ErrNoSpace) {
		t.Errorf("roomToClose: %v, want ErrNoSpace", err)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	put(t, s, "after", "1")
	if err := s.Room(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTiny(t, s.dir)
	wantAll(t, s, n)
	wantGet(t, s, "before", "1")
	wantGet(t, s, "after", "1")
}

// A full disk is told of when a store is opened that was not closed, unless what
// its log does not need makes enough room.
func TestOpenOnFullDisk(t *testing.T) {
	for _, tt := range []struct {
		name    string
		records int
		opens   bool
	}{{"little in the log", 100, true}, {"a full log", 900, false}} {
		t.Run(tt.name, func(t *testing.T) {
			disk := storetest.SmallDisk(t, 24<<20)
			dir := filepath.Join(disk, "data")
			crashIn(t, dir, tt.records)
			foreign := storetest.FillUp(t, disk, openingBytes)
			s, err := openKept(dir, Options{KeepEvery: -1, tune: small})
			if tt.opens {
				if err != nil {
					t.Fatal(err)
				}
			} else {
				if !errors.Is(err, ErrNoSpace) || !strings.Contains(err.Error(), "MiB needed") {
					t.Fatalf("Open: %v, want ErrNoSpace", err)
				}
				if err := os.Remove(foreign); err != nil {
					t.Fatal(err)
				}
				s = openTiny(t, dir)
			}
			wantAll(t, s, tt.records)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// crashIn leaves in dir what a process leaves that was killed after so many
// writes, the blocks of its log included.
func crashIn(t *testing.T, dir string, records int) {
	t.Helper()
	s := openTiny(t, t.TempDir())
	for i := range records {
		put(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 1000))
	}
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// The copy has blocks for the zeros of the value log as well, which opening drops.
	if err := os.Remove(filepath.Join(dir, "000001.vlog")); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(dir, filepath.Base(s.wal.path(s.wal.number))), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	used, _, err := measureLog(log)
	if err != nil {
		t.Fatal(err)
	}
	// The copy has a block for every zero behind that.
	if err := errors.Join(log.Truncate(logHeader+used), log.Truncate(2<<20), queuedisk.Allocate(log, logSize(1<<20)), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// A queue that filled the disk and was drained gives its space back, although
// compaction itself takes some.
func TestDrainOnFullDisk(t *testing.T) {
	disk := storetest.SmallDisk(t, 48<<20)
	s := openTiny(t, filepath.Join(disk, "data"))
	n := 0
	for ; s.Room() == nil; n++ {
		put(t, s, fmt.Sprintf("key%06d", n), strings.Repeat("x", 1000))
	}
	for i := range n {
		b := batch()
		b.Delete(fmt.Appendf(nil, "key%06d", i))
		if err := s.Write(b); err != nil {
			t.Fatalf("removal %d of %d: %v", i, n, err)
		}
	}
	size, dead := s.dead()
	if !s.keep.worth(size, dead) {
		t.Errorf("%d of %d bytes are dead, and the keeper does nothing", dead, size)
	}
	if err := s.reclaim(); err != nil {
		t.Fatal(err)
	}
	if err := s.Room(); err != nil {
		t.Errorf("after a drain and a compaction: %v", err)
	}
	put(t, s, "after", "1")
}
