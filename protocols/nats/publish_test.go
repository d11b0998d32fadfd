package nats_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/queuecore"
)

func TestPublishAcks(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	last := uint64(0)
	for range 3 {
		ack := must(js.Publish(within(t), "s.x", []byte("x")))(t)
		if ack.Stream != "S" || ack.Sequence <= last || ack.Duplicate {
			t.Errorf("%+v", ack)
		}
		last = ack.Sequence
	}
	if seq := must(s.Info(within(t)))(t).State.LastSeq; seq != last {
		t.Errorf("last_seq %d, the ack said %d", seq, last)
	}
	if _, err := js.Publish(within(t), "other", nil); !errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("a subject that nothing keeps: %v", err)
	}
}

func TestPublishAsyncThousands(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	const n = 10_000
	acks := make([]jetstream.PubAckFuture, n)
	for i := range n {
		acks[i] = must(js.PublishAsync("s.x", fmt.Append(nil, i), jetstream.WithStallWait(patience)))(t)
	}
	receive(t, js.PublishAsyncComplete())
	last := uint64(0)
	for i := range acks {
		select {
		case err := <-acks[i].Err():
			t.Fatal(err)
		case a := <-acks[i].Ok():
			if a.Sequence <= last {
				t.Fatalf("message %d has sequence %d after %d", i, a.Sequence, last)
			}
			last = a.Sequence
		}
	}
	if got := must(s.Info(within(t)))(t).State.Msgs; got != n {
		t.Errorf("%d messages", got)
	}
}

func TestDedup(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Duplicates: time.Minute})
	first := must(js.Publish(within(t), "S", []byte("1"), jetstream.WithMsgID("id")))(t)
	must(js.Publish(within(t), "S", []byte("2"), jetstream.WithMsgID("other")))(t)
	again := must(js.Publish(within(t), "S", []byte("3"), jetstream.WithMsgID("id")))(t)
	if first.Duplicate || !again.Duplicate || again.Sequence != first.Sequence {
		t.Errorf("%+v, %+v", first, again)
	}
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestExpectations(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	must(js.Publish(within(t), "S", nil, jetstream.WithExpectStream("S")))(t)
	_, err := js.Publish(within(t), "S", nil, jetstream.WithExpectStream("T"))
	expect(t, err, 10060)
	_, err = js.Publish(within(t), "S", nil, jetstream.WithExpectLastSequencePerSubject(2))
	expect(t, err, 10071)
	_, err = js.Publish(within(t), "S", nil, jetstream.WithExpectLastMsgID("x"))
	expect(t, err, 10070)
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestOrdersThatNoQueueTakes(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	for name, code := range map[string]int{
		"Nats-Rollup": 10111, "Nats-Incr": 10168, "Nats-Batch-Id": 10174, "Nats-TTL": 10166, "Nats-Schedule": 10188,
		"Nats-Schedule-Source": 10203, "Nats-Schedule-Rollup": 10192, "Nats-Schedule-Time-Zone": 10223,
	} {
		m := client.NewMsg("S")
		m.Header.Set(name, "1")
		_, err := js.PublishMsg(within(t), m)
		expect(t, err, code)
	}
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 0 {
		t.Errorf("%d messages were kept", n)
	}
}

func TestLifetimeAndSchedule(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowMsgTTL: true, AllowMsgSchedules: true})
	must(js.Publish(within(t), "s.a", nil, jetstream.WithMsgTTL(time.Hour)))(t)
	m := client.NewMsg("s.schedule.1")
	m.Header.Set("Nats-Schedule", "@at "+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	m.Header.Set("Nats-Schedule-Target", "s.b")
	must(js.PublishMsg(within(t), m))(t)
	st := h.stats()
	if st.Ready != 1 || st.Delayed != 1 {
		t.Errorf("%+v", st)
	}
	info := must(s.Info(within(t), jetstream.WithSubjectFilter(">")))(t)
	if info.State.Subjects["s.schedule.1"] != 1 {
		t.Errorf("%v", info.State.Subjects)
	}
	for name, bad := range map[string]struct {
		header, value string
		code          int
	}{
		"short lifetime": {"Nats-TTL", "1ms", 10165},
		"cron":           {"Nats-Schedule", "0 * * * * *", 10189},
		"no time":        {"Nats-Schedule", "@at noon", 10189},
		"other stream":   {"Nats-Schedule-Target", "elsewhere", 10190},
	} {
		m := client.NewMsg("s.x")
		m.Header.Set(bad.header, bad.value)
		_, err := js.PublishMsg(within(t), m)
		if t.Run(name, func(t *testing.T) { expect(t, err, bad.code) }); t.Failed() {
			return
		}
	}
}

func TestFullStreamRefuses(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", MaxMsgs: 1, Discard: jetstream.DiscardNew})
	must(js.Publish(within(t), "S", nil))(t)
	_, err := js.Publish(within(t), "S", nil)
	expect(t, err, 10077, "maximum messages exceeded")
}

func TestFullStreamDropsTheOldest(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", MaxMsgs: 2, Discard: jetstream.DiscardOld})
	for i := range 4 {
		must(js.Publish(within(t), "S", fmt.Append(nil, i)))(t)
	}
	if got := fetch(t, h.consumer(s, jetstream.ConsumerConfig{}), 2); string(got[0].Data()) != "2" {
		t.Errorf("the oldest is %q", got[0].Data())
	}
}

func TestTooLargeMessages(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", MaxMsgSize: 100})
	_, err := js.Publish(within(t), "S", make([]byte, 200))
	expect(t, err, 10054, "message size exceeds maximum allowed")
	m := client.NewMsg("S")
	m.Header.Set("Big", strings.Repeat("x", 70_000))
	_, err = js.PublishMsg(within(t), m)
	expect(t, err, 10097)
}

// TestSubscribersSeeWhatIsKept: core subscribers get a copy, as in NATS.
func TestSubscribersSeeWhatIsKept(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	spy := subscribe(t, h.dial(), "s.*", "")
	must(js.Publish(within(t), "s.x", []byte("x")))(t)
	if m := receive(t, spy); string(m.Data) != "x" {
		t.Errorf("%q", m.Data)
	}
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestPublishWithoutReplyIsKept(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	h.dial().Publish("s.x", []byte("x"))
	waitFor(t, func() bool { return must(s.Info(within(t)))(t).State.Msgs == 1 })
}

func TestNoAckStreamDoesNotAck(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, NoAck: true})
	nc := h.dial()
	replies := subscribe(t, nc, "answer", "")
	nc.PublishRequest("s.x", "answer", nil)
	waitFor(t, func() bool { return must(s.Info(within(t)))(t).State.Msgs == 1 })
	flush(t, nc)
	if len(replies) > 0 {
		t.Errorf("%q", (<-replies).Data)
	}
}

// TestTopicsOfOtherDialects: a subject reaches the queues bound to it and the
// queue that it names, and the stream answers that has it as its own.
func TestTopicsOfOtherDialects(t *testing.T) {
	h := start(t)
	ctx := within(t)
	for _, q := range []string{"audit", "news"} {
		must(h.broker.CreateQueue(ctx, q, queuecore.QueueConfig{}))(t)
	}
	if err := h.broker.Bind(ctx, queuecore.Binding{Pattern: "news", Queue: "audit"}); err != nil {
		t.Fatal(err)
	}
	js := must(jetstream.New(h.dial()))(t)
	ack := must(js.Publish(ctx, "news", []byte("x")))(t)
	if ack.Stream != "audit" {
		t.Errorf("%+v", ack)
	}
	for _, q := range []string{"audit", "news"} {
		if st := must(h.broker.Stats(ctx, q))(t); st.Ready != 1 {
			t.Errorf("queue %s: %+v", q, st)
		}
	}
	if err := h.broker.Bind(ctx, queuecore.Binding{Pattern: "orders.>", Queue: "audit"}); err != nil {
		t.Fatal(err)
	}
	must(js.CreateStream(ctx, jetstream.StreamConfig{Name: "ZORDERS", Subjects: []string{"orders.*"}, Retention: jetstream.WorkQueuePolicy}))(t)
	if ack := must(js.Publish(ctx, "orders.1", nil))(t); ack.Stream != "ZORDERS" {
		t.Errorf("%+v", ack)
	}
}

func TestHeadersComeThrough(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	m := client.NewMsg("S")
	m.Header = client.Header{"One": {"1"}, "Many": {"a", "b"}, "Nats-Msg-Id": {"id"}, "Content-Type": {"text/plain"}}
	m.Data = []byte("body")
	must(js.PublishMsg(within(t), m))(t)
	got := fetch(t, o, 1)[0]
	if fmt.Sprint(got.Headers()) != fmt.Sprint(m.Header) || string(got.Data()) != "body" {
		t.Errorf("%v", got.Headers())
	}
}

func TestHeadersOnly(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{HeadersOnly: true})
	must(js.Publish(within(t), "S", []byte("12345")))(t)
	if m := fetch(t, o, 1)[0]; m.Headers().Get("Nats-Msg-Size") != "5" || len(m.Data()) != 0 {
		t.Errorf("%v %q", m.Headers(), m.Data())
	}
}

// TestAnswersReachTemporaryQueues: a requester of another dialect waits at a queue
// of its session, whose name is the subject to answer to.
func TestAnswersReachTemporaryQueues(t *testing.T) {
	h := start(t)
	s := h.broker.NewSession()
	defer s.Close()
	must(s.CreateQueue(within(t), "temp/7.x", queuecore.QueueConfig{}))(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S"})
	if ack := must(js.Publish(within(t), "temp_x2F7_x2Ex", []byte("yes")))(t); ack.Sequence != 1 {
		t.Errorf("%+v", ack)
	}
	ds := must(h.broker.Receive(within(t), "temp/7.x", queuecore.ReceiveOptions{}))(t)
	if len(ds) != 1 || string(ds[0].Body) != "yes" {
		t.Errorf("%+v", ds)
	}
}

// TestClaimedSubjectHasOneQueue: a subject that a stream has claimed does not
// reach a queue that happens to have its name.
func TestClaimedSubjectHasOneQueue(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"other"}})
	must(h.broker.CreateQueue(within(t), "other", queuecore.QueueConfig{}))(t)
	if ack := must(js.Publish(within(t), "other", nil))(t); ack.Stream != "S" {
		t.Errorf("%+v", ack)
	}
	if st := must(h.broker.Stats(within(t), "other"))(t); st.Len() != 0 {
		t.Errorf("%+v", st)
	}
}

// Of several headers that are wrong the same one is told in whatever order they stand.
func TestOrderOfHeadersIsOfNoMatter(t *testing.T) {
	h := start(t)
	h.stream(jetstream.StreamConfig{Name: "S"})
	wrong := []struct {
		name, value string
		code        int
	}{{"Nats-Incr", "1", 10168}, {"Nats-Expected-Stream", "T", 10060}, {"Nats-TTL", "1m", 10166}, {"Nats-Schedule", "@at x", 10188}, {"Nats-Rollup", "all", 10111}}
	for i, first := range wrong {
		for _, second := range wrong[i+1:] {
			for _, block := range []string{
				first.name + ": " + first.value + "\r\n" + second.name + ": " + second.value,
				second.name + ": " + second.value + "\r\n" + first.name + ": " + first.value,
			} {
				if code := h.refused("S", block); code != first.code {
					t.Errorf("%q: %d, want %d", block, code, first.code)
				}
			}
		}
	}
}

// refused publishes a message with a block of headers as it stands, and returns the code of its error.
func (h *house) refused(subject, block string) int {
	h.t.Helper()
	c, in := h.raw()
	defer func() { _ = c.Close() }()
	block = "NATS/1.0\r\n" + block + "\r\n\r\n"
	fmt.Fprintf(c, "CONNECT {\"headers\":true}\r\nSUB reply 1\r\nHPUB %s reply %d %d\r\n%s\r\n", subject, len(block), len(block), block)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			h.t.Fatal(err)
		}
		if _, text, ok := strings.Cut(line, `"err_code":`); ok {
			code, _, _ := strings.Cut(text, ",")
			n, _ := strconv.Atoi(code)
			return n
		}
	}
}
