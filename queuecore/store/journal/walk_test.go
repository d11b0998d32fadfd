package journal

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// fn may call the store, also where nothing stands below: the flusher then
// waits for no walk.
func TestWalkCallsStore(t *testing.T) {
	s := open(t, t.TempDir(), memstore.New())
	write(t, s, "a=1", "b=1")
	must(t, s.Load(nil, func(k, _ []byte) error {
		for i := range 4 * small().Segments {
			write(t, s, fmt.Sprintf("c%d=%s", i, filler(i)))
		}
		must(t, s.Settle())
		return s.Load(k, func(k, v []byte) error { return nil })
	}))
	must(t, s.Close())
}

// A walk shows what was there when it began, however often the segments that it
// reads in are used again meanwhile.
func TestWalkOverReuse(t *testing.T) {
	s := open(t, t.TempDir(), memstore.New())
	for i := range 30 {
		write(t, s, fmt.Sprintf("k%02d=%s", i, filler(i)))
	}
	write(t, s, "-k00", "k01=new")
	want := content(t, s)
	n := 0
	got := make(map[string]string)
	must(t, s.Load(nil, func(k, v []byte) error {
		for range 5 {
			n++
			write(t, s, fmt.Sprintf("k%02d=%s", n%30, filler(n+1)), fmt.Sprintf("k%02dx=%s", n%30, filler(n+2)), fmt.Sprintf("-k%02d", (n+11)%30))
		}
		got[string(k)] = string(v)
		return nil
	}))
	equalMaps(t, got, want)
	if s.segment.header.number < 20 {
		t.Errorf("only %d segments were begun", s.segment.header.number)
	}
	must(t, s.Close())
}

// A walk whose turn below comes late does not show what was written since it began.
func TestWalkBeginsLate(t *testing.T) {
	below := memstore.New()
	late := &lateLoad{Store: below, entered: make(chan struct{}), on: make(chan struct{})}
	s := open(t, t.TempDir(), late)
	write(t, s, "a=1")
	must(t, s.Settle())
	write(t, s, "b=1")
	got := make(chan map[string]string, 1)
	// Ends when late.on is closed, below.
	go func() { got <- content(t, s) }()
	<-late.entered
	write(t, s, "c=1", "-a")
	turn(t, s)
	s.flusher.hasten()
	for range 1000 {
		runtime.Gosched() // if the flusher did not wait, it would have handed that on
	}
	close(late.on)
	equalMaps(t, <-got, map[string]string{"a": "1", "b": "1"})
	must(t, s.Settle())
	wantContent(t, s, "b=1", "c=1")
	must(t, s.Close())
}

// lateLoad is a store of which the first Load waits.
type lateLoad struct {
	store.Store
	entered, on chan struct{}
}

func (l *lateLoad) Load(prefix []byte, fn func(k, v []byte) error) error {
	select {
	case <-l.on:
	default:
		close(l.entered)
		<-l.on
	}
	return l.Store.Load(prefix, fn)
}

// Skips lead over what stands in the journal and below.
func TestWalkSkips(t *testing.T) {
	s := open(t, t.TempDir(), memstore.New())
	write(t, s, "a=1", "b=1", "d=1", "f=1")
	must(t, s.Settle())
	write(t, s, "b1=2", "c=2", "d=2", "e=2", "g=2", "-f")
	for _, x := range []struct{ at, to, want string }{
		{"a", "d", "a=1 d=2 e=2 g=2 "},
		{"b1", "e", "a=1 b=1 b1=2 e=2 g=2 "},
		{"b", "f", "a=1 b=1 g=2 "},
		{"e", "z", "a=1 b=1 b1=2 c=2 d=2 e=2 "},
	} {
		got := ""
		must(t, s.Load(nil, func(k, v []byte) error {
			got += fmt.Sprintf("%s=%s ", k, v)
			if string(k) == x.at {
				return &store.SkipTo{Key: []byte(x.to)}
			}
			return nil
		}))
		if got != x.want {
			t.Errorf("from %s to %s: %q, want %q", x.at, x.to, got, x.want)
		}
	}
	stop := errors.New("enough")
	if err := s.Load([]byte("g"), func(_, _ []byte) error { return stop }); err != stop {
		t.Errorf("Load: %v", err)
	}
	must(t, s.Close())
}
