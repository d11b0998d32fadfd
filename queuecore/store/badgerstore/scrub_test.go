package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A table that is damaged while the store is open is found, and not made into
// another one.
func TestScrub(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	for i := range 100 {
		put(t, s, fmt.Sprintf("key%02d", i), fmt.Sprintf("value number %02d", i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	s, err := openKept(dir, Options{Log: slog.New(slog.NewTextHandler(&lines, nil)), KeepEvery: -1, Advice: "ask", tune: small})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.scrub(time.Minute); strings.Contains(lines.String(), "damaged") {
		t.Fatal(&lines)
	}
	damage(t, dir, "value number 42")
	if s.scrub(time.Minute); !strings.Contains(lines.String(), "000001.sst: at byte 0") || !strings.Contains(lines.String(), "ask") {
		t.Errorf("logged: %s", &lines)
	}
	if err := s.reclaim(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("reclaim: %v, want ErrCorrupt", err)
	}
	if _, err := s.Get([]byte("key42")); !errors.Is(err, ErrCorrupt) || !strings.HasSuffix(err.Error(), "; ask") {
		t.Errorf("Get: %v", err)
	}
	wantGet(t, s, "key41", "value number 41")
}

// lineChan hands on what is logged.
type lineChan chan string

func (c lineChan) Write(line []byte) (int, error) {
	c <- string(line)
	return len(line), nil
}

// A table that opening had no time for is checked right after it; its index is
// checked before.
func TestCheckedAfterOpening(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	for i := range 100 {
		put(t, s, fmt.Sprintf("key%02d", i), fmt.Sprintf("value number %02d", i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, dir, "value number 42")
	lines := make(lineChan, 100)
	o := Options{Log: slog.New(slog.NewTextHandler(lines, nil)), KeepEvery: time.Hour, Advice: "ask", tune: small, checkFor: -1}
	s, err := openKept(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		if strings.Contains(line, "all tables are checked") {
			t.Fatal("nothing was found")
		}
		if strings.Contains(line, "level=ERROR") && strings.Contains(line, "a block is damaged") && strings.Contains(line, "ask") {
			break
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o.checkFor = 0
	if _, err := openKept(dir, o); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open with time to check: %v, want ErrCorrupt", err)
	}
	table, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	flipLast(t, table[0])
	o.checkFor = -1
	if _, err := openKept(dir, o); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open with a damaged index: %v, want ErrCorrupt", err)
	}
}

// Each bit of a block and of a log record can be set right, and the check is not
// fooled by two.
func TestMendBit(t *testing.T) {
	for _, n := range []int{1, 2, 40, 5000} {
		whole := rotBody("mend", n)
		sum := checksum(nil, whole)
		for bit := 0; bit < 8*n; bit += 1 + n/16 {
			hurt := bytes.Clone(whole)
			hurt[bit/8] ^= 1 << (bit % 8)
			if !mendBit(hurt, sum) || !bytes.Equal(hurt, whole) {
				t.Fatalf("bit %d of %d bytes", bit, n)
			}
			hurt[0] ^= 1
			hurt[n-1] ^= 2
			if mendBit(hurt, sum) && !bytes.Equal(hurt, whole) && checksum(nil, hurt) != sum {
				t.Fatalf("two bits of %d bytes were mended wrong", n)
			}
		}
	}
}
