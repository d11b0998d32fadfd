package bench_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/bench"
)

func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	o := bench.HostileOptions{
		Program: filepath.Join(t.TempDir(), "sluice"), Dir: t.TempDir(), Rounds: 1, For: 300 * time.Millisecond, Pace: 5 * time.Millisecond, Kinds: []string{"churn"},
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", o.Program, "../../cmd/sluice").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Hostile(ctx, r, o) },
		"hostile.churn.stomp.quiet", "hostile.churn.stomp.p99", "hostile.churn.nats.quiet", "hostile.churn.nats.p99", "hostile.churn.sqs.quiet", "hostile.churn.sqs.p99",
		"hostile.churn.processor.quiet", "hostile.churn.processor", "hostile.churn.resident")
}
