package nats_test

import (
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/queuecore"
)

// A request without a reply subject is carried out, as in nats-server; one that is refused changes nothing.
func TestRequestsWithoutReply(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.stream(jetstream.StreamConfig{Name: "T", DenyPurge: true})
	publishAll(t, js, "S", "S", "T")
	nc := h.dial()
	for _, subject := range []string{"STREAM.PURGE.T", "STREAM.NOTHING.S", "STREAM.PURGE.S", "STREAM.PURGE"} {
		if err := nc.Publish("$JS.API."+subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	flush(t, nc) // the PONG comes after what was asked before it is done
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if n := must(js.Stream(within(t), "T"))(t).CachedInfo().State.Msgs; n != 1 {
		t.Errorf("%d messages are left of a stream that is not to be purged", n)
	}
}

// A request on a subject that queues without a stream are bound to is with them: there is neither
// a PubAck nor a 503. A stream answers with its PubAck, and who nobody hears gets a 503.
func TestRequestThatQueuesHear(t *testing.T) {
	h := start(t)
	ctx := within(t)
	must(h.broker.CreateQueue(ctx, "somebody", queuecore.QueueConfig{Transient: true}))(t)
	if err := h.broker.Bind(ctx, queuecore.Binding{Pattern: "news.*", Queue: "somebody"}); err != nil {
		t.Fatal(err)
	}
	nc := h.dial()
	answers := make(chan *client.Msg, 2)
	must(nc.ChanSubscribe("answers", answers))(t)
	for _, subject := range []string{"news.eu", "nobody"} {
		if err := nc.PublishRequest(subject, "answers", []byte("question")); err != nil {
			t.Fatal(err)
		}
	}
	m := receive(t, answers)
	if got := m.Header.Get("Status") + " " + m.Header.Get("Nats-Subject"); got != "503 nobody" {
		t.Errorf("the first answer is %q %q", got, m.Data)
	}
	got := must(h.broker.Receive(ctx, "somebody", queuecore.ReceiveOptions{Wait: -1}))(t)
	if len(got) != 1 || string(got[0].Body) != "question" {
		t.Errorf("the queue has %v", got)
	}
	// A durable subscription keeps it, is a stream, and says so.
	must(h.broker.CreateQueue(ctx, "durable", queuecore.QueueConfig{}))(t)
	if err := h.broker.Bind(ctx, queuecore.Binding{Pattern: "news.*", Queue: "durable"}); err != nil {
		t.Fatal(err)
	}
	ack := must(nc.Request("news.eu", nil, patience))(t)
	if string(ack.Data) != `{"stream":"durable","seq":1}` {
		t.Errorf("answered %q", ack.Data)
	}
}

// A schedule of a stream with subjects of its own names another of them as its target, and a
// Nats-TTL is that of the schedule, not of what it sends.
func TestTargetAndLifetimeOfSchedules(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowMsgTTL: true, AllowMsgSchedules: true})
	due := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	scheduled := func(target, ttl string) *client.Msg {
		m := client.NewMsg("s.schedule")
		m.Header.Set("Nats-Schedule", "@at "+due.Format(time.RFC3339))
		if target != "" {
			m.Header.Set("Nats-Schedule-Target", target)
		}
		if ttl != "" {
			m.Header.Set("Nats-TTL", ttl)
		}
		return m
	}
	for _, target := range []string{"", "s.schedule", "elsewhere", "s.*"} {
		_, err := js.PublishMsg(within(t), scheduled(target, ""))
		expect(t, err, 10190)
	}
	for ttl, expires := range map[string]bool{"2h": false, "30m": true} {
		seq := must(js.PublishMsg(within(t), scheduled("s.b", ttl)))(t).Sequence
		found := must(h.broker.Browse(within(t), "S", seq, 1))(t)
		if len(found) != 1 || !found[0].DeliverAt.Equal(due) || found[0].ExpiresAt.IsZero() == expires {
			t.Errorf("Nats-TTL %s: %+v", ttl, found)
		}
	}
}
