package main

import (
	"io"
	"log/slog"
	"net"

	"github.com/sluicemq/sluice/bridge/config"
)

// newLogger returns the log of a server, with the level and format of cfg, which
// has been checked.
func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // Check has let through nothing else
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	if cfg.Log.Format == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// readable has JSON say 1m0s and 127.0.0.1:4222, as the text form does, rather than nanoseconds and the parts of an address.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().String())
	}
	if addr, ok := a.Value.Any().(net.Addr); ok {
		return slog.String(a.Key, addr.String())
	}
	return a
}
