package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 4 * time.Minute

// servers are what every judge is pointed at. The second proves the judges: once is enough, and the race
// detector sees nothing of it.
func servers() []string {
	if raceDetector {
		return []string{sluice}
	}
	return []string{sluice, natsServer}
}

const (
	sluice     = "sluice"
	natsServer = "nats-server"
)

// site is where judges find a server, which they can stop and start by a lever, and another one in
// TLS. It is what they get as their argument, in JSON.
type site struct {
	URL    string `json:"url"`    // nats://
	Web    string `json:"web"`    // ws://
	Secure string `json:"secure"` // tls://, another server
	CA     string `json:"ca"`     // the file of the certificate that has signed it
	Lever  string `json:"lever"`  // host:port, see rig.Lever
	// Differs has the answers of this server where the two differ by design.
	Differs map[string]string `json:"differs"`
}

// openSite starts a server and the same in TLS, until the end of the test.
func openSite(t *testing.T, server string) site {
	t.Helper()
	addrs := rig.FreeAddrs(t, 3)
	cert, key := rig.WritePair(t)
	var plain, secure process
	if server == sluice {
		plain = newHouse(t, addrs[0], config.NATSPort{WSAddr: addrs[1]})
		secure = newHouse(t, addrs[2], config.NATSPort{TLSCert: cert, TLSKey: key})
	} else {
		bin := rig.NATSServerProgram(t)
		web := (&url.URL{Host: addrs[1]}).Port()
		plain = rig.NewNATSProcess(bin, t.TempDir(), fmt.Sprintf(
			"listen: %q\nwrite_deadline: \"60s\"\njetstream {}\nwebsocket { host: 127.0.0.1, port: %s, no_tls: true }\n", addrs[0], web))
		secure = rig.NewNATSProcess(bin, t.TempDir(), fmt.Sprintf(
			"listen: %q\nwrite_deadline: \"60s\"\njetstream {}\ntls { cert_file: %q, key_file: %q, timeout: 60 }\n", addrs[2], cert, key))
	}
	keep(t, plain)
	keep(t, secure)
	return site{
		URL: "nats://" + addrs[0], Web: "ws://" + addrs[1], Secure: "tls://" + addrs[2], CA: cert,
		Lever: rig.Lever(t, plain.Stop, plain.Start), Differs: answers(server),
	}
}

// process is a server that keeps its store and its addresses over a stop.
type process interface {
	Start() error
	Stop() error // does nothing when it is stopped
	Log() string
}

// keep starts a server, and stops it at the end of the test.
func keep(t *testing.T, p process) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", p.Log())
		}
	})
}

// house is a house in this process, where the race detector sees it.
type house struct {
	config config.Config
	log    *rig.Log
	open   *bridge.House // nil while it is stopped
}

func newHouse(t *testing.T, addr string, port config.NATSPort) *house {
	t.Helper()
	h := &house{config: config.Default(), log: &rig.Log{}}
	h.config.DataDir = t.TempDir()
	h.config.STOMPAddr, h.config.NATSAddr, h.config.SQSAddr, h.config.AdminAddr = "", addr, "", ""
	h.config.NATSPort = port
	h.config.NATSLimits.LoginTimeout, h.config.NATSLimits.WriteTimeout = time.Minute, time.Minute // on a busy machine
	return h
}

// Start opens the house.
func (h *house) Start() (err error) {
	if h.open != nil {
		return errors.New("the house is open")
	}
	h.open, err = bridge.Open(context.Background(), h.config, slog.New(slog.NewTextHandler(h.log, nil)))
	return err
}

// Stop ends the house as an operator does.
func (h *house) Stop() error {
	if h.open == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	open := h.open
	h.open = nil
	return open.Close(ctx)
}

// Log returns what the house has logged.
func (h *house) Log() string { return h.log.String() }
