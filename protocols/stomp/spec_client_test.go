package stomp_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluicemq/sluice/queuecore"
)

// 1.2, "SEND": "It has one REQUIRED header, destination".
func TestSpec12SendNeedsDestination(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.send("SEND\nreceipt:1\n\nx^@")
		f := c.expectError("missing header", `"destination"`)
		c.expectPart(&f, "receipt-id", "1")
	})
}

// 1.2, "SEND": "The user defined headers MUST be passed through in the MESSAGE frame."
func TestSpec12UserHeadersPassThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x", "color:red", "empty:", "X-Long:"+strings.Repeat("y", 1000), "content-type:text/plain;charset=utf-8")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "color", "red", "empty", "", "X-Long", strings.Repeat("y", 1000),
			"content-type", "text/plain;charset=utf-8", "receipt", "-")
	})
}

// 1.2, "SEND": "If the server cannot successfully process the SEND frame for any reason,
// the server MUST send the client an ERROR frame and then close the connection."
func TestSpec12SendThatFails(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		full := queuecore.QueueConfig{MaxMessages: 1}
		if _, err := h.broker.CreateQueue(t.Context(), "full", full); err != nil {
			t.Fatal(err)
		}
		for _, receipt := range []string{"", "receipt:2\n"} {
			c := h.connect("1.2")
			c.sendf("SEND\ndestination:/queue/full\nreceipt:1\n\nx^@SEND\ndestination:/queue/full\n%s\nx^@", receipt)
			if receipt == "" {
				c.expect("RECEIPT", "receipt-id", "1")
				f := c.expectError("queue is full", `"full"`, "1 messages")
				c.expectPart(&f, "receipt-id", "-")
				if _, err := h.broker.Purge(t.Context(), "full"); err != nil {
					t.Fatal(err)
				}
				continue
			}
			c.expect("RECEIPT", "receipt-id", "1")
			f := c.expectError("queue is full")
			c.expectPart(&f, "receipt-id", "2")
		}
		for destination, word := range map[string]string{
			"/exchange/x": "/queue/NAME", "/queue/" + strings.Repeat("q", 256): "limit is 255",
			"/topic/" + strings.Repeat("t", 256): "limit is 255",
		} {
			c := h.connect("1.2")
			c.sendf("SEND\ndestination:%s\nreceipt:3\n\nx^@", destination)
			f := c.expectError("invalid request", word)
			c.expectPart(&f, "receipt-id", "3")
		}
	})
}

// 1.2, "SUBSCRIBE": "If the server cannot successfully create the subscription, the
// server MUST send the client an ERROR frame and then close the connection."
func TestSpec12SubscribeThatFails(t *testing.T) {
	tests := []struct{ name, frame, error string }{
		{"no destination", "SUBSCRIBE\nid:0\nreceipt:1\n\n^@", `"destination"`},
		{"no id", "SUBSCRIBE\ndestination:/queue/a\nreceipt:1\n\n^@", `"id"`},
		{"destination", "SUBSCRIBE\nid:0\ndestination:/nowhere\nreceipt:1\n\n^@", "/queue/NAME"},
		{"pattern", "SUBSCRIBE\nid:0\ndestination:/topic/a..b\nreceipt:1\n\n^@", "invalid request"},
		{"prefetch", "SUBSCRIBE\nid:0\ndestination:/queue/a\nprefetch-count:many\nreceipt:1\n\n^@", "bad prefetch"},
		{"selector", "SUBSCRIBE\nid:0\ndestination:/queue/a\nselector:x = = 1\nreceipt:1\n\n^@", "bad selector"},
		{"browser", "SUBSCRIBE\nid:0\ndestination:/topic/a\nbrowser:true\nreceipt:1\n\n^@", "not into a topic"},
		{"durable", "SUBSCRIBE\nid:0\ndestination:/topic/a\ndurable:true\nreceipt:1\n\n^@", "auto-delete:false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				c.send(tt.frame)
				f := c.expectError(tt.error)
				c.expectPart(&f, "receipt-id", "1")
			})
		})
	}
}

// 1.2, "SUBSCRIBE id Header": "Within the same connection, different subscriptions MUST
// use different subscription identifiers."
func TestSpec12SubscriptionIDsDiffer(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		other := h.connect("1.2")
		other.subscribe("0", "/queue/a")
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		c.subscribe("1", "/queue/a")
		c.send("SUBSCRIBE\nid:0\ndestination:/queue/b\n\n^@")
		c.expectError("subscription exists", `"0"`)
		other.sync()
	})
}

// 1.2, "SUBSCRIBE ack Header": "The valid values for the ack header are auto, client, or
// client-individual."
func TestSpec12AckModes(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for i, mode := range []string{"auto", "client", "client-individual"} {
			c.subscribe(fmt.Sprint(i), "/queue/a", "ack:"+mode)
		}
		c.send("SUBSCRIBE\nid:x\ndestination:/queue/a\nack:dups-ok\n\n^@")
		c.expectError("bad ack mode", `"dups-ok"`, "client-individual")
	})
}

// 1.2, "SUBSCRIBE ack Header": "If the header is not set, it defaults to auto." "The
// server will assume the client has received the message as soon as it sends it".
func TestSpec12AutoIsTheDefault(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "body", "x", "ack", "-")
		synctest.Wait()
		if s := h.stats("a"); s.Len() != 0 || s.Totals.Acked != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// 1.2, "SUBSCRIBE ack Header": "If the connection fails before a client sends an ACK
// frame for the message the server will assume the message has not been processed and MAY
// redeliver the message to another client."
func TestSpec12UnacknowledgedIsRedelivered(t *testing.T) {
	for _, mode := range []string{"client", "client-individual"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2")
			c.put("/queue/a", "x")
			c.subscribe("0", "/queue/a", "ack:"+mode)
			first := c.expect("MESSAGE", "redelivered", "false")
			_ = c.nc.Close()
			other := h.connect("1.2")
			other.subscribe("0", "/queue/a", "ack:"+mode)
			again := other.expect("MESSAGE", "body", "x", "redelivered", "true")
			if messageID(again) != messageID(first) {
				t.Errorf("message-id %q, then %q", messageID(first), messageID(again))
			}
		})
	}
}

// sendNumbers puts n messages with the bodies "1" to n into a queue.
func sendNumbers(c *client, destination string, n int) {
	c.t.Helper()
	for i := range n {
		c.put(destination, fmt.Sprint(i+1))
	}
}

// takeNumbers expects n messages in order and returns them.
func takeNumbers(c *client, subscription string, n int) (ids []string) {
	c.t.Helper()
	for i := range n {
		f := c.expect("MESSAGE", "subscription", subscription, "body", fmt.Sprint(i+1))
		ids = append(ids, ackID(f))
	}
	return ids
}

// 1.2, "SUBSCRIBE ack Header": in mode client "the acknowledgment operates on the message
// specified in the ACK frame and all messages sent to the subscription before".
func TestSpec12ClientAcksAreCumulative(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 5)
		sendNumbers(c, "/queue/b", 2)
		c.subscribe("A", "/queue/a", "ack:client")
		a := takeNumbers(c, "A", 5)
		c.subscribe("B", "/queue/b", "ack:client")
		takeNumbers(c, "B", 2)
		c.sendf("ACK\nid:%s\nreceipt:1\n\n^@", a[2])
		c.expect("RECEIPT", "receipt-id", "1")
		if s := h.stats("a"); s.Len() != 2 || s.Totals.Acked != 3 {
			t.Errorf("a: %+v", s)
		}
		if s := h.stats("b"); s.Len() != 2 { // another subscription is not touched
			t.Errorf("b: %+v", s)
		}
	})
}

// 1.2, "SUBSCRIBE ack Header": in mode client-individual "an ACK or NACK frame for a
// subsequent message MUST NOT cause a previous message to get acknowledged."
func TestSpec12IndividualAcksAreNotCumulative(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 3)
		c.subscribe("A", "/queue/a", "ack:client-individual")
		ids := takeNumbers(c, "A", 3)
		c.sendf("ACK\nid:%s\nreceipt:1\n\n^@", ids[1])
		c.expect("RECEIPT", "receipt-id", "1")
		if s := h.stats("a"); s.Leased != 2 || s.Totals.Acked != 1 {
			t.Errorf("%+v", s)
		}
		c.sendf("NACK\nid:%s\nreceipt:2\n\n^@", ids[2])
		c.expect("RECEIPT", "receipt-id", "2")
		c.expect("MESSAGE", "body", "3", "redelivered", "true")
		c.expectQuiet()
		c.sendf("ACK\nid:%s\nreceipt:3\n\n^@", ids[0])
		c.expect("RECEIPT", "receipt-id", "3")
	})
}

// 1.2, "UNSUBSCRIBE": "Once the subscription is removed the STOMP connections will no
// longer receive messages from that subscription." "This header MUST match the
// subscription identifier of an existing subscription."
func TestSpec12Unsubscribe(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		c.subscribe("1", "/topic/a")
		c.send("UNSUBSCRIBE\nid:0\nreceipt:1\n\n^@UNSUBSCRIBE\nid:1\nreceipt:2\n\n^@")
		c.expect("RECEIPT", "receipt-id", "1")
		c.expect("RECEIPT", "receipt-id", "2")
		c.put("/queue/a", "x")
		c.put("/topic/a", "x")
		c.expectQuiet()
		if n := h.stats("a").Ready; n != 1 {
			t.Errorf("%d messages ready", n)
		}
		c.send("UNSUBSCRIBE\nid:0\nreceipt:3\n\n^@")
		f := c.expectError("no such subscription", `"0"`)
		c.expectPart(&f, "receipt-id", "3")
	})
}

// 1.2, "UNSUBSCRIBE": "an id header MUST be included in the frame". 1.0: "It requires
// either a destination header or an id header".
func TestSpec12UnsubscribeNeedsID(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		c.send("UNSUBSCRIBE\ndestination:/queue/a\n\n^@")
		c.expectError("missing header", `"id"`)
		old := h.connect("1.0")
		old.send("SUBSCRIBE\ndestination:/queue/a\n\n^@UNSUBSCRIBE\ndestination:/queue/a\nreceipt:1\n\n^@")
		old.expect("RECEIPT", "receipt-id", "1")
		old.send("UNSUBSCRIBE\ndestination:/queue/a\nreceipt:2\n\n^@")
		old.expectError("no such subscription", `"/queue/a"`)
	})
}

// 1.2, "ACK": "Any messages received from such a subscription will not be considered to
// have been consumed until the message has been acknowledged via an ACK."
func TestSpec12ConsumedByAck(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a", "ack:client")
		m := c.expect("MESSAGE")
		c.sync()
		if n := h.stats("a").Len(); n != 1 {
			t.Errorf("%d messages before the ACK", n)
		}
		c.sendf("ACK\nid:%s\n\n^@", ackID(m))
		c.sync()
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages after the ACK", n)
		}
	})
}

// 1.2, "ACK": "The ACK frame MUST include an id header matching the ack header of the
// MESSAGE being acknowledged." 1.1: message-id and subscription. 1.0: message-id.
func TestSpec12AckNamesTheMessage(t *testing.T) {
	tests := []struct{ version, ack, error string }{
		{"1.2", "ACK\nmessage-id:{id}\nsubscription:0\n\n^@", `needs the header "id"`},
		{"1.2", "NACK\nmessage-id:{id}\n\n^@", `needs the header "id"`},
		{"1.2", "ACK\nid:{id}\n\n^@", "unknown message"},
		{"1.2", "ACK\nid:999\n\n^@", "unknown message"},
		{"1.2", "ACK\nid:{ack}\n\n^@ACK\nid:{ack}\n\n^@", "unknown message"},
		{"1.2", "ACK\nid:{ack}\n\n^@", ""},
		{"1.1", "ACK\nmessage-id:{id}\n\n^@", `"subscription"`},
		{"1.1", "ACK\nsubscription:0\n\n^@", `"message-id"`},
		{"1.1", "ACK\nsubscription:1\nmessage-id:{id}\n\n^@", "unknown message"},
		{"1.1", "ACK\nsubscription:0\nmessage-id:1\n\n^@", "unknown message"},
		{"1.1", "ACK\nsubscription:0\nmessage-id:{id}\n\n^@", ""},
		{"1.0", "ACK\nsubscription:0\n\n^@", `"message-id"`},
		{"1.0", "ACK\nmessage-id:1\n\n^@", "unknown message"},
		{"1.0", "ACK\nmessage-id:{id}\n\n^@", ""},
		{"1.0", "ACK\nmessage-id:{id}\nsubscription:0\n\n^@", ""},
	}
	for _, tt := range tests {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(tt.version)
			c.put("/queue/a", "x")
			c.subscribe("0", "/queue/a", "ack:client")
			m := c.expect("MESSAGE")
			c.send(strings.NewReplacer("{id}", messageID(m), "{ack}", ackID(m)).Replace(tt.ack))
			if tt.error != "" {
				c.expectError(tt.error)
				return
			}
			c.sync()
			if n := h.stats("a").Len(); n != 0 {
				t.Errorf("%s %q: %d messages left", tt.version, tt.ack, n)
			}
		})
	}
}

// 1.2, "NACK": the server "can then either send the message to a different client,
// discard it, or put it in a dead letter queue." This one sends it again by the queue's
// back-off, until the queue's attempts are used up.
func TestSpec12Nack(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for name, config := range map[string]queuecore.QueueConfig{"dead": {}, "a": {MaxAttempts: 2, DeadLetter: "dead"}} {
			if _, err := h.broker.CreateQueue(t.Context(), name, config); err != nil {
				t.Fatal(err)
			}
		}
		c := h.connect("1.2")
		c.put("/queue/a", "x", "color:red")
		c.subscribe("0", "/queue/a", "ack:client")
		for _, redelivered := range []string{"false", "true"} {
			m := c.expect("MESSAGE", "redelivered", redelivered)
			c.sendf("NACK\nid:%s\n\n^@", ackID(m))
		}
		c.expectQuiet()
		c.subscribe("1", "/queue/dead")
		c.expect("MESSAGE", "subscription", "1", "body", "x", "color", "red", "original-destination", "/queue/a")
	})
}

// 1.2, "NACK": it applies "to all messages sent before and not yet ACK'ed or NACK'ed (if
// the subscription's ack mode is client)".
func TestSpec12ClientNacksAreCumulative(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 4)
		c.subscribe("0", "/queue/a", "ack:client")
		ids := takeNumbers(c, "0", 4)
		c.sendf("ACK\nid:%s\n\n^@NACK\nid:%s\nreceipt:1\n\n^@", ids[0], ids[2])
		c.expect("RECEIPT", "receipt-id", "1")
		c.expect("MESSAGE", "body", "2", "redelivered", "true")
		c.expect("MESSAGE", "body", "3", "redelivered", "true")
		c.expectQuiet()
		if s := h.stats("a"); s.Leased != 3 || s.Totals.Acked != 1 || s.Totals.Nacked != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// 1.2, "BEGIN", "COMMIT", "ABORT": "The transaction header is REQUIRED and MUST specify
// the identifier of the transaction".
func TestSpec12TransactionHeader(t *testing.T) {
	tests := []struct{ frame, error string }{
		{"BEGIN\n\n^@", "missing header"},
		{"COMMIT\n\n^@", "missing header"},
		{"ABORT\n\n^@", "missing header"},
		{"COMMIT\ntransaction:t\n\n^@", "no such transaction"},
		{"ABORT\ntransaction:t\n\n^@", "no such transaction"},
		{"SEND\ndestination:/queue/a\ntransaction:t\n\nx^@", "no such transaction"},
		{"BEGIN\ntransaction:t\n\n^@COMMIT\ntransaction:t\n\n^@COMMIT\ntransaction:t\n\n^@", "no such transaction"},
	}
	for _, tt := range tests {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect("1.2")
			c.send(tt.frame)
			c.expectError(tt.error)
		})
	}
}

// 1.2, "BEGIN": "Within the same connection, different transactions MUST use different
// transaction identifiers."
func TestSpec12TransactionIDsDiffer(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		other := h.connect("1.2")
		other.send("BEGIN\ntransaction:t\n\n^@")
		c := h.connect("1.2")
		c.send("BEGIN\ntransaction:t\n\n^@COMMIT\ntransaction:t\n\n^@BEGIN\ntransaction:t\nreceipt:1\n\n^@")
		c.expect("RECEIPT", "receipt-id", "1")
		c.send("BEGIN\ntransaction:t\n\n^@")
		c.expectError("transaction exists", `"t"`)
	})
}

// 1.2, "BEGIN": "any messages sent or acknowledged during a transaction will be processed
// atomically based on the transaction."
func TestSpec12TransactionIsAtomic(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		if _, err := h.broker.CreateQueue(t.Context(), "small", queuecore.QueueConfig{MaxMessages: 1}); err != nil {
			t.Fatal(err)
		}
		c := h.connect("1.2")
		sendNumbers(c, "/queue/in", 3)
		c.subscribe("0", "/queue/in", "ack:client-individual")
		ids := takeNumbers(c, "0", 3)
		step := func(small int) {
			c.send("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/out\ntransaction:t\nreceipt:s\n\nx^@")
			c.send(strings.Repeat("SEND\ndestination:/queue/small\ntransaction:t\n\nx^@", small))
			c.sendf("ACK\nid:%s\ntransaction:t\n\n^@NACK\nid:%s\ntransaction:t\n\n^@", ids[0], ids[1])
			c.expect("RECEIPT", "receipt-id", "s")
			c.sync()
			if s := h.stats("in"); s.Leased != 3 {
				t.Errorf("before COMMIT: in %+v", s)
			}
			if _, err := h.broker.Queue("out"); err == nil {
				t.Error("before COMMIT: there is a queue out")
			}
		}
		step(1)
		c.send("COMMIT\ntransaction:t\nreceipt:c\n\n^@")
		c.expect("RECEIPT", "receipt-id", "c")
		c.expect("MESSAGE", "body", "2", "redelivered", "true")
		if s := h.stats("in"); s.Totals.Acked != 1 || s.Totals.Nacked != 1 {
			t.Errorf("in: %+v", s)
		}
		if h.stats("out").Ready != 1 || h.stats("small").Ready != 1 {
			t.Error("the messages are not there")
		}

		if err := h.broker.DeleteQueue(t.Context(), "out"); err != nil {
			t.Fatal(err)
		}
		c = h.connect("1.2") // the queue small is full: nothing of this one happens
		sendNumbers(c, "/queue/in2", 3)
		c.subscribe("0", "/queue/in2", "ack:client-individual")
		ids = takeNumbers(c, "0", 3)
		c.send("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/out\ntransaction:t\n\nx^@SEND\ndestination:/queue/small\ntransaction:t\n\nx^@")
		c.sendf("ACK\nid:%s\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", ids[0])
		f := c.expectError("queue is full")
		c.expectPart(&f, "receipt-id", "c")
		if h.stats("out").Len() != 0 || h.stats("in2").Len() != 3 {
			t.Errorf("half of the transaction happened: out %+v, in2 %+v", h.stats("out"), h.stats("in2"))
		}
	})
}

// 1.2, "BEGIN": "Any started transactions which have not been committed will be
// implicitly aborted if the client sends a DISCONNECT frame or if the TCP connection
// fails for any reason."
func TestSpec12OpenTransactionsDie(t *testing.T) {
	for name, end := range map[string]func(*client){
		"disconnect": func(c *client) {
			c.send("DISCONNECT\nreceipt:bye\n\n^@")
			c.expect("RECEIPT", "receipt-id", "bye")
			c.expectClosed()
		},
		"failure": func(c *client) { _ = c.nc.Close() },
		"error":   func(c *client) { c.send("GREET\n\n^@"); c.expectError("unknown command") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				c.put("/queue/a", "x")
				c.subscribe("0", "/queue/a", "ack:client")
				m := c.expect("MESSAGE")
				c.sendf("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/a\ntransaction:t\n\ny^@ACK\nid:%s\ntransaction:t\n\n^@", ackID(m))
				c.sync()
				end(c)
				other := h.connect("1.2")
				other.subscribe("0", "/queue/a")
				other.expect("MESSAGE", "body", "x", "redelivered", "true")
				other.expectQuiet()
			})
		})
	}
}

// 1.2, "ABORT": "ABORT is used to roll back a transaction in progress." What was
// acknowledged in it is the client's again to acknowledge.
func TestSpec12Abort(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 3)
		c.subscribe("0", "/queue/a", "ack:client")
		ids := takeNumbers(c, "0", 3)
		c.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@SEND\ndestination:/queue/b\ntransaction:t\n\nx^@", ids[1])
		c.send("ABORT\ntransaction:t\nreceipt:1\n\n^@")
		c.expect("RECEIPT", "receipt-id", "1")
		if s := h.stats("a"); s.Leased != 3 {
			t.Errorf("after ABORT: %+v", s)
		}
		c.sendf("ACK\nid:%s\nreceipt:2\n\n^@", ids[2]) // cumulative: with those put back
		c.expect("RECEIPT", "receipt-id", "2")
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages left", n)
		}
		if _, err := h.broker.Queue("b"); err == nil {
			t.Error("the SEND of the aborted transaction made its queue")
		}
	})
}

// 1.2, "DISCONNECT": "To do a graceful shutdown, where the client is assured that all
// previous frames have been received by the server, the client SHOULD: send a DISCONNECT
// frame with a receipt header set; wait for the RECEIPT frame response".
func TestSpec12Disconnect(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("0", "/queue/b", "ack:client")
		var frames strings.Builder
		for i := range 100 {
			fmt.Fprintf(&frames, "SEND\ndestination:/queue/a\n\n%d\x00", i)
		}
		c.send(frames.String() + "DISCONNECT\nreceipt:bye\n\n^@")
		c.expect("RECEIPT", "receipt-id", "bye")
		if n := h.stats("a").Ready; n != 100 {
			t.Errorf("%d messages at the RECEIPT", n)
		}
		c.expectClosed()
		if n := h.stats("b").Waiting; n != 0 {
			t.Errorf("%d receivers left", n)
		}
	})
}
