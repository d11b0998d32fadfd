package stomp_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/queuecore"
)

func TestReceiptOfSubscribeGoesBeforeItsMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 20)
		for i := range 20 {
			c.send("SEND\ndestination:/queue/b\n\nx^@") // so that the RECEIPT has to wait
			c.subscribe(fmt.Sprint(i), "/queue/a", "ack:client", "prefetch-count:1")
			c.expect("MESSAGE", "subscription", fmt.Sprint(i), "body", fmt.Sprint(i+1))
		}
	})
}

func TestPrefetchBoundsUnsettledMessages(t *testing.T) {
	tests := []struct {
		header string
		want   int
	}{
		{"prefetch-count:1", 1}, {"prefetch-count:3", 3}, {"activemq.prefetchSize:2", 2},
		{"x:y", 4}, {"prefetch-count:0", 5}, {"prefetch-count:4000000", 5},
	}
	for _, tt := range tests {
		for _, mode := range []string{"client", "client-individual"} {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				sendNumbers(c, "/queue/a", 8)
				c.subscribe("0", "/queue/a", "ack:"+mode, tt.header)
				ids := takeNumbers(c, "0", tt.want)
				c.expectQuiet()
				c.sendf("ACK\nid:%s\n\n^@", ids[0])
				c.expect("MESSAGE", "body", fmt.Sprint(tt.want+1))
				c.expectQuiet()
			}, withLimits(stomp.Limits{Prefetch: 4, MaxPrefetch: 5}))
		}
	}
}

func TestPrefetchDoesNotHoldUpATransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 5)
		c.subscribe("0", "/queue/a", "ack:client", "prefetch-count:1")
		c.send("BEGIN\ntransaction:t\n\n^@")
		for i := range 5 {
			m := c.expect("MESSAGE", "body", fmt.Sprint(i+1))
			c.sendf("ACK\nid:%s\ntransaction:t\n\n^@", ackID(m))
		}
		c.send("COMMIT\ntransaction:t\nreceipt:1\n\n^@")
		c.expect("RECEIPT", "receipt-id", "1")
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

// All subscriptions of a connection together hold no more than its limit, and go
// on when there is room again.
func TestConnectionBoundsUnsettledMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 5)
		sendNumbers(c, "/queue/b", 5)
		c.subscribe("A", "/queue/a", "ack:client")
		a := takeNumbers(c, "A", 3)
		c.subscribe("B", "/queue/b", "ack:client")
		c.expectQuiet()
		c.sendf("ACK\nid:%s\n\n^@", a[2])
		synctest.Wait()
		if n := len(c.frames); n < 3 || n > 5 { // what both subscriptions were receiving at once may be over it
			t.Errorf("%d messages came when there was room for 3", n)
		}
		for len(c.frames) > 0 {
			c.expect("MESSAGE")
		}
		c.expectQuiet()
	}, withLimits(stomp.Limits{Unsettled: 3}))
}

func TestSubscriptionsShareAQueueFairly(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		a, b := h.connect("1.2"), h.connect("1.2")
		a.subscribe("0", "/queue/q", "ack:client", "prefetch-count:1")
		b.subscribe("0", "/queue/q", "ack:client", "prefetch-count:1")
		sendNumbers(h.connect("1.2"), "/queue/q", 4)
		x, y := a.expect("MESSAGE"), b.expect("MESSAGE")
		a.expectQuiet()
		b.sendf("ACK\nid:%s\n\n^@", ackID(y)) // who is done gets the next
		b.expect("MESSAGE", "body", "3")
		a.sendf("ACK\nid:%s\n\n^@", ackID(x))
		a.expect("MESSAGE", "body", "4")
	})
}

// What was sent before UNSUBSCRIBE may still be settled, and is held until it is
// or the connection ends.
func TestUnsubscribeLeavesSentMessagesToTheClient(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			sendNumbers(c, "/queue/a", 3)
			c.subscribe("0", "/queue/a", "ack:client-individual")
			var ms []string
			for range 3 {
				m := c.expect("MESSAGE")
				ms = append(ms, map[bool]string{true: "id:" + ackID(m), false: "subscription:0\nmessage-id:" + messageID(m)}[version == "1.2"])
			}
			c.send("UNSUBSCRIBE\nid:0\nreceipt:1\n\n^@")
			c.expect("RECEIPT", "receipt-id", "1")
			c.subscribe("0", "/queue/other", "ack:client") // the id is free again
			other := h.connect("1.2")
			other.subscribe("x", "/queue/a", "ack:client")
			other.expectQuiet()
			c.sendf("ACK\n%s\nreceipt:2\n\n^@", ms[0])
			c.expect("RECEIPT", "receipt-id", "2")
			if n := h.stats("a").Leased; n != 2 {
				t.Errorf("%d messages leased", n)
			}
			_ = c.nc.Close()
			other.expect("MESSAGE", "body", "2", "redelivered", "true")
			other.expect("MESSAGE", "body", "3", "redelivered", "true")
		})
	}
}

// What was received for a client and not sent to it goes back as it was.
func TestUnsentMessagesAreReleased(t *testing.T) {
	for _, end := range []string{"UNSUBSCRIBE\nid:0\n\n^@", "DISCONNECT\n\n^@", ""} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2")
			large := strings.Repeat("x", 200_000)
			for range 10 {
				c.put("/queue/a", large)
			}
			nc := h.pipes.dial() // reads nothing after CONNECTED
			defer nc.Close()
			slow := &client{t: t, nc: nc}
			slow.send("CONNECT\naccept-version:1.2\nhost:x\n\n^@")
			readRaw(t, nc, 1)
			slow.send("SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client\n\n^@")
			synctest.Wait()
			if n := h.stats("a").Leased; n < 3 {
				t.Fatalf("%d messages leased", n)
			}
			slow.send(end)
			synctest.Wait()
			if end == "" {
				_ = nc.Close()
			}
			other := h.connect("1.2")
			other.subscribe("0", "/queue/a", "ack:client")
			synctest.Wait()
			released := 0
			for len(other.frames) > 0 {
				m := other.expect("MESSAGE")
				if v, _ := m.Header("redelivered"); v == "false" {
					released++
				}
			}
			if released < 6 { // two outboxes of 256 KiB may have been on their way
				t.Errorf("%q: %d messages came as if never sent", end, released)
			}
		})
	}
}

func TestTopics(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for id, pattern := range map[string]string{"exact": "a.b", "star": "*.b", "rest": "a.>", "other": "b.>"} {
			c.subscribe(id, "/topic/"+pattern)
		}
		got := make(map[string]int)
		c.send("SEND\ndestination:/topic/a.b\n\nx^@")
		for range 3 {
			f := c.expect("MESSAGE", "destination", "/topic/a.b", "body", "x")
			id, _ := f.Header("subscription")
			got[id]++
		}
		c.expectQuiet()
		if got["exact"] != 1 || got["star"] != 1 || got["rest"] != 1 {
			t.Errorf("got %v", got)
		}
		c.put("/topic/nobody.is.bound", "x")
		if n := len(h.broker.Queues("")); n != 4 {
			t.Errorf("%d queues for 4 subscriptions", n)
		}
		c.send("UNSUBSCRIBE\nid:star\nreceipt:1\n\n^@")
		c.expect("RECEIPT")
		if n := len(h.broker.Queues("")); n != 3 {
			t.Errorf("%d queues for 3 subscriptions", n)
		}
		_ = c.nc.Close()
		synctest.Wait()
		if qs := h.broker.Queues(""); len(qs) != 0 || len(h.broker.Bindings("")) != 0 {
			t.Errorf("left: %v", qs)
		}
	})
}

// Messages of a topic can be settled after UNSUBSCRIBE, though their queue is gone.
func TestSettlingAfterUnsubscribeFromATopic(t *testing.T) {
	for _, verb := range []string{"ACK", "NACK"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2")
			c.subscribe("0", "/topic/a", "ack:client")
			c.send("SEND\ndestination:/topic/a\n\nx^@")
			m := c.expect("MESSAGE")
			c.sendf("UNSUBSCRIBE\nid:0\n\n^@%s\nid:%s\nreceipt:1\n\n^@", verb, ackID(m))
			c.expect("RECEIPT", "receipt-id", "1")
		})
	}
}

// A topic subscription that does not keep up loses its oldest messages, and
// nobody else's.
func TestSlowTopicSubscriptionLosesItsOldest(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		slow, fast := h.connect("1.2"), h.connect("1.2")
		slow.subscribe("0", "/topic/a", "ack:client", "prefetch-count:1")
		fast.subscribe("0", "/topic/a")
		c := h.connect("1.2")
		const n = 25
		body := strings.Repeat("x", 1_000_000)
		for i := range n {
			c.put("/topic/a", fmt.Sprint(i)+body)
			if f := fast.next(); !strings.HasPrefix(string(f.Body), fmt.Sprint(i)+"x") {
				t.Fatalf("fast: %.10s instead of %d", f.Body, i)
			}
		}
		var got []string
		for len(got) == 0 || got[len(got)-1] != fmt.Sprint(n-1) {
			f := slow.expect("MESSAGE")
			got = append(got, strings.TrimRight(string(f.Body), "x"))
			slow.sendf("ACK\nid:%s\n\n^@", ackID(f))
		}
		if len(got) > 20 || got[0] != "0" {
			t.Errorf("slow: got %v", got)
		}
	})
}

func TestTemporaryQueues(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		server := h.connect("1.2")
		server.subscribe("0", "/queue/service")
		var clients []*client
		for i := range 2 { // the same name, two queues
			c := h.connect("1.2")
			c.subscribe("r", "/temp-queue/reply")
			c.sendf("SEND\ndestination:/queue/service\nreply-to:/temp-queue/reply\ncorrelation-id:%d\n\n%d^@", i, i)
			clients = append(clients, c)
			m := server.expect("MESSAGE", "reply-to", "*", "correlation-id", fmt.Sprint(i))
			to, _ := m.Header("reply-to")
			server.put(to, "answer "+string(m.Body), "correlation-id:"+fmt.Sprint(i))
		}
		for i, c := range clients {
			c.expect("MESSAGE", "subscription", "r", "body", fmt.Sprintf("answer %d", i), "correlation-id", fmt.Sprint(i))
			c.send("SEND\ndestination:/temp-queue/reply\n\nto myself^@")
			c.expect("MESSAGE", "body", "to myself")
		}
	})
}

func TestTemporaryQueueBelongsToItsConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		a, b := h.connect("1.2"), h.connect("1.2")
		b.subscribe("0", "/queue/service")
		a.send("SEND\ndestination:/queue/service\nreply-to:/temp-queue/x\n\n?^@")
		request := b.expect("MESSAGE")
		to, _ := request.Header("reply-to")
		b.sendf("SUBSCRIBE\nid:1\ndestination:%s\n\n^@", to)
		b.expectError("access refused")

		_ = a.nc.Close()
		synctest.Wait()
		c := h.connect("1.2")
		c.put(to, "too late") // its queue has gone with its session: the answer goes nowhere
		c.sendf("BEGIN\ntransaction:t\n\n^@SEND\ndestination:%s\ntransaction:t\n\nx^@SEND\ndestination:/queue/kept\ntransaction:t\n\nx^@COMMIT\ntransaction:t\nreceipt:1\n\n^@", to)
		c.expect("RECEIPT", "receipt-id", "1")
		if n := h.stats("kept").Ready; n != 1 {
			t.Errorf("%d messages of the transaction kept", n)
		}
		if qs := h.broker.Queues("temp"); len(qs) != 0 {
			t.Errorf("left: %v", qs)
		}
	})
}

func TestTemporaryQueuesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for i := range 64 {
			c.sendf("SEND\ndestination:/topic/x\nreply-to:/temp-queue/%d\n\n^@", i)
		}
		c.sync()
		c.send("SEND\ndestination:/topic/x\nreply-to:/temp-queue/one-more\n\n^@")
		c.expectError("too many temporary queues", "limit is 64")
	})
}

func TestDeletedQueueEndsItsSubscriptions(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, other := h.connect("1.2"), h.connect("1.2")
		c.subscribe("0", "/queue/a")
		other.subscribe("0", "/queue/b")
		if err := h.broker.DeleteQueue(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		c.expectError("not found", `"a"`)
		other.sync()
	})
}

// A subscription in 1.0 needs no id, and its messages have no subscription header.
func TestSubscriptionsOf10WithoutID(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.0")
		c.send("SUBSCRIBE\ndestination:/queue/a\nack:client\n\n^@SUBSCRIBE\ndestination:/queue/b\n\n^@")
		c.put("/queue/a", "a")
		m := c.expect("MESSAGE", "subscription", "-", "body", "a")
		c.sendf("ACK\nmessage-id:%s\nreceipt:1\n\n^@", messageID(m))
		c.expect("RECEIPT", "receipt-id", "1")
		c.send("SUBSCRIBE\ndestination:/queue/a\n\n^@")
		c.expectError("subscription exists", "/queue/a")
	})
}

// Before 1.2 a message is acknowledged by message-id, so one that comes twice to
// a connection must come under two.
func TestOneMessageForTwoSubscriptionsOf10(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.0")
		c.subscribe("a", "/topic/x", "ack:client")
		c.subscribe("b", "/topic/>", "ack:client")
		c.send("SEND\ndestination:/topic/x\n\n1^@")
		first, second := c.expect("MESSAGE"), c.expect("MESSAGE")
		if messageID(first) == messageID(second) {
			t.Fatalf("both are %q", messageID(first))
		}
		leased := func() (n int) {
			for _, q := range h.broker.Queues("") {
				n += h.stats(q.Name).Leased
			}
			return n
		}
		c.sendf("ACK\nmessage-id:%s\nreceipt:1\n\n^@", messageID(second))
		c.expect("RECEIPT")
		if n := leased(); n != 1 {
			t.Errorf("%d leased after one ACK", n)
		}
		c.sendf("ACK\nmessage-id:%s\nreceipt:1\n\n^@", messageID(first))
		c.expect("RECEIPT")
		if n := leased(); n != 0 {
			t.Errorf("%d leased after both", n)
		}
	})
}

func TestAckForAnAutoSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.1")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a")
		m := c.expect("MESSAGE")
		c.sendf("ACK\nsubscription:0\nmessage-id:%s\nreceipt:1\n\n^@", messageID(m)) // says what is so
		c.expect("RECEIPT", "receipt-id", "1")
		c.sendf("NACK\nsubscription:0\nmessage-id:%s\n\n^@", messageID(m)) // cannot be done
		c.expectError("unknown message")
	})
}

func TestNobodySettlesForAnother(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.put("/queue/a", "x")
			c.subscribe("0", "/queue/a", "ack:client")
			m := c.expect("MESSAGE")
			other := h.connect(version)
			other.subscribe("0", "/queue/a", "ack:client")
			name := "subscription:0\nmessage-id:" + messageID(m)
			if version == "1.2" {
				name = "id:" + ackID(m)
			}
			other.sendf("ACK\n%s\n\n^@", name)
			other.expectError("unknown message")
			if s := h.stats("a"); s.Leased != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A queue that is made by its first use can take a dedup id.
func TestSendMakesTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/new", "x", "dedup-id:1")
		c.put("/queue/new", "x", "dedup-id:1")
		if n := h.stats("new").Ready; n != 1 {
			t.Errorf("%d messages", n)
		}
		q, err := h.broker.Queue("new")
		if err != nil || q.Config.Transient || q.Config.DedupWindow == 0 {
			t.Errorf("%+v, %v", q, err)
		}
		if _, err := h.broker.CreateQueue(t.Context(), "mine", queuecore.QueueConfig{MaxAttempts: 7}); err != nil {
			t.Fatal(err)
		}
		c.put("/queue/mine", "x") // a queue that is there stays as it is
		if q, err := h.broker.Queue("mine"); err != nil || q.Config.MaxAttempts != 7 {
			t.Errorf("%+v, %v", q, err)
		}
	})
}
