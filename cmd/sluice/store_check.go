package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

func storeCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read all of a data directory and list what is damaged",
		Long: `Check reads every file of a data directory and every record in it, and prints a
line for each thing that is wrong: the file, the place in it, and the message,
the queue or the other record that it touches. It changes nothing. The server
must not be running.

The exit code is 0 when the store is sound, 1 when something is damaged, and 2
when it could not be checked. With --json each line is an object.`,
		Args: func(cmd *cobra.Command, args []string) error { return unanswered(exactly(0)(cmd, args)) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := dataDir(cmd)
			if err != nil {
				return codedError{err, 2}
			}
			json, err := cmd.Flags().GetBool("json")
			if err != nil {
				return codedError{err, 2}
			}
			return storeCheck(cmd, dir, &findings{out: cmd.OutOrStdout(), json: json})
		},
	}
	cmd.SetFlagErrorFunc(flagUnanswered)
	addData(cmd)
	cmd.Flags().Bool("json", false, "print JSON lines")
	return cmd
}

func storeCheck(cmd *cobra.Command, dir string, f *findings) error {
	sum, err := badgerstore.Check(cmd.Context(), dir, queuecore.NewInspector(), f.print)
	if err != nil {
		return codedError{err, 2}
	}
	text := "sound"
	if sum.Damaged > 0 {
		text = "damaged"
	}
	if err := f.sum(text, sum); err != nil {
		return codedError{err, 2}
	}
	if sum.Damaged > 0 {
		return fmt.Errorf("%s is damaged; \"sluice store salvage --data %[1]s --to NEW\" copies what can be read", dir)
	}
	return nil
}
