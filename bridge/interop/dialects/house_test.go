package dialects_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// house is a house with a listener for each dialect of STOMP, which a judge can stop and
// start again at the same addresses by its lever. One goroutine uses it at a time.
type house struct {
	config config.Config
	addrs  []string // plain, ActiveMQ, Artemis, RabbitMQ
	log    *rig.Log
	open   *bridge.House // nil while it is stopped
}

// openHouse opens a house, which ends with the test.
func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{config: config.Default(), addrs: freeAddrs(t, 4), log: &rig.Log{}}
	c := &h.config
	c.DataDir = t.TempDir()
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

// lever returns an address that takes "stop" and "start", a line each, from one connection after the
// other, and answers when it is done: "ok", or with what went wrong. Nobody pulls it any more when the test ends.
func (h *house) lever(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var pulls sync.WaitGroup
	// Ends when the listener is closed and the judge, whose connection it may hold, has ended.
	pulls.Go(func() {
		for nc, err := l.Accept(); err == nil; nc, err = l.Accept() {
			h.obey(nc)
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends the goroutine
		pulls.Wait()
	})
	return l.Addr().String()
}

// obey does what one connection asks for.
func (h *house) obey(nc net.Conn) {
	defer nc.Close()
	for in := bufio.NewScanner(nc); in.Scan(); {
		err := fmt.Errorf("no such order: %s", in.Text())
		switch in.Text() {
		case "stop":
			err = h.stop()
		case "start":
			err = h.start()
		}
		answer := "ok"
		if err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(nc, answer); err != nil {
			return // the judge is gone
		}
	}
}

// freeAddrs returns addresses that nobody listens on. Their ports are none that systems give to clients:
// while the house is stopped nobody takes them.
func freeAddrs(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for tries := 0; len(addrs) < n; tries++ {
		if tries > 1000 {
			t.Fatal("no port is free")
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(17000)))
		if err != nil {
			continue
		}
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

// patience is when a test gives up, not what a thing takes.
const patience = 4 * time.Minute
