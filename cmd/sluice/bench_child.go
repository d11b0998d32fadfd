package main

import (
	"fmt"
	"os"

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

// ownProcess returns the program that a benchmark has its Sluice run by, and the file for
// its profile. foreign is the flag that names the one server to measure, if that is another's.
func ownProcess(c *cobra.Command, foreign string) (program, profile string, err error) {
	if program, err = os.Executable(); err != nil {
		return "", "", err
	}
	if profile, err = c.Flags().GetString("cpu-profile"); err != nil {
		return "", "", err
	}
	if profile != "" && foreign != "" {
		return "", "", fmt.Errorf("--cpu-profile is of a Sluice that is started here, and with %s alone none is", foreign)
	}
	return program, profile, nil
}
