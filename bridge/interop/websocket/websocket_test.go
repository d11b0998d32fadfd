package websocket_test

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience bounds what a judge may take for all it has to say. It is no measure: it is
// when a test gives up and tells what was said until then.
const patience = 4 * time.Minute

// @stomp/stompjs over ws: text and binary, in TLS and without.
func TestStompJS(t *testing.T) { judge(t, "node", "judge.mjs", rig.Node) }

// stomp.py over websocket-client, in TLS and without, and over TLS alone.
func TestStompPy(t *testing.T) { judge(t, "python", "judge.py", rig.Python) }

// judge runs a program of a language against a house, and shows each of its cases as a test.
func judge(t *testing.T, dir, program string, get func(context.Context, fs.FS) (*rig.Language, error)) {
	t.Helper()
	source := os.DirFS(dir)
	l, at := rig.Programs(t, func() (*rig.Language, error) { return get(t.Context(), source) }, source, os.DirFS("../report"))
	address, certificate := openHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rig.Judge(t, l.Command(ctx, filepath.Join(at, program), address, certificate))
}

// openHouse opens a house in this process, where the race detector sees it. It returns
// the address of its STOMP port, and the file of its certificate.
func openHouse(t *testing.T) (address, certificate string) {
	t.Helper()
	cfg := rig.Config()
	cfg.DataDir = t.TempDir()
	cfg.STOMPLimits.HeartBeat = 5 * time.Second // a judge asks for less: either side may be stopped for a while
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "", "", ""
	cfg.STOMPPort.TLSCert, cfg.STOMPPort.TLSKey = rig.WritePair(t)
	cfg.STOMPPort.WSOrigins = "https://app.example"
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h.Addrs().STOMP, cfg.STOMPPort.TLSCert
}
