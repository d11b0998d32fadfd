package main

import (
	"log/slog"
	"net"
	"path/filepath"
	"testing"
)

// The service manager hears when the server is ready, and that it stops, on a socket with a path
// and on an abstract one.
func TestNotify(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@sluice-" + t.TempDir()} {
		address := name
		if name[0] == '@' {
			address = "\x00" + name[1:]
		}
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
		if err != nil {
			t.Skip("no such sockets here:", err)
		}
		defer l.Close()
		t.Setenv("NOTIFY_SOCKET", name)
		for _, want := range []string{"READY=1", "STOPPING=1"} {
			notify(want, slog.New(slog.DiscardHandler))
			got := make([]byte, 64)
			if n, err := l.Read(got); err != nil || string(got[:n]) != want {
				t.Errorf("%q, %v", got[:n], err)
			}
		}
	}
}
