package queuecore_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// storedRecord is a key and a value of a store.
type storedRecord struct{ key, value []byte }

// storedRecords returns those of a store that has something of every family.
func storedRecords(t testing.TB) (all []storedRecord) {
	r := newRig(t, nil)
	r.deadLetters("dead")
	r.create("plain", queuecore.QueueConfig{})
	r.create("fifo", queuecore.QueueConfig{GroupOrder: true, DedupWindow: time.Hour})
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "x.*", Queue: "fifo"}))
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "x.>", Queue: "plain"}))
	for _, m := range []queuecore.Message{
		{Destination: queuecore.QueueNamed("plain"), Body: []byte("a"), Priority: queuecore.PriorityOf(9)},
		{Destination: queuecore.QueueNamed("plain"), DeliverAt: time.Now().Add(time.Hour), Plan: &queuecore.Plan{Cron: "0 0 * * *"}},
		{Destination: queuecore.QueueNamed("fifo"), Group: "g", DedupID: "d", Properties: queuecore.Properties{{Name: "n", Value: int32(5)}}},
		{Destination: queuecore.TopicNamed("x.y"), Body: bytes.Repeat([]byte("b"), 5000), Group: "h", ExpiresAt: time.Now().Add(time.Hour)},
	} {
		_, err := r.Send(r.ctx, &m)
		r.must(err)
	}
	for range 200 { // more than a page
		r.send("plain", "x")
	}
	r.must(r.Nack(r.ctx, r.receive("plain", 1)[0].Receipt, time.Hour))
	r.move("dlq", "q", 1)
	r.must(r.disk.Load(nil, func(key, value []byte) error {
		all = append(all, storedRecord{bytes.Clone(key), bytes.Clone(value)})
		return nil
	}))
	return all
}

// FuzzStore puts any bytes in the place of one record of a store, or beside all. The store is refused in one line, or it
// opens, all of it can be received, and it opens again.
func FuzzStore(f *testing.F) {
	records := storedRecords(f)
	for i, r := range records {
		if i > 0 && i < len(records)-1 && records[i-1].key[0] == r.key[0] && records[i+1].key[0] == r.key[0] {
			continue // the first and the last of a family
		}
		f.Add(uint8(i), []byte{}, r.value[:len(r.value)/2])
		f.Add(uint8(i), r.key, append(bytes.Clone(r.value), 0))
		f.Add(uint8(i), append(bytes.Clone(r.key), 1), r.value)
	}
	f.Add(uint8(0), []byte{}, []byte{1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 9}) // the counters of the first format
	f.Fuzz(func(t *testing.T, which uint8, key, value []byte) {
		var b store.Batch
		for i, r := range records {
			if i == int(which) && len(key) == 0 {
				b.Put(r.key, value)
				continue
			}
			b.Put(r.key, r.value)
		}
		if len(key) > 0 {
			b.Put(key, value)
		}
		disk := memstore.New()
		if err := disk.Write(&b); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		o := &queuecore.Options{Log: slog.New(slog.DiscardHandler)}
		broker, err := queuecore.Open(ctx, disk, o)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
				t.Fatalf("not one line: %q", err)
			}
			return
		}
		drainAll(ctx, t, broker)
		if err := broker.Close(); err != nil {
			t.Fatal(err)
		}
		if broker, err = queuecore.Open(ctx, disk.Reopen(), o); err != nil {
			t.Fatalf("opens once, and not again: %v", err)
		}
		if err := broker.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// drainAll receives what is ready in every queue.
func drainAll(ctx context.Context, t *testing.T, b *queuecore.Broker) {
	t.Helper()
	for _, q := range b.Queues("") {
		for range 100 {
			ds, err := b.Receive(ctx, q.Name, queuecore.ReceiveOptions{Max: 100})
			if ctx.Err() != nil {
				t.Fatal(err)
			}
			if err != nil || len(ds) == 0 {
				break
			}
			for _, d := range ds {
				_ = b.Ack(ctx, d.Receipt)
			}
		}
	}
}
