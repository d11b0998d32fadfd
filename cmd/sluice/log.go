package main

import (
	"io"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/config"
)

// newLogger returns the log of a server, with the level and format of cfg, which
// has been checked.
func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // Check has let through nothing else
	o := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
