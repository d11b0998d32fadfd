package main

import (
	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/bench"
)

// benchCommand is sluice bench.
func benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure, and print each figure as a line BENCH name value unit",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(benchCoreCommand())
	return c
}

// benchCoreCommand is sluice bench core.
func benchCoreCommand() *cobra.Command {
	o := bench.CoreOptions{}
	c := &cobra.Command{
		Use:   "core",
		Short: "Measure send, receive and ack at the core, beside plain badger doing the same writes",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return bench.Core(c.Context(), bench.NewReport(c.OutOrStdout()), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Dir, "dir", "", "directory for the stores, removed afterwards (the system's temporary one)")
	f.IntVar(&o.Messages, "messages", 200_000, "messages of each round")
	f.IntVar(&o.Producers, "producers", 512, "producers, each waiting for its confirmation")
	f.IntVar(&o.Consumers, "consumers", 8, "consumers")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.IntSliceVar(&o.Sizes, "size", []int{128, 1024}, "sizes of bodies, in bytes")
	return c
}
