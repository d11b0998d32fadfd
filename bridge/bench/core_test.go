package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/bench"
)

// tiny is enough to run every line once.
func tiny(t *testing.T) bench.CoreOptions {
	return bench.CoreOptions{Dir: t.TempDir(), Messages: 500, Producers: 8, Consumers: 2, Rounds: 1, Sizes: []int{128}}
}

// wantFigures runs a benchmark and wants these figures of it, in the table and
// as JSON, none of them less than zero.
func wantFigures(t *testing.T, measure func(context.Context, *bench.Report) error, names ...string) {
	t.Helper()
	var out bytes.Buffer
	r := bench.NewReport(&out, io.Discard)
	if err := measure(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := r.Table(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.Contains(out.String(), "\n"+name+" ") {
			t.Errorf("no figure %q in:\n%s", name, &out)
		}
	}
	out.Reset()
	if err := r.JSON(); err != nil {
		t.Fatal(err)
	}
	var figures []bench.Figure
	if err := json.Unmarshal(out.Bytes(), &figures); err != nil {
		t.Fatal(err)
	}
	if len(figures) != len(r.Figures()) || len(figures) < len(names) {
		t.Errorf("%d figures as JSON, %d in all", len(figures), len(r.Figures()))
	}
}

func TestCore(t *testing.T) {
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Core(ctx, r, tiny(t)) },
		"core.128.messages", "core.128.plain", "core.128.ratio", "core.128.batch", "core.128.writing", "core.128.syncing",
		"core.128.allocs", "core.128.bytes", "core.128.plain.allocs", "core.128.plain.bytes")
}

func TestOptionsAreChecked(t *testing.T) {
	o := tiny(t)
	o.Rounds = 0
	if err := bench.Core(t.Context(), bench.NewReport(io.Discard, io.Discard), o); err == nil {
		t.Error("no rounds, and no error")
	}
}

func TestFanout(t *testing.T) {
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Fanout(ctx, r, tiny(t)) },
		"fanout.128.topic", "fanout.128.separate", "fanout.128.cheaper", "fanout.128.cheaper.cpu", "fanout.128.cheaper.written")
}

func TestLatency(t *testing.T) {
	o := bench.LatencyOptions{CoreOptions: tiny(t), For: 20 * time.Millisecond, Share: 0.5}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Latency(ctx, r, o) },
		"latency.128.rate", "latency.128.fsync", "latency.128.p50", "latency.128.p99", "latency.128.p99.9", "latency.128.max",
		"latency.128.p99/fsync", "latency.128.store.write.max", "latency.128.store.sync.max")
}

func TestIdle(t *testing.T) {
	o := bench.IdleOptions{CoreOptions: tiny(t), Idle: 10, For: 10 * time.Millisecond}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Idle(ctx, r, o) },
		"idle.10.queues.throughput.ratio", "idle.10.queues.cpu.more", "idle.10.queues.memory",
		"idle.10.queue.throughput.ratio", "idle.10.queue.cpu.more", "idle.10.queue.memory")
}
