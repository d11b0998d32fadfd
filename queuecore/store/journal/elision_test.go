package journal

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// listening is a store that notes what it is given.
type listening struct {
	store.Store
	heard []string
}

func (l *listening) Write(b *store.Batch) error {
	for _, op := range b.Ops {
		if op.Delete {
			l.heard = append(l.heard, "-"+string(op.Key))
		} else {
			l.heard = append(l.heard, string(op.Key)+"="+string(op.Value))
		}
	}
	return l.Store.Write(b)
}

// The steps between two segments, and what the store below hears of all: "|" turns,
// "!" hands on what is frozen.
func TestHandedOn(t *testing.T) {
	for name, x := range map[string]struct{ steps, heard []string }{
		"comes and goes":                {[]string{"a:1", "-a"}, nil},
		"in one batch":                  {[]string{"a:1 -a b=1 b=2"}, []string{"b=2"}},
		"comes, changes and goes":       {[]string{"a:1", "a=2", "-a"}, nil},
		"comes again":                   {[]string{"a:1", "-a", "a:2"}, []string{"a=2"}},
		"goes again":                    {[]string{"a:1", "-a", "a=2", "-a"}, []string{"-a"}},
		"not fresh":                     {[]string{"a=1", "-a"}, []string{"-a"}},
		"was below":                     {[]string{"a:1", "|", "!", "-a"}, []string{"a=1", "-a"}},
		"was below and is fresh again":  {[]string{"a:1", "|", "!", "-a", "a:2", "-a"}, []string{"a=1", "-a"}},
		"goes while it waits":           {[]string{"a:1", "|", "-a"}, nil},
		"goes and comes while it waits": {[]string{"a:1", "|", "-a a:2"}, []string{"a=2"}},
		"goes two segments later":       {[]string{"a:1", "|", "b=1", "|", "-a"}, []string{"b=1"}},
		"changes in each":               {[]string{"a:1", "|", "a=2", "|", "a=3", "|", "-a"}, nil},
		"fresh behind its removal":      {[]string{"a:1", "|", "!", "-a", "|", "a:2", "|", "-a"}, []string{"a=1", "-a"}},
		"was below, and two segments":   {[]string{"a:1", "|", "!", "a=2", "|", "-a"}, []string{"a=1", "-a"}},
	} {
		t.Run(name, func(t *testing.T) {
			below := memstore.New()
			l := &listening{Store: below}
			o := small()
			o.Segments = 8 // of which five wait
			s := openWith(t, t.TempDir(), l, o)
			want := make(map[string]string)
			for _, step := range x.steps {
				switch step {
				case "|":
					turn(t, s)
				case "!":
					handOn(s)
				default:
					write(t, s, words(step)...)
					do(want, batch(words(step)...))
				}
			}
			must(t, s.Close())
			if !slices.Equal(l.heard, x.heard) {
				t.Errorf("the store below heard %q, want %q", l.heard, x.heard)
			}
			equalMaps(t, content(t, below.Crash()), want)
		})
	}
}

// A generation has its keys from nobody: the memory of those that it has superseded is
// used again before its own.
func TestKeysOfItsOwn(t *testing.T) {
	o := small()
	o.Segments = 8
	s := openWith(t, t.TempDir(), memstore.New(), o)
	want := map[string]string{"a": "2"}
	write(t, s, "a=1")
	turn(t, s)
	write(t, s, "a=2")
	must(t, s.Sync())
	handOn(s)
	turn(t, s)
	for i := range 4 * 4 {
		b := batch(fmt.Sprintf("b%02d=%s", i, filler(i)))
		must(t, s.Write(b))
		do(want, b)
	}
	if len(s.unsettled()) < 4 {
		t.Error("what replaced the key does not wait any more")
	}
	equalMaps(t, content(t, s), want)
	must(t, s.Close())
}

// Reading back elides nothing: an earlier process may have handed the key on.
func TestReadBackWhole(t *testing.T) {
	dir, below := t.TempDir(), memstore.New()
	s := open(t, dir, below)
	write(t, s, "a:1")
	write(t, s, "-a", "b:1")
	left := image(t, dir)
	must(t, s.Close())
	old := memstore.New()
	write(t, old, "a=1")
	l := &listening{Store: old}
	s = open(t, left, l)
	wantContent(t, s, "b=1")
	if want := []string{"a=1", "-a", "b=1"}; !slices.Equal(l.heard, want) {
		t.Errorf("the store below heard %q, want %q", l.heard, want)
	}
	must(t, s.Close())
}

// What a power cut takes must not have replaced what was on disk.
func TestNewerNotSynced(t *testing.T) {
	for _, newer := range []string{"-a", "a=2"} {
		dir, below := t.TempDir(), memstore.New()
		s := open(t, dir, below)
		write(t, s, "a:1")
		turn(t, s)
		write(t, s, "b=1")
		must(t, s.Sync())
		end := s.segment.end
		write(t, s, newer)
		handOn(s)
		left, last, disk := image(t, dir), s.path(""), below.Crash()
		must(t, s.Close())
		must(t, os.Truncate(left+"/"+last, end))
		s = open(t, left, disk)
		wantContent(t, s, "a=1", "b=1")
		must(t, s.Close())
	}
}
