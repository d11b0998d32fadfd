package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// closeGrace is what the core and the store get to close after the clients are
// gone. A process that takes longer is stuck, and dies.
const closeGrace = 30 * time.Second

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve STOMP, NATS and Amazon SQS clients",
		Long: `Serve listens for clients of every dialect until it is told to stop.

Every flag can also stand in the file of --config (--stomp-addr as the key
stomp_addr) and in the environment (SLUICE_STOMP_ADDR). A flag wins over the
environment, the environment over the file, the file over the defaults. A
variable that begins with SLUICE_ and is no setting is an error, as an unknown
key of the file is, unless it is the place of a secret (env:NAME), begins with
SLUICE_TEST_ or SLUICE_BENCH_, or is one by which Kubernetes or Docker tells of a service.

Once everything listens, the addresses are printed on standard output; with
--ready-json the first line is JSON:
  {"ready":true,"version":"0.1.0","pid":4711,"stomp":"127.0.0.1:61613",
   "nats":"127.0.0.1:4222","sqs":"127.0.0.1:9324","admin":"127.0.0.1:9325",
   "data_dir":"/home/me/sluice-data"}
A listener that is switched off has the address "". Logs go to standard error.

SIGTERM and SIGINT drain: clients are told, what they hold is given back, and
the exit code is 0. A second signal ends the process at once with exit code 1;
nothing that was confirmed is lost.

When the disk fails, which is not when it is full, clients get errors and the
process ends with exit code 1: start it again, as a service manager does. With
--on-store-failure stay it goes on refusing.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().String("config", "", "`file` of settings (YAML)")
	config.Flags(cmd.Flags())
	return cmd
}

func loadConfig(cmd *cobra.Command) (config.Config, error) {
	return config.Load(cmd.Context(), config.Sources{
		File:    configFile(cmd.Flags()),
		Environ: os.Environ(),
		Flags:   cmd.Flags(),
	})
}

// configFile is the file that --config or else the environment names.
func configFile(fs *pflag.FlagSet) string {
	if f := fs.Lookup("config"); f.Changed {
		return f.Value.String()
	}
	return os.Getenv(config.EnvFile)
}

// serve runs a house until a signal comes or a listener breaks.
func serve(ctx context.Context, cfg config.Config, out, errOut io.Writer, options ...bridge.Option) error {
	keepPrivate()
	log := newLogger(cfg, errOut)
	if foreign := config.ForeignEnv(os.Environ()); len(foreign) > 0 {
		log.Info("variables that are an orchestrator's, and no settings", "names", foreign)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(cfg.Memory.Target) << 20)
	}
	ctx, stop := untilSignal(ctx, log)
	defer stop()
	h, err := bridge.Open(ctx, cfg, log, options...)
	if err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it had begun
		}
		return err
	}
	announce(out, h, &cfg)
	notify("READY=1", log)
	err = h.Wait(ctx)
	notify("STOPPING=1", log)
	return errors.Join(err, closeHouse(h, cfg.DrainTimeout, log))
}

// closeHouse drains within timeout, and ends the process if closing hangs.
func closeHouse(h *bridge.House, timeout time.Duration, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	stuck := time.AfterFunc(timeout+closeGrace, func() {
		log.Error("the store does not close: giving up")
		os.Exit(1)
	})
	defer stuck.Stop()
	return h.Close(ctx)
}
