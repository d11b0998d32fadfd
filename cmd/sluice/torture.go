package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/torture"
)

// tortureCommand is sluice torture.
func tortureCommand() *cobra.Command {
	var o torture.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Kill a loaded server again and again, and hold it to its promises",
		Long: `Torture starts this program as a server, lets unmodified STOMP, NATS and SQS
clients work on it, kills it, starts it again on what is left, and compares what
clients were told with what is there: nothing confirmed is lost, nothing acked
comes back, no transaction is torn, every group keeps its order, nothing that is
sent again under its id is there twice, and whatever is delivered twice has a
reason. The exit code is 1 if a promise was broken.

Every other kill comes at a random moment. The others come, in turn, at a point
of the server's way to the disk:
  load    while it opens: some of its records are read
  write   before a batch is written
  pieces  between two pieces of a batch
  sweep   while it removes what a purge left
  sync    a batch is written and not synced
  answer  it is synced, and nobody has been told
  close   while the store closes`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runTorture(cmd, o, asJSON) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.Kills, "kills", 20, "how often to kill, at least")
	f.IntVar(&o.Sends, "sends", 0, "how many sends must have been confirmed, at least")
	f.Uint64Var(&o.Seed, "seed", 0, "of the kills and of what clients do (0: a new one)")
	f.StringVar(&o.Dir, "dir", "", "empty `directory` for the store, left there (a temporary one, removed if all went well)")
	f.StringSliceVar(&o.Points, "points", torture.Points(), "where to kill")
	f.IntVar(&o.CheckEvery, "check-every", 10, "kills between two looks into the store")
	f.IntVar(&o.MaxOpen, "backlog", 30_000, "messages that may wait in a queue before its producers do")
	f.BoolVar(&asJSON, "json", false, "print the result as one line of JSON")
	return cmd
}

func runTorture(cmd *cobra.Command, o torture.Options, asJSON bool) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.Binary, err = os.Executable(); err != nil {
		return err
	}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	temporary := o.Dir == ""
	if temporary {
		if o.Dir, err = os.MkdirTemp("", "sluice-torture-"); err != nil {
			return err
		}
	}
	o.Progress = cmd.ErrOrStderr()
	result, err := torture.Run(ctx, o)
	if result == nil {
		return err
	}
	write := result.WriteTable
	if asJSON {
		write = result.WriteJSON
	}
	err = errors.Join(err, write(cmd.OutOrStdout()), result.Err())
	if temporary && (err == nil || ctx.Err() != nil) {
		return errors.Join(err, os.RemoveAll(o.Dir))
	}
	if err != nil {
		return fmt.Errorf("%w; the store is left in %s", err, o.Dir)
	}
	return nil
}
