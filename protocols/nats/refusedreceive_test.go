package nats_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A receive that the broker refuses again and again is in the log once, and again after one that it took.
func TestRefusedReceiveIsLoggedOnce(t *testing.T) {
	b, err := queuecore.Open(context.Background(), memstore.New(), &queuecore.Options{MaxLeases: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	var log lockedText
	h := open(t, b, nats.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	publishAll(t, js, "S", "S", "S", "S")
	for range 2 {
		got := must(b.Receive(within(t), "S", queuecore.ReceiveOptions{Lease: queuecore.LeaseFor(time.Hour)}))(t)
		for range 2 {
			if got, end := noWait(t, js, o, 1); len(got) > 0 || end != "409 Leadership Change" {
				t.Errorf("%d messages came, and %q", len(got), end)
			}
		}
		must(b.Commit(within(t), queuecore.Tx{Nacks: []queuecore.Nack{{Receipt: got[0].Receipt}}}))(t)
		if err := stubborn(t, o).DoubleAck(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "cannot receive"); n != 2 {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}

// stubborn takes a message, and asks again when it is told to.
func stubborn(t *testing.T, o jetstream.Consumer) jetstream.Msg {
	t.Helper()
	for {
		batch := must(o.Fetch(1, waiting()...))(t)
		for m := range batch.Messages() {
			return m
		}
		if err := batch.Error(); err == nil || !strings.Contains(err.Error(), "leadership change") {
			t.Fatalf("no message came: %v", err)
		}
	}
}

// lockedText is text that many write.
type lockedText struct {
	mu   sync.Mutex // over text
	text strings.Builder
}

func (x *lockedText) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text.Write(p)
}

func (x *lockedText) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text.String()
}
