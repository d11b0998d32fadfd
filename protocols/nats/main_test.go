package nats_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func TestMain(m *testing.M) {
	// The client library's own: it outlives its connection by the time that the
	// caller was ready to wait.
	leak.Main(m, goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*pullConsumer).fetch.func1"))
}

// patience is how long a test waits for an event before it gives up.
const patience = 2 * time.Minute

// house is a gateway with a broker behind it.
type house struct {
	t       testing.TB
	broker  *queuecore.Broker
	gateway *nats.Gateway
	address string
}

func newBroker(t testing.TB) *queuecore.Broker {
	t.Helper()
	b, err := queuecore.Open(context.Background(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// open starts a gateway of b. The test's end shuts it down.
func open(t testing.TB, b *queuecore.Broker, o nats.Options) *house {
	t.Helper()
	o.Limits = unhurried(o.Limits)
	return serve(t, b, o, must(net.Listen("tcp", "127.0.0.1:0"))(t))
}

// serve is open with a listener and limits of the test's own.
func serve(t testing.TB, b *queuecore.Broker, o nats.Options, l net.Listener) *house {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	h := &house{t: t, broker: b, gateway: nats.New(b, o), address: l.Addr().String()}
	served := make(chan error, 1)
	// Serve ends with the Shutdown below.
	go func() { served <- h.gateway.Serve(l) }()
	t.Cleanup(func() {
		h.shutdown()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return h
}

// unhurried leaves clients the time that a busy machine takes, where a test does not limit it.
func unhurried(l nats.Limits) nats.Limits {
	for _, limit := range []*time.Duration{&l.AuthTimeout, &l.WriteDeadline} {
		if *limit == 0 {
			*limit = patience
		}
	}
	return l
}

func start(t testing.TB) *house { t.Helper(); return open(t, newBroker(t), nats.Options{}) }

func (h *house) shutdown() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.gateway.Shutdown(ctx); err != nil {
		h.t.Errorf("Shutdown: %v", err)
	}
}

// dial connects an unmodified client library.
func (h *house) dial(options ...client.Option) *client.Conn {
	h.t.Helper()
	nc, err := client.Connect("nats://"+h.address, append(patient(), options...)...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(nc.Close)
	return nc
}

// patient is a client that waits long, and does not come again.
func patient() []client.Option {
	return []client.Option{client.NoReconnect(), client.Timeout(patience), client.DrainTimeout(patience)}
}

// flush waits until the server has seen all that nc has said.
func flush(t testing.TB, nc *client.Conn) {
	t.Helper()
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
}

// stream connects, and makes a work-queue stream.
func (h *house) stream(c jetstream.StreamConfig) (jetstream.JetStream, jetstream.Stream) {
	h.t.Helper()
	js, err := jetstream.New(h.dial())
	if err != nil {
		h.t.Fatal(err)
	}
	c.Retention = jetstream.WorkQueuePolicy
	s, err := js.CreateStream(within(h.t), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return js, s
}

// consumer makes a durable consumer called work.
func (h *house) consumer(s jetstream.Stream, c jetstream.ConsumerConfig) jetstream.Consumer {
	h.t.Helper()
	if c.Durable == "" {
		c.Durable = "work"
	}
	if c.AckWait == 0 && len(c.BackOff) == 0 {
		c.AckWait = time.Hour // nothing comes back by itself while the machine is busy
	}
	o, err := s.CreateOrUpdateConsumer(within(h.t), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// within is a context that ends when the test has waited long enough.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// must fails the test on an error.
func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// receive takes from a channel, or gives up.
func receive[V any](t testing.TB, ch <-chan V) V {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}
