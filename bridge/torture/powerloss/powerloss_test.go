package powerloss

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

var (
	cuts = flag.Int("cuts", defaultCuts, "how often to cut the power, in each way")
	seed = flag.Uint64("seed", 0, "of when the power is cut and what the disk keeps; 0: a new one")
)

// The test is its own child.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		children := map[string]func(context.Context, string, io.Reader, io.Writer) error{"child": Child, "server": serverChild}
		if child := children[os.Args[1]]; child != nil {
			if err := child(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	flag.Parse()
	os.Exit(m.Run())
}

// cut runs o with one of the children of TestMain and skips the test where file systems cannot be mounted.
func cut(t *testing.T, child string, o Options) (*Report, error) {
	t.Helper()
	if err := lazyfs.Available(); err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "powerloss-")
	if err != nil {
		t.Fatal(err)
	}
	if o.Seed = *seed; o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	if o.Cuts == 0 {
		o.Cuts = *cuts
	}
	o.Dir, o.Log = dir, t.Logf
	o.Child = func(arg string) *exec.Cmd { return exec.Command(os.Args[0], child, arg) }
	r, err := Run(context.Background(), o)
	t.Logf("the same again: -seed %d -cuts %d\n%s", o.Seed, o.Cuts, r)
	if errors.Is(err, ErrRefused) {
		t.Logf("what was durable is in %s", dir)
	} else if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
	return r, err
}

// With a sync before each confirmation no cut breaks a promise.
func TestAlways(t *testing.T) {
	for _, names := range []lazyfs.Names{lazyfs.Journaled, lazyfs.Strict} {
		for _, torn := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,torn=%t", names, torn), func(t *testing.T) {
				r, err := cut(t, "child", Options{Names: names, Torn: torn})
				if names == lazyfs.Strict && errors.Is(err, ErrRefused) && strings.Contains(err.Error(), "the table is missing, and no log holds commit") {
					// A name that badger did not sync: the store cannot always tell that the
					// log still has all that the table had.
					t.Logf("refused rather than opened: %v", err)
					if err := r.Broken.Err(); err != nil {
						t.Fatal(err)
					}
					return
				}
				if err := errors.Join(err, r.Broken.Err()); err != nil {
					t.Fatal(err)
				}
				if r.Cuts != *cuts || r.Confirmed.Sent == 0 || r.Recovered == 0 {
					t.Error("nothing was shown")
				}
			})
		}
	}
}

// Where a cut keeps the removal of a file and not the name that came before it,
// badger may remove a log whose table is lost. The store must say so then, and not
// open as if nothing was missing.
func TestUnordered(t *testing.T) {
	r, err := cut(t, "child", Options{Names: lazyfs.Unordered, Torn: true})
	if errors.Is(err, ErrRefused) && strings.Contains(err.Error(), badgerstore.ErrCorrupt.Error()) {
		t.Logf("the store says what it has lost: %v", err)
		err = nil
	}
	if err := errors.Join(err, r.Broken.Err()); err != nil {
		t.Fatal(err)
	}
}

// With a sync every so often a cut loses the last sends and acks, and nothing else: no
// transaction is torn, and no send is lost while a later one is there.
func TestInterval(t *testing.T) {
	r, err := cut(t, "child", Options{Names: lazyfs.Journaled, Torn: true, Work: Work{Interval: true}})
	if err != nil {
		t.Fatal(err)
	}
	b := r.Broken
	if b.Torn+b.Twice+b.Damaged+b.Holes > 0 {
		t.Error(b.Err())
	}
	t.Logf("with an interval, %d of %d confirmed sends were lost and %d of %d acked messages came back",
		b.Lost, r.Confirmed.Sent, b.Back, r.Confirmed.Acked+r.Confirmed.Moved)
}

// A store that does not sync is found out.
func TestForgetfulStoreIsFoundOut(t *testing.T) {
	r, err := cut(t, "child", Options{Cuts: 4, Work: Work{Forget: true}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Broken.Lost == 0 {
		t.Error("no send was lost")
	}
}
