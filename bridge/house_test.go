package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is when a client gives up, and when a house gives one up that logs in. Nothing takes as long.
const patience = time.Minute

// testConfig is a house on free ports in a directory of its own.
func testConfig(t *testing.T) config.Config {
	c := config.Default()
	c.DataDir = filepath.Join(t.TempDir(), "data")
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.STOMPLimits.LoginTimeout, c.NATSLimits.LoginTimeout, c.AdminLimits.LoginTimeout = patience, patience, patience
	c.SQSLimits.HeaderTimeout, c.AdminLimits.HeaderTimeout = patience, patience
	return c
}

func openHouse(t *testing.T, c config.Config) *House {
	t.Helper()
	h, err := Open(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHouse(t, h) })
	return h
}

func closeHouse(t *testing.T, h *House) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Error(err)
	}
}

// wantError opens a house that must not open.
func wantError(t *testing.T, c config.Config, want string) {
	t.Helper()
	h, err := Open(context.Background(), c, slog.New(slog.DiscardHandler))
	if err == nil {
		closeHouse(t, h)
		t.Fatalf("opened, want %q", want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line with %q", err, want)
	}
}

// get fetches from the admin listener over a connection of its own.
func get(t *testing.T, h *House, path string) (int, string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	r, err := (&http.Client{Transport: transport}).Get("http://" + h.Addrs().Admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// listSQS sends the smallest request that an SQS client sends.
func listSQS(addr string) (int, error) {
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/", strings.NewReader("{}"))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
	r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, err
	}
	return r.StatusCode, r.Body.Close()
}

func TestEveryDialectIsServed(t *testing.T) {
	h := openHouse(t, testConfig(t))
	s, err := stomp.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Disconnect(); err != nil {
		t.Error(err)
	}
	n, err := nats.Connect("nats://"+h.Addrs().NATS, nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	if code, err := listSQS(h.Addrs().SQS); code != 200 || err != nil {
		t.Errorf("SQS: %d, %v", code, err)
	}
	if code, body := get(t, h, "/readyz"); code != 200 {
		t.Errorf("readyz: %d %s", code, body)
	}
	if !filepath.IsAbs(h.DataDir()) {
		t.Errorf("data directory %s", h.DataDir())
	}
}

func TestListenersCanBeOff(t *testing.T) {
	c := testConfig(t)
	c.NATSAddr, c.SQSAddr, c.AdminAddr = "", "", ""
	h := openHouse(t, c)
	if a := h.Addrs(); a.STOMP == "" || a.NATS != "" || a.SQS != "" || a.Admin != "" {
		t.Errorf("got %+v", a)
	}
	if n := len(h.gateways); n != 1 {
		t.Errorf("%d gateways", n)
	}
}

// A taken port is found before the disk is touched, and the ports bound before
// it are given back.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := testConfig(t)
	c.STOMPAddr, c.SQSAddr = freeAddr(t), taken.Addr().String()
	wantError(t, c, "sqs_addr: listen tcp "+c.SQSAddr+": bind: address already in use: is a server running there?")
	if _, err := os.Stat(c.DataDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory was touched: %v", err)
	}
	c.SQSAddr = ""
	openHouse(t, c)
}

// ownHost returns an address of this machine that others do not look for ports at, where the system has such.
func ownHost() string {
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "127.0.0.1"
	}
	defer l.Close()
	return host
}

// freeAddr returns an address that is free.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ownHost()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestLockedDirectory(t *testing.T) {
	c := testConfig(t)
	first := openHouse(t, c)
	c.STOMPAddr = freeAddr(t)
	wantError(t, c, "used by another process")
	if code, body := get(t, first, "/readyz"); code != 200 {
		t.Errorf("the first house suffers: %d %s", code, body)
	}
	closeHouse(t, first)
	openHouse(t, c) // directory and port are free
}

func TestUnusableDirectory(t *testing.T) {
	c := testConfig(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.DataDir = filepath.Join(file, "data")
	wantError(t, c, "data_dir: ")
	c.DataDir = file
	wantError(t, c, "data_dir: ")
	c.DataDir = filepath.Dir(file)
	wantError(t, c, "not a data directory")
}

func TestBadConfigIsRefused(t *testing.T) {
	c := testConfig(t)
	c.Sync = "sometimes"
	wantError(t, c, `sync is "sometimes"`)
	c = testConfig(t)
	c.NATSAddr = ":0"
	wantError(t, c, "insecure_listen: true")
}

func TestOpeningCanBeStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := testConfig(t)
	h := openHouse(t, c) // the core looks at ctx when there is something to load
	if _, err := h.broker.CreateQueue(ctx, "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	closeHouse(t, h)
	cancel()
	if _, err := Open(ctx, c, slog.New(slog.DiscardHandler)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	openHouse(t, c)
}

func TestCoreOptions(t *testing.T) {
	c := config.Default()
	if o := coreOptions(&c, nil); o.NoSync {
		t.Error("the default does not sync")
	}
	c.Sync, c.SyncInterval = config.SyncByInterval, time.Second
	if o := coreOptions(&c, nil); !o.NoSync || o.SyncInterval != time.Second {
		t.Errorf("got %+v", o)
	}
}
