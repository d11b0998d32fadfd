package torture

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
	"github.com/sluicemq/sluice/bridge/torture/workload"
)

// Run kills the server again and again on the same data. The result says what it
// broke of its promises; the error, what kept the rig from going on. There may
// be both.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	l := ledger.New(ledger.Options{})
	r := &rig{
		Options: &o, ledger: l, planner: newPlanner(&o), began: time.Now(),
		work:   workload.New(l, workload.Options{Seed: o.Seed, MaxOpen: o.MaxOpen}),
		result: &Result{Seed: o.Seed, Kills: make(map[string]int)},
	}
	err := r.run(ctx)
	r.result.finish(r)
	return r.result, err
}

// rig is one run of the whole.
type rig struct {
	*Options
	ledger  *ledger.Ledger
	work    *workload.Workload
	planner *planner
	result  *Result

	began    time.Time
	kills    atomic.Int64
	messages int // in the store, at the last check
}

func (r *rig) run(ctx context.Context) error {
	if err := prepare(ctx, r.Dir); err != nil {
		return err
	}
	stop := r.tell(ctx)
	defer stop()
	for r.more() {
		if err := r.round(ctx); err != nil {
			return err
		}
		if r.killed()%r.CheckEvery == 0 && r.more() { // else the drain begins with a look
			if err := r.check(ctx); err != nil {
				return err
			}
		}
		if broken, _ := r.ledger.Broken(); len(broken) > 0 {
			break // what follows would tell of the same, and overwrite the traces
		}
	}
	return r.drain(ctx)
}

func (r *rig) killed() int { return int(r.kills.Load()) }

// more reports whether there is more to do. A point that no server came to is
// tried again, for a while.
func (r *rig) more() bool {
	const patience = 3
	if r.killed() < r.Kills || r.ledger.Counts().Sent < r.Sends {
		return true
	}
	all := r.Kills >= 2*len(r.Points) // else not every point has its turn
	return all && r.killed() < patience*r.Kills && len(r.planner.unmet(r.result.Kills)) > 0
}

// round lets clients work on a server that dies.
func (r *rig) round(ctx context.Context) error {
	p := r.planner.next(r.messages, r.work.Crowded())
	c, err := start(ctx, r.Options, p)
	switch {
	case errors.Is(err, errDiedEarly) && p.point != Random && c.wasKilled() && ctx.Err() == nil:
		r.dead(p.point)
		return nil
	case err != nil:
		return r.lament(c, err)
	}
	r.result.restarts = append(r.result.restarts, c.started)
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	// Ends when the server does.
	go r.end(working, c, &p, cancel)
	if err := r.work.Run(working, c.addrs, p.shape); err != nil {
		r.ledger.Refused("round %d: %v", r.killed()+1, err)
		c.kill()
	}
	<-c.ended
	if !c.wasKilled() {
		return r.lament(c, errors.New("the server ended by itself"))
	}
	r.dead(p.point)
	return ctx.Err()
}

// end has the server end as planned, and tells the clients when it is gone.
func (r *rig) end(ctx context.Context, c *child, p *plan, gone context.CancelFunc) {
	defer gone()
	wait := unhurried
	if !p.passes() {
		wait = r.stretch(p.after)
	}
	if dies(ctx, c, wait) || r.urge(c, p) && dies(ctx, c, overdue) {
		return
	}
	if p.point != Random {
		_, _ = fmt.Fprintf(r.Progress, "round %d: no server came to %s\n", r.killed()+1, p.point) // for people
		r.planner.missed = append(r.planner.missed, p.point)
		p.point = Random
	}
	c.kill()
	<-c.ended
}

// urge has the server come to its point soon; false if nothing can.
func (r *rig) urge(c *child, p *plan) bool {
	switch {
	case p.closes():
		r.ledger.Closing()
		c.stop()
	case p.passes():
		c.hurry()
	default:
		return false
	}
	return true
}

// dies waits for the server's death.
func dies(ctx context.Context, c *child, wait time.Duration) bool {
	select {
	case <-c.ended:
		return true
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return false
}

// stretch has a server live longer when the sends lag behind the kills.
func (r *rig) stretch(d time.Duration) time.Duration {
	const longest = 20 * time.Second
	sent := r.ledger.Counts().Sent
	due := int(float64(r.Sends) * float64(r.killed()+1) / float64(r.Kills))
	rate := float64(sent+1) / time.Since(r.began).Seconds()
	if sent < due {
		d += time.Duration(float64(due-sent) / rate * float64(time.Second))
	}
	return min(d, longest)
}

func (r *rig) dead(point string) {
	r.kills.Add(1)
	r.result.Kills[point]++
	r.ledger.NextRound()
}

// lament adds what the server said last.
func (r *rig) lament(c *child, err error) error {
	if c == nil {
		return err
	}
	return fmt.Errorf("round %d: %w; the server says: %s", r.killed()+1, err, c.log)
}
