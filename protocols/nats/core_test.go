package nats_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	client "github.com/nats-io/nats.go"
)

func subscribe(t testing.TB, nc *client.Conn, subject, queue string) <-chan *client.Msg {
	t.Helper()
	ch := make(chan *client.Msg, 1000)
	must(nc.ChanQueueSubscribe(subject, queue, ch))(t)
	flush(t, nc)
	return ch
}

func TestWildcardsReachEveryMatchingSubscription(t *testing.T) {
	h := start(t)
	a, b := h.dial(), h.dial()
	star, rest, exact := subscribe(t, a, "orders.*.new", ""), subscribe(t, a, "orders.>", ""), subscribe(t, b, "orders.eu.new", "")
	other := subscribe(t, b, "orders.eu.old", "")
	if err := b.Publish("orders.eu.new", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for _, ch := range []<-chan *client.Msg{star, rest, exact} {
		if m := receive(t, ch); m.Subject != "orders.eu.new" || string(m.Data) != "hello" {
			t.Errorf("%s %q", m.Subject, m.Data)
		}
	}
	flush(t, b)
	if len(other) > 0 {
		t.Error("a message came that does not match")
	}
}

func TestQueueGroupSharesMessages(t *testing.T) {
	h := start(t)
	const n = 200
	var mu sync.Mutex
	seen, members := map[string]int{}, map[int]int{}
	all := make(chan struct{}, 2*n)
	for member := range 3 {
		nc := h.dial()
		must(nc.QueueSubscribe("jobs.*", "workers", func(m *client.Msg) {
			mu.Lock()
			seen[string(m.Data)]++
			members[member]++
			mu.Unlock()
			all <- struct{}{}
		}))(t)
		flush(t, nc)
	}
	nc := h.dial()
	for i := range n {
		nc.Publish("jobs.x", fmt.Append(nil, i))
	}
	for range n {
		receive(t, all)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != n || len(members) != 3 {
		t.Errorf("%d messages seen by members %v", len(seen), members)
	}
}

func TestRequestReplyWithHeaders(t *testing.T) {
	h := start(t)
	service, caller := h.dial(), h.dial()
	must(service.Subscribe("echo", func(m *client.Msg) {
		r := client.NewMsg(m.Reply)
		r.Header.Set("Seen", m.Header.Get("Said"))
		r.Data = m.Data
		m.RespondMsg(r)
	}))(t)
	flush(t, service)
	m := client.NewMsg("echo")
	m.Header.Set("Said", "hi")
	m.Data = []byte("body")
	r := must(caller.RequestMsg(m, patience))(t)
	if r.Header.Get("Seen") != "hi" || string(r.Data) != "body" {
		t.Errorf("%v %q", r.Header, r.Data)
	}
}

func TestNoResponders(t *testing.T) {
	h := start(t)
	if _, err := h.dial().Request("nobody.here", nil, patience); !errors.Is(err, client.ErrNoResponders) {
		t.Errorf("%v", err)
	}
}

func TestUnsubscribeAfterSomeMessages(t *testing.T) {
	h := start(t)
	nc := h.dial()
	sub := must(nc.SubscribeSync("n"))(t)
	if err := sub.AutoUnsubscribe(2); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		nc.Publish("n", fmt.Append(nil, i))
	}
	flush(t, nc)
	for range 2 {
		must(sub.NextMsg(patience))(t)
	}
	if _, err := sub.NextMsg(patience); err == nil || errors.Is(err, client.ErrTimeout) {
		t.Errorf("a third message, or no end: %v", err)
	}
}

func TestNoEcho(t *testing.T) {
	h := start(t)
	deaf, other := h.dial(client.NoEcho()), h.dial()
	own, theirs := subscribe(t, deaf, "x", ""), subscribe(t, other, "x", "")
	deaf.Publish("x", nil)
	receive(t, theirs)
	flush(t, deaf)
	if len(own) > 0 {
		t.Error("the message came back")
	}
}

func TestDrainedClientGetsWhatIsUnderWay(t *testing.T) {
	h := start(t)
	nc, other := h.dial(), h.dial()
	got := make(chan *client.Msg, 100)
	sub := must(nc.Subscribe("d", func(m *client.Msg) { got <- m }))(t)
	flush(t, nc)
	for range 50 {
		other.Publish("d", nil)
	}
	flush(t, other)
	if err := sub.Drain(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		receive(t, got)
	}
}

func TestServerInfo(t *testing.T) {
	h := start(t)
	nc := h.dial()
	if v := nc.ConnectedServerVersion(); v != "2.12.1" {
		t.Errorf("version %s", v)
	}
	if nc.MaxPayload() != 1<<20 || !nc.HeadersSupported() || len(nc.ConnectedServerId()) != 56 || nc.AuthRequired() {
		t.Errorf("payload %d, id %s", nc.MaxPayload(), nc.ConnectedServerId())
	}
	if id := must(nc.GetClientID())(t); id == 0 {
		t.Error("no client id")
	}
	if ip := must(nc.GetClientIP())(t); ip.String() != "127.0.0.1" {
		t.Errorf("client ip %v", ip)
	}
	flush(t, nc) // which takes a PONG
}

func TestShutdownSaysGoodbye(t *testing.T) {
	h := start(t)
	lameDuck, closed := make(chan struct{}), make(chan struct{})
	h.dial(
		client.LameDuckModeHandler(func(*client.Conn) { close(lameDuck) }),
		client.ClosedHandler(func(*client.Conn) { close(closed) }),
	)
	h.shutdown()
	receive(t, lameDuck)
	receive(t, closed)
}
