package nats_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// interest connects, and makes an interest stream "I" of "i.>".
func (h *house) interest(c jetstream.StreamConfig) (jetstream.JetStream, jetstream.Stream) {
	h.t.Helper()
	js := must(jetstream.New(h.dial()))(h.t)
	c.Name, c.Retention = "I", jetstream.InterestPolicy
	if len(c.Subjects) == 0 {
		c.Subjects = []string{"i.>"}
	}
	return js, must(js.CreateStream(within(h.t), c))(h.t)
}

// put publishes one message to each subject, its body the subject, and returns the last sequence.
func put(t *testing.T, js jetstream.JetStream, subjects ...string) (last uint64) {
	t.Helper()
	for _, subject := range subjects {
		last = must(js.Publish(within(t), subject, []byte(subject)))(t).Sequence
	}
	return last
}

// took fetches and acks n messages, and returns their subjects and sequences.
func took(t *testing.T, o jetstream.Consumer, n int) (subjects []string, seqs []uint64) {
	t.Helper()
	for _, m := range fetch(t, o, n) {
		meta := must(m.Metadata())(t)
		subjects, seqs = append(subjects, m.Subject()), append(seqs, meta.Sequence.Stream)
		if err := m.DoubleAck(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	return subjects, seqs
}

func sameList[V comparable](t *testing.T, what string, got []V, want ...V) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func stateOf(t *testing.T, s jetstream.Stream) jetstream.StreamState {
	t.Helper()
	return must(s.Info(within(t)))(t).State
}

// TestInterestStream: each consumer gets every message that its filters cover, under the
// sequence of the PubAck, and a message is gone once all of them have acked it.
func TestInterestStream(t *testing.T) {
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	if c := s.CachedInfo().Config; c.Retention != jetstream.InterestPolicy {
		t.Errorf("retention %v", c.Retention)
	}
	all := h.consumer(s, jetstream.ConsumerConfig{Durable: "all"})
	a := h.consumer(s, jetstream.ConsumerConfig{Durable: "a", FilterSubject: "i.a.*"})
	ab := h.consumer(s, jetstream.ConsumerConfig{Durable: "ab", FilterSubjects: []string{"i.a.1", "i.b"}})
	if last := put(t, js, "i.a.1", "i.b", "i.c", "i.a.2"); last != 4 {
		t.Errorf("last is %d", last)
	}
	if st := stateOf(t, s); st.Msgs != 4 || st.FirstSeq != 1 || st.LastSeq != 4 || st.Consumers != 3 || st.Bytes == 0 {
		t.Errorf("%+v", st)
	}
	info := must(a.Info(within(t)))(t)
	if info.NumPending != 2 {
		t.Errorf("pending %d", info.NumPending)
	}
	subjects, seqs := took(t, a, 2)
	sameList(t, "a", subjects, "i.a.1", "i.a.2")
	sameList(t, "a", seqs, 1, 4)
	_, seqs = took(t, ab, 2)
	sameList(t, "ab", seqs, 1, 2)
	if st := stateOf(t, s); st.Msgs != 4 {
		t.Errorf("one consumer has acked nothing: %+v", st)
	}
	_, seqs = took(t, all, 4)
	sameList(t, "all", seqs, 1, 2, 3, 4)
	if st := stateOf(t, s); st.Msgs != 0 || st.Bytes != 0 || st.FirstSeq != 5 || st.LastSeq != 4 {
		t.Errorf("all have acked: %+v", st)
	}
}

// TestInterestWithoutConsumers: a publish that nobody is interested in has its PubAck, and
// nothing is kept.
func TestInterestWithoutConsumers(t *testing.T) {
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	ctx := within(t)
	must(js.Publish(ctx, "i.a", nil, jetstream.WithMsgID("x")))(t)
	if again := must(js.Publish(ctx, "i.a", nil, jetstream.WithMsgID("x")))(t); !again.Duplicate || again.Sequence != 1 {
		t.Errorf("%+v", again)
	}
	o := h.consumer(s, jetstream.ConsumerConfig{FilterSubject: "i.b"})
	if last := put(t, js, "i.a", "i.b"); last != 3 {
		t.Errorf("last is %d", last)
	}
	if st := stateOf(t, s); st.Msgs != 1 || st.FirstSeq != 3 || st.LastSeq != 3 {
		t.Errorf("%+v", st)
	}
	if again := must(js.Publish(ctx, "i.b", nil, jetstream.WithMsgID("x")))(t); !again.Duplicate {
		t.Errorf("%+v", again)
	}
	if _, err := js.Publish(ctx, "i.b", nil, jetstream.WithExpectLastSequence(2)); err == nil {
		t.Error("another last sequence was expected")
	}
	must(js.Publish(ctx, "i.b", nil, jetstream.WithExpectLastSequence(3)))(t)
	_, seqs := took(t, o, 2)
	sameList(t, "of i.b", seqs, 3, 4)
}

func TestInterestStreamLifecycle(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.interest(jetstream.StreamConfig{Description: "one"})
	c := s.CachedInfo().Config
	must(js.CreateStream(ctx, c))(t)
	c.Description, c.Subjects = "two", []string{"i.>", "j"}
	if c := must(js.UpdateStream(ctx, c))(t).CachedInfo().Config; c.Description != "two" || c.Retention != jetstream.InterestPolicy {
		t.Errorf("%+v", c)
	}
	wq := c
	wq.Retention = jetstream.WorkQueuePolicy
	_, err := js.UpdateStream(ctx, wq)
	expect(t, err, 10052, "can not change retention policy to/from workqueue")
	h.consumer(s, jetstream.ConsumerConfig{Durable: "one", FilterSubject: "j"})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "two"})
	if names := names(t, s); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("consumers %v", names)
	}
	q := must(h.broker.Queue("I.one"))(t)
	if q.Config.Of != "I" || !slices.Equal(q.Config.Topics, []string{"j"}) {
		t.Errorf("%+v", q.Config)
	}
	h.consumer(s, jetstream.ConsumerConfig{Durable: "one", FilterSubject: "i.x"}) // which changes it
	put(t, js, "j", "i.x")
	if err := s.DeleteConsumer(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	if st := stateOf(t, s); st.Msgs != 1 || st.FirstSeq != 2 {
		t.Errorf("what one consumer alone wanted went with it: %+v", st)
	}
	var listed []string
	for name := range js.StreamNames(ctx).Name() {
		listed = append(listed, name)
	}
	sameList(t, "streams", listed, "I")
	if err := js.DeleteStream(ctx, "I"); err != nil {
		t.Fatal(err)
	}
	if left := h.broker.Queues(""); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func names(t *testing.T, s jetstream.Stream) (all []string) {
	t.Helper()
	for name := range s.ConsumerNames(within(t)).Name() {
		all = append(all, name)
	}
	return all
}

func TestEphemeralOfAnInterestStreamVanishes(t *testing.T) {
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	must(s.CreateConsumer(within(t), jetstream.ConsumerConfig{InactiveThreshold: 50 * time.Millisecond}))(t)
	put(t, js, "i.a")
	waitFor(t, func() bool { return len(h.broker.Members("I")) == 0 })
	if st := stateOf(t, s); st.Msgs != 0 || st.Consumers != 0 {
		t.Errorf("%+v", st)
	}
}

// TestInterestOutlivesTheGateway: consumers, what they have not acked and what was acked are the
// same under another gateway, and so are the acks.
func TestInterestOutlivesTheGateway(t *testing.T) {
	b := newBroker(t)
	h := open(t, b, nats.Options{})
	js, s := h.interest(jetstream.StreamConfig{})
	o := h.consumer(s, jetstream.ConsumerConfig{Durable: "o", FilterSubject: "i.a"})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "p", MaxDeliver: 3})
	put(t, js, "i.a", "i.b", "i.a")
	out := fetch(t, o, 2)
	took(t, h.consumer(s, jetstream.ConsumerConfig{Durable: "p", MaxDeliver: 3}), 1)

	h = open(t, b, nats.Options{})
	nc := h.dial()
	must(nc.RequestWithContext(within(t), out[0].Reply(), nil))(t) // an ack of before
	s = must(must(jetstream.New(nc))(t).Stream(within(t), "I"))(t)
	if st := stateOf(t, s); st.Msgs != 2 || st.Consumers != 2 || st.FirstSeq != 2 {
		t.Errorf("%+v", st)
	}
	p := must(s.Consumer(within(t), "p"))(t)
	if c := p.CachedInfo().Config; c.MaxDeliver != 3 {
		t.Errorf("%+v", c)
	}
	_, seqs := took(t, p, 2)
	sameList(t, "p", seqs, 2, 3)
	if st := stateOf(t, s); st.Msgs != 1 || st.FirstSeq != 3 {
		t.Errorf("%+v", st)
	}
}

// TestInterestConsumersSettle: NAK, TERM and max_deliver are of one consumer, and the others do
// not hear of them.
func TestInterestConsumersSettle(t *testing.T) {
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	twice := h.consumer(s, jetstream.ConsumerConfig{Durable: "twice", MaxDeliver: 2})
	other := h.consumer(s, jetstream.ConsumerConfig{Durable: "other"})
	put(t, js, "i.a", "i.b")
	m := fetch(t, twice, 2)
	if err := errors.Join(m[0].Nak(), m[1].Term()); err != nil {
		t.Fatal(err)
	}
	again := fetch(t, twice, 1)[0]
	if meta := must(again.Metadata())(t); meta.NumDelivered != 2 || meta.Sequence.Stream != 1 || meta.Stream != "I" || meta.Consumer != "twice" {
		t.Errorf("%+v", meta)
	}
	if err := again.Nak(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return must(h.broker.Stats(within(t), "I.twice"))(t).Parked == 1 })
	subjects, _ := took(t, other, 2)
	sameList(t, "other", subjects, "i.a", "i.b")
}

// TestInterestOverTheOlderAPI: push subscribers, one alone and two that share, and one that pulls.
func TestInterestOverTheOlderAPI(t *testing.T) {
	h := start(t)
	nc, js := legacy(t, h)
	must(js.AddStream(&client.StreamConfig{Name: "I", Subjects: []string{"i.>"}, Retention: client.InterestPolicy}))(t)
	got := make(chan string, 20)
	must(js.Subscribe("i.>", func(m *client.Msg) { got <- "all " + m.Subject }))(t)
	for range 2 {
		must(js.QueueSubscribe("i.a", "crew", func(m *client.Msg) { got <- "crew " + m.Subject }))(t)
	}
	pull := must(js.PullSubscribe("i.b", "puller"))(t)
	flush(t, nc)
	for _, subject := range []string{"i.a", "i.b", "i.a"} {
		must(js.Publish(subject, nil))(t)
	}
	var all []string
	for range 5 {
		all = append(all, receive(t, got))
	}
	slices.Sort(all)
	sameList(t, "pushed", all, "all i.a", "all i.a", "all i.b", "crew i.a", "crew i.a")
	m := must(pull.Fetch(1, client.MaxWait(patience)))(t)[0]
	if err := m.AckSync(); err != nil || m.Subject != "i.b" {
		t.Errorf("%s: %v", m.Subject, err)
	}
	waitFor(t, func() bool { return must(js.StreamInfo("I"))(t).State.Msgs == 0 })
}

// TestOtherDialectsAndInterest: consumers are queues of other dialects, which may send to one of
// them, to the stream's queue or to a topic of its; from the stream's own nobody receives.
func TestOtherDialectsAndInterest(t *testing.T) {
	h := start(t)
	ctx := within(t)
	_, s := h.interest(jetstream.StreamConfig{})
	a, b := h.consumer(s, jetstream.ConsumerConfig{Durable: "a"}), h.consumer(s, jetstream.ConsumerConfig{Durable: "b", FilterSubject: "i.x"})
	for _, to := range []queuecore.Destination{queuecore.QueueNamed("I"), queuecore.TopicNamed("i.x"), queuecore.QueueNamed("I.a")} {
		must(h.broker.Send(ctx, &queuecore.Message{Destination: to}))(t)
	}
	subjects, seqs := took(t, a, 2)
	sameList(t, "a", subjects, "I", "i.x")
	sameList(t, "a", seqs, 1, 2)
	d := must(h.broker.Receive(ctx, "I.a", queuecore.ReceiveOptions{}))(t)
	if len(d) != 1 || d[0].Receipt.Seq != 3 {
		t.Errorf("%+v", d)
	}
	_, err := h.broker.Receive(ctx, "I", queuecore.ReceiveOptions{})
	if !errors.Is(err, queuecore.ErrRelay) || !strings.Contains(err.Error(), "I.a") {
		t.Errorf("%v", err)
	}
	if err := h.broker.DeleteQueue(ctx, "I.b"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Info(ctx); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("its queue is gone: %v", err)
	}
	sameList(t, "consumers", names(t, s), "a")
	h.consumer(s, jetstream.ConsumerConfig{Durable: "b"}) // once more
	waiting, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := js(t, h).Consumer(waiting, "I", "b"); err == nil {
		t.Error("asked with a context that is over")
	}
}

func js(t *testing.T, h *house) jetstream.JetStream {
	t.Helper()
	return must(jetstream.New(h.dial()))(t)
}
