package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// choosy is a store without room for one key.
type choosy struct {
	store.Store
	key  string
	seen chan struct{} // told of each refusal
}

func (c *choosy) Write(b *store.Batch) error {
	for _, op := range b.Ops {
		if string(op.Key) == c.key {
			select {
			case c.seen <- struct{}{}:
			default:
			}
			return fmt.Errorf("too large for what is left: %w", store.ErrNoSpace)
		}
	}
	return c.Store.Write(b)
}

// What a store takes that had no room for something older must not count: the journal
// keeps all from there on.
func TestNothingOvertakes(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	c := &choosy{below, "a", make(chan struct{}, 1)}
	s := open(t, dir, c)
	write(t, s, "a=1")
	turn(t, s)
	write(t, s, "b=1")
	s.flusher.hasten()
	<-c.seen
	must(t, s.Close())
	s = open(t, dir, below.Crash())
	wantContent(t, s, "a=1", "b=1")
	must(t, s.Close())
}

// Writes go on without room below until the segments are full, and by themselves once there
// is some. Settle does not wait for it: who could make room may be who asks.
func TestNoRoomBelow(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	f := storetest.NewFailing(below)
	f.FailWrite(storetest.Fault{Times: -1, Err: fmt.Errorf("full: %w", store.ErrNoSpace)})
	s := open(t, dir, f)
	n := 0
	for ; ; n++ {
		err := s.Write(batch(fmt.Sprintf("%04d=%s", n, filler(n))))
		if errors.Is(err, store.ErrNoSpace) && !errors.Is(err, store.ErrFailed) {
			break
		}
		must(t, err)
	}
	if most := 4 * small().Segments; n > most || n < most-4 {
		t.Errorf("%d writes found room, want as many as fit in the segments: %d", n, most)
	}
	if err := s.Settle(); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("Settle: %v", err)
	}
	if err := s.Room(); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("Room: %v", err)
	}
	must(t, s.Sync())
	if got := len(content(t, s)); got != n {
		t.Errorf("%d of %d are there", got, n)
	}
	waits := s.unsettled()
	f.Heal()
	<-waits[0]
	must(t, s.Write(batch("after=1")), s.Room(), s.Close())
	s = open(t, dir, below.Crash())
	if got := len(content(t, s)); got != n+1 {
		t.Errorf("%d of %d are there", got, n+1)
	}
	must(t, s.Close())
}

// A store that is closed while there is no room leaves its files to the next one.
func TestCloseWithoutRoom(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	f := storetest.NewFailing(below)
	f.FailWrite(storetest.Fault{Times: -1, Err: store.ErrNoSpace})
	s := open(t, dir, f)
	write(t, s, "a=1", "b=1")
	turn(t, s)
	write(t, s, "-a", "c=1")
	must(t, s.Close())
	wantContent(t, below.Reopen())
	s = open(t, dir, below.Crash())
	wantContent(t, s, "b=1", "c=1")
	must(t, s.Close())
	wantNoFiles(t, dir)
}

func wantNoFiles(tb testing.TB, dir string) {
	tb.Helper()
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		tb.Errorf("left after closing: %q", left)
	}
}

// A store below that fails ends all writing, and what is in the journal stays there.
func TestFailureBelow(t *testing.T) {
	for name, fail := range map[string]func(*storetest.Failing){
		"write": func(f *storetest.Failing) { f.FailWrite(storetest.Fault{}) },
		"sync":  func(f *storetest.Failing) { f.FailSync(storetest.Fault{}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, below := t.TempDir(), memstore.New()
			f := storetest.NewFailing(below)
			s := open(t, dir, f)
			fail(f)
			write(t, s, "a=1")
			if err := s.Settle(); !errors.Is(err, store.ErrFailed) || !errors.Is(err, storetest.ErrInjected) {
				t.Errorf("Settle: %v", err)
			}
			for range 2 {
				if err := s.Write(batch("b=1")); !errors.Is(err, store.ErrFailed) {
					t.Errorf("Write: %v", err)
				}
				if err := s.Sync(); !errors.Is(err, store.ErrFailed) {
					t.Errorf("Sync: %v", err)
				}
			}
			wantContent(t, s, "a=1")
			must(t, s.Close())
			s = open(t, dir, below.Crash())
			wantContent(t, s, "a=1")
			must(t, s.Close())
		})
	}
}

// A failure stays, whatever else goes wrong behind it.
func TestFailureStays(t *testing.T) {
	b := trouble{news: make(chan struct{})}
	b.say(store.ErrNoSpace)
	news, _ := b.look()
	if b.stuck() == nil || b.failure() != nil {
		t.Errorf("without space: %v", b.now())
	}
	b.say(os.ErrPermission)
	<-news
	b.say(store.ErrNoSpace)
	b.clear()
	if b.stuck() != nil || !errors.Is(b.failure(), store.ErrFailed) || !errors.Is(b.failure(), os.ErrPermission) {
		t.Errorf("after a failure: %v", b.now())
	}
}

// A failed sync of the journal is final, since the kernel may have dropped the pages.
func TestFailedSync(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	s := open(t, dir, below)
	write(t, s, "a=1")
	must(t, s.Sync())
	sync, broken := s.sync, true
	s.sync = func(f *os.File) error {
		if broken {
			broken = false
			return os.ErrInvalid
		}
		return sync(f)
	}
	write(t, s, "b=1")
	for range 2 {
		if err := s.Sync(); !errors.Is(err, store.ErrFailed) {
			t.Errorf("Sync: %v", err)
		}
		if err := s.Write(batch("c=1")); !errors.Is(err, store.ErrFailed) {
			t.Errorf("Write: %v", err)
		}
		if err := s.Settle(); !errors.Is(err, store.ErrFailed) {
			t.Errorf("Settle: %v", err)
		}
	}
	must(t, s.Close())
	if len(content(t, below.Reopen())) != 0 {
		t.Error("what may not be on disk was handed on")
	}
	s = open(t, dir, below.Crash())
	wantContent(t, s, "a=1", "b=1")
	must(t, s.Close())
}

// A segment counts as applied once the store below has it on disk, and not before.
func TestAppliedOnceSynced(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	f := storetest.NewFailing(below)
	gate := f.HoldSync()
	s := open(t, dir, f)
	write(t, s, "a=1")
	turn(t, s)
	s.flusher.hasten()
	<-gate.Reached
	left, disk := image(t, dir), below.Crash()
	gate.Open()
	must(t, s.Close())
	s = open(t, left, disk)
	wantContent(t, s, "a=1")
	must(t, s.Close())
}
