package nats_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// advisory is what nats-server tells (jetstream_events.go), read strictly.
type advisory struct {
	Type        string    `json:"type"`
	ID          string    `json:"id"`
	Time        time.Time `json:"timestamp"`
	Stream      string    `json:"stream"`
	Consumer    string    `json:"consumer"`
	Action      string    `json:"action"`
	ConsumerSeq uint64    `json:"consumer_seq"`
	StreamSeq   uint64    `json:"stream_seq"`
	Deliveries  uint64    `json:"deliveries"`
	Reason      string    `json:"reason"`
	Paused      bool      `json:"paused"`
	PauseUntil  time.Time `json:"pause_until"`
}

// heard is an advisory with the subject it came on.
type heard struct {
	subject string
	advisory
}

// listen subscribes to advisories.
func (h *house) listen(subject string) <-chan heard {
	h.t.Helper()
	all := make(chan heard, 100)
	nc := h.dial()
	must(nc.Subscribe(subject, func(m *client.Msg) { all <- heard{m.Subject, readAdvisory(h.t, m.Data)} }))(h.t)
	flush(h.t, nc)
	return all
}

func readAdvisory(t testing.TB, data []byte) (a advisory) {
	t.Helper()
	if err := json.Unmarshal(data, &a); err != nil {
		t.Errorf("%s: %v", data, err)
	}
	if a.ID == "" || time.Since(a.Time).Abs() > time.Hour {
		t.Errorf("id and time: %s", data)
	}
	a.ID, a.Time = "", time.Time{}
	return a
}

const advisoryType = "io.nats.jetstream.advisory.v1."

// A program that moves what was tried too often hears of it, and finds the message where it
// was, as with nats-server.
func TestMaxDeliveriesIsTold(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxDeliver: 2})
	all := h.listen("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>")
	seqs := publish(t, js, "s.fine", "s.poison")
	for _, m := range fetch(t, o, 2) {
		if m.Subject() == "s.fine" {
			if err := m.DoubleAck(within(t)); err != nil {
				t.Fatal(err)
			}
		} else if err := m.Nak(); err != nil {
			t.Fatal(err)
		}
	}
	if err := fetch(t, o, 1)[0].Nak(); err != nil {
		t.Fatal(err)
	}
	want := heard{"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.work",
		advisory{Type: advisoryType + "max_deliver", Stream: "S", Consumer: "work", StreamSeq: seqs[1], Deliveries: 2}}
	if got := receive(t, all); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if m, err := s.GetMsg(within(t), seqs[1]); err != nil || m.Subject != "s.poison" {
		t.Errorf("%+v, %v", m, err)
	}
}

// What nobody settles in time is told of too.
func TestMaxDeliveriesByTimeIsTold(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxDeliver: 1, AckWait: 50 * time.Millisecond})
	all := h.listen("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.*")
	seq := publish(t, js, "S")[0]
	fetch(t, o, 1)
	if got := receive(t, all); got.StreamSeq != seq || got.Deliveries != 1 || got.Consumer != "work" {
		t.Errorf("%+v", got)
	}
}

func TestSettlementsAreTold(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	all := h.listen("$JS.EVENT.ADVISORY.CONSUMER.*.S.work")
	seq := publish(t, js, "S")[0]
	if err := fetch(t, o, 1)[0].Nak(); err != nil {
		t.Fatal(err)
	}
	want := heard{"$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.S.work",
		advisory{Type: advisoryType + "nak", Stream: "S", Consumer: "work", ConsumerSeq: 1, StreamSeq: seq, Deliveries: 1}}
	if got := receive(t, all); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if err := fetch(t, o, 1)[0].TermWithReason("no such order"); err != nil {
		t.Fatal(err)
	}
	want = heard{"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.work", advisory{
		Type: advisoryType + "terminated", Stream: "S", Consumer: "work", ConsumerSeq: 2, StreamSeq: seq, Deliveries: 2, Reason: "no such order"}}
	if got := receive(t, all); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAdministrationIsTold(t *testing.T) {
	h := start(t)
	ctx := within(t)
	all := h.listen("$JS.EVENT.ADVISORY.>")
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	must(js.UpdateStream(ctx, jetstream.StreamConfig{Name: "S", Retention: jetstream.WorkQueuePolicy, MaxMsgs: 9}))(t)
	h.consumer(s, jetstream.ConsumerConfig{})
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	must(s.PauseConsumer(ctx, "work", until))(t)
	must(s.ResumeConsumer(ctx, "work"))(t)
	if err := s.DeleteConsumer(ctx, "work"); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(ctx, "S"); err != nil {
		t.Fatal(err)
	}
	stream := func(action string) advisory {
		return advisory{Type: advisoryType + "stream_action", Stream: "S", Action: action}
	}
	consumer := func(kind string) advisory { return advisory{Type: advisoryType + kind, Stream: "S", Consumer: "work"} }
	created, paused, resumed, deleted := consumer("consumer_action"), consumer("consumer_pause"), consumer("consumer_pause"), consumer("consumer_action")
	created.Action, deleted.Action = "create", "delete"
	paused.Paused, paused.PauseUntil = true, until
	for _, want := range []heard{
		{"$JS.EVENT.ADVISORY.STREAM.CREATED.S", stream("create")},
		{"$JS.EVENT.ADVISORY.STREAM.UPDATED.S", stream("modify")},
		{"$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.work", created},
		{"$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.work", paused},
		{"$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.work", resumed},
		{"$JS.EVENT.ADVISORY.CONSUMER.DELETED.S.work", deleted},
		{"$JS.EVENT.ADVISORY.STREAM.DELETED.S", stream("delete")},
	} {
		if got := receive(t, all); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// A stream keeps advisories, so that a mover of dead letters that is down misses none.
func TestStreamKeepsAdvisories(t *testing.T) {
	h := start(t)
	js, dead := h.stream(jetstream.StreamConfig{Name: "DEAD", Subjects: []string{"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.>"}})
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxDeliver: 1})
	want := publish(t, js, "s.a", "s.b", "s.c")
	for _, m := range fetch(t, o, 3) {
		if err := m.Nak(); err != nil {
			t.Fatal(err)
		}
	}
	var got []uint64
	for _, m := range fetch(t, h.consumer(dead, jetstream.ConsumerConfig{Durable: "mover"}), 3) {
		if m.Subject() != "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.work" {
			t.Errorf("subject %s", m.Subject())
		}
		got = append(got, readAdvisory(t, m.Data()).StreamSeq)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}

// No client can say that something has happened.
func TestAdvisoriesOfClientsAreNotKept(t *testing.T) {
	h := start(t)
	h.stream(jetstream.StreamConfig{Name: "DEAD", Subjects: []string{"$JS.EVENT.ADVISORY.>"}})
	nc := h.dial()
	if _, err := nc.Request("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.work", []byte("{}"), patience); err == nil {
		t.Error("a forged advisory was kept")
	}
}
