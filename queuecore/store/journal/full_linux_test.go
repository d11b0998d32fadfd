package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// On a full disk, writes go on in the segments that have their blocks. A batch for which one
// would have to grow has not been done, also when what follows stands in its place.
func TestFullDisk(t *testing.T) {
	disk := storetest.SmallDisk(t, 1<<20)
	dir, below := filepath.Join(disk, "data"), memstore.New()
	must(t, os.Mkdir(dir, 0o700))
	s := open(t, dir, below)
	write(t, s, "a=1")
	turn(t, s)
	awaitSpare(s)
	foreign := storetest.FillUp(t, disk, 0)
	want := map[string]string{"a": "1"}
	for i := range 20 {
		b := batch(fmt.Sprintf("b%02d=%s", i, filler(i)))
		must(t, s.Write(b))
		do(want, b)
	}
	turn(t, s)
	large := batch("c=1", "d="+strings.Repeat("x", 5<<10))
	for range 2 {
		if err := s.Write(large); !errors.Is(err, store.ErrNoSpace) {
			t.Fatalf("Write: %v", err)
		}
	}
	b := batch("e=1")
	must(t, s.Write(b), s.Sync())
	do(want, b)
	equalMaps(t, content(t, s), want)
	left := image(t, dir)
	must(t, os.Remove(foreign))
	again := open(t, left, below.Crash())
	equalMaps(t, content(t, again), want)
	must(t, again.Close())
	must(t, s.Write(large))
	do(want, large)
	equalMaps(t, content(t, s), want)
	must(t, s.Close())
}

// Without space for a second segment the first one fills up, and there is one as soon as
// there is space. Without space for the first one the journal does not open.
func TestNoSegment(t *testing.T) {
	disk := storetest.SmallDisk(t, 1<<20)
	dir, below := filepath.Join(disk, "data"), memstore.New()
	must(t, os.Mkdir(dir, 0o700))
	o := small()
	o.SegmentBytes, o.MaxBatch = 600<<10, 8<<10
	s := openWith(t, dir, below, o)
	n := 0
	for ; ; n++ {
		err := s.Write(batch(fmt.Sprintf("%04d=%s", n, filler(n))))
		if errors.Is(err, store.ErrNoSpace) {
			break
		}
		must(t, err)
	}
	if n < 600 {
		t.Errorf("%d records were written", n)
	}
	if err := s.Room(); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("Room: %v", err)
	}
	must(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=8388608"))
	awaitSpare(s)
	must(t, s.Room(), s.Write(batch("after=1")), s.Sync(), s.Close())
	if got := len(content(t, below.Crash())); got != n+1 {
		t.Errorf("%d of %d are there", got, n+1)
	}
	foreign := storetest.FillUp(t, disk, 0)
	if _, err := Open(dir, memstore.New(), o); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("Open: %v", err)
	}
	must(t, os.Remove(foreign))
	s = openWith(t, dir, below.Crash(), o)
	must(t, s.Close())
}
