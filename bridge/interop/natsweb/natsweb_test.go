package natsweb_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// patience bounds what the judge may take for all it has to say: then the test gives up.
const patience = 4 * time.Minute

// nats.js for browsers over ws: core NATS and JetStream, in TLS and without, with an nkey,
// and away from a server that goes.
func TestNATSJS(t *testing.T) {
	source := os.DirFS("node")
	l, at := rig.Programs(t, func() (*rig.Language, error) { return rig.Node(t.Context(), source) }, source)
	cert, key := rig.WritePair(t)
	goes := openHouse(t, config.NATSPort{LameDuck: 10 * time.Second}) // the judge has that long to be served on
	stays := openHouse(t, config.NATSPort{TLSCert: cert, TLSKey: key})
	keyed, seed := openKeyed(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rig.Judge(t, l.Command(ctx, filepath.Join(at, "judge.mjs"),
		goes.Addrs().Web, stays.Addrs().Web, keyed, cert, seed, bell(t, func() { closeHouse(t, goes) })))
}

// openHouse opens a house in this process, where the race detector sees it.
func openHouse(t *testing.T, p config.NATSPort) *bridge.House {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "", "", "", ""
	cfg.NATSPort = p
	cfg.NATSPort.WSAddr = "127.0.0.1:0"
	cfg.NATSLimits.LoginTimeout, cfg.NATSLimits.WriteTimeout = time.Minute, time.Minute // on a busy machine
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closeHouse(t, h)
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h
}

func closeHouse(t *testing.T, h *bridge.House) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Errorf("closing the house: %v", err)
	}
}

// openKeyed serves who has a key, and returns where, and the key's seed. It is
// the gateway alone.
func openKeyed(t *testing.T) (address, seed string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	b, err := queuecore.Open(t.Context(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	g := nats.New(b, nats.Options{
		Auth: auth.NewPublicKeys([]auth.PublicKey{{Key: public, User: "ann"}}), Log: slog.New(slog.DiscardHandler),
		Limits: nats.Limits{AuthTimeout: time.Minute},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	// Ends with the Shutdown below.
	go func() { served <- g.ServeWebSocket(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil || <-served != nil {
			t.Errorf("the gateway: %v", err)
		}
		b.Close()
	})
	return l.Addr().String(), string(secret)
}

// bell returns an address that has work done once it is called.
func bell(t *testing.T, work func()) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	// Ends when the listener is closed, at the latest by the cleanup.
	go func() {
		defer close(done)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		nc.Close()
		work()
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}
