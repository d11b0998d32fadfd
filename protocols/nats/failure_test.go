package nats_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// brittle is a store that breaks when it is told to.
type brittle struct {
	*memstore.Store
	broken atomic.Bool
}

func (s *brittle) Write(b *store.Batch) error {
	if s.broken.Load() {
		return errors.New("disk on fire")
	}
	return s.Store.Write(b)
}

// TestBrokenStore: what cannot be kept is refused, and never acked.
func TestBrokenStore(t *testing.T) {
	s := &brittle{Store: memstore.New()}
	b, err := queuecore.Open(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	h := open(t, b, nats.Options{})
	js, st := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(st, jetstream.ConsumerConfig{})
	must(js.Publish(within(t), "S", []byte("kept")))(t)
	m := fetch(t, o, 1)[0]

	s.broken.Store(true)
	_, err = js.Publish(within(t), "S", []byte("lost"))
	expect(t, err, 10077)
	if _, err := h.dial().Request(m.Reply(), []byte("+ACK"), 50*time.Millisecond); !errors.Is(err, client.ErrTimeout) {
		t.Errorf("an ack that was not kept was answered: %v", err)
	}
	_, err = js.CreateStream(within(t), jetstream.StreamConfig{Name: "T", Retention: jetstream.WorkQueuePolicy})
	expect(t, err, 10077)
	flush(t, h.dial()) // pings are answered
}
