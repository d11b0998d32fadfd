package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/killpoint"
)

// tortureChildCommand is sluice serve with a store that ends the process. Only
// sluice torture runs it.
func tortureChildCommand() *cobra.Command {
	plan := killpoint.Plan{Die: die}
	cmd := &cobra.Command{
		Use:    "torture-child",
		Short:  "Serve until the store comes to a point, and die there",
		Args:   exactly(0),
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := plan.Check(); err != nil {
				return err
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			wrap := bridge.WrapStore(func(s store.Store) store.Store {
				k := killpoint.Wrap(s, plan)
				// Ends with the standard input, at the latest with the process.
				go hurry(k, cmd.InOrStdin())
				return k
			})
			return serve(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr(), wrap)
		},
	}
	f := cmd.Flags()
	f.StringVar((*string)(&plan.Point), "kill-at", "", "`point` to die at")
	f.IntVar(&plan.Pass, "kill-pass", 1, "pass of the point to die at")
	f.DurationVar(&plan.Delay, "kill-delay", 0, "how long the store may work on its close")
	f.String("config", "", "`file` of settings (YAML)")
	config.Flags(f)
	return cmd
}

// hurry has the process die at the next pass of its point once a byte comes.
func hurry(k *killpoint.Store, in io.Reader) {
	if n, _ := in.Read(make([]byte, 1)); n > 0 { // the end of the input is no hurry
		k.Hurry()
	}
}

// die ends the process as a kill from outside does: nothing is put in order.
func die() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // until the signal has come
}
