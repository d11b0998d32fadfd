package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that ends with the first SIGTERM or SIGINT. The
// second ends the process. From now on the process outlives the readers of its
// output: a log collector that restarts must not take the server down.
func untilSignal(ctx context.Context, log *slog.Logger) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	// Ends with the process.
	go func() {
		s := <-signals
		log.Info("stopping", "signal", s.String())
		cancel()
		s = <-signals
		log.Error("stopping at once", "signal", s.String())
		os.Exit(1)
	}()
	return ctx, cancel
}
