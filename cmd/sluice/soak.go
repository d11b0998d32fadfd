package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/soak"
)

// soakFiles say where a soak leaves what it saw; empty: nowhere.
type soakFiles struct{ dir, plot, page string }

// soakCommand is sluice soak.
func soakCommand() *cobra.Command {
	o, files := soak.Options{}, soakFiles{}
	c := &cobra.Command{
		Use:   "soak",
		Short: "Run a server under a mixed load for long, and judge whether it stays as it is",
		Long: `Soak starts a server of its own, on free ports and in a directory that is
removed afterwards, and puts clients of every dialect on it: first without a pause, to
measure the peak, then at a share of that. It looks at the server every few
seconds and prints at the end, for each thing that it looked at, the mean of the first
and the last quarter and what became of it.

Memory and disk move in the rhythm of the store's memory tables, minutes at this load, so a
quarter must last for several of them: an hour judges, three minutes only show.

The exit code is 1 when something did not stay within its limit, or when a client had a failure.`,
		Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("warm-up") {
				o.WarmUp = o.For / 6
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt)
			defer stop()
			return runSoak(ctx, o, files, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.DurationVar(&o.For, "for", time.Hour, "how long the even load lasts")
	f.DurationVar(&o.WarmUp, "warm-up", 0, "its part that is not judged (a sixth)")
	f.DurationVar(&o.Every, "every", 10*time.Second, "time between two looks")
	f.DurationVar(&o.Calibrate, "calibrate", 15*time.Second, "how long the peak is measured, after as long to get under way")
	f.IntVar(&o.Backlog, "backlog", 10_000, "messages that stay in each queue")
	f.Float64Var(&o.Share, "share", 0.5, "load as a share of the peak")
	f.StringVar(&files.dir, "dir", "", "`directory` for the store, removed afterwards (the system's temporary one)")
	f.StringVar(&files.plot, "plot", "", "`file` for a drawing (SVG)")
	f.StringVar(&files.page, "page", "", "`file` for the table as a page that shows the drawing (Markdown)")
	return c
}

// runSoak starts the server and judges it. What was seen before a failure is
// drawn all the same.
func runSoak(ctx context.Context, o soak.Options, files soakFiles, out, errOut io.Writer) error {
	dir, err := os.MkdirTemp(files.dir, "sluice-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	server, err := soak.StartServer(ctx, exe, filepath.Join(dir, "data"), errOut)
	if err != nil {
		return err
	}
	result, err := soak.Run(ctx, server, o, slog.New(slog.NewTextHandler(errOut, nil)))
	err = errors.Join(err, server.Stop())
	if result == nil || len(result.Samples) == 0 {
		return err
	}
	return errors.Join(err, files.write(result), result.Report(out))
}

func (f *soakFiles) write(r *soak.Result) error {
	var err error
	if f.plot != "" {
		err = writeTo(f.plot, r.SVG)
	}
	if f.page != "" {
		err = errors.Join(err, writeTo(f.page, func(w io.Writer) error { return r.Markdown(w, filepath.Base(f.plot)) }))
	}
	return err
}

func writeTo(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
