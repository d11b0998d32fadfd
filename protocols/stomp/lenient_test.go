package stomp_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func withLenient() houseOption {
	return func(s *houseSettings) { s.options.Lenient = true }
}

// expectSpared checks that an ERROR comes for the frame with this receipt, with all of words
// in it. The connection is still there: the tests go on with it.
func (c *client) expectSpared(receipt string, words ...string) {
	c.t.Helper()
	f := c.expect("ERROR", "receipt-id", receipt, "content-type", "text/plain")
	message, _ := f.Header("message")
	for _, w := range words {
		if !strings.Contains(message+"\n"+string(f.Body), w) {
			c.t.Fatalf("%s: no word of %q", describe(&f), w)
		}
	}
}

// smallQueue makes a queue that has no room for a second message.
func (h *house) smallQueue(name string) {
	h.t.Helper()
	if _, err := h.broker.CreateQueue(h.t.Context(), name, queuecore.QueueConfig{MaxMessages: 1}); err != nil {
		h.t.Fatal(err)
	}
}

// What only a frame asks for is refused, and nothing else ends.
func TestLenientErrors(t *testing.T) {
	for name, x := range map[string]struct{ version, frame, words string }{
		"no destination":        {"1.2", "SEND\nreceipt:r\n\nx^@", `needs the header "destination"`},
		"a bad destination":     {"1.2", "SEND\ndestination:/other/x\nreceipt:r\n\nx^@", "invalid request"},
		"a bad header":          {"1.2", "SEND\ndestination:/queue/a\npriority:high\nreceipt:r\n\nx^@", `priority "high": must`},
		"a full queue":          {"1.2", "SEND\ndestination:/queue/full\nreceipt:r\n\nx^@", "queue is full"},
		"no right to send":      {"1.2", "SEND\ndestination:/queue/closed\nreceipt:r\n\nx^@", "access refused"},
		"part of a composite":   {"1.2", "SEND\ndestination:/queue/a,/queue/closed\nreceipt:r\n\nx^@", "access refused"},
		"no such transaction":   {"1.2", "SEND\ndestination:/queue/a\ntransaction:t\nreceipt:r\n\nx^@", "no such transaction"},
		"COMMIT of none":        {"1.2", "COMMIT\ntransaction:t\nreceipt:r\n\n^@", "no such transaction"},
		"ABORT of none":         {"1.2", "ABORT\ntransaction:t\nreceipt:r\n\n^@", "no such transaction"},
		"BEGIN without a name":  {"1.2", "BEGIN\nreceipt:r\n\n^@", "missing header"},
		"an unknown message":    {"1.2", "ACK\nid:7\nreceipt:r\n\n^@", "unknown message"},
		"an unknown one in 1.1": {"1.1", "NACK\nmessage-id:7\nsubscription:0\nreceipt:r\n\n^@", "unknown message"},
		"an ACK of nothing":     {"1.2", "ACK\nreceipt:r\n\n^@", "missing header"},
		"a bad requeue":         {"1.2", "NACK\nid:7\nrequeue:perhaps\nreceipt:r\n\n^@", "bad requeue"},
		"a bad selector":        {"1.2", "SUBSCRIBE\nid:1\ndestination:/queue/a\nselector:x =\nreceipt:r\n\n^@", "bad selector"},
		"a bad ack mode":        {"1.2", "SUBSCRIBE\nid:1\ndestination:/queue/a\nack:often\nreceipt:r\n\n^@", "bad ack mode"},
		"no right to receive":   {"1.2", "SUBSCRIBE\nid:1\ndestination:/queue/closed\nreceipt:r\n\n^@", "access refused"},
		"an id that is there":   {"1.2", "SUBSCRIBE\nid:0\ndestination:/queue/b\nreceipt:r\n\n^@", "subscription exists"},
		"no such subscription":  {"1.2", "UNSUBSCRIBE\nid:9\nreceipt:r\n\n^@", "no such subscription"},
		"a body that quotes":    {"1.2", "ABORT\nreceipt:r\ntransaction:" + strings.Repeat("é", 512) + "\n\n^@", " … "},
	} {
		t.Run(name, func(t *testing.T) {
			auth := &users{passwords: map[string]string{"": ""}, may: func(_ string, _ protocols.Action, d queuecore.Destination) bool { return d.Name != "closed" }}
			inBubble(t, func(t *testing.T, h *house) {
				h.smallQueue("full")
				c := h.connect(x.version)
				c.put("/queue/full", "first")
				c.subscribe("0", "/queue/in", "ack:client")
				c.send(x.frame + "SEND\ndestination:/queue/in\nreceipt:after\n\nafter^@")
				c.expectSpared("r", x.words)
				c.expect("RECEIPT", "receipt-id", "after")
				c.expect("MESSAGE", "subscription", "0", "body", "after")
				c.expectQuiet()
				if _, err := h.broker.Queue("a"); err == nil {
					t.Error("a refused frame made a queue")
				}
			}, withLenient(), withAuth(auth), withDialect(mapping.ActiveMQ))
		})
	}
}

// What breaks the protocol, goes beyond what a connection may have, or leaves it open what
// was done ends the connection all the same.
func TestLenientErrorsThatClose(t *testing.T) {
	limits := stomp.Limits{Frame: frame.Limits{Body: 100}, Subscriptions: 1, Transactions: 1}
	for name, x := range map[string]struct{ version, frame, words string }{
		"a second CONNECT":      {"1.2", "CONNECT\naccept-version:1.2\nhost:x\n\n^@", "already connected"},
		"a frame of servers":    {"1.2", "RECEIPT\nreceipt-id:1\n\n^@", "not a client's frame"},
		"an unknown command":    {"1.2", "GREET\n\n^@", "unknown command"},
		"a NACK in 1.0":         {"1.0", "NACK\nmessage-id:1\n\n^@", "unknown command"},
		"an unknown escape":     {"1.2", "SEND\ndestination:/queue/a\nx:\\t\n\nx^@", "malformed frame"},
		"a body that is long":   {"1.2", "SEND\ndestination:/queue/a\n\n" + strings.Repeat("x", 101) + "^@", "frame too large"},
		"many subscriptions":    {"1.2", "SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^@SUBSCRIBE\nid:2\ndestination:/queue/a\n\n^@", "too many subscriptions"},
		"many transactions":     {"1.2", "BEGIN\ntransaction:1\n\n^@BEGIN\ntransaction:2\n\n^@", "too many transactions"},
		"a body where none may": {"1.2", "BEGIN\ntransaction:1\n\nbody^@", "malformed frame"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(x.version)
				go c.trySend(x.frame)
				c.expectError(x.words)
			}, withLenient(), withLimits(limits))
		})
	}
}

// The login is refused as ever.
func TestLenientLogin(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\naccept-version:9\nhost:x\n\n^@")
		c.expectError("version mismatch")
		c = h.dial()
		c.send("CONNECT\naccept-version:1.2\nhost:x\n\n^@")
		c.expectError("access refused")
	}, withLenient(), withAuth(&users{}))
}

// A store that has failed may have kept what it cannot confirm.
func TestLenientStoreFailure(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		disk.fail(errDisk)
		c.send("SEND\ndestination:/queue/a\nreceipt:1\n\ny^@")
		f := c.expectError("store is unavailable")
		c.expectPart(&f, "receipt-id", "1")
	}, withLenient(), withStore(disk))
}

// A full disk has kept nothing, and says so.
func TestLenientFullDisk(t *testing.T) {
	disk := storetest.NewFailing(memstore.New())
	h := newHouse(t, withLenient(), withStore(disk))
	c := h.connect("1.2")
	c.put("/queue/a", "x")
	c.subscribe("0", "/queue/a", "ack:client")
	m := c.expect("MESSAGE")
	disk.FailRoom(fmt.Errorf("%w: 3 MiB free", store.ErrNoSpace))
	waitUntil(func() bool { return h.broker.Err() != nil })
	c.sendf("SEND\ndestination:/queue/a\nreceipt:1\n\ny^@ACK\nid:%s\nreceipt:2\n\n^@", ackID(m))
	c.expectSpared("1", "disk is full")
	c.expect("RECEIPT", "receipt-id", "2")
	disk.Heal()
	waitUntil(func() bool { return h.broker.Err() == nil })
	c.put("/queue/a", "z")
	c.expect("MESSAGE", "body", "z")
}

// SENDs behind one that fails go on in their order, and so do the answers.
func TestLenientPipeline(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.smallQueue("full")
		c := h.connect("1.2")
		c.put("/queue/full", "first")
		const n = 300
		var frames strings.Builder
		for i := range n {
			to := "a"
			switch i % 3 {
			case 1:
				to = "full" // refused by the broker
			case 2:
				to = "" // refused by the gateway
			}
			fmt.Fprintf(&frames, "SEND\ndestination:/queue/%s\nreceipt:%d\n\n%d^@", to, i, i)
		}
		// Ends when the server has read all of it.
		go c.trySend(frames.String())
		for i := range n {
			receipt := fmt.Sprint(i)
			switch i % 3 {
			case 0:
				c.expect("RECEIPT", "receipt-id", receipt)
			case 1:
				c.expectSpared(receipt, "queue is full")
			case 2:
				c.expectSpared(receipt, "invalid request")
			}
		}
		c.subscribe("0", "/queue/a")
		for i := 0; i < n; i += 3 {
			c.expect("MESSAGE", "body", fmt.Sprint(i))
		}
		c.expectQuiet()
	}, withLenient())
}

// An ACK that is refused settles nothing, and neither does it hold up those around it.
func TestLenientAck(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		sendNumbers(c, "/queue/a", 4)
		c.subscribe("0", "/queue/a", "ack:client")
		ids := takeNumbers(c, "0", 4)
		c.sendf("ACK\nid:%s\n\n^@ACK\nid:%s\nreceipt:again\n\n^@ACK\nid:%s\ntransaction:none\nreceipt:none\n\n^@", ids[0], ids[0], ids[2])
		c.expectSpared("again", "unknown message")
		c.expectSpared("none", "no such transaction")
		c.sync()
		if s := h.stats("a"); s.Totals.Acked != 1 || s.Leased != 3 {
			t.Errorf("after the refused ACKs: %+v", s)
		}
		c.sendf("ACK\nid:%s\nreceipt:2\n\n^@", ids[2]) // the refused one has left them to the client
		c.expect("RECEIPT", "receipt-id", "2")
		if s := h.stats("a"); s.Totals.Acked != 3 || s.Leased != 1 {
			t.Errorf("at the end: %+v", s)
		}
	}, withLenient())
}

// A subscription that is refused is not there, nor is what it would have received by.
func TestLenientSubscribe(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for _, bad := range []string{"destination:/topic/a.#.b\n", "destination:/topic/a\nselector:x >\n", "destination:/topic/" + strings.Repeat("x", 2000) + "\n"} {
			c.send("SUBSCRIBE\nid:0\nreceipt:s\n" + bad + "\n^@")
			c.expectSpared("s")
			if qs := h.broker.Queues("stomp.topic."); len(qs) != 0 {
				t.Errorf("%q left %v", bad, qs)
			}
		}
		c.send("UNSUBSCRIBE\nid:0\nreceipt:u\n\n^@")
		c.expectSpared("u", "no such subscription")
		c.subscribe("0", "/topic/a")
		c.put("/topic/a", "x")
		c.expect("MESSAGE", "body", "x")
	}, withLenient(), withDialect(mapping.Artemis))
}

// A transaction of which one frame was refused cannot be committed: half of it would
// happen. Then it is over, and what was acknowledged in it is the client's again.
func TestLenientTransactionWithARefusedFrame(t *testing.T) {
	for name, bad := range map[string]string{
		"SEND":  "SEND\ndestination:/other/x\ntransaction:t\nreceipt:bad\n\nx^@",
		"ACK":   "ACK\nid:999\ntransaction:t\nreceipt:bad\n\n^@",
		"NACK":  "NACK\nid:999\ntransaction:t\nreceipt:bad\n\n^@",
		"BEGIN": "BEGIN\ntransaction:t\nreceipt:bad\n\n^@",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect("1.2")
				sendNumbers(c, "/queue/in", 2)
				c.subscribe("0", "/queue/in", "ack:client-individual")
				ids := takeNumbers(c, "0", 2)
				c.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@NACK\nid:%s\ntransaction:t\n\n^@", ids[0], ids[1])
				c.send("SEND\ndestination:/queue/out\ntransaction:t\n\nx^@" + bad + "SEND\ndestination:/queue/out\ntransaction:t\nreceipt:3\n\ny^@COMMIT\ntransaction:t\nreceipt:c\n\n^@")
				c.expectSpared("bad")
				c.expect("RECEIPT", "receipt-id", "3")
				c.expectSpared("c", "transaction failed", `Nothing of the transaction "t" was done`)
				c.sync()
				if s := h.stats("in"); s.Leased != 2 || s.Totals.Acked+s.Totals.Nacked != 0 {
					t.Errorf("in: %+v", s)
				}
				if _, err := h.broker.Queue("out"); err == nil {
					t.Error("there is a queue out")
				}
				c.sendf("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/out\ntransaction:t\n\nz^@ACK\nid:%s\ntransaction:t\n\n^@ACK\nid:%s\n\n^@COMMIT\ntransaction:t\nreceipt:ok\n\n^@", ids[0], ids[1])
				c.expect("RECEIPT", "receipt-id", "ok")
				if h.stats("in").Len() != 0 || h.stats("out").Ready != 1 {
					t.Errorf("in %+v, out %+v", h.stats("in"), h.stats("out"))
				}
			}, withLenient())
		})
	}
}

// A COMMIT that the broker or the gateway refuses does nothing, ends the transaction, and
// leaves what was settled in it with the client, held as before.
func TestLenientCommit(t *testing.T) {
	auth := &users{passwords: map[string]string{"": ""}, may: func(_ string, a protocols.Action, d queuecore.Destination) bool {
		return d.Name != "new" || a != protocols.CreateByUse
	}}
	for _, to := range []string{"full", "new"} {
		t.Run(to, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.smallQueue("full")
				c := h.connect("1.1")
				c.put("/queue/full", "first")
				sendNumbers(c, "/queue/in", 3)
				c.subscribe("0", "/queue/in", "ack:client")
				ids := make([]string, 3)
				for i := range ids {
					ids[i] = messageID(c.expect("MESSAGE"))
				}
				c.sendf("BEGIN\ntransaction:t\n\n^@ACK\nmessage-id:%s\nsubscription:0\ntransaction:t\n\n^@SEND\ndestination:/queue/%s\ntransaction:t\n\nx^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", ids[1], to)
				c.expectSpared("c")
				c.send("COMMIT\ntransaction:t\nreceipt:again\n\n^@")
				c.expectSpared("again", "no such transaction")
				c.expectQuiet() // nothing came again
				if s := h.stats("in"); s.Leased != 3 {
					t.Errorf("in: %+v", s)
				}
				c.sendf("NACK\nmessage-id:%s\nsubscription:0\nreceipt:n\n\n^@", ids[0])
				c.expect("RECEIPT", "receipt-id", "n")
				if m := c.expect("MESSAGE", "redelivered", "true"); messageID(m) != ids[0] {
					t.Errorf("got %s", describe(&m))
				}
				c.sendf("ACK\nmessage-id:%s\nsubscription:0\nreceipt:a\n\n^@", ids[0])
				c.expect("RECEIPT", "receipt-id", "a")
				if n := h.stats("in").Len(); n != 0 {
					t.Errorf("%d messages left", n)
				}
			}, withLenient(), withAuth(auth))
		})
	}
}

// What a client of a lenient listener holds when it goes comes again, as ever.
func TestLenientEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.subscribe("0", "/queue/a", "ack:client")
		c.expect("MESSAGE")
		c.send("ACK\nid:999\nreceipt:1\n\n^@")
		c.expectSpared("1", "unknown message")
		c.send("DISCONNECT\nreceipt:bye\n\n^@")
		c.expect("RECEIPT", "receipt-id", "bye")
		c.expectClosed()
		other := h.connect("1.2")
		other.subscribe("0", "/queue/a")
		other.expect("MESSAGE", "body", "x", "redelivered", "true")
	}, withLenient())
}

func waitUntil(is func() bool) {
	for !is() {
		runtime.Gosched()
	}
}
