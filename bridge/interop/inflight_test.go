package interop_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// TestInFlightOutlivesTheProcess stops and kills the real program while a consumer has messages
// out: they are still counted, with those that were handed out again, take their room of
// max_ack_pending, and can be acked.
func TestInFlightOutlivesTheProcess(t *testing.T) {
	outlives(t, func(x *jetStreamRun, again func()) {
		out := x.takeThree()
		again()
		x.stillOut(out)
	})
}

// takeThree has a consumer take two of four messages, one of them twice, and give the third back
// with a delay. It returns the ack subjects of the first two.
func (x *jetStreamRun) takeThree() []string {
	x.t.Helper()
	s, err := x.js.CreateStream(x.ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, Retention: jetstream.WorkQueuePolicy})
	x.must(err)
	o, err := s.CreateConsumer(x.ctx, jetstream.ConsumerConfig{Durable: "work", MaxAckPending: 2, AckWait: time.Hour})
	x.must(err)
	for range 4 {
		x.publish()
	}
	take := func() jetstream.Msg {
		m, err := o.Next(jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2))
		x.must(err)
		return m
	}
	x.must(take().Nak())
	again, second := take(), take()
	x.must(second.NakWithDelay(time.Hour))
	third := take()
	// The answer comes after what was asked before it on this connection is on disk.
	_, err = o.Info(x.ctx)
	x.must(err)
	return []string{again.Reply(), third.Reply()}
}

func (x *jetStreamRun) stillOut(acks []string) {
	x.t.Helper()
	o, err := x.js.Consumer(x.ctx, "S", "work")
	x.must(err)
	x.counted(o, 3, 1)
	batch, err := rig.PullNoWait(x.ctx, x.js.Conn(), "S", "work", 1)
	x.must(err)
	for _, m := range batch {
		x.t.Errorf("%s came past max_ack_pending", m.Reply)
	}
	for _, ack := range acks {
		_, err := x.js.Conn().RequestWithContext(x.ctx, ack, nil)
		x.must(err)
	}
	x.counted(o, 1, 0)
	_, err = o.Next(jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2))
	x.must(err)
}

func (x *jetStreamRun) counted(o jetstream.Consumer, pending, again int) {
	x.t.Helper()
	i, err := o.Info(x.ctx)
	x.must(err)
	if i.NumAckPending != pending || i.NumRedelivered != again || i.Delivered.Stream < i.AckFloor.Stream {
		x.t.Errorf("want %d pending, %d again: %+v", pending, again, i)
	}
}
