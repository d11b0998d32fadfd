package badgerstore

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An index that is damaged while the store is open costs a read, whichever it is:
// also that of a part in the middle of Load.
func TestLoadOverDamagedIndex(t *testing.T) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(Assertions{Next: io.Discard})
	dir := t.TempDir()
	s := openTiny(t, dir)
	for i := range 20 {
		put(t, s, fmt.Sprintf("key%02d", i), strings.Repeat("large", 30_000))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{200, 1000, 3000} {
		hit := copied(t, dir)
		s, err := openKept(hit, quiet())
		if err != nil {
			t.Fatal(err)
		}
		tables, err := filepath.Glob(filepath.Join(hit, "*.sst"))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Load(nil, func(_, _ []byte) error {
			for _, path := range tables { // the next keys are in memory, their parts are not
				zeroBefore(t, path, n)
			}
			return nil
		})
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d bytes: %v, want ErrCorrupt", n, err)
		}
		_ = s.Close() // what it compacts is not the point
	}
}

// zeroBefore writes zeros that end 20 bytes before the end of a file.
func zeroBefore(t *testing.T, path string, n int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	from := max(info.Size()-20-n, 0)
	if _, err := f.WriteAt(make([]byte, info.Size()-20-from), from); err != nil {
		t.Fatal(err)
	}
}
