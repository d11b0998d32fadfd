package main

import (
	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/bench"
)

// benchChildCommand is a server that a benchmark measures from another process.
func benchChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:    bench.ChildVerb,
		Short:  "Be a server for a benchmark",
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			return bench.RunChild(c.Context(), args, c.InOrStdin(), c.OutOrStdout())
		},
	}
}
