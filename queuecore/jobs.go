package queuecore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// jobDedupWindow is how long the DedupID of a job is remembered.
const jobDedupWindow = 5 * time.Minute

// jobsPage is how many jobs RemoveJob reads at a time, bodies and all.
const jobsPage = 100

// createPlanned is the request that makes ScheduleQueue.
func createPlanned() *machine.CreateQueue {
	return &machine.CreateQueue{Name: ScheduleQueue, Any: true, Config: machine.Config{
		DedupWindow: jobDedupWindow, BackoffInitial: firstRetry, BackoffFactor: 2, BackoffMax: lastRetry,
	}}
}

// Jobs returns up to max messages that wait by a Plan (MaxReceive is the limit) with a Seq of at
// least from, in order of Seq. DeliverAt is when each is due next. Nobody may change them.
func (b *Broker) Jobs(ctx context.Context, from uint64, max int) ([]Browsed, error) {
	jobs, err := b.Browse(ctx, ScheduleQueue, from, max)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return jobs, err
}

// RemoveJob ends a job, also one that is due just now; ErrNotFound. It looks through all
// jobs with a Seq of at least from: that of a job only grows. What has gone out stays.
func (b *Broker) RemoveJob(ctx context.Context, id MessageID, from uint64) error {
	for {
		jobs, err := b.Jobs(ctx, from, jobsPage)
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			return fmt.Errorf("job %s: %w", id, ErrNotFound)
		}
		for i := range jobs {
			from = jobs[i].Seq + 1
			if jobs[i].ID != id {
				continue
			}
			// What is gone was fired meanwhile, and stands further back.
			if err := b.remove(ctx, ScheduleQueue, jobs[i].Seq); !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	}
}

// RemoveJobs ends all jobs, and returns how many.
func (b *Broker) RemoveJobs(ctx context.Context) (int, error) {
	n, err := b.purge(ctx, ScheduleQueue)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}
