package main

import (
	"log/slog"
	"net"
	"os"
	"strings"
)

// notify tells the service manager of a state, "READY=1" or "STOPPING=1", if it has asked for that
// (sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names, "@" standing for an abstract one).
func notify(state string, log *slog.Logger) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if abstract, ok := strings.CutPrefix(name, "@"); ok {
		name = "\x00" + abstract
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err == nil {
		_, err = c.Write([]byte(state))
		_ = c.Close() // a datagram is sent or not by now
	}
	if err != nil {
		log.Warn("the service manager could not be told", "state", state, "err", err)
	}
}
