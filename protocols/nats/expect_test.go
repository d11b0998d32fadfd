package nats_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestExpectedLastSequence(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	send := func(last uint64, o ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
		return js.Publish(ctx, "s.a", nil, append(o, jetstream.WithExpectLastSequence(last))...)
	}
	first := must(send(0, jetstream.WithMsgID("one")))(t).Sequence
	_, err := send(first + 1)
	expect(t, err, 10071, fmt.Sprintf("wrong last sequence: %d", first))
	if again := must(send(0, jetstream.WithMsgID("one")))(t); !again.Duplicate || again.Sequence != first {
		t.Errorf("repeated: %+v", again)
	}
	second := must(send(first))(t).Sequence
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	must(send(second))(t)
	m := client.NewMsg("s.a")
	m.Header.Set("Nats-Expected-Last-Sequence", "many")
	_, err = js.PublishMsg(ctx, m)
	expect(t, err, 10071)
	if n := must(s.Info(ctx))(t).State.Msgs; n != 1 {
		t.Errorf("%d messages", n)
	}
}

// Of many publishers that saw the same state of a stream one changes it.
func TestExpectedLastSequenceHasOneWinner(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	for round := range 10 {
		last := must(s.Info(within(t)))(t).State.LastSeq
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			// Ends with its one publish.
			wg.Go(func() {
				if _, err := js.Publish(within(t), "S", nil, jetstream.WithExpectLastSequence(last)); err == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d publishes were taken", round, won.Load())
		}
	}
}
