package push_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 4 * time.Minute

// start opens a house with a directory, at an address for NATS.
func start(t *testing.T, dir, addr string) *bridge.House {
	t.Helper()
	c := config.Default()
	c.DataDir = dir
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "", addr, "", "127.0.0.1:0"
	c.NATSLimits.WriteTimeout = time.Minute // on a busy machine
	h, err := bridge.Open(t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, err)
	return h
}

func stop(t *testing.T, h *bridge.House) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(t, h.Close(ctx))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A subscriber of a durable consumer stays, and the house is stopped and opened again: the
// library connects again, and what was kept and what is new reach the subscriber.
func TestPushOutlivesTheHouse(t *testing.T) {
	dir := t.TempDir()
	addr := rig.FreeAddrs(t, 1)[0]
	h := start(t, dir, addr)
	nc, err := nats.Connect("nats://"+addr, nats.Timeout(patience), nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1))
	must(t, err)
	defer nc.Close()
	js, err := nc.JetStream(nats.MaxWait(patience))
	must(t, err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "orders", Retention: nats.WorkQueuePolicy})
	must(t, err)
	_, err = js.AddConsumer("orders", &nats.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", AckPolicy: nats.AckExplicitPolicy, AckWait: time.Hour, MaxAckPending: 1,
	})
	must(t, err)
	sub, err := js.SubscribeSync("", nats.Bind("orders", "work"))
	must(t, err)
	for _, body := range []string{"first", "second"} {
		_, err = js.Publish("orders", []byte(body))
		must(t, err)
	}
	first, err := sub.NextMsg(patience)
	must(t, err)
	stop(t, h)
	h = start(t, dir, addr)
	defer func() { stop(t, h) }()
	must(t, first.AckSync(nats.AckWait(patience))) // of before
	second, err := sub.NextMsg(patience)
	must(t, err)
	must(t, second.AckSync(nats.AckWait(patience)))
	_, err = js.Publish("orders", []byte("third"))
	must(t, err)
	third, err := sub.NextMsg(patience)
	must(t, err)
	if got := string(first.Data) + " " + string(second.Data) + " " + string(third.Data); got != "first second third" {
		t.Error(got)
	}
}

// The consumer's numbers go on over a stop: nats.go's older API, which compares those of heartbeats with
// what it saw, has nothing to complain of.
func TestSequencesOutliveTheHouse(t *testing.T) {
	dir := t.TempDir()
	addr := rig.FreeAddrs(t, 1)[0]
	h := start(t, dir, addr)
	complaints := make(chan error, 100) // of sequences: it complains of late heartbeats as well
	nc, err := nats.Connect("nats://"+addr, nats.Timeout(patience), nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if _, ok := errors.AsType[*nats.ErrConsumerSequenceMismatch](err); ok {
				complaints <- err
			}
		}))
	must(t, err)
	defer nc.Close()
	js, err := nc.JetStream(nats.MaxWait(patience))
	must(t, err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "orders", Retention: nats.WorkQueuePolicy})
	must(t, err)
	_, err = js.AddConsumer("orders", &nats.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", AckPolicy: nats.AckExplicitPolicy, AckWait: time.Hour, Heartbeat: 100 * time.Millisecond,
	})
	must(t, err)
	sub, err := js.SubscribeSync("", nats.Bind("orders", "work"))
	must(t, err)
	for n := range uint64(3) {
		_, err = js.Publish("orders", []byte("x"))
		must(t, err)
		m, err := sub.NextMsg(patience)
		must(t, err)
		if n != 1 { // the second stays out
			must(t, m.AckSync(nats.AckWait(patience)))
		}
	}
	stop(t, h)
	h = start(t, dir, addr)
	defer func() { stop(t, h) }()
	all, err := nc.SubscribeSync("to.work") // sees the heartbeats, behind sub
	must(t, err)
	for n := 0; n < 2; {
		m, err := all.NextMsg(patience)
		must(t, err)
		if last := m.Header.Get("Nats-Last-Consumer"); last != "" {
			if n++; last != "3" {
				t.Errorf("a heartbeat says that %s was the last", last)
			}
		}
	}
	i, err := js.ConsumerInfo("orders", "work")
	must(t, err)
	if i.Delivered.Consumer != 3 || i.Delivered.Stream != 3 || i.Delivered.Last == nil || i.AckFloor.Consumer != 1 || i.AckFloor.Stream != 1 || i.NumAckPending != 1 {
		t.Errorf("%+v", i)
	}
	_, err = js.Publish("orders", []byte("y"))
	must(t, err)
	next, err := sub.NextMsg(patience)
	must(t, err)
	if meta, err := next.Metadata(); err != nil || meta.Sequence.Consumer != 4 || meta.Sequence.Stream != 4 {
		t.Errorf("%+v, %v", meta, err)
	}
	for len(complaints) > 0 {
		t.Error(<-complaints)
	}
}

func TestNATSPy(t *testing.T) {
	l, dir := rig.Programs(t, func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	}, os.DirFS("python"))
	h := start(t, t.TempDir(), "127.0.0.1:0")
	defer stop(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rig.Judge(t, l.Command(ctx, filepath.Join(dir, "judge.py"), h.Addrs().NATS))
}
