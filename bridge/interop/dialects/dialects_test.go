package dialects_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 2 * time.Minute

// openHouse opens a house with a listener for each dialect of STOMP, and returns
// their addresses: plain, ActiveMQ, Artemis, RabbitMQ.
func openHouse(t *testing.T) []string {
	t.Helper()
	c := config.Default()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "", "", ""
	for _, d := range []config.STOMPDialect{config.STOMPActiveMQ, config.STOMPArtemis, config.STOMPRabbitMQ} {
		c.STOMPFurther = append(c.STOMPFurther, config.STOMPListener{Addr: "127.0.0.1:0", Dialect: d})
	}
	h, err := bridge.Open(t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return append([]string{h.Addrs().STOMP}, h.STOMPListeners()...)
}

// stomp.py, used as with each of the brokers, gets what it counts on.
func TestStompPy(t *testing.T) {
	if testing.Short() {
		t.Skip("other languages are left out of short runs")
	}
	l, err := rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	if rig.MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "python")
	if err == nil {
		err = l.Install(dir, os.DirFS("python"))
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rig.Judge(t, l.Command(ctx, filepath.Join(dir, "judge.py"), openHouse(t)...))
}
