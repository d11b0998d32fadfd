package powerloss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
)

// run is one Run.
type run struct {
	Options
	fs      *lazyfs.FS
	point   string
	rnd     *rand.Rand
	account *account
	report  Report
}

// childTimeout is for a child that hangs.
const childTimeout = 2 * time.Minute

// Run cuts the power o.Cuts times and returns what it saw, also with an error.
// A broken promise is no error: see Broken.Err. The error is lazyfs.ErrUnavailable when
// file systems cannot be mounted, and ErrRefused when a store did not come back; what
// was durable then is in the directory "refused" of o.Dir.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	r := &run{
		Options: o, rnd: rand.New(rand.NewPCG(o.Seed, 1)), account: newAccount(o.Work.Interval),
		point: filepath.Join(o.Dir, "mounted"), report: Report{Moments: make(map[string]int), Said: make(map[string]int)},
	}
	backing := filepath.Join(o.Dir, "backing")
	for _, dir := range []string{r.point, backing} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return &r.report, err
		}
	}
	var err error
	r.fs, err = lazyfs.Mount(r.point, lazyfs.Options{Backing: backing, Names: o.Names, Torn: o.Torn, Seed: o.Seed})
	if err != nil {
		return &r.report, err
	}
	err = r.all(ctx)
	if errors.Is(err, ErrRefused) {
		err = errors.Join(err, r.fs.Export(filepath.Join(o.Dir, "refused")))
	}
	a := r.account
	r.report.Recovered, r.report.Confirmed, r.report.Broken, r.report.Disk = a.recovered, a.confirmed, a.broken, r.fs.Counts()
	return &r.report, errors.Join(err, r.fs.Close())
}

func (r *run) all(ctx context.Context) error {
	for n := 1; n <= r.Cuts; n++ {
		if err := r.round(ctx, n); err != nil {
			return fmt.Errorf("after %d cuts: %w", r.report.Cuts, err)
		}
	}
	// The last child shows what the last cut has left.
	return r.clean(ctx, r.Cuts+1)
}

// round runs a child and cuts its power.
func (r *run) round(ctx context.Context, n int) error {
	if r.rnd.IntN(12) == 0 {
		if err := r.clean(ctx, n); err != nil {
			return err
		}
		r.fs.Freeze()
		r.fs.Release()
		r.report.Clean++
		return r.restart("clean end")
	}
	c, err := r.start(ctx, n)
	if err != nil {
		return err
	}
	moment, err := r.await(ctx, c)
	r.fs.Freeze()
	c.kill()
	r.fs.Release()
	err = errors.Join(err, c.wait())
	r.hearLog(c.log.String())
	r.Log("cut %d, %s: %d sends and %d acks confirmed; %s",
		n, moment, r.account.confirmed.Sent, r.account.confirmed.Acked, &r.account.broken)
	return errors.Join(err, r.restart(moment))
}

func (r *run) restart(moment string) error {
	r.report.Moments[moment]++
	r.report.Cuts++
	return r.fs.Restart()
}

// clean runs a child that closes its store.
func (r *run) clean(ctx context.Context, n int) error {
	c, err := r.start(ctx, n)
	if err != nil {
		return err
	}
	err = c.until(ctx, c.sent) // or nothing would be shown
	if err == nil {
		time.Sleep(time.Duration(r.rnd.IntN(300)) * time.Millisecond)
		err = c.in.Close()
	}
	if err != nil {
		c.kill()
		return errors.Join(err, c.wait())
	}
	if err := c.wait(); err != nil {
		return err
	}
	r.hearLog(c.log.String())
	if !c.closed {
		return c.refused()
	}
	return nil
}

// hearLog counts the messages of a child's log.
func (r *run) hearLog(log string) {
	for line := range strings.Lines(log) {
		if _, rest, ok := strings.Cut(line, `msg="`); ok {
			message, _, _ := strings.Cut(rest, `"`)
			r.report.Said[message]++
		}
	}
}

// await waits for the moment of the cut and returns its name. It comes when the
// child has opened its store or, one time in four, before.
func (r *run) await(ctx context.Context, c *child) (string, error) {
	early := r.rnd.IntN(4) == 0
	moment, match := r.moment()
	after := r.time()
	if !early {
		if err := c.until(ctx, c.opened); err != nil {
			return "never opened", err
		}
	}
	if r.Work.Forget { // there must be something to forget
		if err := c.until(ctx, c.sent); err != nil {
			return "nothing sent", err
		}
	}
	if match != nil {
		r.fs.FreezeOn(match)
		after = longest
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-r.fs.Frozen():
		return moment, nil
	case <-timer.C:
		return "some time", nil
	case <-c.ended:
		return "ended", c.refused()
	case <-ctx.Done():
		return "ended", ctx.Err()
	}
}

// The time until a cut.
const (
	usual   = 900 * time.Millisecond
	longest = 2 * time.Second // when the step waited for does not come
)

func (r *run) time() time.Duration { return time.Duration(r.rnd.Int64N(int64(usual))) }
