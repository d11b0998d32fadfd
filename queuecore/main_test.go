package queuecore_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func TestMain(m *testing.M) { leak.Main(m) }

// patience is when a test gives up that waits for something. Nothing takes nearly as long.
const patience = 5 * time.Minute

// rig is a broker over a store that can be told to fail or to wait.
type rig struct {
	*queuecore.Broker
	t     testing.TB
	ctx   context.Context
	disk  *memstore.Store
	store *storetest.Failing
}

func newRig(t testing.TB, o *queuecore.Options) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience) // a test that hangs fails
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, disk: memstore.New()}
	r.open(o)
	t.Cleanup(func() { _ = r.Close() }) // some tests break the store
	return r
}

func (r *rig) open(o *queuecore.Options) {
	r.t.Helper()
	r.store = storetest.NewFailing(r.disk)
	quiet := queuecore.Options{}
	if o != nil {
		quiet = *o
	}
	if quiet.Log == nil {
		quiet.Log = slog.New(slog.DiscardHandler)
	}
	b, err := queuecore.Open(r.ctx, r.store, &quiet)
	r.must(err)
	r.Broker = b
}

// restart closes the broker and opens another on the same data.
func (r *rig) restart(o *queuecore.Options) {
	r.t.Helper()
	r.must(r.Close())
	r.disk = r.disk.Reopen()
	r.open(o)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) create(name string, c queuecore.QueueConfig) {
	r.t.Helper()
	_, err := r.CreateQueue(r.ctx, name, c)
	r.must(err)
}

func (r *rig) send(queue, body string) queuecore.Sent {
	r.t.Helper()
	sent, err := r.Send(r.ctx, text(queue, body))
	r.must(err)
	return sent
}

func text(queue, body string) *queuecore.Message {
	return &queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: []byte(body)}
}

// receive returns what there is, up to max, without waiting.
func (r *rig) receive(queue string, max int) []queuecore.Delivery {
	r.t.Helper()
	ds, err := r.Receive(r.ctx, queue, queuecore.ReceiveOptions{Max: max})
	r.must(err)
	return ds
}

func (r *rig) stats(queue string) queuecore.Stats {
	r.t.Helper()
	s, err := r.Stats(r.ctx, queue)
	r.must(err)
	return s
}

// waitFor returns once n receivers wait at the queue.
func (r *rig) waitFor(queue string, n int) {
	r.t.Helper()
	for r.stats(queue).Waiting < n {
	}
}
