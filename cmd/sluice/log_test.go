package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/config"
)

// Both forms of the log spell times and addresses for people.
func TestLogSpellsTimesAndAddresses(t *testing.T) {
	for form, want := range map[config.LogFormat]string{
		config.LogText: "from=127.0.0.1:4222 for=1m0s",
		config.LogJSON: `"from":"127.0.0.1:4222","for":"1m0s"`,
	} {
		cfg := config.Default()
		cfg.Log.Format = form
		var b strings.Builder
		newLogger(cfg, &b).Warn("locked", "from", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4222}, "for", time.Minute)
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}
