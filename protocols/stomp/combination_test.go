package stomp_test

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// An ERROR that others may follow has the line feed that they have.
func TestLineFeedBehindASparedError(t *testing.T) {
	for _, d := range dialects() {
		t.Run(d.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				nc := h.pipes.dial()
				defer nc.Close()
				r := bufio.NewReader(nc)
				ask := func(frame string) string {
					if _, err := io.WriteString(nc, frame+"\n\n\x00"); err != nil {
						t.Fatal(err)
					}
					got, err := r.ReadString(0)
					if err != nil {
						t.Fatal(err)
					}
					for r.Buffered() > 0 {
						b, _ := r.ReadByte()
						got += string(b)
					}
					return got
				}
				connected := ask("CONNECT")
				refused := ask("ABORT\ntransaction:none")
				_, want, _ := strings.Cut(connected, "\x00")
				_, got, _ := strings.Cut(refused, "\x00")
				if got != want || !strings.HasPrefix(refused, "ERROR\n") {
					t.Errorf("%s: %q behind CONNECTED, and %q", d, want, refused)
				}
			}, withDialect(d), withLenient())
		})
	}
}

// An UNSUBSCRIBE that is refused ends nothing: neither the durable subscription nor this
// consumer of it.
func TestLenientUnsubscribe(t *testing.T) {
	all := &users{passwords: map[string]string{"u": "p"}}
	all.may = func(_ string, a protocols.Action, d queuecore.Destination) bool {
		return a != protocols.Delete || d != queuecore.QueueNamed("desk.n")
	}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", desk, "login:u", "passcode:p")
		c.subscribe("n", "/topic/a", "durable-subscription-name:n")
		for _, x := range [][3]string{
			{"durable-subscription-name:n", "access refused", "desk.n"},
			{"durable-subscription-name:m", "bad subscription", `"m"`},
		} {
			c.sendf("UNSUBSCRIBE\nid:n\nreceipt:u\n%s\n\n^@", x[0])
			c.expectSpared("u", x[1:]...)
		}
		c.put("/topic/a", "still")
		c.expect("MESSAGE", "subscription", "n", "body", "still")
	}, withAuth(all), withLenient())
}

// So it is when others consume the subscription; when they have gone, it is deleted.
func TestLenientUnsubscribeOfWhatOthersConsume(t *testing.T) {
	const shared = "sluice-subscription:n\nsluice-shared:true"
	inBubble(t, func(t *testing.T, h *house) {
		one, two := h.connect("1.2"), h.connect("1.2")
		one.subscribe("s", "/topic/a", shared)
		two.subscribe("s", "/topic/a", shared, "ack:client", "prefetch-count:1")
		synctest.Wait() // both wait for messages
		one.send("UNSUBSCRIBE\nid:s\nreceipt:u\n" + shared + "\n\n^@")
		one.expectSpared("u", "subscription is in use", `"n"`)
		for _, body := range []string{"1", "2", "3"} {
			h.connect("1.2").put("/topic/a", body)
		}
		one.expect("MESSAGE", "subscription", "s")
		two.expect("MESSAGE", "subscription", "s")
		one.expect("MESSAGE", "subscription", "s")
		two.send("UNSUBSCRIBE\nid:s\nreceipt:u\n\n^@")
		two.expect("RECEIPT", "receipt-id", "u")
		one.send("UNSUBSCRIBE\nid:s\nreceipt:u\n" + shared + "\n\n^@")
		one.expect("RECEIPT", "receipt-id", "u")
		one.expectQuiet()
		if qs := h.broker.Queues(""); len(qs) != 0 {
			t.Errorf("left are %+v", qs)
		}
	}, withLenient())
}

// What a client has of a shared subscription that ends with another's consumer, it may settle without harm.
func TestSettlingAfterOthersEndASubscription(t *testing.T) {
	for name, of := range map[string][]string{
		"the last leaves": {"sluice-subscription:n", "sluice-shared:true", "sluice-durable:false"},
		"it is deleted":   {"sluice-subscription:n", "sluice-shared:true"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				one, two := h.connect("1.2"), h.connect("1.2")
				one.subscribe("s", "/topic/a", append(of, "ack:client-individual")...)
				one.put("/topic/a", "1")
				first := one.expect("MESSAGE", "body", "1")
				one.put("/topic/a", "2")
				second := one.expect("MESSAGE", "body", "2")
				two.subscribe("s", "/topic/a", of...)
				one.send("UNSUBSCRIBE\nid:s\nreceipt:u\n\n^@")
				one.expect("RECEIPT", "receipt-id", "u")
				two.sendf("UNSUBSCRIBE\nid:s\nreceipt:u\n%s\n\n^@", strings.Join(of, "\n"))
				two.expect("RECEIPT", "receipt-id", "u")
				one.sendf("ACK\nid:%s\nreceipt:a\n\n^@", ackID(first))
				one.expect("RECEIPT", "receipt-id", "a")
				one.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", ackID(second))
				one.expect("RECEIPT", "receipt-id", "c")
			})
		})
	}
}

// A reply-to that is refused is refused each time: nobody would listen to its queue.
func TestLenientReplyToThatIsASubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "host:/")
		c.subscribe("/temp-queue/x", "/queue/a")
		for range 2 {
			c.send("SEND\ndestination:/queue/b\nreply-to:/temp-queue/x\nreceipt:r\n\nask^@")
			c.expectSpared("r", "subscription exists")
		}
	}, withDialect(mapping.RabbitMQ), withLenient())
}

// Nor is it taken the second time when the client may not listen.
func TestLenientReplyToWithoutTheRight(t *testing.T) {
	all := &users{passwords: map[string]string{"u": "p"}}
	all.may = func(_ string, a protocols.Action, _ queuecore.Destination) bool { return a != protocols.Receive }
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "host:/", "login:u", "passcode:p")
		for range 2 {
			c.send("SEND\ndestination:/queue/b\nreply-to:/temp-queue/x\nreceipt:r\n\nask^@")
			c.expectSpared("r", "access refused")
		}
		if qs := h.broker.Queues(""); len(qs) != 0 {
			t.Errorf("left are %+v", qs)
		}
	}, withDialect(mapping.RabbitMQ), withAuth(all), withLenient())
}

// A NACK is before the Receive that it makes room for: with a prefetch of one the message
// that it brings back is the next.
func TestNackIsBeforeItsRoom(t *testing.T) {
	nothing := strings.Repeat("ACK\nid:browsed-\n\n^@", 150) // is read in the same turn, and settles nothing
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2", "host:/")
		for _, body := range []string{"one", "two"} {
			c.put("/queue/q", body)
		}
		c.subscribe("s", "/queue/q", "ack:client-individual", "prefetch-count:1")
		m := c.expect("MESSAGE", "body", "one")
		for range 50 {
			c.sendf("NACK\nid:%s\n\n^@"+nothing, ackID(m))
			m = c.expect("MESSAGE", "body", "one", "redelivered", "true")
		}
	}, withDialect(mapping.RabbitMQ), withNack(mapping.NackRequeues))
}

// A client id that is taken over while its old connection commits: the COMMIT is done once and
// answered, and only then does the new connection come in, with what is left of the subscription.
func TestTakenOverWhileCommitting(t *testing.T) {
	g := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		old := h.connect("1.2", desk)
		old.subscribe("s", "/topic/a", "durable-subscription-name:n", "ack:client-individual")
		old.put("/topic/a", "acked")
		first := old.expect("MESSAGE", "body", "acked")
		old.put("/topic/a", "left")
		old.expect("MESSAGE", "body", "left")
		old.put("/queue/out", "before")
		release := g.shut(t)
		old.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\n\n^@"+
			"SEND\ndestination:/queue/out\ntransaction:t\n\nsum^@COMMIT\ntransaction:t\nreceipt:c\n\n^@", ackID(first))
		synctest.Wait()
		c := h.dial()
		c.send("CONNECT\naccept-version:1.2\nhost:x\n" + desk + "\n\n^@")
		c.expectQuiet()
		release()
		old.expect("RECEIPT", "receipt-id", "c")
		old.expectError("client id taken over")
		c.expect("CONNECTED")
		c.subscribe("s", "/topic/a", "durable-subscription-name:n")
		c.expect("MESSAGE", "body", "left", "redelivered", "true")
		c.expectQuiet()
		if s := h.stats("out"); s.Ready != 2 {
			t.Errorf("sent were %+v", s)
		}
	}, withStore(g))
}

// A consumer of a shared subscription that dies in a transaction gives back what it had
// settled there, and another gets all of it.
func TestSharedConsumerDiesInATransaction(t *testing.T) {
	const shared = "sluice-subscription:n\nsluice-shared:true"
	inBubble(t, func(t *testing.T, h *house) {
		one := h.connect("1.2")
		one.subscribe("s", "/topic/a", shared, "ack:client-individual")
		one.put("/topic/a", "1")
		m := one.expect("MESSAGE", "body", "1")
		one.put("/topic/a", "2")
		one.expect("MESSAGE", "body", "2")
		two := h.connect("1.2")
		two.subscribe("s", "/topic/a", shared)
		one.sendf("BEGIN\ntransaction:t\n\n^@ACK\nid:%s\ntransaction:t\nreceipt:r\n\n^@", ackID(m))
		one.expect("RECEIPT", "receipt-id", "r")
		two.expectQuiet()
		_ = one.nc.Close()
		two.expect("MESSAGE", "body", "1", "redelivered", "true")
		two.expect("MESSAGE", "body", "2", "redelivered", "true")
		two.expectQuiet()
	}, withLenient())
}

// Whatever of a lenient connection was refused, nothing is lent to it when it has gone.
func TestLenientRefusalsGiveBackWhatTheyHad(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.smallQueue("full")
		c := h.connect("1.2")
		c.put("/queue/full", "first")
		body := strings.Repeat("x", 100_000)
		large := "\nreceipt:r\n\n" + body + "^@"
		c.send("SEND\nno:destination" + large)
		c.expectSpared("r", "missing header")
		c.send("SEND\ndestination:/queue/full" + large)
		c.expectSpared("r", "queue is full")
		for _, end := range []string{"COMMIT", "ABORT"} {
			c.send("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/full\ntransaction:t" + large)
			c.expect("RECEIPT", "receipt-id", "r")
			c.send("SEND\ndestination:/queue/full\npriority:high\ntransaction:t" + large)
			c.expectSpared("r", "priority")
			if _, lent := h.gateway.Bounds().Lent(); lent == 0 {
				t.Error("an open transaction takes nothing")
			}
			c.send(end + "\ntransaction:t\nreceipt:e\n\n^@")
			if end == "COMMIT" {
				c.expectSpared("e", "transaction failed")
			} else {
				c.expect("RECEIPT", "receipt-id", "e")
			}
			synctest.Wait()
			if bodies, transactions := h.gateway.Bounds().Lent(); bodies != 0 || transactions != 0 {
				t.Errorf("after %s: %d and %d bytes are lent", end, bodies, transactions)
			}
		}
		c.send("BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/full\ntransaction:t" + large)
		c.expect("RECEIPT", "receipt-id", "r")
		c.send("DISCONNECT\nreceipt:d\n\n^@")
		c.expect("RECEIPT", "receipt-id", "d")
		c.expectClosed()
		synctest.Wait()
		if bodies, transactions := h.gateway.Bounds().Lent(); bodies != 0 || transactions != 0 {
			t.Errorf("after DISCONNECT: %d and %d bytes are lent", bodies, transactions)
		}
	}, withLenient())
}

// A DISCONNECT that cannot be done any more is answered like another frame: here the client id is
// taken over before the store has let it go.
func TestTakenOverWhileDisconnecting(t *testing.T) {
	g := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		other := h.connect("1.2")
		other.put("/queue/q", "before")
		old := h.connect("1.2", desk)
		old.subscribe("s", "/topic/a", "durable-subscription-name:n")
		release := g.shut(t)
		other.send("SEND\ndestination:/queue/q\nreceipt:r\n\nbusy^@")
		synctest.Wait()
		old.send("DISCONNECT\nreceipt:d\n\n^@")
		old.expectQuiet()
		c := h.dial()
		c.send("CONNECT\naccept-version:1.2\nhost:x\n" + desk + "\n\n^@")
		synctest.Wait()
		release()
		f := old.expectError("client id taken over")
		old.expectPart(&f, "receipt-id", "d")
		c.expect("CONNECTED")
	}, withStore(g))
}
