package badgerstore

import (
	"path/filepath"
	"testing"
)

// Nothing is served that stands in the log of an earlier run alone: the kernel
// may know of its pages what the disk does not.
func TestOpenMakesTablesOfOldLogs(t *testing.T) {
	dir, log, _ := crashed(t, batch("a", "1"), batch("b", "1"))
	s := openTiny(t, dir)
	if n, err := s.wal.older(); n != 0 || err != nil {
		t.Errorf("%d logs of an earlier run are left, %v", n, err)
	}
	if left, err := filepath.Glob(log); len(left) != 0 || err != nil {
		t.Errorf("%v is still there, %v", left, err)
	}
	if len(s.db.Tables()) == 0 {
		t.Error("there is no sorted table")
	}
	wantGet(t, s, "a", "1")
	wantGet(t, s, "b", "1")
}
