package nats_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
)

// legacy connects, and makes the work-queue stream S with the older API of the library.
func legacy(t *testing.T, h *house) (*client.Conn, client.JetStreamContext) {
	t.Helper()
	nc := h.dial()
	js := must(nc.JetStream(client.MaxWait(patience)))(t)
	must(js.AddStream(&client.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Retention: client.WorkQueuePolicy}))(t)
	return nc, js
}

func send(t *testing.T, js client.JetStreamContext, n int, body []byte) {
	t.Helper()
	for i := range n {
		must(js.PublishAsync(fmt.Sprintf("s.%d", i), body))(t)
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		t.Fatal("the messages were not taken")
	}
}

func (h *house) drained() {
	h.t.Helper()
	waitFor(h.t, func() bool { return h.stats().Len() == 0 })
}

// TestPushSubscribe: each call of nats.go that makes a push consumer of its own.
func TestPushSubscribe(t *testing.T) {
	for name, begin := range map[string]func(client.JetStreamContext, chan<- *client.Msg) (*client.Subscription, error){
		"Subscribe": func(js client.JetStreamContext, got chan<- *client.Msg) (*client.Subscription, error) {
			return js.Subscribe("s.>", func(m *client.Msg) { got <- m }) // which acks by itself
		},
		"Subscribe, durable": func(js client.JetStreamContext, got chan<- *client.Msg) (*client.Subscription, error) {
			return js.Subscribe("s.>", func(m *client.Msg) { m.Ack(); got <- m }, client.Durable("work"), client.ManualAck())
		},
		"SubscribeSync": func(js client.JetStreamContext, got chan<- *client.Msg) (*client.Subscription, error) {
			sub, err := js.SubscribeSync("s.>")
			go func() { // ends with the subscription
				for m, err := sub.NextMsg(patience); err == nil; m, err = sub.NextMsg(patience) {
					m.Ack()
					got <- m
				}
			}()
			return sub, err
		},
		"ChanSubscribe": func(js client.JetStreamContext, got chan<- *client.Msg) (*client.Subscription, error) {
			in := make(chan *client.Msg, 2)
			go func() { // ends with the test
				for range 5 {
					m := <-in
					m.Ack()
					got <- m
				}
			}()
			return js.ChanSubscribe("s.>", in)
		},
		"QueueSubscribe": func(js client.JetStreamContext, got chan<- *client.Msg) (*client.Subscription, error) {
			return js.QueueSubscribe("s.>", "workers", func(m *client.Msg) { got <- m })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			_, js := legacy(t, h)
			send(t, js, 2, []byte("x"))
			got := make(chan *client.Msg, 10)
			sub := must(begin(js, got))(t)
			send(t, js, 3, []byte("x"))
			for i, subject := range []string{"s.0", "s.1", "s.0", "s.1", "s.2"} {
				m := receive(t, got)
				md := must(m.Metadata())(t)
				if m.Subject != subject || md.Stream != "S" || md.NumDelivered != 1 || md.Sequence.Consumer != uint64(i+1) {
					t.Errorf("message %d: %s %+v", i, m.Subject, md)
				}
			}
			h.drained()
			info := must(sub.ConsumerInfo())(t)
			if !info.PushBound || info.Config.DeliverSubject == "" || info.Config.MaxWaiting != 0 || info.NumPending != 0 {
				t.Errorf("%+v", info)
			}
			if err := sub.Unsubscribe(); err != nil { // which deletes the consumer that it made
				t.Error(err)
			}
			if _, err := js.ConsumerInfo("S", info.Name); err != client.ErrConsumerNotFound {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPushBind(t *testing.T) {
	h := start(t)
	nc, js := legacy(t, h)
	must(js.AddConsumer("S", &client.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", AckPolicy: client.AckExplicitPolicy, HeadersOnly: true,
	}))(t)
	sub := must(js.SubscribeSync("", client.Bind("S", "work")))(t)
	flush(t, nc)
	if _, err := js.SubscribeSync("", client.Bind("S", "work")); err == nil || !strings.Contains(err.Error(), "already bound") {
		t.Errorf("second subscriber: %v", err)
	}
	send(t, js, 1, []byte("hello"))
	m := must(sub.NextMsg(patience))(t)
	if len(m.Data) != 0 || m.Header.Get("Nats-Msg-Size") != "5" {
		t.Errorf("%q %v", m.Data, m.Header)
	}
	if err := m.AckSync(); err != nil {
		t.Error(err)
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return !must(js.ConsumerInfo("S", "work"))(t).PushBound })
	if _, err := js.PullSubscribe("", "work", client.Bind("S", "work")); err == nil {
		t.Error("a pull subscription to a push consumer")
	}
}

func TestPushQueueSubscribeShares(t *testing.T) {
	const n = 60
	h := start(t)
	_, js := legacy(t, h)
	got := make(chan string, n)
	var each [3]atomic.Int64
	for i := range each {
		nc := h.dial()
		other := must(nc.JetStream(client.MaxWait(patience)))(t)
		must(other.QueueSubscribe("s.>", "workers", func(m *client.Msg) {
			each[i].Add(1)
			m.Ack()
			got <- m.Subject
		}, client.ManualAck()))(t)
		flush(t, nc)
	}
	send(t, js, n, nil)
	seen := make(map[string]bool)
	for range n {
		seen[receive(t, got)] = true
	}
	h.drained()
	if len(seen) != n || each[0].Load() == 0 || each[1].Load() == 0 || each[2].Load() == 0 {
		t.Errorf("%d different messages, %v", len(seen), &each)
	}
}

func TestPushConsumerOfTheNewAPI(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	ctx := within(t)
	config := jetstream.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", DeliverGroup: "g", AckPolicy: jetstream.AckExplicitPolicy,
		FlowControl: true, IdleHeartbeat: 100 * time.Millisecond, RateLimit: 1 << 30,
	}
	o := must(s.CreatePushConsumer(ctx, config))(t)
	if _, err := s.Consumer(ctx, "work"); err != jetstream.ErrNotPullConsumer {
		t.Errorf("as a pull consumer: %v", err)
	}
	got := make(chan jetstream.Msg, 10)
	consuming := must(o.Consume(func(m jetstream.Msg) { got <- m }))(t)
	must(js.Publish(ctx, "s.x", []byte("hello")))(t)
	m := receive(t, got)
	if m.Subject() != "s.x" || string(m.Data()) != "hello" {
		t.Errorf("%s %q", m.Subject(), m.Data())
	}
	if err := m.Nak(); err != nil {
		t.Fatal(err)
	}
	m = receive(t, got)
	if md := must(m.Metadata())(t); md.NumDelivered != 2 || md.Sequence.Consumer != 2 {
		t.Errorf("%+v", md)
	}
	if err := m.DoubleAck(ctx); err != nil {
		t.Fatal(err)
	}
	info := must(o.Info(ctx))(t)
	if c := info.Config; !info.PushBound || c.DeliverSubject != "to.work" || c.DeliverGroup != "g" || !c.FlowControl ||
		c.IdleHeartbeat != config.IdleHeartbeat || c.RateLimit != config.RateLimit || info.NumAckPending != 0 {
		t.Errorf("%+v", info)
	}
	config.Description = "changed"
	must(s.UpdatePushConsumer(ctx, config))(t)
	config.IdleHeartbeat = time.Second
	_, err := s.UpdatePushConsumer(ctx, config)
	expect(t, err, 10012, "heart beats")
	consuming.Stop()
	waitFor(t, func() bool { return !must(o.Info(ctx))(t).PushBound })
}

// TestPushFlowControlOfTheLibrary: more than the window, and than a channel holds.
func TestPushFlowControlOfTheLibrary(t *testing.T) {
	const n = 300
	h := start(t)
	nc, js := legacy(t, h)
	failed := make(chan error, 10)
	nc.SetErrorHandler(func(_ *client.Conn, _ *client.Subscription, err error) { failed <- err })
	sub := must(js.SubscribeSync("s.>", client.EnableFlowControl(), client.IdleHeartbeat(patience), client.MaxAckPending(-1)))(t)
	send(t, js, n, make([]byte, 32<<10))
	for i := range n {
		m, err := sub.NextMsg(patience)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		m.Ack()
	}
	h.drained()
	select {
	case err := <-failed:
		t.Error(err)
	default:
	}
}

// TestPushSubscriberGoes: what it has not acked comes back after ack_wait, and what it
// has not been sent is another's at once.
func TestPushSubscriberGoes(t *testing.T) {
	h := start(t)
	_, js := legacy(t, h)
	config := &client.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", AckPolicy: client.AckExplicitPolicy, MaxAckPending: 2, AckWait: time.Second,
	}
	must(js.AddConsumer("S", config))(t)
	first := h.dial()
	got := subscribe(t, first, "to.work", "")
	send(t, js, 3, nil)
	receive(t, got)
	receive(t, got)
	if st := h.stats(); st.Leased > 2 {
		t.Errorf("over max_ack_pending: %+v", st)
	}
	first.Close()
	waitFor(t, func() bool { return !must(js.ConsumerInfo("S", "work"))(t).PushBound })
	sub := must(js.SubscribeSync("", client.Bind("S", "work")))(t)
	attempts := make(map[string]uint64)
	for len(attempts) < 3 {
		m := must(sub.NextMsg(patience))(t)
		if attempts[m.Subject] == 0 {
			attempts[m.Subject] = must(m.Metadata())(t).NumDelivered
		}
		m.AckSync()
	}
	if attempts["s.0"] < 2 || attempts["s.1"] < 2 || attempts["s.2"] != 1 {
		t.Errorf("%v", attempts)
	}
	h.drained()
}

// TestPushPassesTheSlowBy: a member of a queue group that does not read gets what its
// buffers take, and the others get the rest. What it held comes back when it goes.
func TestPushPassesTheSlowBy(t *testing.T) {
	const n = 160
	h := start(t)
	_, js := legacy(t, h)
	must(js.AddConsumer("S", &client.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", DeliverGroup: "g", AckPolicy: client.AckExplicitPolicy, MaxAckPending: -1, AckWait: 3 * time.Second,
		Heartbeat: 200 * time.Millisecond,
	}))(t)
	spy := subscribe(t, h.dial(), "to.*", "") // hears all, and counts for nothing
	slow := must(net.Dial("tcp", h.address))(t)
	defer slow.Close()
	fmt.Fprint(slow, "CONNECT {\"verbose\":false}\r\nSUB to.work g 1\r\nPING\r\n")
	for from := bufio.NewReader(slow); ; {
		if line := must(from.ReadString('\n'))(t); line == "PONG\r\n" {
			break
		}
	}
	send(t, js, n, make([]byte, 256<<10)) // 40 MiB, to the slow one alone
	for len(spy) > 0 {
		<-spy
	}
	for receive(t, spy).Header.Get("Nats-Last-Consumer") == "" { // until nothing more is sent
	}
	if st := h.stats(); st.Ready == 0 {
		t.Fatalf("all went to one that does not read: %+v", st)
	}
	var mu sync.Mutex
	seen := make(map[string]bool)
	must(js.QueueSubscribe("", "g", func(m *client.Msg) {
		m.Ack()
		mu.Lock()
		defer mu.Unlock()
		seen[m.Subject] = true
	}, client.Bind("S", "work"), client.ManualAck()))(t)
	waitFor(t, func() bool { return h.stats().Ready == 0 })
	slow.Close()
	h.drained()
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != n {
		t.Errorf("%d messages of %d", len(seen), n)
	}
}

// TestPushGoesOnElsewhere: a durable consumer's subscriber reconnects to a gateway that
// has been started anew.
func TestPushGoesOnElsewhere(t *testing.T) {
	b := newBroker(t)
	first := open(t, b, nats.Options{})
	_, js := legacy(t, first)
	must(js.AddConsumer("S", &client.ConsumerConfig{
		Durable: "work", DeliverSubject: "to.work", AckPolicy: client.AckExplicitPolicy, Heartbeat: time.Second, FlowControl: true,
	}))(t)
	second := open(t, b, nats.Options{})
	nc := must(client.Connect(first.address+","+second.address, client.Timeout(patience), client.DontRandomize(), client.ReconnectWait(time.Millisecond)))(t)
	defer nc.Close()
	js = must(nc.JetStream(client.MaxWait(patience)))(t)
	sub := must(js.SubscribeSync("", client.Bind("S", "work")))(t)
	send(t, js, 1, []byte("before"))
	if m := must(sub.NextMsg(patience))(t); string(m.Data) != "before" || m.AckSync() != nil {
		t.Errorf("%q", m.Data)
	}
	first.shutdown()
	other := must(second.dial().JetStream(client.MaxWait(patience)))(t)
	send(t, other, 1, []byte("after"))
	if m := must(sub.NextMsg(patience))(t); string(m.Data) != "after" || m.AckSync() != nil {
		t.Errorf("%q", m.Data)
	}
	second.drained()
}
