package badgerstore

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// Pages of tables are given back, and read again when they are needed.
func TestLetGo(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	for i := range 4000 {
		put(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 1000))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := openKept(dir, Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1, tune: func(b badger.Options) badger.Options {
		return small(b).WithNumCompactors(0) // which make other tables meanwhile
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for i := range 4000 {
		wantGet(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 1000))
	}
	before := residentTables(t)
	if err := letGo(dir); err != nil {
		t.Skipf("not on this kernel: %v", err)
	}
	after := residentTables(t)
	if before < 3<<20 || after > before/2 {
		t.Errorf("%d bytes of tables were resident, %d are after letGo", before, after)
	}
	for i := range 4000 {
		wantGet(t, s, fmt.Sprintf("key%06d", i), strings.Repeat("x", 1000))
	}
}

// residentTables returns how much of mapped tables is resident.
func residentTables(t *testing.T) (sum int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	table := false
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		var kb int64
		if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kb); n == 1 && table {
			sum += kb << 10
		} else if strings.Contains(line, "-") && strings.Contains(line, " ") && !strings.Contains(line, ": ") {
			table = strings.HasSuffix(line, ".sst")
		}
	}
	return sum
}
