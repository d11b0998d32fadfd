package queuecore

import (
	"context"
	"errors"
	"sync"
	"time"
)

// planner has jobs go out when they are due. It waits as a receiver of ScheduleQueue, so that
// the machine's one timer is its timer; where there is no such queue it does nothing.
type planner struct {
	b       *Broker
	ctx     context.Context // ends with close
	stop    context.CancelFunc
	done    sync.WaitGroup         // run
	failing map[MessageID]struct{} // jobs whose failure is in the log; run's own

	mu      sync.Mutex // over what follows
	running bool
}

// roundSize is how many jobs are fired at a time.
const roundSize = 100

// How long a job waits that could not be sent.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

func newPlanner(b *Broker) *planner {
	p := &planner{b: b, failing: make(map[MessageID]struct{})}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// resume goes on with the jobs of a store that has some.
func (p *planner) resume() {
	if _, err := p.b.Queue(ScheduleQueue); err == nil {
		p.start()
	}
}

// begin returns once jobs can be sent.
func (p *planner) begin(ctx context.Context) error {
	if _, err := p.b.Queue(ScheduleQueue); err != nil {
		if _, err := p.b.createQueue(ctx, createPlanned()); err != nil {
			return err
		}
	}
	p.start()
	return nil
}

func (p *planner) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running || p.ctx.Err() != nil {
		return
	}
	p.running = true
	// Ends with close, or when the store has failed.
	p.done.Go(p.run)
}

// close returns when no job is fired any more.
func (p *planner) close() {
	p.mu.Lock()
	p.stop() // under the lock, so that whatever start begins Wait waits for
	p.mu.Unlock()
	p.done.Wait()
}

// run fires jobs as they are due.
func (p *planner) run() {
	defer p.b.dies("planner")
	session := p.b.NewSession()
	defer func() { _ = session.Close() }() // a store that has failed gives them back when it is opened again
	o := ReceiveOptions{Max: roundSize, Wait: -1, Lease: session.Lease()}
	for p.ctx.Err() == nil && p.b.failure.Load() == nil {
		ds, err := p.b.receive(p.ctx, ScheduleQueue, o)
		if err == nil {
			err = p.round(ds)
		}
		if err != nil && p.ctx.Err() == nil {
			p.b.options.Log.Error("planned messages could not be looked after; trying again", "in", firstRetry, "err", err)
			p.pause()
		}
	}
}

// pause keeps a store that cannot be read from being asked without end.
func (p *planner) pause() {
	t := time.NewTimer(firstRetry)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.ctx.Done():
	case <-p.b.failed:
	}
}

// fired is a job and what became of it.
type fired struct {
	d   *Delivery
	err error
}

// round fires what is due, each job for itself, and returns when all is on disk.
func (p *planner) round(ds []Delivery) (err error) {
	results := make(chan fired, len(ds))
	for i := range ds {
		p.fire(&ds[i], results)
	}
	for range ds {
		err = errors.Join(err, p.settle(<-results))
	}
	return err
}

// fire fires a job. One result follows.
func (p *planner) fire(d *Delivery, results chan<- fired) {
	t, err := fire(d, p.b.options.Now())
	if err == nil {
		err = p.b.submit(p.ctx, t, func(_ []Sent, err error) { results <- fired{d, err} })
	}
	if err != nil {
		results <- fired{d, err}
	}
}

// settle sees to a job that was fired: what failed waits.
func (p *planner) settle(f fired) error {
	_, told := p.failing[f.d.ID]
	switch {
	case f.err == nil, errors.Is(f.err, ErrStale): // ErrStale: it was removed meanwhile
		delete(p.failing, f.d.ID)
		return nil
	case p.ctx.Err() != nil || p.b.failure.Load() != nil: // the session gives it back
		return nil
	case !told:
		p.failing[f.d.ID] = struct{}{}
		p.b.options.Log.Warn("a planned message cannot be sent; it is tried again until it can", "job", f.d.ID, "destination", f.d.Destination.Name, "err", f.err)
	}
	if err := p.b.Nack(p.ctx, f.d.Receipt, Backoff); err != nil && !errors.Is(err, ErrStale) {
		return err
	}
	return nil
}
