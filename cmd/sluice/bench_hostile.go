package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/bench"
)

func benchHostileCommand() *cobra.Command {
	o := bench.HostileOptions{}
	c := &cobra.Command{
		Use:   "hostile",
		Short: "What good clients of each dialect notice of hostile ones at every port",
		Long: `A server runs in a process of its own, and one good client of each dialect asks at an
even pace: STOMP sends with a receipt, NATS publishes to a stream, SQS sends,
receives and deletes. Each round has, for each kind of hostility, a quiet phase and
one with hostile clients at every port, whose process has the lowest priority. The figures
are the 99th percentile of a good client's answers in both, their ratio, and
the server's resident memory at the end of the second.`,
		Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if o.Program, err = os.Executable(); err != nil {
				return err
			}
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Hostile(ctx, r, o) })
		},
	}
	f := c.Flags()
	f.SortFlags = false
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.DurationVar(&o.For, "for", 5*time.Second, "how long each phase lasts")
	f.DurationVar(&o.Pace, "pace", 5*time.Millisecond, "time between two requests of one good client")
	f.StringSliceVar(&o.Kinds, "kind", nil, "kinds of hostility (all)")
	f.StringArrayVar(&o.Args, "serve-flag", nil, "further `flag` of the server, such as --serve-flag=--sync=interval")
	return c
}
