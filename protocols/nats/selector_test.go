package nats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/queuecore"
)

// selecting is a durable consumer's configuration with a selector.
func selecting(selector string) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{Durable: "work", Metadata: map[string]string{"sluice.selector": selector}}
}

// publishWith publishes a body with headers, in the order name, value.
func publishWith(t testing.TB, js jetstream.JetStream, subject, body string, headers ...string) {
	t.Helper()
	m := &client.Msg{Subject: subject, Data: []byte(body), Header: client.Header{}}
	for i := 0; i+1 < len(headers); i += 2 {
		m.Header[headers[i]] = []string{headers[i+1]}
	}
	must(js.PublishMsg(within(t), m))(t)
}

// now fetches without waiting, and returns the bodies, which it acks.
func now(t testing.TB, js jetstream.JetStream, o jetstream.Consumer) string {
	t.Helper()
	return strings.Join(atOnce(t, js, o, 100), " ")
}

// atOnce takes up to n messages that are there, acks them, and returns the bodies. The library's FetchNoWait
// would do, but that it gives up after a second, without a word.
func atOnce(t testing.TB, js jetstream.JetStream, o jetstream.Consumer, n int) (bodies []string) {
	t.Helper()
	got, end := noWait(t, js, o, n)
	for _, m := range got {
		bodies = append(bodies, string(m.Data))
		must(js.Conn().RequestWithContext(within(t), m.Reply, nil))(t)
	}
	if end != "" && end != "404 No Messages" {
		t.Fatal(end)
	}
	return bodies
}

// noWait asks for n messages that are there, and returns them with the status that ended the request; "": all came.
func noWait(t testing.TB, js jetstream.JetStream, o jetstream.Consumer, n int) (got []*client.Msg, end string) {
	t.Helper()
	nc, of := js.Conn(), o.CachedInfo()
	inbox := nc.NewInbox()
	sub := must(nc.SubscribeSync(inbox))(t)
	defer sub.Unsubscribe()
	if err := nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+of.Stream+"."+of.Name, inbox, fmt.Appendf(nil, `{"batch":%d,"no_wait":true}`, n)); err != nil {
		t.Fatal(err)
	}
	for len(got) < n {
		m := must(sub.NextMsg(patience))(t)
		if status := m.Header.Get("Status"); status != "" {
			return got, status + " " + m.Header.Get("Description")
		}
		got = append(got, m)
	}
	return got, ""
}

// A consumer gets what its selector matches; the rest is there for others, and for what the
// consumer becomes when it is updated.
func TestConsumerSelects(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := h.consumer(s, selecting("color = 'red' AND X-Count > 2"))
	for _, x := range []string{"red 1", "red 3", "blue 3", "green 10", "red 30"} {
		color, n, _ := strings.Cut(x, " ")
		publishWith(t, js, "s.a", x, "color", color, "X-Count", n, "JMSType", "t-"+color)
	}
	if got := now(t, js, o); got != "red 3 red 30" {
		t.Errorf("got %q", got)
	}
	if info := must(o.Info(within(t)))(t); info.NumPending != 0 || info.Config.Metadata["sluice.selector"] != "color = 'red' AND X-Count > 2" {
		t.Errorf("num_pending counts what matches: %d, %v", info.NumPending, info.Config.Metadata)
	}
	o = h.consumer(s, selecting("JMSType = 't-blue' OR X-Count = '1'"))
	if got := now(t, js, o); got != "red 1 blue 3" {
		t.Errorf("updated, got %q", got)
	}
	o = h.consumer(s, jetstream.ConsumerConfig{Durable: "work"})
	if got := now(t, js, o); got != "green 10" {
		t.Errorf("without a selector, got %q", got)
	}
}

// A pull that waits is served by what matches, also when the selector changes meanwhile.
func TestWaitingPullFollowsItsSelector(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	o := h.consumer(s, selecting("color = 'red'"))
	got := make(chan string, 1)
	// Ends when the message has come.
	go func() {
		m, err := o.Next(waiting()...)
		if err != nil {
			t.Error(err)
			got <- ""
			return
		}
		got <- string(m.Data())
	}()
	h.waits(o)
	publishWith(t, js, "s.a", "blue one", "color", "blue")
	h.consumer(s, selecting("color = 'green'"))
	publishWith(t, js, "s.a", "red one", "color", "red")
	publishWith(t, js, "s.a", "green one", "color", "green")
	if body := <-got; body != "green one" {
		t.Errorf("got %q", body)
	}
}

// waits waits until a pull waits at the consumer.
func (h *house) waits(o jetstream.Consumer) {
	h.t.Helper()
	for must(o.Info(within(h.t)))(h.t).NumWaiting == 0 {
	}
}

// What is wrong with a selector is said, with its place; a consumer that is there stays as
// it is.
func TestSelectorsOfConsumersAreRefused(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	h.consumer(s, selecting("a = 1"))
	for _, x := range []struct{ selector, want string }{
		{"a = = 1", "at offset 4"},
		{"a = '" + strings.Repeat("x", queuecore.MaxSelectorBytes) + "'", "at most 16384"},
		{"Correlation-Id = 'x'", "is called JMSCorrelationID"},
		{"Sluice-Dead-Reason = 'x'", "is called JMS_Sluice_DeadReason"},
		{"Nats-TTL = '1s'", "cannot look at Nats-TTL"},
	} {
		_, err := s.CreateOrUpdateConsumer(within(t), selecting(x.selector))
		expect(t, err, 10012, "sluice.selector", x.want)
		_, err = s.CreateConsumer(within(t), jetstream.ConsumerConfig{Name: "other", Metadata: selecting(x.selector).Metadata})
		expect(t, err, 10012, "sluice.selector", x.want)
	}
	o := must(s.Consumer(within(t), "work"))(t)
	if text := o.CachedInfo().Config.Metadata["sluice.selector"]; text != "a = 1" {
		t.Errorf("the selector is %q", text)
	}
	if _, err := o.Next(jetstream.FetchMaxWait(time.Millisecond)); !errors.Is(err, client.ErrTimeout) {
		t.Errorf("nothing matches: %v", err)
	}
}

// crowd has a thousand receivers wait at a queue, each with a selector of its own.
func (h *house) crowd(queue string) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	h.t.Cleanup(func() { cancel(); all.Wait() })
	for i := range 1000 {
		x := must(queuecore.CompileSelector(fmt.Sprintf("n = %d", i), queuecore.SelectorOptions{}))(h.t)
		all.Add(1)
		// Ends with ctx.
		go func() {
			defer all.Done()
			_, _ = h.broker.Receive(ctx, queue, queuecore.ReceiveOptions{Wait: -1, Selector: x})
		}()
	}
	for must(h.broker.Stats(within(h.t), queue))(h.t).Waiting < 1000 {
	}
}

// A pull that would be one selector too many at its queue is told so.
func TestTooManySelectors(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S"})
	o := h.consumer(s, selecting("n = -1"))
	h.crowd("S")
	_, err := o.Next(waiting()...)
	if err == nil || !strings.Contains(err.Error(), "Exceeded selectors") {
		t.Errorf("got %v", err)
	}
}
