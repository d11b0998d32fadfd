package bridge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/queuecore"
)

// watcher is a gateway that looks around while it is shut down.
type watcher struct {
	serve    chan error                  // what Serve returns
	shutdown func(context.Context) error // what Shutdown does
}

func (w *watcher) Serve(net.Listener) error { return <-w.serve }
func (w *watcher) Shutdown(ctx context.Context) error {
	defer close(w.serve)
	return w.shutdown(ctx)
}

// addWatcher serves a watcher beside the real gateways.
func addWatcher(t *testing.T, h *House, shutdown func(context.Context) error) *watcher {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &watcher{make(chan error, 1), shutdown}
	h.serveGateway("watcher", l, w)
	return w
}

// The order that Close promises, as seen from its second step, and what is left
// after the last.
func TestCloseOrder(t *testing.T) {
	c := testConfig(t)
	free := ownHost() + ":0" // somebody else may have a port of another host once it is given back
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = free, free, free, free
	h := openHouse(t, c)
	ctx := context.Background()
	if _, err := h.broker.CreateQueue(ctx, "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	looked := false
	addWatcher(t, h, func(context.Context) error {
		looked = true
		if code, body := get(t, h, "/readyz"); code != 503 || !strings.Contains(body, "draining") {
			t.Errorf("while gateways drain, readyz is %d %s", code, body)
		}
		if code, body := get(t, h, "/livez"); code != 200 {
			t.Errorf("while gateways drain, livez is %d %s", code, body)
		}
		if _, err := h.broker.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("q")}); err != nil {
			t.Errorf("while gateways drain, the core is gone: %v", err)
		}
		return nil
	})
	closeHouse(t, h)
	if !looked {
		t.Fatal("the gateway was not shut down")
	}
	if err := h.broker.Err(); !errors.Is(err, queuecore.ErrClosed) {
		t.Errorf("the core is not closed: %v", err)
	}
	for name, addr := range map[string]string{
		"stomp": h.Addrs().STOMP, "nats": h.Addrs().NATS, "sqs": h.Addrs().SQS, "admin": h.Addrs().Admin,
	} {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Errorf("%s still accepts", name)
		}
	}
	next := openHouse(t, c) // the directory is unlocked
	if s, err := next.broker.Stats(ctx, "q"); err != nil || s.Ready != 1 {
		t.Errorf("what was sent while gateways drained: %+v, %v", s, err)
	}
}

// All gateways stop accepting at once: a slow one holds up nobody.
func TestGatewaysDrainTogether(t *testing.T) {
	h := openHouse(t, testConfig(t))
	var arrived sync.WaitGroup
	arrived.Add(2)
	meet := func(ctx context.Context) error {
		arrived.Done()
		arrived.Wait() // for ever, if the other one were shut down after this one
		return nil
	}
	addWatcher(t, h, meet)
	addWatcher(t, h, meet)
	closeHouse(t, h)
}

// A client that does not go is cut off when ctx ends, and the core is closed
// properly all the same.
func TestDrainIsBounded(t *testing.T) {
	h := openHouse(t, testConfig(t))
	ctx, cancel := context.WithCancel(context.Background())
	addWatcher(t, h, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if err := h.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := h.broker.Err(); !errors.Is(err, queuecore.ErrClosed) {
		t.Errorf("the core is not closed: %v", err)
	}
}

func TestCloseTwice(t *testing.T) {
	h := openHouse(t, testConfig(t))
	closeHouse(t, h)
	closeHouse(t, h)
}

// What a client holds when the house closes is ready again when it opens.
func TestCloseGivesLeasesBack(t *testing.T) {
	c := testConfig(t)
	h := openHouse(t, c)
	conn, err := stomp.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send("/queue/q", "text/plain", []byte("held"), stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	sub, err := conn.Subscribe("/queue/q", stomp.AckClientIndividual)
	if err != nil {
		t.Fatal(err)
	}
	if m := <-sub.C; m.Err != nil || string(m.Body) != "held" {
		t.Fatalf("got %+v", m)
	}
	closeHouse(t, h)
	for range sub.C { // until the client has seen that the server is gone
	}
	next := openHouse(t, c)
	ds, err := next.broker.Receive(context.Background(), "q", queuecore.ReceiveOptions{})
	if err != nil || len(ds) != 1 || string(ds[0].Body) != "held" || ds[0].Attempt != 2 {
		t.Fatalf("got %+v, %v", ds, err)
	}
}

func TestWait(t *testing.T) {
	h := openHouse(t, testConfig(t))
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.Wait(ended); err != nil {
		t.Errorf("ctx ended: %v", err)
	}
	broken := errors.New("accept: too many open files")
	w := addWatcher(t, h, func(context.Context) error { return nil })
	w.serve <- broken
	if err := h.Wait(context.Background()); !errors.Is(err, broken) || err.Error() != "watcher: "+broken.Error() {
		t.Errorf("got %v", err)
	}
}

func TestWaitEndsWithTheHouse(t *testing.T) {
	h := openHouse(t, testConfig(t))
	closeHouse(t, h)
	if err := h.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}

// A house without a logger has one.
func TestNilLogger(t *testing.T) {
	h, err := Open(context.Background(), testConfig(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if h.log != slog.Default() {
		t.Error("another logger")
	}
	closeHouse(t, h)
}
