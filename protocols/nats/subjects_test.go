package nats_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A stream with a bound for each subject shows it, keeps it, and changes it; so does the queue
// for those who know it from another side.
func TestMaxMessagesPerSubject(t *testing.T) {
	h := start(t)
	ctx := within(t)
	c := jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, MaxMsgsPerSubject: 2, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true}
	js, s := h.stream(c)
	publish(t, js, "s.a", "s.a", "s.b")
	_, err := js.Publish(ctx, "s.a", nil)
	expect(t, err, 10077, "maximum messages per subject exceeded")
	info := must(s.Info(ctx, jetstream.WithSubjectFilter("s.>")))(t)
	if got := info.Config; got.MaxMsgsPerSubject != 2 || got.Discard != jetstream.DiscardNew || !got.DiscardNewPerSubject {
		t.Errorf("%+v", got)
	}
	if !maps.Equal(info.State.Subjects, map[string]uint64{"s.a": 2, "s.b": 1}) || info.State.NumSubjects != 2 {
		t.Errorf("%v of %d", info.State.Subjects, info.State.NumSubjects)
	}
	if q := must(h.broker.Queue("S"))(t).Config; q.MaxPerTopic != 2 || q.DropOldestPerTopic {
		t.Errorf("%+v", q)
	}
	info.Config.DiscardNewPerSubject = false
	must(js.UpdateStream(ctx, info.Config))(t)
	seqs := publish(t, js, "s.a", "s.a")
	if _, err := s.GetMsg(ctx, 1); err == nil {
		t.Error("the oldest of the subject is still there")
	}
	if last := must(s.GetLastMsgForSubject(ctx, "s.a"))(t); last.Sequence != seqs[1] {
		t.Errorf("the last is %d", last.Sequence)
	}
	info.Config.MaxMsgsPerSubject = -1
	must(js.UpdateStream(ctx, info.Config))(t)
	publish(t, js, "s.a", "s.a")
	if st := must(s.Info(ctx))(t); st.State.Msgs != 5 || st.Config.MaxMsgsPerSubject != -1 {
		t.Errorf("%+v", st)
	}
}

// The bound of a stream that is there is set while its subjects are read: publishes wait.
func TestMaxMessagesPerSubjectOfAStreamThatIsThere(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	for i := range 200 {
		publish(t, js, fmt.Sprint("s.", i%4))
	}
	c := must(s.Info(ctx))(t).Config
	c.MaxMsgsPerSubject = 1
	must(js.UpdateStream(ctx, c))(t)
	publish(t, js, "s.9")
	got := must(s.Info(ctx, jetstream.WithSubjectFilter(">")))(t).State
	if want := map[string]uint64{"s.0": 1, "s.1": 1, "s.2": 1, "s.3": 1, "s.9": 1}; !maps.Equal(got.Subjects, want) || got.Msgs != 5 {
		t.Errorf("%v of %d messages", got.Subjects, got.Msgs)
	}
}

// What is pending goes to make room as in nats-server: its ack is answered and does nothing.
func TestPendingMessageMakesRoom(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, MaxMsgsPerSubject: 1})
	c := h.consumer(s, jetstream.ConsumerConfig{Durable: "C", AckPolicy: jetstream.AckExplicitPolicy})
	publish(t, js, "s.a")
	old := next(t, c)
	publish(t, js, "s.a")
	if err := old.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	last := next(t, c)
	if meta := must(last.Metadata())(t); meta.Sequence.Stream != 2 || meta.NumDelivered != 1 {
		t.Errorf("%+v", meta)
	}
	if err := last.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	if n := must(s.Info(ctx))(t).State.Msgs; n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// The last sequence of a subject may be expected, of a stream that bounds its subjects and of
// one that does not; what was sent to the stream's name is one subject.
func TestExpectedLastSubjectSequence(t *testing.T) {
	h := start(t)
	ctx := within(t)
	for name, bound := range map[string]int64{"BOUND": 10, "FREE": -1} {
		js, s := h.stream(jetstream.StreamConfig{Name: name, Subjects: []string{name, name + ".*"}, MaxMsgsPerSubject: bound})
		send := func(subject string, o jetstream.PublishOpt) (*jetstream.PubAck, error) {
			return js.Publish(ctx, name+subject, nil, o)
		}
		publish(t, js, name+".a", name+".b", name)
		_, err := send(".a", jetstream.WithExpectLastSequencePerSubject(3))
		expect(t, err, 10071, "wrong last sequence: 1")
		must(send(".a", jetstream.WithExpectLastSequencePerSubject(1)))(t)
		must(send(".c", jetstream.WithExpectLastSequencePerSubject(0)))(t)
		must(send(".c", jetstream.WithExpectLastSequenceForSubject(4, name+".a")))(t)
		_, err = send(".c", jetstream.WithExpectLastSequenceForSubject(5, name+".a"))
		expect(t, err, 10071, "wrong last sequence: 4")
		must(send("", jetstream.WithExpectLastSequencePerSubject(3)))(t)
		must(send(".d", jetstream.WithExpectLastSequenceForSubject(7, name)))(t)
		_, err = send(".d", jetstream.WithExpectLastSequenceForSubject(8, name+".*"))
		expect(t, err, 10071, "name one subject")
		c := h.consumer(s, jetstream.ConsumerConfig{Durable: "C", AckPolicy: jetstream.AckExplicitPolicy})
		now(t, js, c)
		_, err = send(".a", jetstream.WithExpectLastSequencePerSubject(4))
		expect(t, err, 10071, "wrong last sequence: 0")
		must(send(".a", jetstream.WithExpectLastSequencePerSubject(0)))(t)
	}
}

func TestExpectedLastMessageID(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S"})
	send := func(o ...jetstream.PublishOpt) (*jetstream.PubAck, error) { return js.Publish(ctx, "S", nil, o...) }
	must(send(jetstream.WithMsgID("one")))(t)
	_, err := send(jetstream.WithExpectLastMsgID("zero"))
	expect(t, err, 10070, "wrong last msg ID: one")
	must(send(jetstream.WithExpectLastMsgID("one"), jetstream.WithMsgID("two")))(t)
	if again := must(send(jetstream.WithExpectLastMsgID("one"), jetstream.WithMsgID("two")))(t); !again.Duplicate {
		t.Errorf("%+v", again)
	}
	must(send())(t)
	_, err = send(jetstream.WithExpectLastMsgID("two"))
	expect(t, err, 10070)
}

// Bounds and expectations hold after a restart.
func TestSubjectsOutliveTheBroker(t *testing.T) {
	disk := memstore.New()
	b := must(queuecore.Open(t.Context(), disk, nil))(t)
	h := open(t, b, nats.Options{})
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true})
	must(js.Publish(within(t), "s.a", nil, jetstream.WithMsgID("one")))(t)
	h.shutdown()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = must(queuecore.Open(t.Context(), disk.Reopen(), nil))(t)
	t.Cleanup(func() { b.Close() })
	h = open(t, b, nats.Options{})
	js = must(jetstream.New(h.dial()))(t)
	_, err := js.Publish(within(t), "s.a", nil)
	expect(t, err, 10077, "maximum messages per subject exceeded")
	must(js.Publish(within(t), "s.b", nil, jetstream.WithExpectLastMsgID("one"), jetstream.WithExpectLastSequenceForSubject(1, "s.a")))(t)
}
