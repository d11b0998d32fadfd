package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

func storeSalvageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "salvage --data DIR --to NEW",
		Short: "Copy all that can be read of a damaged data directory into a new one",
		Long: `Salvage reads a data directory as check does and copies every message, queue and
binding that can be read into a new directory, which serve can then use. It lists
what is damaged. It changes nothing in the old directory. The server must not be
running, and the new directory must not be there yet, or be empty.

What was acknowledged stays so where the disk still says it. A message whose
acknowledgement stood in a damaged place may come back.`,
		Args: exactly(0),
		RunE: storeSalvage,
	}
	addData(cmd)
	cmd.Flags().String("to", "", "new `directory`")
	cmd.Flags().Bool("json", false, "print JSON lines")
	cobra.CheckErr(cmd.MarkFlagRequired("to"))
	return cmd
}

func storeSalvage(cmd *cobra.Command, _ []string) error {
	from, err := dataDir(cmd)
	if err != nil {
		return err
	}
	to, err := cmd.Flags().GetString("to")
	if err != nil {
		return err
	}
	json, err := cmd.Flags().GetBool("json")
	if err != nil {
		return err
	}
	keepPrivate()
	f := &findings{out: cmd.OutOrStdout(), json: json}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	sum, err := badgerstore.Salvage(cmd.Context(), from, to, badgerstore.Options{Log: log, KeepEvery: -1}, queuecore.NewInspector(), f.print)
	if err != nil {
		return err
	}
	return f.sum("salvaged into "+to, sum)
}
