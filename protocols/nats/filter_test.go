package nats_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

// filtered is a durable consumer's configuration with filters.
func filtered(name string, filters ...string) jetstream.ConsumerConfig {
	c := jetstream.ConsumerConfig{Durable: name}
	if len(filters) == 1 {
		c.FilterSubject = filters[0]
	} else {
		c.FilterSubjects = filters
	}
	return c
}

// publishAll publishes a message to each subject, which it has as its body.
func publishAll(t testing.TB, js jetstream.JetStream, subjects ...string) {
	t.Helper()
	for _, s := range subjects {
		must(js.Publish(within(t), s, []byte(s)))(t)
	}
}

// toQueue sends to the queue itself, as other dialects do.
func (h *house) toQueue(queue, body string) {
	h.t.Helper()
	must(h.broker.Send(within(h.t), &queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: []byte(body)}))(h.t)
}

func pendingOf(t testing.TB, o jetstream.Consumer) uint64 {
	t.Helper()
	return must(o.Info(within(t)))(t).NumPending
}

// Consumers with disjoint filters share a stream, each beside the backlog of the others.
func TestFilteredConsumersShareAStream(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	eu, us := h.consumer(s, filtered("eu", "s.eu.*")), h.consumer(s, filtered("us", "s.us", "s.us.>"))
	publishAll(t, js, "s.us.1", "s.eu.1", "s.us", "s.asia.1", "s.eu.2", "s.us.1.2")
	if p, q := pendingOf(t, eu), pendingOf(t, us); p != 2 || q != 3 {
		t.Errorf("num_pending is %d and %d, want 2 and 3", p, q)
	}
	if got := now(t, js, eu); got != "s.eu.1 s.eu.2" {
		t.Errorf("eu got %q", got)
	}
	if md := must(fetch(t, us, 1)[0].Metadata())(t); md.NumPending != 2 || md.Consumer != "us" {
		t.Errorf("%+v", md)
	}
	if got := now(t, js, us); got != "s.us s.us.1.2" {
		t.Errorf("us got %q", got)
	}
	if info := must(s.Info(within(t)))(t); info.State.Consumers != 2 || info.State.Msgs != 2 {
		t.Errorf("%+v", info.State)
	}
	var names []string
	for info := range s.ListConsumers(within(t)).Info() {
		names = append(names, fmt.Sprint(info.Name, " ", info.Config.FilterSubject, info.Config.FilterSubjects, " ", info.NumPending))
	}
	slices.Sort(names)
	if want := []string{"eu s.eu.*[] 0", "us [s.us s.us.>] 0"}; !slices.Equal(names, want) {
		t.Errorf("listed are %q", names)
	}
	if err := s.DeleteConsumer(within(t), "eu"); err != nil {
		t.Fatal(err)
	}
	rest := h.consumer(s, filtered("rest", "s.eu.>", "s.asia.*"))
	if got := now(t, js, rest); got != "s.asia.1" {
		t.Errorf("the next one got %q", got)
	}
}

// Pulls that wait beside each other are served by what matches, and follow an update.
func TestWaitingPullFollowsItsFilter(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	got := map[string]chan string{"a": make(chan string, 1), "b": make(chan string, 1)}
	for name := range got {
		o := h.consumer(s, filtered(name, "s."+name))
		// Ends when the message has come.
		go func() {
			m, err := o.Next(waiting()...)
			if err != nil {
				t.Error(err)
				got[name] <- ""
				return
			}
			got[name] <- string(m.Data())
		}()
		h.waits(o)
	}
	publishAll(t, js, "s.c", "s.b")
	if body := <-got["b"]; body != "s.b" {
		t.Errorf("b got %q", body)
	}
	h.consumer(s, filtered("a", "s.c", "s.d"))
	if body := <-got["a"]; body != "s.c" {
		t.Errorf("a, which is c now, got %q", body)
	}
}

// The errors are nats-server's (consumer.go, partitionUnique and checks before it).
func TestFiltersThatAreRefused(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	h.consumer(s, filtered("a", "s.a.*"))
	h.consumer(s, filtered("b", "s.b", "s.c"))
	long := make([]string, 100)
	for i := range long {
		long[i] = fmt.Sprint("s.", i, strings.Repeat("x", 200))
	}
	for _, x := range []struct {
		c    jetstream.ConsumerConfig
		code int
		word string
	}{
		{jetstream.ConsumerConfig{Durable: "new"}, 10099, "non-filtered"},
		{jetstream.ConsumerConfig{Durable: "a"}, 10099, "non-filtered"},
		{filtered("new", "s.>"), 10100, "not unique"},
		{filtered("new", "s.*.1"), 10100, "not unique"},
		{filtered("new", "s.d", "s.c"), 10100, "not unique"},
		{filtered("a", "s.*"), 10100, "not unique"},
		{filtered("new", "s.d", "s.*"), 10138, "overlap"},
		{jetstream.ConsumerConfig{Durable: "new", FilterSubject: "s.d", FilterSubjects: []string{"s.e"}}, 10136, "both"},
		{filtered("new", "s.d", ""), 10139, "empty"},
		{filtered("new", "s..d"), 10052, "invalid subject"},
		{filtered("new", long...), 10012, "the limit is 16384"},
	} {
		_, err := s.CreateOrUpdateConsumer(within(t), x.c)
		expect(t, err, x.code, x.word)
	}
	a := must(s.Consumer(within(t), "a"))(t)
	if f := a.CachedInfo().Config.FilterSubject; f != "s.a.*" {
		t.Errorf("a has %q", f)
	}
	_, s = h.stream(jetstream.StreamConfig{Name: "T", Subjects: []string{"t.>"}})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "all"})
	_, err := s.CreateConsumer(within(t), filtered("new", "t.a"))
	expect(t, err, 10100)
}

// One consumer whose filters leave no subject out has the whole queue, what other dialects
// put into it as well. Beside another one it has what its filters say; the stream's name is
// the subject of what was sent to the queue.
func TestFiltersThatCoverTheStream(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.a", "s.b"}})
	o := h.consumer(s, filtered("work", "s.*"))
	publishAll(t, js, "s.a")
	h.toQueue("S", "from elsewhere")
	if got := now(t, js, o); got != "s.a from elsewhere" {
		t.Errorf("alone it got %q", got)
	}
	own := h.consumer(s, filtered("own", "S"))
	publishAll(t, js, "s.b")
	h.toQueue("S", "from elsewhere again")
	if got := now(t, js, o); got != "s.b" {
		t.Errorf("beside another it got %q", got)
	}
	if m := fetch(t, own, 1)[0]; m.Subject() != "S" || string(m.Data()) != "from elsewhere again" || m.DoubleAck(within(t)) != nil {
		t.Errorf("got %q of %s", m.Data(), m.Subject())
	}
	if err := s.DeleteConsumer(within(t), "own"); err != nil {
		t.Fatal(err)
	}
	h.toQueue("S", "at last")
	if got := now(t, js, o); got != "at last" {
		t.Errorf("alone again it got %q", got)
	}
	must(js.UpdateStream(within(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.a", "t.b"}, Retention: jetstream.WorkQueuePolicy}))(t)
	publishAll(t, js, "t.b", "s.a")
	if got := now(t, js, o); got != "s.a" {
		t.Errorf("of a stream with more subjects it got %q", got)
	}
}

// A filter and a selector must both match.
func TestFilterAndSelector(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	c := filtered("a", "s.a")
	c.Metadata = selecting("color = 'red'").Metadata
	a, b := h.consumer(s, c), h.consumer(s, filtered("b", "s.b"))
	for _, x := range []string{"s.a red", "s.b red", "s.a blue"} {
		subject, color, _ := strings.Cut(x, " ")
		publishWith(t, js, subject, x, "color", color)
	}
	if n := pendingOf(t, a); n != 1 {
		t.Errorf("num_pending is %d", n)
	}
	if got := now(t, js, a) + ", " + now(t, js, b); got != "s.a red, s.b red" {
		t.Errorf("got %q", got)
	}
}

// Filters outlive the gateway, and what one consumer holds is not held up by it.
func TestFiltersOutliveTheGateway(t *testing.T) {
	b := newBroker(t)
	h := open(t, b, nats.Options{})
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	for _, name := range []string{"a", "b"} {
		h.consumer(s, filtered(name, "s."+name))
	}
	publishAll(t, js, "s.b", "s.a", "s.b", "s.c")
	h.shutdown()
	h = open(t, b, nats.Options{})
	js = must(jetstream.New(h.dial()))(t)
	for _, x := range []struct{ name, want string }{{"a", "s.a"}, {"b", "s.b s.b"}} {
		if got := now(t, js, must(js.Consumer(within(t), "S", x.name))(t)); got != x.want {
			t.Errorf("%s got %q", x.name, got)
		}
	}
	s = must(js.Stream(within(t), "S"))(t)
	_, err := s.CreateConsumer(within(t), filtered("c", "s.*"))
	expect(t, err, 10100)
}

// A long stream is not counted for num_pending: it is then the most that there may be.
func TestPendingOfALongStream(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	o := h.consumer(s, filtered("a", "s.a"))
	for at := 0; at < 11_000; at += 1000 {
		var tx queuecore.Tx
		for i := at; i < at+1000; i++ {
			topic := fmt.Sprint("s.", string(rune('a'+i%11)))
			tx.Sends = append(tx.Sends, &queuecore.Message{Destination: queuecore.TopicNamed(topic)})
		}
		must(h.broker.Commit(within(t), tx))(t)
	}
	if n := pendingOf(t, o); n != 11_000 {
		t.Errorf("num_pending of 11,000 is %d", n)
	}
	for _, m := range fetch(t, o, 1000) {
		if m.Subject() != "s.a" || m.DoubleAck(within(t)) != nil {
			t.Fatal(m.Subject())
		}
	}
	if n := pendingOf(t, o); n != 0 {
		t.Errorf("num_pending of 10,000 others is %d", n)
	}
}

// Messages that are large are not read to be counted either.
func TestPendingOfLargeMessages(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	o := h.consumer(s, filtered("a", "s.a"))
	for i := range 300 {
		must(js.Publish(within(t), fmt.Sprint("s.", string(rune('a'+i%2))), make([]byte, 1000)))(t)
	}
	if n := pendingOf(t, o); n != 150 {
		t.Errorf("num_pending is %d, want 150", n)
	}
	must(js.Publish(within(t), "s.b", make([]byte, 900_000)))(t)
	if md := must(fetch(t, o, 1)[0].Metadata())(t); md.NumPending != 300 {
		t.Errorf("%+v", md)
	}
	for range 11 {
		must(js.Publish(within(t), "s.b", make([]byte, 1_000_000)))(t)
	}
	if n, ready := pendingOf(t, o), h.stats().Ready; int(n) != ready {
		t.Errorf("num_pending is %d of %d", n, ready)
	}
	for info := range s.ListConsumers(within(t)).Info() {
		if int(info.NumPending) != h.stats().Ready {
			t.Errorf("listed is %+v", info)
		}
	}
}
