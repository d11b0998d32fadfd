package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at configuration files",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(configCheckCommand())
	return cmd
}

func configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file and print what it amounts to",
		Long: `Check prints "ok" and every setting as "sluice serve --config FILE" would have it
here: the file laid over the defaults and the SLUICE_ variables over both. It reads
the users, the secrets and the certificates that settings name, and tries whether it could append to the
audit log; it opens no port and no store, and leaves no file behind. If something is wrong it says what, in one
line, and the exit code is 1. Run it as the user that the server is.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(cmd.Context(), config.Sources{File: args[0], Environ: os.Environ()})
			if err != nil {
				return err
			}
			if err := bridge.CheckFiles(&c); err != nil {
				return err
			}
			text, err := c.YAML()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "ok\n%s", text)
			return err
		},
	}
}
