package stomp_test

import (
	"context"
	"io"
	"strings"
	"testing"

	gostomp "github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

const desk = "client-id:desk"

// What is not settled when the connection ends comes back to the durable subscription, with
// the usual ack modes, prefetch and selectors.
func TestDurableSubscriptionIsSettledLikeOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		pub := h.connect("1.2")
		headers := []string{"durable-subscription-name:n", "ack:client", "prefetch-count:2", "selector:n > 1"}
		c := h.connect("1.2", desk)
		c.subscribe("s", "/topic/a", headers...)
		for _, n := range []string{"1", "2", "3", "4"} {
			pub.put("/topic/a", n, "n:"+n)
		}
		c.expect("MESSAGE", "body", "2")
		c.expect("MESSAGE", "body", "3")
		c.expectQuiet()
		c.send("DISCONNECT\nreceipt:d\n\n^@")
		c.expect("RECEIPT", "receipt-id", "d")
		c = h.connect("1.2", desk)
		c.subscribe("s", "/topic/a", headers...)
		c.expect("MESSAGE", "body", "2", "redelivered", "true")
		m := c.expect("MESSAGE", "body", "3", "redelivered", "true")
		c.sendf("ACK\nid:%s\n\n^@", ackID(m))
		m = c.expect("MESSAGE", "body", "4", "redelivered", "false")
		c.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", ackID(m))
		c.expect("RECEIPT", "receipt-id", "c")
		if s := h.stats("desk.n"); s.Len() != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// No-local knows who sent, whatever a message was sent by, and keeps out topics alone.
func TestNoLocalInTransactionsAndComposites(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, other := h.connect("1.2"), h.connect("1.2")
		c.subscribe("s", "/topic/a", "activemq.noLocal:true")
		for _, x := range []struct {
			who  *client
			body string
		}{{c, "mine"}, {other, "yours"}} {
			x.who.put("/topic/a,/queue/q", x.body)
			x.who.sendf("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/topic/a\ntransaction:t\n\n%s^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", x.body)
			x.who.expect("RECEIPT", "receipt-id", "c")
		}
		c.expect("MESSAGE", "body", "yours")
		c.expect("MESSAGE", "body", "yours")
		c.expectQuiet()
		if s := h.stats("q"); s.Ready != 2 {
			t.Errorf("the queue got %+v", s)
		}
	}, withDialect(mapping.ActiveMQ))
}

// A durable subscription is made, consumed and deleted by those who may: receive at the topic, create
// and delete at its queue.
func TestDurableSubscriptionRights(t *testing.T) {
	topic, queue := queuecore.TopicNamed("a"), queuecore.QueueNamed("desk.n")
	for _, x := range []struct {
		without protocols.Action
		at      queuecore.Destination
		fails   string // the frame that does
	}{{protocols.Receive, topic, "SUBSCRIBE"}, {protocols.CreateByUse, queue, "SUBSCRIBE"}, {protocols.Delete, queue, "UNSUBSCRIBE"}} {
		all := &users{passwords: map[string]string{"u": "p"}}
		all.may = func(_ string, a protocols.Action, d queuecore.Destination) bool { return a != x.without || d != x.at }
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2", desk, "login:u", "passcode:p")
			if x.fails == "UNSUBSCRIBE" {
				c.subscribe("s", "/topic/a", "durable-subscription-name:n")
			}
			c.sendf("%s\nid:s\ndestination:/topic/a\ndurable-subscription-name:n\n\n^@", x.fails)
			c.expectError("access refused", x.at.Name)
			if _, err := h.broker.Queue("desk.n"); (err == nil) != (x.fails == "UNSUBSCRIBE") {
				t.Errorf("the queue afterwards: %v", err)
			}
		}, withAuth(all))
	}
}

// Whoever makes a queue that consumes a virtual topic receives from it.
func TestVirtualTopicRights(t *testing.T) {
	all := &users{passwords: map[string]string{"u": "p"}}
	all.may = func(_ string, a protocols.Action, d queuecore.Destination) bool {
		return a != protocols.Receive || d.Kind == queuecore.KindQueue
	}
	inBubble(t, func(t *testing.T, h *house) {
		for _, f := range []string{"SEND", "SUBSCRIBE\nid:s"} {
			c := h.connect("1.2", "login:u", "passcode:p")
			c.sendf("%s\ndestination:/queue/Consumer.A.VirtualTopic.x\n\n^@", f)
			c.expectError("access refused", "VirtualTopic.x")
		}
		if x := h.broker.Bindings(""); len(x) != 0 {
			t.Errorf("bound are %v", x)
		}
	}, withAuth(all))
}

// A client id has one connection. In the plain dialect a later one of the same user takes it
// over, also from one that is half dead, and what it consumes too; nobody else can.
func TestClientIDIsTakenOver(t *testing.T) {
	all := &users{passwords: map[string]string{"u": "p", "v": "p"}}
	inBubble(t, func(t *testing.T, h *house) {
		old := h.pipes.dial() // reads CONNECTED and its RECEIPT, and then nothing any more
		defer func() { _ = old.Close() }()
		if _, err := io.WriteString(old, "CONNECT\naccept-version:1.2\nhost:x\nclient-id:desk\nlogin:u\npasscode:p\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		readTo(t, old, "CONNECTED")
		if _, err := io.WriteString(old, "SUBSCRIBE\nid:s\nreceipt:r\ndestination:/topic/a\ndurable-subscription-name:n\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		readTo(t, old, "RECEIPT")
		v := h.dial()
		v.send("CONNECT\naccept-version:1.2\nhost:x\nclient-id:desk\nlogin:v\npasscode:p\n\n^@")
		v.expectError("InvalidClientIDException", "desk")
		c := h.connect("1.2", desk, "login:u", "passcode:p")
		c.subscribe("s", "/topic/a", "durable-subscription-name:n")
	}, withAuth(all))
}

// readTo reads one frame of the command.
func readTo(t *testing.T, r io.Reader, command string) {
	t.Helper()
	var all []byte
	for b := make([]byte, 1); len(all) == 0 || b[0] != 0; {
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if !strings.HasPrefix(strings.TrimLeft(string(all), "\n"), command) {
		t.Fatalf("%q, want %s", all, command)
	}
}

// In the dialects of ActiveMQ and Artemis the later one is refused until the earlier one has
// gone, and RabbitMQ knows no client ids.
func TestClientIDIsRefused(t *testing.T) {
	for _, d := range []mapping.STOMPDialect{mapping.ActiveMQ, mapping.Artemis, mapping.RabbitMQ} {
		inBubble(t, func(t *testing.T, h *house) {
			login := func() *client {
				c := h.dial()
				c.send("CONNECT\naccept-version:1.2\nhost:/\nclient-id:desk\n\n^@")
				return c
			}
			first := login()
			first.expect("CONNECTED")
			second := login()
			if d == mapping.RabbitMQ {
				second.expect("CONNECTED")
				return
			}
			second.expectError("InvalidClientIDException", "desk")
			first.send("DISCONNECT\nreceipt:d\n\n^@")
			first.expect("RECEIPT")
			third := login() // the RECEIPT says that the client id is free
			third.expect("CONNECTED")
			_ = third.nc.Close() // nobody says anything
			login().expect("CONNECTED")
		}, withDialect(d))
	}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\nclient-id:" + strings.Repeat("x", 256) + "\n\n^@")
		c.expectError("invalid client id", "256", "255")
	})
}

// UNSUBSCRIBE that names a durable subscription deletes that, if nobody else is there.
func TestUnsubscribeOfADurableSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		shared := []string{"sluice-subscription:n", "sluice-shared:true"}
		one, two := h.connect("1.2"), h.connect("1.2")
		one.subscribe("s", "/topic/a", shared...)
		two.subscribe("s", "/topic/a", shared...)
		one.send("UNSUBSCRIBE\nid:s\nsluice-subscription:n\nsluice-shared:true\n\n^@")
		one.expectError("subscription is in use", `"n"`)
		two.send("UNSUBSCRIBE\nid:s\nsluice-subscription:m\nsluice-shared:true\n\n^@")
		two.expectError("bad subscription", `"m"`)
		three := h.connect("1.2")
		three.send("UNSUBSCRIBE\nid:x\nreceipt:u\nsluice-subscription:n\nsluice-shared:true\n\n^@") // it does not consume it itself
		three.expect("RECEIPT", "receipt-id", "u")
		if qs := h.broker.Queues(""); len(qs) != 0 {
			t.Errorf("left are %+v", qs)
		}
	})
}

// What a client has of a shared subscription that ends with it, it may settle without harm.
func TestSettlingAfterASharedSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("s", "/topic/a", "sluice-subscription:n", "sluice-shared:true", "sluice-durable:false", "ack:client")
		c.put("/topic/a", "x")
		m := c.expect("MESSAGE", "body", "x")
		c.send("UNSUBSCRIBE\nid:s\nreceipt:u\n\n^@")
		c.expect("RECEIPT", "receipt-id", "u")
		c.sendf("NACK\nid:%s\nreceipt:n\n\n^@", ackID(m))
		c.expect("RECEIPT", "receipt-id", "n")
	})
}

// The queue of a durable subscription follows the rules of queues of first use.
func TestDurableSubscriptionHasADeadLetterQueue(t *testing.T) {
	for d, dead := range map[mapping.STOMPDialect]string{mapping.PlainSTOMP: "", mapping.ActiveMQ: "ActiveMQ.DLQ", mapping.Artemis: "DLQ"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2", desk)
			c.subscribe("s", "/topic/a", "activemq.subscriptionName:n")
			q, err := h.broker.Queue("desk.n")
			if err != nil || q.Config.DeadLetter != dead || q.Config.DedupWindow == 0 || q.Config.Transient {
				t.Errorf("%s: %+v, %v", d, q.Config, err)
			}
			if _, err := h.broker.Queue(dead); dead != "" && err != nil {
				t.Error(err)
			}
		}, withDialect(d))
	}
}

// A queue that is there and not bound to the address is no subscription to it.
func TestQueueOfAnotherAddress(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		if _, err := h.broker.CreateQueue(context.Background(), "q", queuecore.QueueConfig{}); err != nil {
			t.Fatal(err)
		}
		c := h.connect("1.2")
		c.send("SUBSCRIBE\nid:s\ndestination:a::q\n\n^@")
		c.expectError("not bound", `"q"`, `"a"`)
	}, withDialect(mapping.Artemis))
}

// A message that is published while client and server are away in turn comes with go-stomp.
func TestGoStompDurableSubscriptionOverARestart(t *testing.T) {
	disk := memstore.New()
	open := func() (*house, string) {
		h := newHouse(t, withStore(disk), withDialect(mapping.ActiveMQ))
		return h, h.listen()
	}
	subscribe := func(address string) (*gostomp.Conn, *gostomp.Subscription) {
		c := dialGo(t, address, gostomp.ConnOpt.Header("client-id", "desk"))
		return c, subscribeGo(t, c, "/topic/news", gostomp.AckClientIndividual, durableName)
	}
	h, address := open()
	c, s := subscribe(address)
	must(t, c.Send("/topic/news", "", []byte("one"), gostomp.SendOpt.Receipt))
	must(t, c.Ack(receive(t, s)))
	must(t, c.Disconnect())
	c = dialGo(t, address)
	must(t, c.Send("/topic/news", "", []byte("two"), gostomp.SendOpt.Receipt))
	must(t, c.Disconnect())
	must(t, h.gateway.Shutdown(context.Background()))
	must(t, h.broker.Close())

	disk = disk.Reopen()
	h, address = open()
	c = dialGo(t, address)
	must(t, c.Send("/topic/news", "", []byte("three"), gostomp.SendOpt.Receipt))
	must(t, c.Disconnect())
	c, s = subscribe(address)
	for _, want := range []string{"two", "three"} {
		m := receive(t, s)
		if string(m.Body) != want {
			t.Errorf("got %q, want %q", m.Body, want)
		}
		must(t, c.Ack(m))
	}
	must(t, s.Unsubscribe(durableName))
	if _, err := h.broker.Queue("desk.news"); err == nil {
		t.Error("the subscription is still there")
	}
}

func durableName(f *frame.Frame) error {
	f.Header.Add("activemq.subscriptionName", "news")
	return nil
}
