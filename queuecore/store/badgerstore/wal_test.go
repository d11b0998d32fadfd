package badgerstore

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// dirtyBytes asks the kernel how much of a log file, which badger has mapped,
// waits to be written to disk.
func dirtyBytes(t *testing.T, path string) (dirty int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skipf("the kernel does not tell: %v", err)
	}
	defer f.Close()
	mapped, inside := false, false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case strings.Contains(words[0], "-"):
			inside = words[len(words)-1] == path
			mapped = mapped || inside
		case inside && strings.HasSuffix(words[0], "_Dirty:"):
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			dirty += n << 10
		}
	}
	if !mapped {
		t.Fatalf("%s is not mapped", path)
	}
	return dirty
}

// openStuck opens a store whose full memory tables stay in memory for a while:
// badger finds files where it wants to put them.
func openStuck(t *testing.T) *base {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("asks Linux what is on disk")
	}
	s := openTiny(t, t.TempDir())
	put(t, s, "probe", "1")
	log := s.wal.path(s.wal.number)
	if dirtyBytes(t, log) == 0 {
		t.Skip("the file system writes at once")
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if dirtyBytes(t, log) != 0 {
		t.Skip("the file system never writes")
	}
	var obstacles []string
	for i := range 100 {
		path := filepath.Join(s.dir, fmt.Sprintf("%06d.sst", i))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		obstacles = append(obstacles, path)
	}
	t.Cleanup(func() {
		for _, path := range obstacles {
			os.Remove(path)
		}
	})
	return s
}

// turn writes until badger goes on to the next log, and returns the path of the
// one that it left.
func turn(t *testing.T, s *base, before func()) string {
	t.Helper()
	old := s.wal.number
	for i := 0; s.wal.number == old; i++ {
		before()
		put(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 500))
		if i > 10_000 {
			t.Fatal("badger does not turn to another log")
		}
	}
	return s.wal.path(old)
}

// TestBadgerLeavesLogUnsynced shows what this package is for. Should it fail,
// badger has mended it.
func TestBadgerLeavesLogUnsynced(t *testing.T) {
	s := openStuck(t)
	// A wal that does nothing leaves badger to itself.
	s.wal.sync = func(*os.File) error { return nil }
	left := turn(t, s, func() {})
	if err := s.db.Sync(); err != nil {
		t.Fatal(err)
	}
	if dirtyBytes(t, s.wal.path(s.wal.number)) != 0 {
		t.Error("badger's Sync has left the present log dirty")
	}
	for tries := 0; dirtyBytes(t, left) == 0; tries++ { // the kernel may have written it by itself
		if tries == 100 {
			t.Fatal("badger's Sync syncs the log that was left: DESIGN.md is out of date")
		}
		touch(t, left)
		if err := s.db.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

// touch makes a file dirty that stays as it is.
func touch(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b[:], 0); err != nil {
		t.Fatal(err)
	}
}

// TestSyncCoversLeftLog: Write, turn to the next log, Write, Sync: then all of
// it is on disk. The estimate is made to fail, so that the store learns of the
// turn only when it has happened.
func TestSyncCoversLeftLog(t *testing.T) {
	s := openStuck(t)
	left := turn(t, s, func() { s.wal.used = weight{} })
	put(t, s, "one", "more")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{left, s.wal.path(s.wal.number)} {
		if n := dirtyBytes(t, path); n != 0 {
			t.Errorf("%d bytes of %s are not on disk", n, filepath.Base(path))
		}
	}
}

// TestLeftLogIsSyncedFirst: a power cut must not take an earlier write and leave
// a later one, so the old log is on disk before the write that turns to the next.
func TestLeftLogIsSyncedFirst(t *testing.T) {
	s := openStuck(t)
	syncs, first := 0, weight{}
	s.wal.sync = func(f *os.File) error {
		if syncs++; syncs == 1 {
			first = s.wal.used
		}
		if _, err := os.Stat(s.wal.path(s.wal.number + 1)); err == nil {
			t.Error("the log is synced after the turn")
		}
		return disk.SyncFile(f)
	}
	left := turn(t, s, func() {})
	if n := dirtyBytes(t, left); n != 0 {
		t.Errorf("%d bytes of the log that was left are not on disk", n)
	}
	if syncs == 0 || first.table+first.file < s.wal.limit {
		t.Errorf("%d syncs, the first one at %+v: far too early", syncs, first)
	}
}

// TestWeight holds the estimates against what badger makes of the records.
func TestWeight(t *testing.T) {
	for _, size := range []int{0, 10, 100, 1_000, 20_000} {
		for _, perBatch := range []int{1, 7} {
			t.Run(fmt.Sprintf("size=%d,batch=%d", size, perBatch), func(t *testing.T) {
				s := openTiny(t, t.TempDir())
				var b store.Batch
				var last weight
				number := s.wal.number
				for i := 0; s.wal.number == number; i++ {
					b.Reset()
					for j := range perBatch {
						if j%3 == 2 {
							b.Delete(fmt.Appendf(nil, "k%d/%d", i-5, j))
						} else {
							b.Put(fmt.Appendf(nil, "k%d/%d", i, j), []byte(strings.Repeat("x", size)))
						}
					}
					last = s.wal.used
					if i == 20 {
						checkFile(t, s)
					}
					if err := s.Write(&b); err != nil {
						t.Fatal(err)
					}
				}
				// Full, and by no more than the slack and one batch.
				reached := max(last.file, last.table)
				if reached+slack < s.wal.limit {
					t.Errorf("badger turned at %+v, before the limit of %d", last, s.wal.limit)
				}
				if reached > s.wal.limit+slack+int64(perBatch*(size+100)) {
					t.Errorf("badger turned at %+v, long after the limit of %d", last, s.wal.limit)
				}
			})
		}
	}
}

// checkFile compares the weight with the length of the log.
func checkFile(t *testing.T, s *base) {
	t.Helper()
	content, err := os.ReadFile(s.wal.path(s.wal.number))
	if err != nil {
		t.Fatal(err)
	}
	end := int64(len(strings.TrimRight(string(content), "\x00"))) - logHeader
	// The checksum at the end may itself end with zeros.
	if got := s.wal.used.file; got < end || got > end+3 {
		t.Errorf("weight %d, the log has %d bytes", got, end)
	}
}
