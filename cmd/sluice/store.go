package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// storeCommand is sluice store.
func storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after a data directory that no server has open",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(storeCheckCommand(), storeSalvageCommand())
	return cmd
}

// addData has --data, and --data-dir as serve calls it.
func addData(cmd *cobra.Command) {
	cmd.Flags().String("data", "", "data `directory`, also --data-dir (default: the one that serve would use)")
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "data-dir" {
			name = "data"
		}
		return pflag.NormalizedName(name)
	})
}

// dataDir is what --data names, or else what serve would use here.
func dataDir(cmd *cobra.Command) (string, error) {
	if dir, err := cmd.Flags().GetString("data"); err != nil || dir != "" {
		return dir, err
	}
	c, err := config.Load(cmd.Context(), config.Sources{File: os.Getenv(config.EnvFile), Environ: os.Environ()})
	return c.DataDir, err
}

// findings prints what is found, a line each.
type findings struct {
	out  io.Writer
	json bool
	err  error
}

func (f *findings) print(x badgerstore.Finding) {
	if f.err != nil {
		return
	}
	if f.json {
		f.err = json.NewEncoder(f.out).Encode(x)
		return
	}
	_, f.err = fmt.Fprintln(f.out, findingLine(x))
}

func findingLine(x badgerstore.Finding) string {
	var b strings.Builder
	switch {
	case x.Harmless:
		b.WriteString("harmless: ")
	case x.Mended:
		b.WriteString("damaged, salvage brings it out: ")
	default:
		b.WriteString("damaged: ")
	}
	if x.File != "" {
		fmt.Fprintf(&b, "%s, byte %d", x.File, x.At)
		if x.Length > 0 {
			fmt.Fprintf(&b, " to %d", x.At+x.Length)
		}
		b.WriteString(": ")
	}
	b.WriteString(x.What)
	if len(x.Records) > 0 {
		b.WriteString(": " + strings.Join(x.Records, ", "))
	}
	return b.String()
}

// sum prints the last line.
func (f *findings) sum(text string, s badgerstore.Summary) error {
	if f.err != nil {
		return f.err
	}
	if f.json {
		return json.NewEncoder(f.out).Encode(struct {
			Result string `json:"result"`
			badgerstore.Summary
		}{text, s})
	}
	_, err := fmt.Fprintf(f.out, "%s: %d tables, %d logs, %d records, %d left out, %d findings\n",
		text, s.Tables, s.Logs, s.Records, s.Left, s.Damaged)
	return err
}
