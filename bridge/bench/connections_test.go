package bench_test

import (
	"context"
	"testing"

	"github.com/sluicemq/sluice/bridge/bench"
)

func TestConnections(t *testing.T) {
	o := bench.ConnectionsOptions{Dir: t.TempDir(), Messages: 200, Many: 16, Few: 2, InFlight: 16, Rounds: 1, Size: 100}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Connections(ctx, r, o) },
		"connections.nats.2", "connections.nats.16", "connections.nats.ratio",
		"connections.stomp.2", "connections.stomp.16", "connections.stomp.ratio")
}
