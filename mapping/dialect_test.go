package mapping_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

func dialects() []mapping.STOMPDialect {
	return []mapping.STOMPDialect{mapping.PlainSTOMP, mapping.ActiveMQ, mapping.Artemis, mapping.RabbitMQ}
}

// A form is one way to write a destination: what it means in each dialect, "!" for a
// refusal, and how it is written back when that differs.
type form struct {
	text  string
	means [4]string // plain, ActiveMQ, Artemis, RabbitMQ: q NAME or t NAME
	back  [4]string // "": as it was
}

func forms() []form {
	const no, name = "!", "/queue/orders"
	all := func(s string) [4]string { return [4]string{s, s, s, s} }
	return []form{
		{name, all("q orders"), [4]string{}},
		{"/topic/prices.eu", all("t prices.eu"), [4]string{}},
		{"orders", [4]string{"q orders", no, "q orders", no}, [4]string{name, "", "orders", ""}},
		{"/queue/a.b-c_d", all("q a.b-c_d"), [4]string{}},
		{"/queue/a/b", [4]string{"q a/b", "q a/b", "q a/b", no}, [4]string{}},
		{"/queue/a%2Fb", [4]string{"q a%2Fb", "q a%2Fb", "q a%2Fb", "q a/b"}, [4]string{}},
		{"/queue/50%", all("q 50%"), [4]string{"", "", "", "/queue/50%25"}},
		{"/queue/a,b", [4]string{"q a,b", no, "q a,b", "q a,b"}, [4]string{}},
		{"/queue/a?consumer.exclusive=true", [4]string{"q a?consumer.exclusive=true", no, "q a?consumer.exclusive=true", "q a?consumer.exclusive=true"}, [4]string{}},
		{"/queue/a_x2Cb", [4]string{"q a_x2Cb", "q a,b", "q a_x2Cb", "q a_x2Cb"}, [4]string{}},
		{"/queue/a::b", [4]string{"q a::b", "q a::b", no, "q a::b"}, [4]string{}},
		{"/queue/a:b", all("q a:b"), [4]string{}},
		{"/temp-queue/r", [4]string{"q temp-queue/r", "q temp-queue/r", "q temp-queue/r", no}, [4]string{}},
		{"/remote-temp-queue/r", [4]string{no, "q temp-queue/r", no, no}, [4]string{"", "/temp-queue/r"}},
		{"/temp-topic/r", [4]string{no, "t temp-topic/r", no, no}, [4]string{}},
		{"/remote-temp-topic/r", [4]string{no, "t temp-topic/r", no, no}, [4]string{"", "/temp-topic/r"}},
		{"/reply-queue/r", [4]string{no, no, no, "q temp-queue/r"}, [4]string{}},
		{"/amq/queue/orders", [4]string{no, no, no, "q orders"}, [4]string{"", "", "", name}},
		{"/exchange/amq.topic/a.b", [4]string{no, no, no, "t a.b"}, [4]string{"", "", "", "/topic/a.b"}},
		{"/exchange/amq.default/orders", [4]string{no, no, no, "q orders"}, [4]string{"", "", "", name}},
		{"/exchange//orders", [4]string{no, no, no, "q orders"}, [4]string{"", "", "", name}},
		{"/exchange/amq.direct/a.b", [4]string{no, no, no, "t amq.direct/a.b"}, [4]string{}},
		{"/exchange/amq.direct/a.*", all(no), [4]string{}},
		{"/exchange/amq.fanout/orders", all(no), [4]string{}},
		{"/exchange/amq.topic", all(no), [4]string{}},
		{"jms.queue.orders", [4]string{"q jms.queue.orders", no, "q orders", no}, [4]string{"/queue/jms.queue.orders"}},
		{"jms.topic.a.b", [4]string{"q jms.topic.a.b", no, "t a.b", no}, [4]string{"/queue/jms.topic.a.b"}},
		{"/topic/a.*", all("t a.*"), [4]string{}},
		{"/topic/a.>", [4]string{"t a.>", "t a.>", "t a.>", "t a.>"}, [4]string{"", "", "/topic/a.#", "/topic/a.#"}},
		{"/topic/a.#", [4]string{"t a.#", "t a.#", "t a.>", "t a.>"}, [4]string{}},
		{"/topic/#", [4]string{"t #", "t #", "t >", "t >"}, [4]string{}},
		{"/topic/a.#.b", [4]string{"t a.#.b", "t a.#.b", no, no}, [4]string{}},
		{"/topic/a.%23.b", [4]string{"t a.%23.b", "t a.%23.b", "t a.%23.b", "t a.#.b"}, [4]string{}},
		{"/queue/", all(no), [4]string{}},
		{"", all(no), [4]string{}},
		{"/other/x", all(no), [4]string{}},
	}
}

// Every form means in each dialect what the table above says, and is written back so.
func TestDialectForms(t *testing.T) {
	for i, dialect := range dialects() {
		for _, f := range forms() {
			d := mapping.STOMP{Dialect: dialect}.As(f.text)
			x, err := d.Destination(f.text)
			if f.means[i] == "!" {
				if !errors.Is(err, queuecore.ErrInvalid) {
					t.Errorf("%s: %q reads %v, %v; it should be refused", dialect, f.text, x, err)
				}
				continue
			}
			back := f.back[i]
			if back == "" {
				back = f.text
			}
			if got := short(x); err != nil || got != f.means[i] || d.Name(x) != back {
				t.Errorf("%s: %q reads %q, %v, and is written %q; want %q and %q", dialect, f.text, got, err, d.Name(x), f.means[i], back)
			}
		}
	}
}

func short(x queuecore.Destination) string {
	if x.Kind == queuecore.KindTopic {
		return "t " + x.Name
	}
	return "q " + x.Name
}

// What a dialect writes it reads back as the same, whatever others have called it.
func TestDialectNamesThereAndBack(t *testing.T) {
	for _, dialect := range dialects() {
		for _, style := range []string{"/queue/x", "x", "jms.queue.x"} {
			d := mapping.STOMP{Dialect: dialect}.As(style)
			rapid.Check(t, func(t *rapid.T) {
				name := rapid.OneOf(queueName(),
					rapid.StringMatching(`(temp-queue/|temp-topic/|/queue/|jms\.topic\.|/)?(a|#|>|\*|\.|,|::|:|%|%2F|_x|_x3A|_x2C|/|\?){1,8}`)).Draw(t, "name")
				for _, x := range []queuecore.Destination{queuecore.QueueNamed(name), queuecore.TopicNamed(name)} {
					written := d.Name(x)
					if back, err := d.Destination(written); err != nil || back != x {
						t.Fatalf("%s: %v is written %q, which reads %v, %v", dialect, x, written, back, err)
					}
				}
			})
		}
	}
}

func TestArtemisRoutingTypes(t *testing.T) {
	d := mapping.STOMP{Dialect: mapping.Artemis}
	for _, x := range []struct{ text, routing, want string }{
		{"orders", "", "q orders"}, {"orders", "ANYCAST", "q orders"}, {"orders", "multicast", "t orders"},
		{"/topic/a", "MULTICAST", "t a"}, {"jms.queue.a", "ANYCAST", "q a"}, {"a.#", "MULTICAST", "t a.>"},
		{"/queue/a", "MULTICAST", "!"}, {"jms.topic.a", "ANYCAST", "!"}, {"orders", "both", "!"},
	} {
		m, err := d.Decode(headers("destination", x.text, "destination-type", x.routing), nil, now)
		switch {
		case x.want == "!":
			if !errors.Is(err, queuecore.ErrInvalid) {
				t.Errorf("%q as %q: %v", x.text, x.routing, err)
			}
		case err != nil || short(m.Destination) != x.want || len(m.Properties) > 0:
			t.Errorf("%q as %q: %+v, %v; want %s", x.text, x.routing, m, err, x.want)
		}
	}
	m, err := mapping.STOMP{}.Decode(headers("destination", "a", "destination-type", "MULTICAST"), nil, now)
	if err != nil || m.Destination.Kind != queuecore.KindQueue || len(m.Properties) != 1 {
		t.Errorf("elsewhere it is a header like others: %+v, %v", m, err)
	}
}

// A topic that was subscribed to by a bare name is shown so, and with what says that it is one.
func TestArtemisShowsBareTopics(t *testing.T) {
	d := mapping.STOMP{Dialect: mapping.Artemis}.As("prices.#")
	h, body := d.Encode(&queuecore.Delivery{Message: &queuecore.Message{Destination: queuecore.TopicNamed("prices.eu"), ReplyTo: queuecore.TopicNamed("r")}})
	m, err := d.Decode(h, body, now)
	if err != nil || !slices.Contains(h, mapping.Header{Name: "destination", Value: "prices.eu"}) || m.Destination != queuecore.TopicNamed("prices.eu") || m.ReplyTo != queuecore.TopicNamed("r") {
		t.Errorf("%q reads %+v, %v", h, m, err)
	}
}

// RabbitMQ's clients get a lifetime as it was sent, and the exact end beside it.
func TestRabbitMQExpiration(t *testing.T) {
	d := mapping.STOMP{Dialect: mapping.RabbitMQ}
	m, err := d.Decode(headers("destination", "/queue/a", "expiration", "60000"), nil, now)
	if err != nil || !m.ExpiresAt.Equal(now.Add(time.Minute)) {
		t.Fatalf("%+v, %v", m, err)
	}
	m.SentAt = now
	h, _ := d.Encode(&queuecore.Delivery{Message: m})
	if !slices.Contains(h, mapping.Header{Name: "expiration", Value: "60000"}) || !slices.Contains(h, mapping.Header{Name: "expires", Value: "1795435260000"}) {
		t.Errorf("%q", h)
	}
	if again, err := d.Decode(h, nil, now.Add(time.Hour)); err != nil || !again.ExpiresAt.Equal(m.ExpiresAt) {
		t.Errorf("sent on it ends at %v, %v", again, err)
	}
}

// The wildcard at the end stands for none as well, but in the plain dialect.
func TestDialectPatterns(t *testing.T) {
	for i, want := range [][]string{{"a.>"}, {"a.>", "a"}, {"a.>", "a"}, {"a.>", "a"}} {
		if got := (mapping.STOMP{Dialect: dialects()[i]}).Patterns(queuecore.TopicNamed("a.>")); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", dialects()[i], got, want)
		}
	}
	if got := (mapping.STOMP{Dialect: mapping.RabbitMQ}).Patterns(queuecore.TopicNamed(">")); !slices.Equal(got, []string{">"}) {
		t.Errorf("%q", got)
	}
}

func TestDialectSingle(t *testing.T) {
	for _, x := range []struct {
		name    string
		refused [4]bool
	}{
		{"orders", [4]bool{}},
		{"orders.*", [4]bool{false, true, true, false}},
		{"orders.>", [4]bool{false, true, true, false}},
		{"orders.#", [4]bool{false, false, true, false}},
		{"a*b", [4]bool{}},
	} {
		for i, dialect := range dialects() {
			if err := (mapping.STOMP{Dialect: dialect}).Single(queuecore.QueueNamed(x.name)); errors.Is(err, queuecore.ErrInvalid) != x.refused[i] {
				t.Errorf("%s: %s: %v", dialect, x.name, err)
			}
		}
	}
}

func TestDialectSplit(t *testing.T) {
	const both = "/queue/a, /topic/b"
	if first, further := (mapping.STOMP{Dialect: mapping.ActiveMQ}).Split(both); first != "/queue/a" || !slices.Equal(further, []string{"/topic/b"}) {
		t.Errorf("%q, %q", first, further)
	}
	if first, further := (mapping.STOMP{}).Split(both); first != both || further != nil {
		t.Errorf("%q, %q", first, further)
	}
}

func TestDialectsByName(t *testing.T) {
	for _, dialect := range dialects() {
		if got, err := mapping.STOMPDialectNamed(dialect.String()); err != nil || got != dialect {
			t.Errorf("%s: %v, %v", dialect, got, err)
		}
		server := dialect.Server("Sluice/1.2")
		if !strings.HasPrefix(server, dialect.Habits().Broker) || !strings.Contains(server, "Sluice/1.2") {
			t.Errorf("%s: server %q", dialect, server)
		}
		for _, host := range []string{"", "/", "broker.example.org"} {
			refused := dialect == mapping.RabbitMQ && len(host) > 1
			if err := dialect.Host(host); errors.Is(err, queuecore.ErrNotFound) != refused {
				t.Errorf("%s: host %q: %v", dialect, host, err)
			}
		}
	}
	if _, err := mapping.STOMPDialectNamed("qpid"); !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), "artemis") {
		t.Error(err)
	}
}

func TestDialectRefused(t *testing.T) {
	queue, topic := queuecore.QueueNamed("a"), queuecore.TopicNamed("a")
	durable := func(d mapping.STOMPDialect, x queuecore.Destination) bool {
		return slices.ContainsFunc(d.Habits().Refused, func(r mapping.STOMPRefused) bool { return r.Name == "durable" && r.Matches("true", x) })
	}
	for _, d := range dialects() {
		if want := d == mapping.ActiveMQ || d == mapping.Artemis; durable(d, topic) != want || durable(d, queue) != want {
			t.Errorf("%s: durable topic %v, queue %v", d, durable(d, topic), durable(d, queue))
		}
	}
}
