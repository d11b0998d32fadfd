package dialects_test

import (
	"bytes"
	"context"
	"encoding/json"
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

// verdict is what the judge says of one case. The last line has Done alone.
type verdict struct {
	Case  string `json:"case"`
	Error string `json:"error"` // empty: it is as it should be
	Done  int    `json:"done"`  // how many cases there were
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
	cmd := l.Command(ctx, filepath.Join(dir, "judge.py"), openHouse(t)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("the judge ended early: %v\n%s", err, said.String())
	}
	show(t, out)
}

// show shows each verdict as a test.
func show(t *testing.T, out []byte) {
	t.Helper()
	n := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; n++ {
		var v verdict
		if err := d.Decode(&v); err != nil {
			t.Fatalf("after %d cases: %v", n, err)
		}
		if v.Done > 0 {
			break
		}
		t.Run(v.Case, func(t *testing.T) {
			if v.Error != "" {
				t.Error(v.Error)
			}
		})
	}
	if n == 0 {
		t.Error("no cases")
	}
}
