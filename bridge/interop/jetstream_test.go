package interop_test

import (
	"context"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// TestJetStreamOutlivesTheProcess stops and kills the real program: ids of messages are still
// known, a paused consumer is still paused, and a sequence can still be expected.
func TestJetStreamOutlivesTheProcess(t *testing.T) {
	outlives(t, func(x *jetStreamRun, again func()) {
		first, before := x.fill()
		again()
		x.check(first, before)
	})
}

// outlives runs do with the real program, which again stops, or kills, and starts on the same
// data.
func outlives(t *testing.T, do func(x *jetStreamRun, again func())) {
	t.Helper()
	if testing.Short() {
		t.Skip("there is no program in short runs")
	}
	for name, end := range map[string]func(*rig.Server) error{
		"stop": (*rig.Server).Stop,
		"kill": func(s *rig.Server) error { s.Kill(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			server := startServer(t, dir)
			x := &jetStreamRun{t: t}
			x.connect(server)
			do(x, func() {
				x.must(end(server))
				x.connect(startServer(t, dir))
			})
		})
	}
}

// jetStreamRun is a client of one server after the other.
type jetStreamRun struct {
	t   *testing.T
	ctx context.Context
	js  jetstream.JetStream
}

func (x *jetStreamRun) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *jetStreamRun) connect(server *rig.Server) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), patience)
	x.t.Cleanup(cancel)
	nc, err := rig.ConnectNATS("nats://"+server.NATS, client.NoReconnect(), client.Timeout(patience))
	x.must(err)
	x.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	x.must(err)
	x.ctx, x.js = ctx, js
}

func (x *jetStreamRun) publish(o ...jetstream.PublishOpt) *jetstream.PubAck {
	x.t.Helper()
	ack, err := x.js.Publish(x.ctx, "s.a", []byte("body"), o...)
	x.must(err)
	return ack
}

func (x *jetStreamRun) state() jetstream.StreamState {
	x.t.Helper()
	s, err := x.js.Stream(x.ctx, "S")
	x.must(err)
	return s.CachedInfo().State
}

// fill makes a stream with a paused consumer and two messages, and returns the sequence of
// the one with an id, and the state.
func (x *jetStreamRun) fill() (uint64, jetstream.StreamState) {
	x.t.Helper()
	s, err := x.js.CreateStream(x.ctx, jetstream.StreamConfig{
		Name: "S", Subjects: []string{"s.*"}, Retention: jetstream.WorkQueuePolicy, Duplicates: time.Hour,
	})
	x.must(err)
	_, err = s.CreateConsumer(x.ctx, jetstream.ConsumerConfig{Durable: "work", MaxDeliver: 3, AckWait: time.Hour})
	x.must(err)
	first := x.publish(jetstream.WithMsgID("one")).Sequence
	x.publish()
	_, err = s.PauseConsumer(x.ctx, "work", time.Now().Add(time.Hour))
	x.must(err)
	return first, x.state()
}

func (x *jetStreamRun) check(first uint64, before jetstream.StreamState) {
	x.t.Helper()
	if again := x.publish(jetstream.WithMsgID("one")); !again.Duplicate || again.Sequence != first {
		x.t.Errorf("the id is forgotten: %+v", again)
	}
	after := x.state()
	if after.Msgs != before.Msgs || after.FirstSeq != before.FirstSeq || after.LastSeq < before.LastSeq || !after.FirstTime.Equal(before.FirstTime) {
		x.t.Errorf("state was %+v, is %+v", before, after)
	}
	x.publish(jetstream.WithExpectLastSequence(after.LastSeq))
	o, err := x.js.Consumer(x.ctx, "S", "work")
	x.must(err)
	info := o.CachedInfo()
	if !info.Paused || info.PauseRemaining <= 0 || info.Config.MaxDeliver != 3 || info.NumPending != 3 {
		x.t.Errorf("consumer: %+v", info)
	}
	_, err = x.js.ResumeConsumer(x.ctx, "S", "work")
	x.must(err)
	batch, err := o.Fetch(3, jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2))
	x.must(err)
	n := 0
	for m := range batch.Messages() {
		x.must(m.DoubleAck(x.ctx))
		n++
	}
	if batch.Error() != nil || n != 3 {
		x.t.Errorf("%d messages, %v", n, batch.Error())
	}
}
