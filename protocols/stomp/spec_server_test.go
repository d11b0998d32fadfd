package stomp_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// 1.2, "MESSAGE": "The MESSAGE frame MUST include a destination header indicating the
// destination the message was sent to. If the message has been sent using STOMP, this
// destination header SHOULD be identical to the one used in the corresponding SEND frame."
func TestSpec12MessageDestination(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		for i, d := range []string{"/queue/a", "/queue/a/b.c d", "/topic/x.y"} {
			c.subscribe(fmt.Sprint(i), d)
			c.sendf("SEND\ndestination:%s\n\nx^@", d)
			c.expect("MESSAGE", "destination", d)
		}
	})
}

// 1.2, "MESSAGE": it "MUST also contain a message-id header with a unique identifier for
// that message and a subscription header matching the identifier of the subscription that
// is receiving the message."
func TestSpec12MessageIDAndSubscription(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.subscribe("one", "/topic/a", "ack:client")
			c.subscribe("two", "/topic/*", "ack:client")
			seen := make(map[string]bool)
			for range 3 {
				c.send("SEND\ndestination:/topic/a\n\nx^@")
				for range 2 {
					f := c.expect("MESSAGE", "subscription", "*", "message-id", "*")
					// What ACK names must be unique on the connection: before 1.2 that is message-id.
					id := messageID(f)
					if version == "1.2" {
						id = ackID(f)
					}
					if id == "" || seen[id] {
						t.Errorf("%s: %q is empty or not unique", version, id)
					}
					seen[id] = true
				}
			}
		})
	}
}

// 1.2, "MESSAGE": "If the message is received from a subscription that requires explicit
// acknowledgment (either client or client-individual mode) then the MESSAGE frame MUST
// also contain an ack header with an arbitrary value."
func TestSpec12MessageAckHeader(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for version, want := range map[string]string{"1.0": "-", "1.1": "-", "1.2": "*"} {
			c := h.connect(version)
			for _, mode := range []string{"client", "client-individual", "auto"} {
				c.put("/queue/"+version+mode, "x")
				c.subscribe(mode, "/queue/"+version+mode, "ack:"+mode)
				if mode == "auto" {
					want = "-"
				}
				c.expect("MESSAGE", "subscription", mode, "ack", want)
			}
		}
	})
}

// 1.2, "MESSAGE": they "SHOULD include a content-length header and a content-type header
// if a body is present", and "will also include all user defined headers".
func TestSpec12MessageContentHeaders(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "{}", "content-type:application/json", "k:v")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "content-length", "2", "content-type", "application/json", "k", "v", "body", "{}")
	})
}

// 1.2, "RECEIPT": "A RECEIPT frame MUST include the header receipt-id, where the value is
// the value of the receipt header in the frame which this is a receipt for."
func TestSpec12ReceiptForEveryFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		n := 0
		ask := func(format string, a ...any) {
			t.Helper()
			n++
			c.send(strings.Replace(fmt.Sprintf(format, a...), "\n\n", fmt.Sprintf("\nreceipt:r\\c%d \n\n", n), 1))
			c.expect("RECEIPT", "receipt-id", fmt.Sprintf("r:%d ", n), "body", "")
		}
		ask("SEND\ndestination:/queue/a\n\nx^@")
		ask("SEND\ndestination:/queue/a\n\nx^@")
		ask("SEND\ndestination:/topic/nobody\n\nx^@")
		ask("SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client-individual\n\n^@")
		first, second := c.expect("MESSAGE"), c.expect("MESSAGE")
		ask("ACK\nid:%s\n\n^@", ackID(first))
		ask("BEGIN\ntransaction:t\n\n^@")
		ask("SEND\ndestination:/queue/b\ntransaction:t\n\nx^@")
		ask("NACK\nid:%s\ntransaction:t\n\n^@", ackID(second))
		ask("ABORT\ntransaction:t\n\n^@")
		ask("BEGIN\ntransaction:t\n\n^@")
		ask("ACK\nid:%s\ntransaction:t\n\n^@", ackID(second))
		ask("COMMIT\ntransaction:t\n\n^@")
		ask("UNSUBSCRIBE\nid:0\n\n^@")
		ask("DISCONNECT\n\n^@")
		c.expectClosed()
	})
}

// 1.2, "RECEIPT": it "is an acknowledgment that the corresponding client frame has been
// processed by the server": it is on disk.
func TestSpec12ReceiptAfterTheDisk(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.put("/queue/b", "x")
		c.subscribe("0", "/queue/a", "ack:client")
		m := c.expect("MESSAGE")
		for _, frame := range []string{
			"SEND\ndestination:/queue/b\nreceipt:1\n\ny^@",
			"ACK\nid:" + ackID(m) + "\nreceipt:1\n\n^@",
			"BEGIN\ntransaction:t\n\n^@SEND\ndestination:/queue/b\ntransaction:t\n\n^@COMMIT\ntransaction:t\nreceipt:1\n\n^@",
		} {
			release := disk.shut(t)
			c.send(frame)
			c.expectQuiet()
			release()
			c.expect("RECEIPT", "receipt-id", "1")
		}
	}, withStore(disk))
}

// 1.2, "RECEIPT": "the receipt is also a cumulative acknowledgment that all the previous
// frames have been received by the server." Receipts come in the order of the frames, and
// a frame that needs no disk does not overtake one that does.
func TestSpec12ReceiptsInOrder(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		var want []string
		for i := range 50 {
			c.sendf("SEND\ndestination:/queue/a\nreceipt:s%d\n\nx^@BEGIN\ntransaction:%d\nreceipt:b%d\n\n^@ABORT\ntransaction:%d\n\n^@", i, i, i, i)
			want = append(want, fmt.Sprintf("s%d", i), fmt.Sprintf("b%d", i))
		}
		c.expectQuiet()
		release()
		for _, id := range want {
			c.expect("RECEIPT", "receipt-id", id)
		}
	}, withStore(disk))
}

// 1.2, "RECEIPT": "If the client disconnects, previously received frames SHOULD continue
// to get processed by the server."
func TestSpec12FramesBeforeTheEndAreProcessed(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		release := disk.shut(t)
		c.send(strings.Repeat("SEND\ndestination:/queue/a\n\nx^@", 20))
		_ = c.nc.Close()
		synctest.Wait()
		release()
		synctest.Wait()
		if n := h.stats("a").Ready; n != 21 {
			t.Errorf("%d messages", n)
		}
	}, withStore(disk))
}

// 1.2, "ERROR": "The server MAY send ERROR frames if something goes wrong. In this case,
// it MUST then close the connection just after sending the ERROR frame."
func TestSpec12ErrorClosesTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for _, version := range []string{"1.0", "1.1", "1.2"} {
			c := h.connect(version)
			c.send("COMMIT\ntransaction:nope\nreceipt:1\n\n^@")
			c.expectError("no such transaction") // checks that the stream ends behind it
			if _, err := io.WriteString(c.nc, "SEND\ndestination:/queue/a\n\nx\x00"); err == nil {
				t.Errorf("%s: the connection still takes frames", version)
			}
		}
		if _, err := h.broker.Queue("a"); err == nil {
			t.Error("a frame behind the bad one was processed")
		}
	})
}

// 1.2, "ERROR": it "SHOULD contain a message header with a short description of the
// error", and "if the frame included a receipt header, the ERROR frame SHOULD set the
// receipt-id header to match the value of the receipt header of the frame which the error
// is related to."
func TestSpec12ErrorNamesTheFrame(t *testing.T) {
	disk := newGate()
	inBubble(t, func(t *testing.T, h *house) {
		for _, version := range []string{"1.0", "1.1", "1.2"} {
			c := h.connect(version)
			c.put("/queue/a", "x")
			release := disk.shut(t)
			// The ERROR waits for the receipts of the frames before it.
			c.send("SEND\ndestination:/queue/a\nreceipt:good\n\nx^@COMMIT\ntransaction:nope\nreceipt:bad\n\n^@")
			c.expectQuiet()
			release()
			c.expect("RECEIPT", "receipt-id", "good")
			f := c.expectError("nope")
			c.expectPart(&f, "receipt-id", "bad")
			c.expectPart(&f, "message", "no such transaction")
		}
	}, withStore(disk))
}
