package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// rootCommand has one verb for each file beside this one. A verb returns its
// error; main prints it and sets the exit code.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "One durable queue for STOMP, NATS and Amazon SQS clients",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w: see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		serveCommand(),
		configCommand(),
		versionCommand(),
		benchCommand(),
		benchChildCommand(),
		queueCommand(),
		userCommand(),
		policyCommand(),
		storeCommand(),
		soakCommand(),
		tortureCommand(),
		tortureChildCommand(),
		conformanceCommand(),
	)
	return root
}

// exactly wants n arguments, and tells who gives another number of them what they are.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		if n == 0 {
			return fmt.Errorf("takes no arguments, received %q: %s", args[0], cmd.UseLine())
		}
		return fmt.Errorf("accepts %d arg(s), received %d: %s", n, len(args), cmd.UseLine())
	}
}
