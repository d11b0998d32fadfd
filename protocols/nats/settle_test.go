package nats_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// one makes a stream with a consumer and one message, and returns the message's
// first delivery.
func one(t *testing.T, c jetstream.ConsumerConfig) (*house, jetstream.Consumer, jetstream.Msg) {
	t.Helper()
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, c)
	must(js.Publish(within(t), "S", []byte("x")))(t)
	return h, o, fetch(t, o, 1)[0]
}

func (h *house) stats() queuecore.Stats {
	h.t.Helper()
	return must(h.broker.Stats(within(h.t), "S"))(h.t)
}

func TestNakRedeliversAtOnce(t *testing.T) {
	_, o, m := one(t, jetstream.ConsumerConfig{})
	if err := m.Nak(); err != nil {
		t.Fatal(err)
	}
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != 2 {
		t.Errorf("%+v", md)
	}
}

func TestNakWithDelayRests(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: 1})
	publishAll(t, js, "S", "S")
	if err := fetch(t, o, 1)[0].NakWithDelay(time.Hour); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return h.stats().Resting == 1 })
	if i := must(o.Info(within(t)))(t); i.NumAckPending != 1 || i.AckFloor.Consumer != 0 {
		t.Errorf("a message that rests is not counted: %+v", i)
	}
	fetch(t, o, 1) // what rests takes no room of max_ack_pending
}

func TestNakWithShortDelayComesBack(t *testing.T) {
	_, o, m := one(t, jetstream.ConsumerConfig{})
	m.NakWithDelay(10 * time.Millisecond)
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != 2 {
		t.Errorf("%+v", md)
	}
}

func TestTermGivesUp(t *testing.T) {
	h, o, m := one(t, jetstream.ConsumerConfig{})
	if err := m.TermWithReason("no good"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return h.stats().Len() == 0 })
	if i := must(o.Info(within(t)))(t); i.NumAckPending != 0 {
		t.Errorf("%+v", i)
	}
}

func TestTermGoesToTheDeadLetterQueue(t *testing.T) {
	h, _, m := one(t, jetstream.ConsumerConfig{})
	must(h.broker.CreateQueue(within(t), "dead", queuecore.QueueConfig{}))(t)
	must(h.broker.UpdateQueue(within(t), "S", func(c *queuecore.QueueConfig) error {
		c.DeadLetter = "dead"
		return nil
	}))(t)
	m.TermWithReason("no good")
	got := must(h.broker.Receive(within(t), "dead", queuecore.ReceiveOptions{Wait: patience}))(t)
	if len(got) != 1 || got[0].Dead == nil || got[0].Dead.Reason != "no good" {
		t.Errorf("%+v", got)
	}
}

func TestInProgressKeepsTheLease(t *testing.T) {
	h, o, m := one(t, jetstream.ConsumerConfig{AckWait: time.Hour})
	before := h.stats()
	if err := m.InProgress(); err != nil {
		t.Fatal(err)
	}
	if err := m.DoubleAck(within(t)); err != nil {
		t.Fatal(err)
	}
	if i := must(o.Info(within(t)))(t); before.Leased != 1 || i.NumAckPending != 0 || h.stats().Len() != 0 {
		t.Errorf("%+v", i)
	}
}

// clock is a broker's time that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

// clocked is one with a clock to move.
func clocked(t *testing.T, c jetstream.ConsumerConfig) (*house, jetstream.Consumer, jetstream.Msg, *clock) {
	t.Helper()
	var k clock
	b, err := queuecore.Open(context.Background(), memstore.New(), &queuecore.Options{Now: k.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	h := open(t, b, nats.Options{})
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, c)
	must(js.Publish(within(t), "S", []byte("x")))(t)
	return h, o, fetch(t, o, 1)[0], &k
}

func TestInProgressOutlivesAckWait(t *testing.T) {
	h, _, m, clock := clocked(t, jetstream.ConsumerConfig{AckWait: time.Hour})
	clock.move(40 * time.Minute)
	must(h.dial().Request(m.Reply(), []byte("+WPI"), patience))(t)
	clock.move(40 * time.Minute)
	if st := h.stats(); st.Leased != 1 {
		t.Errorf("%+v", st)
	}
	clock.move(40 * time.Minute)
	waitFor(t, func() bool { return h.stats().Ready == 1 })
}

func TestAckWaitRedelivers(t *testing.T) {
	_, o, _ := one(t, jetstream.ConsumerConfig{AckWait: 20 * time.Millisecond})
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != 2 {
		t.Errorf("%+v", md)
	}
}

func TestMaxDeliverParks(t *testing.T) {
	h, o, m := one(t, jetstream.ConsumerConfig{MaxDeliver: 2})
	m.Nak()
	fetch(t, o, 1)[0].Nak()
	waitFor(t, func() bool { return h.stats().Parked == 1 })
	if got := now(t, js(t, h), o); got != "" {
		t.Error("delivered a third time")
	}
}

func TestBackoffStretchesTheLease(t *testing.T) {
	h, o, _, clock := clocked(t, jetstream.ConsumerConfig{BackOff: []time.Duration{time.Minute, time.Hour}, MaxDeliver: 5})
	clock.move(2 * time.Minute)
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != 2 {
		t.Errorf("%+v", md)
	}
	clock.move(30 * time.Minute)
	if st := h.stats(); st.Leased != 1 {
		t.Errorf("the second lease was as short as the first: %+v", st)
	}
	clock.move(time.Hour)
	waitFor(t, func() bool { return h.stats().Ready == 1 })
}

func TestDoubleAckIsAnsweredAfterTheDisk(t *testing.T) {
	h, _, m := one(t, jetstream.ConsumerConfig{})
	if err := m.DoubleAck(within(t)); err != nil {
		t.Fatal(err)
	}
	if h.stats().Len() != 0 {
		t.Error("answered before the message was gone")
	}
}

// TestLateAcksAreAnswered: what is late or unknown is answered, so that a client
// that asks is not left waiting; a late ack that is confirmed keeps the message
// from coming back, and nothing else that is late touches it.
func TestLateAcksAreAnswered(t *testing.T) {
	h, o, m := one(t, jetstream.ConsumerConfig{})
	nc := h.dial()
	for _, subject := range []string{
		strings.Replace(m.Reply(), ".S.work.", ".NONE.work.", 1),
		strings.Replace(m.Reply(), ".work.1.1.", ".work.1.99.", 1),
	} {
		for _, body := range []string{"", "+ACK", "-NAK", "+WPI", "+TERM", "what?"} {
			if _, err := nc.Request(subject, []byte(body), patience); err != nil {
				t.Errorf("%s %q: %v", subject, body, err)
			}
		}
	}
	if st := h.stats(); st.Leased != 1 {
		t.Fatalf("%+v", st)
	}
	m.Nak()
	second := fetch(t, o, 1)[0]
	for _, body := range []string{"-NAK", "+WPI", "+TERM"} { // of the first delivery
		if _, err := nc.Request(m.Reply(), []byte(body), patience); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if st := h.stats(); st.Leased != 1 {
		t.Errorf("%+v", st)
	}
	if _, err := nc.Request(m.Reply(), nil, patience); err != nil {
		t.Error(err)
	}
	if st := h.stats(); st.Len() != 0 {
		t.Errorf("a late ack was confirmed, and the message is still there: %+v", st)
	}
	if err := second.DoubleAck(within(t)); err != nil {
		t.Error(err)
	}
}

// TestAcksAreGoodFromAnywhere: after a restart, through another connection.
func TestAcksAreGoodFromAnywhere(t *testing.T) {
	b := newBroker(t)
	first := open(t, b, nats.Options{})
	js, s := first.stream(jetstream.StreamConfig{Name: "S"})
	o := first.consumer(s, jetstream.ConsumerConfig{})
	must(js.Publish(within(t), "S", nil))(t)
	m := fetch(t, o, 1)[0]
	first.shutdown()

	second := open(t, b, nats.Options{})
	if _, err := second.dial().Request(m.Reply(), []byte("+ACK"), patience); err != nil {
		t.Fatal(err)
	}
	if n := second.stats().Len(); n != 0 {
		t.Errorf("%d messages left", n)
	}
}

func TestAckAndNext(t *testing.T) {
	h, o, m := one(t, jetstream.ConsumerConfig{})
	js := must(jetstream.New(h.dial()))(t)
	must(js.Publish(within(t), "S", []byte("next")))(t)
	nc := h.dial()
	inbox := nc.NewInbox()
	got := subscribe(t, nc, inbox, "")
	nc.PublishRequest(m.Reply(), inbox, []byte(`+NXT {"batch":1,"expires":3600000000000}`))
	if x := receive(t, got); string(x.Data) != "next" || x.Subject != "S" {
		t.Errorf("%s %q", x.Subject, x.Data)
	}
	waitFor(t, func() bool { return h.stats().Len() == 1 })
	_ = o
}

func TestTextsOfNak(t *testing.T) {
	for body, delayed := range map[string]int{
		`-NAK`: 0, `-NAK {"delay":3600000000000}`: 1, `-NAK 1h`: 1, `-NAK nonsense`: 0, `-NAK {"delay":-5}`: 0,
		`-NAK {"delay":9223372036854775807}`: 1,
	} {
		t.Run(body, func(t *testing.T) {
			h, _, m := one(t, jetstream.ConsumerConfig{})
			must(h.dial().Request(m.Reply(), []byte(body), patience))(t)
			if st := h.stats(); st.Delayed != delayed || st.Ready != 1-delayed {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestLegacyAPI(t *testing.T) {
	h := start(t)
	nc := h.dial()
	js := must(nc.JetStream(client.MaxWait(patience)))(t)
	must(js.AddStream(&client.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Retention: client.WorkQueuePolicy}))(t)
	sub := must(js.PullSubscribe("s.>", "work"))(t)
	for i := range 3 {
		ack := must(js.Publish("s.x", fmt.Append(nil, i)))(t)
		if ack.Stream != "S" {
			t.Errorf("%+v", ack)
		}
	}
	msgs := must(sub.Fetch(5, client.MaxWait(patience)))(t)
	for i, m := range msgs {
		if string(m.Data) != fmt.Sprint(i) {
			t.Errorf("message %d: %q", i, m.Data)
		}
		if err := m.AckSync(); err != nil {
			t.Error(err)
		}
	}
	if len(msgs) != 3 {
		t.Errorf("%d messages", len(msgs))
	}
	batch := must(sub.FetchBatch(2, client.MaxWait(patience)))(t)
	js.Publish("s.y", nil)
	js.Publish("s.z", nil)
	for range 2 {
		receive(t, batch.Messages()).Ack()
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Error(err)
	}
	if _, err := js.CreateKeyValue(&client.KeyValueConfig{Bucket: "b"}); err == nil || !strings.Contains(err.Error(), "workqueue") {
		t.Errorf("%v", err)
	}
	if err := js.DeleteStream("S"); err != nil {
		t.Error(err)
	}
}
