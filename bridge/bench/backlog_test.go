package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/bench"
)

func tinyBacklog(t *testing.T) bench.BacklogOptions {
	return bench.BacklogOptions{
		Dir: t.TempDir(), Messages: 2500, Queues: 1, Size: 100, Moved: 500, Producers: 8, Consumers: 2, Rounds: 1,
		Drain: true, Settle: time.Millisecond,
	}
}

func TestBacklog(t *testing.T) {
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Backlog(ctx, r, tinyBacklog(t)) },
		"backlog.2500.load", "backlog.2500.open", "backlog.2500.heap.message", "backlog.2500.rss.opened", "backlog.2500.disk.full",
		"backlog.2500.send.long/short", "backlog.2500.receive.long/short", "backlog.2500.drain", "backlog.2500.disk.settled")
}

// Many queues, and messages that are delayed, leased and of several priorities.
func TestMixedBacklog(t *testing.T) {
	o := tinyBacklog(t)
	o.Queues, o.Mixed, o.Moved = 5, true, 50
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Backlog(ctx, r, o) },
		"backlog.2500.send.long/short", "backlog.2500.receive.long/short", "backlog.2500.drain", "backlog.2500.disk.settled")
}
