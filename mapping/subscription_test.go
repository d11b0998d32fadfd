package mapping_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// asking is what SUBSCRIBE with some headers to the topic news.eu means, in each dialect:
// kind and queue, "own" for a consumer's own subscription, "!" for a refusal.
type asking struct {
	headers string
	means   [4]string // plain, ActiveMQ, Artemis, RabbitMQ
}

// The client id of these is desk, where the dialect has client ids.
func askings() []asking {
	const own, no = "own", "!"
	durable := [4]string{"durable desk.n", "durable desk.n", "durable desk.n", no}
	return []asking{
		{"id:7", [4]string{own, own, own, own}},
		{"activemq.subscriptionName:n", durable},
		{"durable-subscriber-name:n", durable},
		{"durable-subscription-name:n,durable-subscriber-name:x,activemq.subscriptionName:y", durable},
		{"sluice-subscription:n,durable-subscription-name:x", [4]string{"durable desk.n", "durable desk.n", "durable desk.n", no}},
		{"activemq.subscriptionName:n,sluice-shared:true", [4]string{"shared durable desk.n", "shared durable desk.n", "shared durable desk.n", no}},
		{"sluice-subscription:n.m,sluice-shared:true", [4]string{"shared durable desk.n.m", "shared durable desk.n.m", "shared durable desk.n.m", "shared durable n_x2Em"}},
		{"sluice-subscription:n,sluice-shared:TRUE,sluice-durable:false", [4]string{"shared desk.n:nondurable", "shared desk.n:nondurable", "shared desk.n:nondurable", "shared n:nondurable"}},
		{"durable:true,auto-delete:false,id:7", [4]string{"shared durable 7.news.eu", no, no, "shared durable 7.news.eu"}},
		{"durable:true,auto-delete:false,id:7,x-queue-name:jobs%2Feu", [4]string{"shared durable jobs/eu", no, no, "shared durable jobs/eu"}},
		{"durable:true,id:7", [4]string{no, no, no, no}},
		{"auto-delete:false,id:7", [4]string{no, own, own, no}},
		{"sluice-shared:true", [4]string{no, no, no, no}},
		{"sluice-subscription:n,sluice-shared:yes", [4]string{no, no, no, no}},
	}
}

func headersOf(text string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, h := range strings.Split(text, ",") {
			if n, v, _ := strings.Cut(h, ":"); n == name {
				return v, true
			}
		}
		return "", false
	}
}

// means reads headers as the dialect and its habits do.
func means(d mapping.STOMPDialect, headers string) (string, error) {
	get, topic := headersOf(headers), queuecore.TopicNamed("news.eu")
	for _, r := range d.Habits().Refused {
		if h, _ := get(r.Name); r.Matches(h, topic) {
			return "!", queuecore.ErrInvalid
		}
	}
	client := "desk"
	if !d.Habits().ClientIDs {
		client = ""
	}
	x, err := mapping.STOMP{Dialect: d}.Subscription(get, client, topic.Name)
	switch {
	case err != nil:
		return "!", err
	case x.Name == "":
		return "own", nil
	case x.Durable && !x.Shared && x.Client == "": // the core's rule
		return "!", queuecore.ErrInvalid
	}
	kind := ""
	if x.Shared {
		kind = "shared "
	}
	if x.Durable {
		kind += "durable "
	}
	return kind + x.Queue, nil
}

func TestSubscriptionHeaders(t *testing.T) {
	for i, d := range dialects() {
		for _, x := range askings() {
			got, err := means(d, x.headers)
			if got != x.means[i] || err != nil && !errors.Is(err, queuecore.ErrInvalid) {
				t.Errorf("%s: %s means %q, %v; want %q", d, x.headers, got, err, x.means[i])
			}
		}
	}
}

// subscriptionTable is what TABLE.md says of them.
func subscriptionTable() string {
	var b strings.Builder
	b.WriteString("\n## Subscriptions to topics\n\nThe headers of SUBSCRIBE to `/topic/news.eu`, on a connection with the client id `desk` (RabbitMQ has no client ids): " +
		"what kind of subscription that is, and what its queue is called, by which anybody may consume it. UNSUBSCRIBE with the same headers deletes a durable one.\n\n")
	columns(&b, "headers")
	for _, x := range askings() {
		fmt.Fprintf(&b, "| `%s` |", strings.ReplaceAll(x.headers, ",", "` `"))
		for _, cell := range x.means {
			fmt.Fprintf(&b, " %s |", asked(cell))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nA queue is called CLIENT.NAME, or NAME without a client id (so connections share a subscription if they have one client id, which ActiveMQ's and Artemis's dialects let one connection have, or none), with `:nondurable` behind it where it ends with its last consumer. In CLIENT, and in NAME without one, " +
		"what is no letter, digit, underscore or minus is `_xHH`: `desk.1` and `eu` have `desk_x2E1.eu`. SQS calls `desk.n` `desk_x2En`, and so does NATS as a stream. " +
		"RabbitMQ's id stands for the client id and the topic for the name. Artemis's `news.eu::q` is a shared durable subscription with the queue `q`, or the queue itself if it is there and bound. " +
		"`/queue/Consumer.NAME.VirtualTopic.X` (plain, activemq) is a queue bound to the topic `VirtualTopic.X`.\n\n" +
		"No-local: `no-local:true` or `activemq.noLocal:true`, in every dialect, for what is not shared.\n")
	return b.String()
}

func asked(cell string) string {
	switch cell {
	case "!":
		return none
	case "own":
		return "its own"
	}
	i := strings.LastIndex(cell, " ")
	return cell[:i] + " `" + cell[i+1:] + "`"
}

// The queue of a subscription tells whose it is, and no two have the same.
func TestSubscriptionQueuesThereAndBack(t *testing.T) {
	legal := regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		client := rapid.OneOf(rapid.Just(""), queueName()).Draw(t, "client")
		name := queueName().Filter(legal.MatchString).Draw(t, "name")
		durable := rapid.Bool().Draw(t, "durable")
		queue := mapping.SubscriptionQueue(client, name, durable)
		c, n, d, is := mapping.SubscriptionOf(queue)
		if !is || c != client || n != name || d != durable {
			t.Fatalf("%q of %q (durable: %t) has the queue %q, which is that of %q of %q (%t, %t)", name, client, durable, queue, n, c, d, is)
		}
	})
	for _, queue := range []string{"", "a..b:nondurable:nondurable", "_x41", "a.", ".b", ":nondurable"} {
		if c, n, _, is := mapping.SubscriptionOf(queue); is && mapping.SubscriptionQueue(c, n, true) != queue {
			t.Errorf("%q is taken for the queue of %q of %q", queue, n, c)
		}
	}
}

func TestOfQueue(t *testing.T) {
	artemis := mapping.STOMP{Dialect: mapping.Artemis}
	for destination, want := range map[string]string{
		"prices::q": "prices q", "/topic/prices.#::a.b": "/topic/prices.# a.b", "jms.topic.p::q": "jms.topic.p q", "p::a_x3A_x3Ab": "p a::b",
		"/queue/p::q": "", "jms.queue.p::q": "", "p::": "", "::q": "", "p": "", "orders::orders": "", "/queue/orders::orders": "",
	} {
		address, x, is := artemis.OfQueue(destination)
		if got := address + " " + x.Queue; is != (want != "") || is && (got != want || !x.Shared || !x.Durable || x.Name == "") {
			t.Errorf("%q: %q %+v %t, want %q", destination, address, x, is, want)
		}
	}
	if x, err := artemis.Destination(firstOf(artemis.OfQueue("orders::orders"))); err != nil || x != queuecore.QueueNamed("orders") {
		t.Errorf("orders::orders is %v, %v", x, err)
	}
	if _, _, is := (mapping.STOMP{}).OfQueue("prices::q"); is {
		t.Error("the plain dialect knows Artemis's form")
	}
}

func firstOf(s string, _ mapping.STOMPSubscription, _ bool) string { return s }

func TestVirtualTopics(t *testing.T) {
	for queue, want := range map[string]string{
		"Consumer.A.VirtualTopic.orders": "VirtualTopic.orders", "Consumer.A.VirtualTopic.a.>": "VirtualTopic.a.>",
		"Consumer.A.VirtualTopic": "", "Consumer..VirtualTopic.x": "", "Consumer.*.VirtualTopic.x": "", "Consumer.A.B.VirtualTopic.x": "",
		"Consumer.A.orders": "", "VirtualTopic.orders": "", "consumer.A.VirtualTopic.x": "",
	} {
		for _, d := range dialects() {
			topic, is := mapping.STOMP{Dialect: d}.VirtualTopic(queue)
			has := want != "" && slices.Contains([]mapping.STOMPDialect{mapping.PlainSTOMP, mapping.ActiveMQ}, d)
			if is != has || is && topic != queuecore.TopicNamed(want) {
				t.Errorf("%s: %q consumes %v, %t; want %q", d, queue, topic, is, want)
			}
		}
	}
}

// Whatever a client writes about a subscription is refused, or has a queue that says whose it
// is, but for those that the client names itself.
func FuzzSTOMPSubscription(f *testing.F) {
	for _, x := range askings() {
		f.Add(x.headers, "desk", "news.eu", "news.eu::q")
	}
	f.Fuzz(func(t *testing.T, headers, client, topic, destination string) {
		get := headersOf(headers)
		for _, dialect := range dialects() {
			d := mapping.STOMP{Dialect: dialect}
			x, err := d.Subscription(get, client, topic)
			switch {
			case err != nil && !errors.Is(err, queuecore.ErrInvalid):
				t.Fatalf("%s: %v is not ErrInvalid", dialect, err)
			case err == nil && (x.Name == "") != (x.Queue == ""):
				t.Fatalf("%s: %+v", dialect, x)
			case err == nil && x.Queue == mapping.SubscriptionQueue(x.Client, x.Name, x.Durable):
				c, n, durable, is := mapping.SubscriptionOf(x.Queue)
				if is && (c != x.Client || n != x.Name || durable != x.Durable) {
					t.Fatalf("%s: %+v has the queue of %q of %q (durable: %t)", dialect, x, n, c, durable)
				}
			}
			if _, x, is := d.OfQueue(destination); is && (x.Queue == "" || x.Name == "") {
				t.Fatalf("%s: %q is %+v", dialect, destination, x)
			}
		}
	})
}
