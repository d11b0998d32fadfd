package powerloss

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
)

// Options say what to run, and how often to cut the power.
type Options struct {
	// Dir is an empty directory for everything; the caller removes it.
	Dir  string
	Cuts int
	// Seed is of all choices. The same seed makes the same choices; what the
	// processes do meanwhile is not the same twice.
	Seed uint64
	// Work is what the child does and how.
	Work Work
	// Names and Torn are those of the file system.
	Names lazyfs.Names
	Torn  bool
	// Child returns a command that calls Child with arg in a process of its own.
	Child func(arg string) *exec.Cmd
	// Log gets a line for each cut. Nil: nobody does.
	Log func(format string, args ...any)
}

// Work says what the child does.
type Work struct {
	// Interval confirms before the sync, which comes every 50 ms. A cut then loses what was
	// confirmed in between.
	Interval bool
	// Forget answers each Sync of the store without doing it: a broken store,
	// to show that Run sees one.
	Forget bool
}

// Report says what Run has seen.
type Report struct {
	Cuts      int
	Recovered int // times that a child has opened what a cut had left
	Clean     int // cuts that came after the child had closed its store
	Confirmed Confirmed
	Broken    Broken
	Disk      lazyfs.Counts
	// Moments counts the cuts by what the store had just done.
	Moments map[string]int
	// Said counts what the stores warned of, such as what they mended when they were opened.
	Said map[string]int
}

// Confirmed counts what was confirmed, by messages.
type Confirmed struct{ Sent, Acked, Moved, Delivered int }

// Broken counts the promises that were broken, by messages.
type Broken struct {
	Lost    int // confirmed, and neither there nor acked
	Back    int // there after a confirmed ack
	Torn    int // without the rest of their transaction
	Twice   int // there more than once
	Damaged int // there, and never sent so
	Holes   int // lost, while the same producer's later send is there
	// Examples says which, for the first of them.
	Examples []string
}

const maxExamples = 20

// count counts one broken promise.
func (b *Broken) count(what *int, format string, args ...any) {
	if *what++; len(b.Examples) < maxExamples {
		b.Examples = append(b.Examples, fmt.Sprintf(format, args...))
	}
}

// Err returns nil if no promise was broken.
func (b *Broken) Err() error {
	if b.Lost+b.Back+b.Torn+b.Twice+b.Damaged+b.Holes == 0 {
		return nil
	}
	return fmt.Errorf("promises broken: %s, among them:\n%s", b, strings.Join(b.Examples, "\n"))
}

// String returns the counts in one line.
func (b *Broken) String() string {
	return fmt.Sprintf("%d lost, %d back, %d torn, %d twice, %d damaged, %d holes",
		b.Lost, b.Back, b.Torn, b.Twice, b.Damaged, b.Holes)
}

// String returns the report in a few lines.
func (r *Report) String() string {
	c, d := r.Confirmed, r.Disk
	return fmt.Sprintf("%d cuts, %d recoveries, %d cuts after a clean end\n"+
		"confirmed: %d sends, %d acks, %d moves; %d deliveries\n"+
		"broken: %s\n"+
		"disk: %d syncs, %d of directories; cuts dropped %d pages and %d changes of names, tore or kept %d pages\n"+
		"moments: %v\n"+
		"the stores said: %v",
		r.Cuts, r.Recovered, r.Clean, c.Sent, c.Acked, c.Moved, c.Delivered, &r.Broken,
		d.Syncs, d.DirSyncs, d.LostPages, d.LostNames, d.KeptPages, r.Moments, r.Said)
}

// ErrRefused: a store did not open after a cut, or its process died.
var ErrRefused = errors.New("the store did not come back")
