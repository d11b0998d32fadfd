package main

import "github.com/spf13/cobra"

// rootCommand has one verb for each file beside this one. A verb returns its
// error; main prints it and sets the exit code.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "One durable queue for STOMP, NATS and Amazon SQS clients",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(
		serveCommand(),
		configCommand(),
		versionCommand(),
		benchCommand(),
		benchChildCommand(),
		queueCommand(),
		userCommand(),
		storeCommand(),
		soakCommand(),
		tortureCommand(),
		tortureChildCommand(),
		conformanceCommand(),
	)
	return root
}
