package nats_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/queuecore"
)

// waiting are the options of a pull that waits as long as a test does, for messages and for heartbeats.
// Those of its own the library misses after ten seconds.
func waiting() []jetstream.FetchOpt {
	return []jetstream.FetchOpt{jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience / 2)}
}

// fetch takes n messages, or fails.
func fetch(t testing.TB, o jetstream.Consumer, n int) []jetstream.Msg {
	t.Helper()
	batch := must(o.Fetch(n, waiting()...))(t)
	var got []jetstream.Msg
	for m := range batch.Messages() {
		got = append(got, m)
	}
	if batch.Error() != nil {
		t.Fatal(batch.Error())
	}
	if len(got) != n {
		t.Fatalf("%d messages, want %d", len(got), n)
	}
	return got
}

func TestConsumerLifecycle(t *testing.T) {
	h := start(t)
	ctx := within(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := must(s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "work", Description: "d"}))(t)
	c := o.CachedInfo().Config
	if c.AckWait != 30*time.Second || c.MaxDeliver != -1 || c.MaxAckPending != 1000 || c.MaxWaiting != 512 || c.AckPolicy != jetstream.AckExplicitPolicy {
		t.Errorf("defaults: %+v", c)
	}
	o = h.consumer(s, jetstream.ConsumerConfig{Durable: "work", AckWait: time.Minute, MaxDeliver: 4})
	if c := o.CachedInfo().Config; c.AckWait != time.Minute || c.MaxDeliver != 4 || c.Description != "" {
		t.Errorf("update: %+v", c)
	}
	if q := must(h.broker.Queue("S"))(t); q.Config.MaxAttempts != 4 {
		t.Errorf("max_deliver: %+v", q.Config)
	}
	if _, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "work"}); !errors.Is(err, jetstream.ErrConsumerExists) {
		t.Errorf("create what is there: %v", err)
	}
	if _, err := s.UpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "none"}); !errors.Is(err, jetstream.ErrConsumerDoesNotExist) {
		t.Errorf("update what is not there: %v", err)
	}
	var names []string
	for n := range s.ConsumerNames(ctx).Name() {
		names = append(names, n)
	}
	for i := range s.ListConsumers(ctx).Info() {
		names = append(names, i.Name)
	}
	if !slices.Equal(names, []string{"work", "work"}) {
		t.Errorf("%v", names)
	}
	if n := must(s.Info(ctx))(t).State.Consumers; n != 1 {
		t.Errorf("consumer_count %d", n)
	}
	if err := s.DeleteConsumer(ctx, "work"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Consumer(ctx, "work"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if err := s.DeleteConsumer(ctx, "work"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if q := must(h.broker.Queue("S"))(t); q.Config.MaxAttempts != 0 {
		t.Errorf("max_deliver stays: %+v", q.Config)
	}
}

func TestOneConsumerForAWorkQueue(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.a", "s.b"}})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "work"})
	_, err := s.CreateConsumer(within(t), jetstream.ConsumerConfig{Durable: "other"})
	expect(t, err, 10099)
	_, err = s.CreateConsumer(within(t), jetstream.ConsumerConfig{Durable: "other", FilterSubjects: []string{"s.a", "s.b"}})
	expect(t, err, 10100)
	_, err = s.CreateConsumer(within(t), jetstream.ConsumerConfig{}) // ephemeral
	expect(t, err, 10099)
}

func TestConsumersThatNoQueueCanHave(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.a", "s.b"}})
	now := time.Now()
	tests := []struct {
		c    jetstream.ConsumerConfig
		code int
		word string
	}{
		{jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy}, 10084, "explicit"},
		{jetstream.ConsumerConfig{AckPolicy: jetstream.AckAllPolicy}, 10098, "explicit"},
		{jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy}, 10101, "deliver all"},
		{jetstream.ConsumerConfig{OptStartSeq: 3}, 10094, "start sequence"},
		{jetstream.ConsumerConfig{OptStartTime: &now}, 10094, "start time"},
		{jetstream.ConsumerConfig{FilterSubject: "s.a", FilterSubjects: []string{"s.b"}}, 10136, "both"},
		{jetstream.ConsumerConfig{FilterSubjects: []string{"s.*", "s.b"}}, 10138, "overlap"},
		{jetstream.ConsumerConfig{SampleFrequency: "50%"}, 10012, "sample_freq"},
		{jetstream.ConsumerConfig{ReplayPolicy: jetstream.ReplayOriginalPolicy}, 10012, "replay_policy"},
		{jetstream.ConsumerConfig{RateLimit: 1000}, 10086, "rate limit"},
		{jetstream.ConsumerConfig{Replicas: 3}, 10074, "replicas"},
		{jetstream.ConsumerConfig{PriorityPolicy: jetstream.PriorityPolicyOverflow, PriorityGroups: []string{"g"}}, 10160, "priority"},
		{jetstream.ConsumerConfig{BackOff: []time.Duration{time.Second, time.Minute}, MaxDeliver: 1}, 10116, "backoff"},
		{jetstream.ConsumerConfig{AckWait: 30 * 24 * time.Hour}, 10012, "at most"},
	}
	for _, tt := range tests {
		tt.c.Durable = "work"
		_, err := s.CreateConsumer(within(t), tt.c)
		expect(t, err, tt.code, tt.word)
	}
	h.consumer(s, jetstream.ConsumerConfig{FilterSubjects: []string{"s.a", "s.b"}}) // the whole stream
	js := must(jetstream.New(h.dial()))(t)
	_, err := js.OrderedConsumer(within(t), "S", jetstream.OrderedConsumerConfig{})
	expect(t, err, 10084)
}

func TestFetchInOrder(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	for i := range 10 {
		must(js.Publish(within(t), fmt.Sprintf("s.%d", i), fmt.Append(nil, i)))(t)
	}
	last := uint64(0)
	for i, m := range fetch(t, o, 10) {
		md := must(m.Metadata())(t)
		if string(m.Data()) != fmt.Sprint(i) || m.Subject() != fmt.Sprintf("s.%d", i) {
			t.Errorf("message %d is %s %s", i, m.Subject(), m.Data())
		}
		if md.Stream != "S" || md.Consumer != "work" || md.NumDelivered != 1 || md.Sequence.Consumer != uint64(i+1) ||
			md.Sequence.Stream <= last || md.NumPending != uint64(9-i) || time.Since(md.Timestamp) > patience {
			t.Errorf("message %d: %+v", i, md)
		}
		last = md.Sequence.Stream
		if err := m.DoubleAck(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	info := must(o.Info(within(t)))(t)
	if info.NumAckPending != 0 || info.NumPending != 0 || info.Delivered.Consumer != 10 || info.AckFloor.Consumer != 10 || info.AckFloor.Stream != last {
		t.Errorf("%+v", info)
	}
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 0 {
		t.Errorf("%d messages left", n)
	}
}

func TestFetchWaitsForAMessage(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	batch := must(o.Fetch(1, waiting()...))(t)
	waitFor(t, func() bool { return must(o.Info(within(t)))(t).NumWaiting == 1 })
	must(js.Publish(within(t), "S", []byte("late")))(t)
	if m := receive(t, batch.Messages()); string(m.Data()) != "late" {
		t.Errorf("%q", m.Data())
	}
}

// waitFor waits until something is so that no event tells.
func waitFor(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatal("it did not come to pass")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFetchExpires(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	batch := must(o.Fetch(5, jetstream.FetchMaxWait(20*time.Millisecond)))(t)
	for m := range batch.Messages() {
		t.Errorf("got %q", m.Data())
	}
	if batch.Error() != nil {
		t.Error(batch.Error())
	}
}

func TestFetchNoWait(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	count := func(n int) int { return len(atOnce(t, js, o, n)) }
	if n := count(10); n != 0 {
		t.Errorf("%d from an empty stream", n)
	}
	for range 7 {
		must(js.Publish(within(t), "S", nil))(t)
	}
	if n := count(3); n != 3 {
		t.Errorf("%d of 3", n)
	}
	if n := count(10); n != 4 {
		t.Errorf("%d of the 4 left", n)
	}
}

func TestFetchBytes(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	for range 10 {
		must(js.Publish(within(t), "S", make([]byte, 300)))(t)
	}
	batch := must(o.FetchBytes(1000, waiting()...))(t)
	n := 0
	for range batch.Messages() {
		n++
	}
	if n != 2 || batch.Error() != nil {
		t.Errorf("%d messages in 1000 bytes, %v", n, batch.Error())
	}
	waitFor(t, func() bool { // those that did not fit go back behind the word that ends the request
		info := must(o.Info(within(t)))(t)
		return info.NumPending == 8 && info.NumAckPending == 2
	})
}

func TestConsumeAndMessages(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	const n = 300
	got := make(chan jetstream.Msg, n)
	cc := must(o.Consume(func(m jetstream.Msg) { m.Ack(); got <- m }))(t)
	for i := range n {
		must(js.PublishAsync("S", fmt.Append(nil, i)))(t)
	}
	for range n {
		receive(t, got)
	}
	cc.Drain()
	<-cc.Closed()
	iter := must(o.Messages())(t)
	must(js.Publish(within(t), "S", []byte("one more")))(t)
	m := must(iter.Next())(t)
	if string(m.Data()) != "one more" || m.DoubleAck(within(t)) != nil {
		t.Errorf("%q", m.Data())
	}
	iter.Stop()
	if n := must(s.Info(within(t)))(t).State.Msgs; n != 0 {
		t.Errorf("%d messages left", n)
	}
}

func TestHeartbeatsKeepAnIdleConsumeAlive(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	nc := h.dial()
	inbox := nc.NewInbox()
	beats := subscribe(t, nc, inbox, "")
	nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.S.work", inbox, []byte(`{"batch":1,"expires":3600000000000,"idle_heartbeat":20000000}`))
	for range 3 {
		m := receive(t, beats)
		if m.Header.Get("Status") != "100" || m.Header.Get("Description") != "Idle Heartbeat" || m.Header.Get("Nats-Last-Consumer") != "0" {
			t.Errorf("%v", m.Header)
		}
	}
	must(js.Publish(within(t), "S", []byte("x")))(t)
	waitFor(t, func() bool { m := receive(t, beats); return string(m.Data) == "x" })
	_ = o
}

func TestMaxAckPending(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: 2})
	for range 5 {
		must(js.Publish(within(t), "S", nil))(t)
	}
	batch := must(o.Fetch(5, waiting()...))(t)
	first, _ := receive(t, batch.Messages()), receive(t, batch.Messages())
	if i := must(o.Info(within(t)))(t); i.NumAckPending != 2 || i.NumPending != 3 {
		t.Errorf("%+v", i)
	}
	if err := first.DoubleAck(within(t)); err != nil {
		t.Fatal(err)
	}
	third := receive(t, batch.Messages())
	if i := must(o.Info(within(t)))(t); i.NumAckPending != 2 || i.NumPending != 2 {
		t.Errorf("%+v", i)
	}
	third.Nak()
	receive(t, batch.Messages())
}

func TestLeasesThatEndMakeRoomForMore(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{MaxAckPending: 1, AckWait: 30 * time.Millisecond})
	must(js.Publish(within(t), "S", nil))(t)
	for want := range uint64(3) {
		if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != want+1 {
			t.Errorf("delivery %d, want %d", md.NumDelivered, want+1)
		}
	}
}

func TestEphemeralConsumerVanishes(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := must(s.CreateConsumer(within(t), jetstream.ConsumerConfig{InactiveThreshold: time.Hour, MaxDeliver: 3}))(t)
	must(js.Publish(within(t), "S", []byte("x")))(t)
	fetch(t, o, 1)
	soon := o.CachedInfo().Config
	soon.InactiveThreshold = 50 * time.Millisecond
	must(s.UpdateConsumer(within(t), soon))(t)
	waitFor(t, func() bool {
		_, err := o.Info(within(t))
		return errors.Is(err, jetstream.ErrConsumerNotFound)
	})
	if q := must(h.broker.Queue("S"))(t); q.Config.MaxAttempts != 0 {
		t.Errorf("max_deliver stays: %+v", q.Config)
	}
	h.consumer(s, jetstream.ConsumerConfig{}) // its place is free
}

func TestDeletedConsumerEndsItsPulls(t *testing.T) {
	for name, remove := range map[string]func(*testing.T, *house, jetstream.Stream){
		"consumer": func(t *testing.T, h *house, s jetstream.Stream) {
			if err := s.DeleteConsumer(within(t), "work"); err != nil {
				t.Error(err)
			}
		},
		"stream": func(t *testing.T, h *house, s jetstream.Stream) {
			if err := must(jetstream.New(h.dial()))(t).DeleteStream(within(t), "S"); err != nil {
				t.Error(err)
			}
		},
		"queue": func(t *testing.T, h *house, s jetstream.Stream) {
			if err := h.broker.DeleteQueue(within(t), "S"); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			_, s := h.stream(jetstream.StreamConfig{Name: "S"})
			o := h.consumer(s, jetstream.ConsumerConfig{})
			batch := must(o.Fetch(1, waiting()...))(t)
			waitFor(t, func() bool { return must(o.Info(within(t)))(t).NumWaiting == 1 })
			remove(t, h, s)
			for range batch.Messages() {
				t.Error("a message")
			}
			if !errors.Is(batch.Error(), jetstream.ErrConsumerDeleted) {
				t.Errorf("%v", batch.Error())
			}
		})
	}
}

func TestShutdownEndsPulls(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{})
	nc := h.dial()
	inbox := nc.NewInbox()
	ends := subscribe(t, nc, inbox, "")
	nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.S.work", inbox, []byte(`{"batch":7,"expires":3600000000000}`))
	flush(t, nc)
	h.shutdown()
	m := receive(t, ends)
	if m.Header.Get("Description") != "Server Shutdown" || m.Header.Get("Nats-Pending-Messages") != "7" {
		t.Errorf("%v", m.Header)
	}
}

// TestPullsOfTheGoneTakeNothing: a client that leaves while it waits is not
// handed what comes later.
func TestPullsOfTheGoneTakeNothing(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	gone, left := h.dial(), h.dial()
	sub := must(left.SubscribeSync("in.1"))(t)
	must(gone.SubscribeSync("in.2"))(t)
	left.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.S.work", "in.1", []byte(`{"batch":1,"expires":3600000000000}`))
	gone.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.S.work", "in.2", []byte(`{"batch":1,"expires":3600000000000}`))
	flush(t, left)
	flush(t, gone)
	waitFor(t, func() bool { return must(o.Info(within(t)))(t).NumWaiting == 2 })
	sub.Unsubscribe()
	gone.Close()
	waitFor(t, func() bool { return must(o.Info(within(t)))(t).NumWaiting == 0 })
	must(js.Publish(within(t), "S", nil))(t)
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumDelivered != 1 {
		t.Errorf("%+v", md)
	}
	st := must(h.broker.Stats(within(t), "S"))(t)
	if st.Totals.Delivered != 1 {
		t.Errorf("%+v", st.Totals)
	}
}

func TestPause(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	must(js.Publish(within(t), "S", nil))(t)
	r := must(s.PauseConsumer(within(t), "work", time.Now().Add(time.Hour)))(t)
	if !r.Paused || !must(o.Info(within(t)))(t).Paused {
		t.Errorf("%+v", r)
	}
	batch := must(o.Fetch(1, waiting()...))(t)
	waitFor(t, func() bool { return must(o.Info(within(t)))(t).NumWaiting == 1 })
	if st := must(h.broker.Stats(within(t), "S"))(t); st.Ready != 1 || st.Leased != 0 {
		t.Errorf("%+v", st)
	}
	must(s.ResumeConsumer(within(t), "work"))(t)
	receive(t, batch.Messages())
}

func TestSeveralWorkersShareAConsumer(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{})
	const n, workers = 400, 4
	got := make(chan int, n)
	for w := range workers {
		wjs := must(jetstream.New(h.dial()))(t)
		o := must(wjs.Consumer(within(t), "S", "work"))(t)
		cc := must(o.Consume(func(m jetstream.Msg) { m.Ack(); got <- w }))(t)
		defer cc.Stop()
	}
	waitFor(t, func() bool {
		return must(must(s.Consumer(within(t), "work"))(t).Info(within(t)))(t).NumWaiting == workers
	})
	for range n {
		must(js.PublishAsync("S", nil))(t)
	}
	share := map[int]int{}
	for range n {
		share[receive(t, got)]++
	}
	if len(share) != workers {
		t.Errorf("%v", share)
	}
	waitFor(t, func() bool { return must(s.Info(within(t)))(t).State.Msgs == 0 })
}

// TestOtherDialectsCompete: a receiver at the broker takes from the same queue.
func TestOtherDialectsCompete(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	must(js.Publish(within(t), "s.1", []byte("a")))(t)
	must(h.broker.Send(within(t), &queuecore.Message{Destination: queuecore.QueueNamed("S"), Body: []byte("b")}))(t)
	first := must(h.broker.Receive(within(t), "S", queuecore.ReceiveOptions{}))(t)
	if len(first) != 1 || string(first[0].Body) != "a" || first[0].Destination != queuecore.TopicNamed("s.1") {
		t.Fatalf("%+v", first)
	}
	if m := fetch(t, o, 1)[0]; string(m.Data()) != "b" || m.Subject() != "S" {
		t.Errorf("%s %q", m.Subject(), m.Data())
	}
}

func TestPullLimits(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{MaxRequestBatch: 5, MaxRequestExpires: time.Hour, MaxRequestMaxBytes: 1000, MaxWaiting: 1})
	nc := h.dial()
	got := subscribe(t, nc, "in", "")
	pull := func(body string) {
		nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.S.work", "in", []byte(body))
	}
	for _, tt := range []struct{ body, want string }{
		{`6`, "Exceeded MaxRequestBatch of 5"},
		{`{"batch":1,"expires":7200000000000}`, "Exceeded MaxRequestExpires of 1h0m0s"},
		{`{"batch":1,"max_bytes":1001}`, "Exceeded MaxRequestMaxBytes of 1000"},
	} {
		pull(tt.body)
		if m := receive(t, got); m.Header.Get("Status") != "409" || m.Header.Get("Description") != tt.want {
			t.Errorf("%s: %v", tt.body, m.Header)
		}
	}
	pull(`{"batch":1,"expires":3600000000000}`)
	pull(`{"batch":2,"expires":3600000000000,"idle_heartbeat":1000000000}`) // finds out by the absence of heartbeats
	pull(`{"batch":3,"expires":3600000000000}`)
	if m := receive(t, got); m.Header.Get("Description") != "Exceeded MaxWaiting" {
		t.Errorf("%v", m.Header)
	}
	if len(got) > 0 {
		t.Errorf("%v", receive(t, got).Header)
	}
}

func TestRequiredAPILevel(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, jetstream.ConsumerConfig{})
	for subject, want := range map[string]string{
		"$JS.API.STREAM.INFO.S": `"err_code":10185`, "$JS.API.CONSUMER.MSG.NEXT.S.work": "Required Api Level",
	} {
		m := client.NewMsg(subject)
		m.Header.Set("Nats-Required-Api-Level", "3")
		r := must(h.dial().RequestMsg(m, patience))(t)
		if !strings.Contains(string(r.Data)+r.Header.Get("Description"), want) {
			t.Errorf("%s: %v %s", subject, r.Header, r.Data)
		}
	}
}
