package powerloss_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
	"github.com/sluicemq/sluice/bridge/torture/powerloss"
)

var (
	cuts = flag.Int("cuts", 5, "how often to cut the power, in each way")
	seed = flag.Uint64("seed", 0, "of when the power is cut and what the disk keeps; 0: a new one")
)

// The test is its own child.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "child" {
		if err := powerloss.Child(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// cut runs o and skips the test where file systems cannot be mounted.
func cut(t *testing.T, o powerloss.Options) (*powerloss.Report, error) {
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
	o.Child = func(arg string) *exec.Cmd { return exec.Command(os.Args[0], "child", arg) }
	r, err := powerloss.Run(context.Background(), o)
	t.Logf("the same again: -seed %d -cuts %d\n%s", o.Seed, o.Cuts, r)
	if errors.Is(err, powerloss.ErrRefused) {
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
				r, err := cut(t, powerloss.Options{Names: names, Torn: torn})
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

// With a sync every so often a cut loses the last sends and acks, and nothing else: no
// transaction is torn, and no send is lost while a later one is there.
func TestInterval(t *testing.T) {
	r, err := cut(t, powerloss.Options{Names: lazyfs.Journaled, Torn: true, Work: powerloss.Work{Interval: true}})
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
	r, err := cut(t, powerloss.Options{Cuts: 4, Work: powerloss.Work{Forget: true}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Broken.Lost == 0 {
		t.Error("no send was lost")
	}
}
