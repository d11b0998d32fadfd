package bench_test

import (
	"context"
	"testing"

	"github.com/sluicemq/sluice/bridge/bench"
)

func TestConnections(t *testing.T) {
	o := bench.ConnectionsOptions{Dir: t.TempDir(), Messages: 200, Many: 16, Few: 2, InFlight: []int{16}, Rounds: 1, Size: 100}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.Connections(ctx, r, o) },
		"connections.nats.16-under-way.2", "connections.nats.16-under-way.16", "connections.nats.16-under-way.ratio",
		"connections.nats.16-under-way.ratio/echo", "connections.nats.16-under-way.echo.16", "connections.stomp.16-under-way.ratio/echo",
		"connections.stomp.16-under-way.cpu/echo",
		"connections.stomp.16-under-way.2", "connections.stomp.16-under-way.16", "connections.stomp.16-under-way.ratio")
}
