package nats_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// onDisk starts a gateway over a store that can be told to be full or slow.
func onDisk(t *testing.T, core queuecore.Options, o nats.Options) (*house, *storetest.Failing) {
	t.Helper()
	disk := storetest.NewFailing(memstore.New())
	b, err := queuecore.Open(context.Background(), disk, &core)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return open(t, b, o), disk
}

// A full disk refuses messages as nats-server does whose storage is used up, and
// says what is missing. What waits is received and acked; messages are taken
// again when there is room.
func TestFullDisk(t *testing.T) {
	h, disk := onDisk(t, queuecore.Options{}, nats.Options{})
	js, st := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(st, jetstream.ConsumerConfig{})
	must(js.Publish(within(t), "S", []byte("kept")))(t)
	disk.FailRoom(fmt.Errorf("%w: 3 MiB free, 512 MiB needed", store.ErrNoSpace))
	waitFor(t, func() bool { return h.broker.Err() != nil })
	_, err := js.Publish(within(t), "S", []byte("refused"))
	expect(t, err, 10023, "insufficient resources", "disk is nearly full", "3 MiB free, 512 MiB needed")
	m := fetch(t, o, 1)[0]
	if err := m.DoubleAck(within(t)); err != nil || string(m.Data()) != "kept" {
		t.Errorf("%q, %v", m.Data(), err)
	}
	disk.Heal()
	waitFor(t, func() bool { return h.broker.Err() == nil })
	must(js.Publish(within(t), "S", []byte("after")))(t)
	if m := fetch(t, o, 1)[0]; string(m.Data()) != "after" {
		t.Errorf("got %q", m.Data())
	}
}

// While the disk takes its time nothing is acked, and pings are answered.
func TestSlowDisk(t *testing.T) {
	h, disk := onDisk(t, queuecore.Options{}, nats.Options{})
	h.stream(jetstream.StreamConfig{Name: "S"})
	nc := h.dial()
	js := must(jetstream.New(nc))(t)
	gate := disk.HoldSync()
	defer gate.Open()
	ack := must(js.PublishAsync("S", []byte("x")))(t)
	receive(t, gate.Reached)
	for range 10 {
		flush(t, nc)
	}
	select {
	case <-ack.Ok():
		t.Error("acked before the disk had it")
	case err := <-ack.Err():
		t.Error(err)
	default:
	}
	gate.Open()
	receive(t, ack.Ok())
}
