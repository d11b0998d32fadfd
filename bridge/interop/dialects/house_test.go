package dialects_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// house is a house with a listener for each dialect of STOMP, which a judge can stop and
// start again at the same addresses by a lever (rig.Lever). One goroutine uses it at a time.
type house struct {
	config config.Config
	addrs  []string // plain, ActiveMQ, Artemis, RabbitMQ
	log    *rig.Log
	open   *bridge.House // nil while it is stopped
}

// openHouse opens a house, which ends with the test.
func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{config: rig.Config(), addrs: rig.FreeAddrs(t, 4), log: &rig.Log{}}
	c := &h.config
	c.DataDir = t.TempDir()
	c.STOMPLimits.HeartBeat = 3 * time.Second // judges ask for less: either side may be stopped for a while
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = h.addrs[0], "", "", ""
	for i, d := range []config.STOMPDialect{config.STOMPActiveMQ, config.STOMPArtemis, config.STOMPRabbitMQ} {
		c.STOMPFurther = append(c.STOMPFurther, config.STOMPListener{Addr: h.addrs[i+1], Dialect: d})
	}
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", h.log)
		}
	})
	return h
}

func (h *house) start() (err error) {
	if h.open != nil {
		return errors.New("the house is open")
	}
	h.open, err = bridge.Open(context.Background(), h.config, slog.New(slog.NewTextHandler(h.log, nil)))
	return err
}

// stop ends the house as an operator does.
func (h *house) stop() error {
	if h.open == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	open := h.open
	h.open = nil
	return open.Close(ctx)
}

// patience is when a test gives up, not what a thing takes.
const patience = 4 * time.Minute
