package queuecore_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func open(t testing.TB, o *queuecore.Options) *queuecore.Broker {
	t.Helper()
	b, err := queuecore.Open(context.Background(), memstore.New(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestSendReceiveAck(t *testing.T) {
	ctx := context.Background()
	b := open(t, nil)
	if _, err := b.CreateQueue(ctx, "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	sent, err := b.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: []byte("hello")})
	if err != nil {
		t.Fatal(err)
	}
	ds, err := b.Receive(ctx, "q", queuecore.ReceiveOptions{Max: 10, Wait: time.Minute})
	if err != nil || len(ds) != 1 {
		t.Fatalf("%v %v", ds, err)
	}
	if d := ds[0]; string(d.Body) != "hello" || d.ID != sent.ID || d.Attempt != 1 {
		t.Fatalf("%+v", d)
	}
	if err := b.Ack(ctx, ds[0].Receipt); err != nil {
		t.Fatal(err)
	}
	s, err := b.Stats(ctx, "q")
	if err != nil || s.Len() != 0 || s.Totals.Acked != 1 {
		t.Fatalf("%+v %v", s, err)
	}
}
