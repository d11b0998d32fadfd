package dialects_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// stomp.py goes on after an ERROR of a listener that is lenient, in each dialect.
func TestStompPyAtLenientListeners(t *testing.T) {
	l, dir := rig.Programs(t, func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	}, os.DirFS("python"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// A house each: the cases use the same queues in every dialect.
	var addrs []string
	for _, d := range []config.STOMPDialect{config.STOMPPlain, config.STOMPActiveMQ, config.STOMPArtemis, config.STOMPRabbitMQ} {
		addrs = append(addrs, openLenient(t, d))
	}
	rig.Judge(t, l.Command(ctx, filepath.Join(dir, "lenient.py"), addrs...))
}

// openLenient opens a house with one listener, and returns its address.
func openLenient(t *testing.T, d config.STOMPDialect) string {
	t.Helper()
	c := rig.Config()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "", "", ""
	c.STOMPDialect, c.STOMPErrors = d, config.STOMPLenient
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
	return h.Addrs().STOMP
}
