package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge/bench"
)

// benchCommand is sluice bench.
func benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure the core and the server, beside what they stand on",
		Long: `Each benchmark runs in rounds whose sides take turns, and ends in a table on
standard output (or, with --json, an array); what goes on is told on standard
error. The columns:

  figure   benchmark, what was measured, and under which condition
  median   the middle of the rounds
  low      the lowest round
  high     the highest round
  unit     of the three; x is a ratio of two figures of one round
  target   what the median should be; empty for information
  met      yes or NO; empty without a target

Machines differ and are shared: compare the ratios of one run, not the figures
of two. A target that is not met is told and is no failure.`,
		Args: cobra.NoArgs,
	}
	c.PersistentFlags().Bool("json", false, "print JSON instead of a table")
	c.PersistentFlags().String("cpu-profile", "", "`file` for a profile of the processor time, for go tool pprof")
	c.AddCommand(
		benchCoreCommand(), benchFanoutCommand(), benchLatencyCommand(), benchIdleCommand(),
		benchConnectionsCommand(), benchBacklogCommand(), benchSQSCommand(), benchSTOMPCommand(), benchNATSCommand(), benchHostileCommand(),
	)
	return c
}

// report runs a benchmark and prints its figures, those before a failure too.
func report(c *cobra.Command, measure func(context.Context, *bench.Report) error) error {
	profile, err := c.Flags().GetString("cpu-profile")
	if err != nil {
		return err
	}
	return printed(c, func(ctx context.Context, r *bench.Report) error {
		return bench.Profile(profile, func() error { return measure(ctx, r) })
	})
}

// printed is report without a profile.
func printed(c *cobra.Command, measure func(context.Context, *bench.Report) error) error {
	r := bench.NewReport(c.OutOrStdout(), c.ErrOrStderr())
	err := measure(c.Context(), r)
	asJSON, flagErr := c.Flags().GetBool("json")
	if asJSON {
		return errors.Join(err, flagErr, r.JSON())
	}
	return errors.Join(err, flagErr, r.Table())
}

// coreFlags are those of every benchmark of the core.
func coreFlags(f *pflag.FlagSet, o *bench.CoreOptions, messages int, sizes ...int) {
	f.SortFlags = false
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Messages, "messages", messages, "messages of each round")
	f.IntVar(&o.Producers, "producers", 512, "producers, each waiting for its confirmation")
	f.IntVar(&o.Consumers, "consumers", 8, "consumers")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.IntSliceVar(&o.Sizes, "size", sizes, "sizes of bodies, in bytes")
}

func dirFlag(f *pflag.FlagSet, dir *string) {
	f.StringVar(dir, "dir", "", "`directory` for the stores, removed afterwards (the system's temporary one)")
}

func benchCoreCommand() *cobra.Command {
	o := bench.CoreOptions{}
	c := &cobra.Command{
		Use:   "core",
		Short: "Send, receive and ack at the core, beside plain badger doing the same writes",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Core(ctx, r, o) })
		},
	}
	coreFlags(c.Flags(), &o, 200_000, 128, 1024)
	return c
}

func benchFanoutCommand() *cobra.Command {
	o := bench.CoreOptions{}
	c := &cobra.Command{
		Use:   "fanout",
		Short: "A topic with ten queues, beside ten sends",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Fanout(ctx, r, o) })
		},
	}
	coreFlags(c.Flags(), &o, 200_000, 128, 1024)
	return c
}

func benchLatencyCommand() *cobra.Command {
	o := bench.LatencyOptions{}
	c := &cobra.Command{
		Use:   "latency",
		Short: "Confirmed sends at a share of the peak, beside a bare fsync",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Latency(ctx, r, o) })
		},
	}
	coreFlags(c.Flags(), &o.CoreOptions, 100_000, 128)
	c.Flags().DurationVar(&o.For, "for", 10*time.Second, "how long the even load lasts in each round")
	c.Flags().Float64Var(&o.Share, "share", 0.5, "load as a share of the peak")
	return c
}

func benchIdleCommand() *cobra.Command {
	o := bench.IdleOptions{}
	c := &cobra.Command{
		Use:   "idle",
		Short: "What consumers cost that wait: throughput, processor time and memory",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Idle(ctx, r, o) })
		},
	}
	coreFlags(c.Flags(), &o.CoreOptions, 100_000, 128)
	c.Flags().IntVar(&o.Idle, "idle", 1000, "consumers that wait")
	c.Flags().DurationVar(&o.For, "for", 5*time.Second, "how long the processor time is watched")
	return c
}

func benchConnectionsCommand() *cobra.Command {
	o := bench.ConnectionsOptions{}
	c := &cobra.Command{
		Use:   "connections",
		Short: "Sends through the listeners, with many connections and with few",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Connections(ctx, r, o) })
		},
	}
	f := c.Flags()
	f.SortFlags = false
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Messages, "messages", 200_000, "messages of each round")
	f.IntVar(&o.Many, "many", 1000, "many connections")
	f.IntVar(&o.Few, "few", 8, "few connections")
	f.IntSliceVar(&o.InFlight, "in-flight", []int{1000, 16000}, "messages under way, over all connections together")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.IntVar(&o.Size, "size", 128, "size of bodies, in bytes")
	return c
}

func benchSQSCommand() *cobra.Command {
	o := bench.SQSOptions{}
	c := &cobra.Command{
		Use:   "sqs",
		Short: "The SQS gateway, signed and synced, beside a server that answers a constant",
		Args:  exactly(0),
		RunE:  func(c *cobra.Command, _ []string) error { return runBenchSQS(c, o) },
	}
	f := c.Flags()
	f.SortFlags = false
	dirFlag(f, &o.Dir)
	f.IntSliceVar(&o.Sizes, "size", []int{128, 1024}, "sizes of bodies, in bytes")
	f.IntSliceVar(&o.Connections, "connections", []int{64, 256}, "connections, each with one call under way")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.DurationVar(&o.For, "for", 800*time.Millisecond, "how long each side of a round lasts")
	f.IntVar(&o.Idle, "idle", 5000, "long polls that wait, each on a connection of its own (0: none)")
	f.DurationVar(&o.IdleFor, "idle-for", 3*time.Second, "how long the processor time is watched while they wait")
	f.IntVar(&o.Backlog, "backlog", 200_000, "messages of the long FIFO queues (0: none)")
	return c
}

// runBenchSQS has its servers run in processes of this program. The profile is
// that of the server that works.
func runBenchSQS(c *cobra.Command, o bench.SQSOptions) (err error) {
	if o.Program, o.Profile, err = ownProcess(c, ""); err != nil {
		return err
	}
	return printed(c, func(ctx context.Context, r *bench.Report) error { return bench.SQS(ctx, r, o) })
}

func benchBacklogCommand() *cobra.Command {
	o := bench.BacklogOptions{}
	c := &cobra.Command{
		Use:   "backlog",
		Short: "A long queue: memory, disk, opening, and its speed beside a short one's",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return report(c, func(ctx context.Context, r *bench.Report) error { return bench.Backlog(ctx, r, o) })
		},
	}
	f := c.Flags()
	f.SortFlags = false
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Messages, "messages", 1_000_000, "messages of the backlog, over all queues together")
	f.IntVar(&o.Queues, "queues", 1, "long queues")
	f.BoolVar(&o.Mixed, "mixed", false, "a tenth is delayed, three tenths have a priority, some are leased")
	f.IntVar(&o.Size, "size", 100, "size of bodies, in bytes")
	f.IntVar(&o.Moved, "moved", 100_000, "messages sent, and then received, in each round")
	f.IntVar(&o.Producers, "producers", 512, "producers, each waiting for its confirmation")
	f.IntVar(&o.Consumers, "consumers", 8, "consumers")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.BoolVar(&o.Drain, "drain", true, "empty the queues at the end and watch the disk")
	f.DurationVar(&o.Settle, "settle", 2*time.Minute, "how long the disk may take to shrink")
	return c
}
