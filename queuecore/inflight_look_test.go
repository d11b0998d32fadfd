package queuecore_test

import (
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// What somebody has had and not settled is counted and listed; what is delayed from the start is not.
func TestInFlightIsListed(t *testing.T) {
	ctx := t.Context()
	b, err := queuecore.Open(ctx, memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.CreateQueue(ctx, "q", queuecore.QueueConfig{})
	must(err)
	for _, text := range []string{"leased", "resting", "ready", "again"} {
		_, err := b.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: []byte(text)})
		must(err)
	}
	_, err = b.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("q"), DeliverAt: time.Now().Add(time.Hour)})
	must(err)
	got, err := b.Receive(ctx, "q", queuecore.ReceiveOptions{Max: 4, Lease: queuecore.LeaseFor(time.Hour)})
	must(err)
	nack := func(x ...queuecore.Nack) {
		t.Helper()
		_, err := b.Commit(ctx, queuecore.Tx{Nacks: x})
		must(err)
	}
	nack(queuecore.Nack{Receipt: got[1].Receipt, Delay: time.Hour}, queuecore.Nack{Receipt: got[2].Receipt}, queuecore.Nack{Receipt: got[3].Receipt})
	got, err = b.Receive(ctx, "q", queuecore.ReceiveOptions{Max: 2, Lease: queuecore.LeaseFor(time.Hour)})
	must(err)
	nack(queuecore.Nack{Receipt: got[0].Receipt})
	st, err := b.Stats(ctx, "q")
	must(err)
	if st.Leased != 2 || st.Delayed != 2 || st.Resting != 1 || st.Again != 1 {
		t.Errorf("counted are %+v", st)
	}
	all, next, err := b.InFlight(ctx, "q", nil, 0, 2)
	must(err)
	if len(all) != 2 || all[0].Receipt.Seq != 1 || all[0].Resting || all[1].Receipt.Seq != 2 || !all[1].Resting || next == 0 {
		t.Fatalf("in flight are %+v, to go on with %d", all, next)
	}
	rest, next, err := b.InFlight(ctx, "q", func(m *queuecore.Message) bool { return string(m.Body) == "again" }, next, 2)
	must(err)
	if len(rest) != 1 || rest[0].Receipt.Seq != 4 || rest[0].Receipt.Attempt != 2 || rest[0].Until.IsZero() || next != 0 {
		t.Errorf("the rest is %+v, to go on with %d", rest, next)
	}
}
