package lazyfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
)

// drive works on a disk without a mount, by names in its root.
type drive struct {
	*disk
	t *testing.T
}

func newDrive(t *testing.T, o Options) drive {
	t.Helper()
	o.Backing = t.TempDir()
	d, err := newDisk(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return drive{d, t}
}

func (d drive) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d drive) make(name string) *node {
	d.t.Helper()
	n, err := d.create(rootNumber, name, 0o600)
	d.must(err)
	return n
}

func (d drive) write(n *node, off int64, text string) {
	d.t.Helper()
	d.must(n.writeAt([]byte(text), off))
	n.touched()
}

func (d drive) text(name string) string {
	d.t.Helper()
	n, err := d.lookUp(rootNumber, name)
	if err != nil {
		return err.Error()
	}
	b := make([]byte, n.size)
	_, err = n.readAt(b, 0)
	d.must(err)
	return string(b)
}

func (d drive) power() {
	d.t.Helper()
	d.freeze()
	d.must(d.cut())
}

const gone = "no such file or directory"

// What is durable after a cut, by what was synced before it.
func TestWhatSurvives(t *testing.T) {
	type want struct{ strict, journaled string }
	tests := []struct {
		name string
		do   func(drive)
		file string
		want want
	}{
		{"nothing synced", func(d drive) { d.write(d.make("a"), 0, "x") }, "a", want{gone, gone}},
		{"file synced, directory not", func(d drive) {
			a := d.make("a")
			d.write(a, 0, "x")
			d.must(d.sync(a.number, true))
		}, "a", want{gone, "x"}},
		{"directory synced, file not", func(d drive) {
			d.write(d.make("a"), 0, "x")
			d.must(d.syncDir(rootNumber))
		}, "a", want{"", ""}},
		{"another file synced", func(d drive) {
			d.make("a")
			d.must(d.sync(d.make("b").number, true))
		}, "a", want{gone, ""}},
		{"written again", func(d drive) {
			d.write(d.old("a", "old"), 0, "new")
		}, "a", want{"old", "old"}},
		{"written again and synced", func(d drive) {
			a := d.old("a", "old")
			d.write(a, 1, "new")
			d.must(d.sync(a.number, true))
		}, "a", want{"onew", "onew"}},
		{"shortened", func(d drive) { d.resize(d.old("a", "old"), 1) }, "a", want{"old", "old"}},
		{"shortened, made longer and synced", func(d drive) {
			a := d.old("a", "old")
			d.resize(a, 1)
			d.resize(a, 3)
			d.must(d.sync(a.number, false))
		}, "a", want{"o\x00\x00", "o\x00\x00"}},
		{"shortened, another file synced", func(d drive) {
			d.resize(d.old("a", "old"), 1)
			d.must(d.sync(d.make("b").number, true))
		}, "a", want{"old", "o"}},
		{"made longer and written, another file synced", func(d drive) {
			a := d.old("a", "old")
			d.resize(a, 5)
			d.write(a, 0, "new")
			d.must(d.sync(d.make("b").number, true))
		}, "a", want{"old", "old\x00\x00"}},
		{"renamed", func(d drive) {
			d.old("a", "old")
			d.must(d.rename(rootNumber, "a", rootNumber, "b"))
		}, "a", want{"old", "old"}},
		{"renamed, directory synced", func(d drive) {
			d.old("a", "old")
			d.must(d.rename(rootNumber, "a", rootNumber, "b"))
			d.must(d.syncDir(rootNumber))
		}, "b", want{"old", "old"}},
		{"renamed over another", func(d drive) {
			d.old("b", "old")
			a := d.make("a")
			d.write(a, 0, "new")
			d.must(d.sync(a.number, false))
			d.must(d.rename(rootNumber, "a", rootNumber, "b"))
		}, "b", want{"old", "old"}},
		{"removed", func(d drive) {
			d.old("a", "old")
			d.must(d.remove(rootNumber, "a", false))
		}, "a", want{"old", "old"}},
		{"removed, a new file synced", func(d drive) {
			d.old("a", "old")
			d.must(d.remove(rootNumber, "a", false))
			d.must(d.sync(d.make("b").number, true))
		}, "a", want{"old", gone}},
		{"linked", func(d drive) {
			_, err := d.link(d.old("a", "old").number, rootNumber, "b")
			d.must(err)
			d.must(d.syncDir(rootNumber))
			d.must(d.remove(rootNumber, "a", false))
			d.must(d.syncDir(rootNumber))
		}, "b", want{"old", "old"}},
	}
	for _, tt := range tests {
		for names, want := range map[Names]string{Strict: tt.want.strict, Journaled: tt.want.journaled} {
			t.Run(fmt.Sprint(tt.name, ", ", names), func(t *testing.T) {
				d := newDrive(t, Options{Names: names})
				tt.do(d)
				d.power()
				if got := d.text(tt.file); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
	}
}

// old makes a file that is durable.
func (d drive) old(name, text string) *node {
	d.t.Helper()
	n := d.make(name)
	d.write(n, 0, text)
	d.must(d.sync(n.number, false))
	d.must(d.syncDir(rootNumber))
	return n
}

// A sync that meets the cut waits until its caller has been killed, and changes nothing.
func TestNoSyncAfterFreeze(t *testing.T) {
	d := newDrive(t, Options{})
	a := d.old("a", "old")
	d.write(a, 0, "new")
	d.stop = func(e Event) bool { return e == Event{Created, "b"} }
	d.make("b")
	<-d.frozen
	failed := make(chan error)
	// Both end when the syncs are released.
	go func() { failed <- d.sync(a.number, true) }()
	go func() { failed <- d.syncDir(rootNumber) }()
	close(d.release)
	for range 2 {
		if err := <-failed; err != syscall.EIO {
			t.Errorf("sync after the cut: %v", err)
		}
	}
	d.must(d.cut())
	if got := d.text("a") + d.text("b"); got != "old"+gone {
		t.Errorf("after the cut: %q", got)
	}
}

// Files behave as byte slices, and are after a cut what they were at their last
// sync; with a journal they may have another length.
func TestContentIsBytes(t *testing.T) {
	for _, names := range []Names{Strict, Journaled, Unordered} {
		t.Run(names.String(), func(t *testing.T) { contentIsBytes(t, names) })
	}
}

func contentIsBytes(t *testing.T, names Names) {
	const most = 30_000
	rnd := rand.New(rand.NewPCG(1, 2))
	d := newDrive(t, Options{Names: names})
	a, b := d.old("a", ""), d.old("b", "")
	var now, durable []byte
	var sizes []int
	resized := func(b []byte, n int) []byte {
		return append(b[:min(n, len(b)):min(n, len(b))], make([]byte, max(0, n-len(b)))...)
	}
	for range 4000 {
		switch rnd.IntN(10) {
		case 0, 1:
			n := rnd.IntN(most)
			d.resize(a, int64(n))
			now, sizes = resized(now, n), append(sizes, n)
		case 2:
			d.must(d.sync(a.number, true))
			durable, sizes = slices.Clone(now), nil
		case 3:
			d.must(d.sync(b.number, false))
			for _, n := range sizes {
				if names == Journaled {
					durable = resized(durable, n)
				}
			}
			sizes = nil
		case 4:
			d.power()
			now, sizes = slices.Clone(durable), nil
		default:
			off, text := rnd.IntN(most), bytes.Repeat([]byte{byte(rnd.Uint32())}, 1+rnd.IntN(6000))
			d.write(a, int64(off), string(text))
			now = resized(now, max(len(now), off+len(text)))
			copy(now[off:], text)
		}
		from := rnd.IntN(most)
		want := now[min(from, len(now)):min(from+5000, len(now))]
		got := bytes.Repeat([]byte{0xee}, 5000)
		n, err := a.readAt(got, int64(from))
		d.must(err)
		if !bytes.Equal(got[:n], want) || a.size != int64(len(now)) {
			t.Fatalf("read %d bytes at %d of %d, want %d bytes of %d", n, from, a.size, len(want), len(now))
		}
	}
}

// A torn cut leaves of each sector what it was or what it became, and over many
// cuts both, within one page.
func TestTear(t *testing.T) {
	const size = 6 * pageSize
	var none, some, all, withinPage int
	for seed := range uint64(200) {
		d := newDrive(t, Options{Torn: true, Seed: seed})
		a := d.old("a", string(bytes.Repeat([]byte{'o'}, size)))
		d.write(a, 0, string(bytes.Repeat([]byte{'n'}, size)))
		d.power()
		text := d.text("a")
		kept := 0
		for at := 0; at < size; at += 512 {
			sector := text[at : at+512]
			switch sector {
			case string(bytes.Repeat([]byte{'o'}, 512)):
			case string(bytes.Repeat([]byte{'n'}, 512)):
				kept++
			default:
				t.Fatalf("a sector is neither old nor new: %q", sector)
			}
			if at%pageSize > 0 && text[at] != text[at-1] {
				withinPage++
			}
		}
		switch kept {
		case 0:
			none++
		case size / 512:
			all++
		default:
			some++
		}
	}
	if none == 0 || some == 0 || all == 0 || withinPage == 0 {
		t.Errorf("kept nothing %d times, some %d, all %d; torn pages: %d", none, some, all, withinPage)
	}
}

// A torn cut keeps the first changes of names or, without order, any.
func TestTornNames(t *testing.T) {
	for _, names := range []Names{Strict, Journaled, Unordered} {
		gaps, partial := 0, 0
		for seed := range uint64(100) {
			d := newDrive(t, Options{Torn: true, Seed: seed, Names: names})
			for i := range 10 {
				d.make(fmt.Sprint(i))
			}
			d.power()
			n := len(d.nodes[rootNumber].entries)
			if n > 0 && n < 10 {
				partial++
			}
			for i := range n {
				if d.nodes[rootNumber].entries[fmt.Sprint(i)] == nil {
					gaps++
					break
				}
			}
		}
		if partial == 0 || (gaps > 0) != (names == Unordered) {
			t.Errorf("%s: kept a part %d times, with gaps %d times", names, partial, gaps)
		}
	}
}
