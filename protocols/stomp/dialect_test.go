package stomp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/queuecore"
)

func dialects() []mapping.STOMPDialect {
	return []mapping.STOMPDialect{mapping.PlainSTOMP, mapping.ActiveMQ, mapping.Artemis, mapping.RabbitMQ}
}

// A SEND to several destinations reaches all of them or none, with and without a transaction.
func TestCompositeIsAtomic(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		full := queuecore.QueueConfig{MaxMessages: 1}
		if _, err := h.broker.CreateQueue(context.Background(), "small", full); err != nil {
			t.Fatal(err)
		}
		h.connect("1.2").put("/queue/large,/queue/small", "fits")
		c := h.connect("1.2")
		c.send("SEND\ndestination:/queue/large,/queue/small\n\nno^@")
		c.expectError("queue is full", "small")
		c = h.connect("1.2")
		c.send("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/large,/queue/small\ntransaction:t\n\nno^@COMMIT\ntransaction:t\n\n^@")
		c.expectError("queue is full", "small")
		if large, small := h.stats("large").Len(), h.stats("small").Len(); large != 1 || small != 1 {
			t.Errorf("%d and %d messages", large, small)
		}
	}, withDialect(mapping.ActiveMQ))
}

// The parts of a composite destination are each asked for, and each must be one.
func TestCompositeParts(t *testing.T) {
	only := &users{passwords: map[string]string{"u": "p"}, may: func(_ string, a protocols.Action, d queuecore.Destination) bool {
		return d.Name != "secret"
	}}
	for _, x := range []struct{ destination, want string }{
		{"/queue/a,/queue/secret", "send to the queue \"secret\""},
		{"/queue/secret,/queue/a", "send to the queue \"secret\""},
		{"/queue/a,b", "destination \"b\""},
		{"/queue/a,", "destination \"\""},
		{"/queue/a,/queue/b.>", "wildcards"},
		{"/queue/b.*", "wildcards"},
		{"/queue/a" + strings.Repeat(",/queue/a", 64), "limit is 64"},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2", "login:u", "passcode:p")
			c.sendf("SEND\ndestination:%s\n\nx^@", x.destination)
			c.expectError(x.want)
			if n := len(h.broker.Queues("a")); n != 0 {
				t.Errorf("%s: a queue was made", x.destination)
			}
		}, withDialect(mapping.ActiveMQ), withAuth(only))
	}
}

// NACK in a transaction makes a dead letter with the COMMIT, and none with an ABORT.
func TestNackOfADeadLetterInATransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/orders", "x")
		c.subscribe("s", "/queue/orders", "ack:client-individual")
		id := ackID(c.expect("MESSAGE", "body", "x"))
		c.sendf("BEGIN\ntransaction:t\n\n^@NACK\nid:%s\ntransaction:t\n\n^@ABORT\ntransaction:t\nreceipt:1\n\n^@", id)
		c.expect("RECEIPT", "receipt-id", "1")
		if n := h.stats("DLQ").Len(); n != 0 {
			t.Fatalf("%d dead letters", n)
		}
		c.sendf("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/report\ntransaction:t\n\nbad^@NACK\nid:%s\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:2\n\n^@", id)
		c.expect("RECEIPT", "receipt-id", "2")
		if dead, left, report := h.stats("DLQ").Len(), h.stats("orders").Len(), h.stats("report").Len(); dead != 1 || left != 0 || report != 1 {
			t.Errorf("%d dead letters, %d left, %d reports", dead, left, report)
		}
	}, withDialect(mapping.Artemis))
}

// The headers of NACK say what becomes of a message, in every dialect; what they cannot mean is refused.
func TestNackHeaders(t *testing.T) {
	for _, d := range dialects() {
		for _, x := range []struct {
			headers string
			want    queuecore.Stats // where the message is afterwards
			error   string
		}{
			{headers: "requeue:false", want: queuecore.Stats{Parked: 1}},
			{headers: "retry-delay:60000", want: queuecore.Stats{Delayed: 1}},
			{headers: "requeue:true\nretry-delay:60000", want: queuecore.Stats{Delayed: 1}},
			{headers: "requeue:maybe", error: "true or false"},
			{headers: "retry-delay:-1", error: "milliseconds"},
			{headers: "retry-delay:soon", error: "milliseconds"},
			{headers: "retry-delay:999999999999999", error: "milliseconds"},
			{headers: "requeue:false\nretry-delay:1", error: "does not go with it"},
		} {
			t.Run(fmt.Sprintf("%s %.30q", d, x.headers), func(t *testing.T) {
				inBubble(t, func(t *testing.T, h *house) { nackWith(t, h, x.headers, x.error, x.want) }, withDialect(d))
			})
		}
	}
}

func nackWith(t *testing.T, h *house, headers, refusal string, want queuecore.Stats) {
	if _, err := h.broker.CreateQueue(context.Background(), "q", queuecore.QueueConfig{}); err != nil { // without a dead-letter queue
		t.Fatal(err)
	}
	c := h.dial()
	c.send("CONNECT\naccept-version:1.2\nhost:/\n\n^@")
	c.expect("CONNECTED")
	c.put("/queue/q", "x")
	c.subscribe("s", "/queue/q", "ack:client")
	c.sendf("NACK\nid:%s\nreceipt:n\n%s\n\n^@", ackID(c.expect("MESSAGE")), headers)
	if refusal != "" {
		c.expectError(refusal)
		return
	}
	c.expect("RECEIPT", "receipt-id", "n")
	got := h.stats("q")
	if got.Ready != want.Ready || got.Parked != want.Parked || got.Delayed != want.Delayed || got.Leased != 0 {
		t.Errorf("%+v", got)
	}
}

// A queue that is made by its use has its dialect's dead-letter queue, and one that was there before is left alone.
func TestDeadLetterQueueOfFirstUse(t *testing.T) {
	for d, want := range map[mapping.STOMPDialect]string{mapping.PlainSTOMP: "", mapping.ActiveMQ: "ActiveMQ.DLQ", mapping.Artemis: "DLQ"} {
		inBubble(t, func(t *testing.T, h *house) {
			if _, err := h.broker.CreateQueue(context.Background(), "before", queuecore.QueueConfig{}); err != nil {
				t.Fatal(err)
			}
			c := h.connect("1.2")
			c.put("/queue/new", "x")
			c.put("/queue/before", "x")
			for queue, dead := range map[string]string{"new": want, "before": "", want: ""} {
				if queue == "" {
					continue
				}
				if q, err := h.broker.Queue(queue); err != nil || q.Config.DeadLetter != dead {
					t.Errorf("%s: %s: dead letters go to %q, %v; want %q", d, queue, q.Config.DeadLetter, err, dead)
				}
			}
		}, withDialect(d))
	}
}

// Subscriptions are refused that this server would not serve as they are meant, with the header's name.
func TestDialectRefusals(t *testing.T) {
	for _, x := range []struct {
		dialect mapping.STOMPDialect
		headers string // of SUBSCRIBE
		want    string
	}{
		{mapping.PlainSTOMP, "destination:/topic/a\ndurable:true", "auto-delete:false"},
		{mapping.PlainSTOMP, "destination:/topic/a\nsluice-shared:true", "sluice-subscription"},
		{mapping.PlainSTOMP, "destination:/topic/a\nsluice-subscription:s\nsluice-durable:no", "true or false"},
		{mapping.PlainSTOMP, "destination:/topic/a\nsluice-subscription:s", "client-id"},
		{mapping.PlainSTOMP, "destination:/topic/a\nsluice-subscription:s\nsluice-shared:true\nno-local:true", "no-local"},
		{mapping.PlainSTOMP, "destination:/queue/a\nno-local:true", "for topics"},
		{mapping.ActiveMQ, "destination:/topic/a\nactivemq.subscriptionName:s", "client-id"},
		{mapping.ActiveMQ, "destination:/topic/a\ndurable:true", `"durable"`},
		{mapping.ActiveMQ, "destination:/queue/Consumer.*.VirtualTopic.a", "wildcards"},
		{mapping.ActiveMQ, "destination:/queue/a\ntransformation:jms-map-json", `"transformation"`},
		{mapping.ActiveMQ, "destination:/queue/a,/queue/b", "for SEND alone"},
		{mapping.ActiveMQ, "destination:/queue/a.>", "wildcards"},
		{mapping.Artemis, "destination:/topic/a\ndurable-subscriber-name:s", "client-id"},
		{mapping.Artemis, "destination:a::q\nsluice-subscription:s\nsluice-shared:true", "besides"},
		{mapping.Artemis, "destination:/queue/a::q", "ADDRESS::QUEUE"},
		{mapping.ActiveMQ, "destination:/queue/a\nactivemq.priority:high", `"high"`},
		{mapping.ActiveMQ, "destination:/queue/a?consumer.selector=n", `"consumer.selector=n" is none of consumer.exclusive, consumer.priority, consumer.prefetchSize.`},
		{mapping.ActiveMQ, "destination:/queue/a?consumer.priority=high", `"high"`},
		{mapping.RabbitMQ, "destination:/queue/a\nexclusive:true", `"exclusive"`},
		{mapping.RabbitMQ, "destination:/queue/a\nx-priority:1.5", `"1.5"`},
		{mapping.Artemis, "destination:a\nbrowser:true", `"browser"`},
		{mapping.Artemis, "destination:/queue/a\nsubscription-type:MULTICAST", "does not fit"},
		{mapping.Artemis, "destination:a.#\nsubscription-type:ANYCAST", "wildcards"},
		{mapping.RabbitMQ, "destination:/topic/a\nauto-delete:false", "durable:true"},
		{mapping.RabbitMQ, "destination:/topic/a\nx-queue-name:q", "x-queue-name"},
		{mapping.RabbitMQ, "destination:/queue/a\nx-queue-name:q", `"x-queue-name"`},
		{mapping.RabbitMQ, "destination:/topic/a\nactivemq.subscriptionName:s", "sluice-subscription"},
		{mapping.RabbitMQ, "destination:/queue/a\nx-queue-type:stream", `"x-queue-type"`},
		{mapping.RabbitMQ, "destination:/queue/a\nx-message-ttl:1000", `"x-message-ttl"`},
		{mapping.RabbitMQ, "destination:/amq/queue/a", "not found"},
		{mapping.RabbitMQ, "destination:/temp-queue/a", "for reply-to alone"},
		{mapping.RabbitMQ, "destination:/topic/a.#.b", "at the end alone"},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.dial()
			c.send("CONNECT\naccept-version:1.2\nhost:/\n\n^@SUBSCRIBE\nid:1\nreceipt:r\n" + x.headers + "\n\n^@")
			c.expect("CONNECTED")
			f := c.expectError(x.want)
			c.expectPart(&f, "receipt-id", "r")
			if n := len(h.broker.Queues("")); n != 0 {
				t.Errorf("%s %q: a queue was made", x.dialect, x.headers)
			}
		}, withDialect(x.dialect))
	}
}

// A browser of a long queue sees all of it, in order, and is no trouble for who receives meanwhile.
func TestBrowserOfALongQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		const n = 200
		for i := range n {
			m := &queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: fmt.Appendf(nil, "%d", i)}
			if i == 0 {
				if _, err := h.broker.CreateQueue(context.Background(), "q", queuecore.QueueConfig{}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := h.broker.Send(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
		c, other := h.connect("1.1"), h.connect("1.2")
		other.subscribe("s", "/queue/q", "ack:client-individual", "prefetch-count:1")
		first := other.expect("MESSAGE", "body", "0")
		c.subscribe("b", "/queue/q", "browser:true")
		for i := range n {
			c.expect("MESSAGE", "body", fmt.Sprint(i), "subscription", "b", "ack", "-")
		}
		last := c.expect("MESSAGE", "browser", "end", "body", "")
		c.sendf("ACK\nmessage-id:%s\nsubscription:b\nreceipt:a\n\n^@", messageID(last)) // by habit, and of no effect
		c.expect("RECEIPT", "receipt-id", "a")
		other.sendf("ACK\nid:%s\nreceipt:a\n\n^@", ackID(first))
		other.expect("RECEIPT", "receipt-id", "a")
		if s := h.stats("q"); s.Len() != n-1 {
			t.Errorf("%d messages are left", s.Len())
		}
	})
}

// To look into a queue needs a right of its own.
func TestBrowserNeedsTheRight(t *testing.T) {
	auth := &users{passwords: map[string]string{"u": "p"}, may: func(_ string, a protocols.Action, _ queuecore.Destination) bool {
		return a != protocols.Browse
	}}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "login:u", "passcode:p")
		c.subscribe("s", "/queue/q")
		c.send("SUBSCRIBE\nid:b\ndestination:/queue/q\nbrowser:true\n\n^@")
		c.expectError("access refused")
	}, withAuth(auth))
}

// Acknowledging what a browser has shown does nothing, in every version and also in a
// transaction. In 1.0 an ACK might mean what another subscription got.
func TestBrowserWithAckModes(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		for _, mode := range []string{"client", "client-individual"} {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(version)
				c.put("/queue/q", "x")
				c.subscribe("b", "/queue/q", "browser:true", "ack:"+mode)
				m := c.expect("MESSAGE", "body", "x")
				c.expect("MESSAGE", "browser", "end")
				name := "message-id:" + messageID(m) + "\nsubscription:b"
				if version == "1.2" {
					name = "id:" + ackID(m)
				}
				c.sendf("ACK\n%s\n\n^@NACK\n%[1]s\n\n^@BEGIN\ntransaction:t\n\n^@ACK\n%[1]s\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:1\n\n^@", name)
				c.expect("RECEIPT", "receipt-id", "1")
				if s := h.stats("q"); s.Ready != 1 || s.Totals.Acked+s.Totals.Nacked != 0 {
					t.Errorf("%s, %s: %+v", version, mode, s)
				}
			})
		}
	}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.0")
		c.send("SUBSCRIBE\ndestination:/queue/q\nbrowser:true\nack:client\n\n^@")
		c.expectError("bad ack mode", "In STOMP 1.0")
	})
}

// A browser with a selector shows what matches.
func TestBrowserSelects(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for i := range 5 {
			c.put("/queue/q", fmt.Sprint(i), fmt.Sprintf("n:%d", i))
		}
		c.subscribe("b", "/queue/q", "browser:true", "selector:n > 2")
		c.expect("MESSAGE", "body", "3")
		c.expect("MESSAGE", "body", "4")
		c.expect("MESSAGE", "browser", "end", "body", "")
	})
}

// A browser shows dead letters whose producer's time has passed, and what was moved back from
// there: neither expires by it any more.
func TestBrowserShowsWhatHasExpiredBefore(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/q", "late", "expiration:1000")
		c.subscribe("d", "/queue/ActiveMQ.DLQ", "ack:client")
		dead := c.expect("MESSAGE", "body", "late", "sluice-dead-reason", "expired")
		c.subscribe("b", "/queue/ActiveMQ.DLQ", "browser:true")
		c.expect("MESSAGE", "subscription", "b", "body", "late")
		c.expect("MESSAGE", "browser", "end")

		key, _ := dead.Header("ack")
		c.sendf("UNSUBSCRIBE\nid:d\n\n^@NACK\nid:%s\nretry-delay:0\n\n^@", key)
		c.sync()
		if _, err := h.broker.StartMove(context.Background(), "ActiveMQ.DLQ", "", 0); err != nil {
			t.Fatal(err)
		}
		c.subscribe("s", "/queue/q", "ack:client")
		c.expect("MESSAGE", "subscription", "s", "body", "late")
		c.subscribe("back", "/queue/q", "browser:true")
		c.expect("MESSAGE", "subscription", "back", "body", "late")
	}, withDialect(mapping.ActiveMQ))
}

// Reply queues of RabbitMQ are subscriptions, and bounded like others.
func TestReplyQueuesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\naccept-version:1.2\n\n^@")
		c.expect("CONNECTED")
		c.put("/queue/q", "x", "reply-to:/temp-queue/1")
		c.send("SEND\ndestination:/queue/q\nreply-to:/temp-queue/2\n\nx^@")
		c.expectError("too many subscriptions")
	}, withDialect(mapping.RabbitMQ), withLimits(stomp.Limits{Subscriptions: 1}))
}
