package stomp_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// 1.2, "STOMP Frames": "All commands and header names referenced in this document are case
// sensitive."
func TestSpec12NamesAreCaseSensitive(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.put("/queue/a", "x", "Destination:/queue/b", "Receipt:no", "Transaction:no")
			c.subscribe("0", "/queue/a")
			c.expect("MESSAGE", "Destination", "/queue/b", "Receipt", "no", "Transaction", "no")
			c.send("SEND\nDestination:/queue/b\n\nx^@")
			c.expectError("missing header", `"destination"`)
			c = h.connect(version)
			c.send("send\ndestination:/queue/b\n\nx^@")
			c.expectError("malformed frame", `"send" is not a command`)
		})
	}
}

// 1.1, "Value Encoding": "When decoding frame headers, the following transformations MUST be
// applied … Conversely when encoding frame headers, the reverse transformation MUST be applied."
// It is so for names and for values.
func TestSpec11EscapesAreAppliedBothWays(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		nc := h.pipes.dial()
		defer nc.Close()
		write := func(s string) {
			if _, err := nc.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		const line = `na\cme\n\\:va\clue\\\\t\n`
		write("CONNECT\naccept-version:1.1\nhost:x\n\n\x00")
		readRaw(t, nc, 1)
		write("SUBSCRIBE\nid:a\\cb\ndestination:/queue/a\n\n\x00SEND\ndestination:/queue/a\n" + line + "\n\nx\x00")
		got := readRaw(t, nc, 1)
		if !strings.Contains(got, "\n"+line+"\n") || !strings.Contains(got, "\nsubscription:a\\cb\n") {
			t.Errorf("no line %q in %q", line, got)
		}
	})
}

// 1.1 and 1.2, "Value Encoding": undefined escapes are fatal in names as in values, and at the end.
func TestSpec11UndefinedEscapesAreFatal(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		for _, line := range []string{`k:\t`, `\t:v`, `k:\`, `k\:v`, `k:\N`, `k:\0`} {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(version)
				c.send("SEND\ndestination:/queue/a\n" + line + "\n\nx^@")
				c.expectError("malformed frame")
				if _, err := h.broker.Queue("a"); err == nil {
					t.Errorf("%s: a frame with %q was processed", version, line)
				}
			})
		}
	}
}

// 1.0 has no escapes: what looks like one is data, and comes to others as such.
func TestSpec10HasNoEscapes(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		old, other := h.connect("1.0"), h.connect("1.2")
		other.subscribe("0", "/queue/a")
		old.put("/queue/a", "x", `k:a\cb\n\t\`)
		other.expect("MESSAGE", "k", `a\cb\n\t\`)
		old.subscribe("0", "/queue/b")
		old.put("/queue/b", "x", `k:a\cb\n\t\`)
		old.expect("MESSAGE", "k", `a\cb\n\t\`)
	})
}

// 1.2, "Augmented BNF": a value has no colon. The servers that there are take one that is not
// escaped, and so does this one: the first ends the name.
func TestSpec12ColonsInValuesAreTaken(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.put("/queue/a", "x", "at:10:30:00", "empty:")
			c.subscribe("0", "/queue/a")
			c.expect("MESSAGE", "at", "10:30:00", "empty", "")
		})
	}
}

// 1.1, "Repeated Header Entries": "only the first header entry SHOULD be used". 1.0 leaves it
// open; it is the same there.
func TestSpec11FirstRepeatedHeaderWins(t *testing.T) {
	for _, version := range []string{"1.0", "1.1"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.put("/queue/a", "x", "foo:World", "foo:Hello", "destination:/queue/b", "receipt:other")
			c.subscribe("0", "/queue/a")
			if f := c.expect("MESSAGE", "foo", "World"); strings.Contains(describe(&f), "Hello") {
				t.Errorf("%s: %s", version, describe(&f))
			}
		})
	}
}

// 1.2, "Header content-length": "All frames MAY include a content-length header." 1.0 and 1.1: "this
// number of bytes MUST be read, regardless of whether or not there are null characters".
func TestSpec12AnyFrameMayHaveContentLength(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.connect(version)
			c.subscribe("0", "/queue/a", "content-length:0")
			c.put("/queue/a", "^@\n^@", "content-length:3")
			c.expect("MESSAGE", "body", "\x00\n\x00", "content-length", "3")
			c.send("BEGIN\ncontent-length:0\ntransaction:t\nreceipt:1\n\n^@\n\n\nABORT\ntransaction:t\ncontent-length:0\nreceipt:2\n\n^@\n")
			c.expect("RECEIPT", "receipt-id", "1")
			c.expect("RECEIPT", "receipt-id", "2")
		})
	}
}

// 1.2, "Header content-type": "Otherwise, the receiver SHOULD consider the body to be a binary
// blob." The server claims no type for a body that nobody gave one.
func TestSpec12NoTypeIsInvented(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.put("/queue/a", "x")
		c.put("/queue/a", "x", "content-type:text/html;charset=utf-16")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "content-type", "-")
		c.expect("MESSAGE", "content-type", "text/html;charset=utf-16")
	})
}

// 1.2, "RECEIPT": the receipts of frames that need no disk do not overtake what does, whichever
// frames they are, in every version that has them.
func TestSpec12NoReceiptOvertakes(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		for _, frame := range []string{
			"SUBSCRIBE\nid:1\ndestination:/topic/t\n", "UNSUBSCRIBE\nid:0\n", "BEGIN\ntransaction:u\n", "ABORT\ntransaction:t\n",
			"COMMIT\ntransaction:t\n", "ACK\n{m}\ntransaction:t\n", "NACK\n{m}\ntransaction:t\n", "NACK\n{m}\n", "DISCONNECT\n",
		} {
			if version == "1.0" && strings.HasPrefix(frame, "NACK") {
				continue
			}
			disk := newGate()
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(version)
				c.put("/queue/a", "x")
				c.put("/queue/b", "x")
				c.subscribe("0", "/queue/a", "ack:client")
				m := c.expect("MESSAGE")
				c.send("BEGIN\ntransaction:t\n\n^@")
				release := disk.shut(t)
				name := "subscription:0\nmessage-id:" + messageID(m)
				if version == "1.2" {
					name = "id:" + ackID(m)
				}
				// Ends when the server has read it: SUBSCRIBE waits for the disk as a whole.
				go c.trySend("SEND\ndestination:/queue/b\nreceipt:1\n\ny^@" + strings.ReplaceAll(frame, "{m}", name) + "receipt:2\n\n^@")
				c.expectQuiet()
				release()
				c.expect("RECEIPT", "receipt-id", "1")
				c.expect("RECEIPT", "receipt-id", "2")
			}, withStore(disk))
		}
	}
}

// 1.1, "NACK": it is a frame from 1.1 on, and may be in a transaction. With SEND and ACK it is
// done at COMMIT, in one write, or not at all.
func TestSpec11NackInTransaction(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		for _, end := range []string{"COMMIT", "ABORT"} {
			inBubble(t, func(t *testing.T, h *house) {
				c := h.connect(version)
				sendNumbers(c, "/queue/in", 2)
				c.subscribe("0", "/queue/in", "ack:client-individual")
				name := func(command string) string {
					m := c.expect("MESSAGE")
					if version == "1.2" {
						return fmt.Sprintf("%s\nid:%s\ntransaction:t\n\n^@", command, ackID(m))
					}
					return fmt.Sprintf("%s\nmessage-id:%s\nsubscription:0\ntransaction:t\n\n^@", command, messageID(m))
				}
				c.send("BEGIN\ntransaction:t\n\n^@" + name("ACK") + name("NACK") + "SEND\ndestination:/queue/out\ntransaction:t\n\nx^@")
				c.sync()
				if s := h.stats("in"); s.Leased != 2 {
					t.Errorf("%s: before the end: %+v", version, s)
				}
				c.send(end + "\ntransaction:t\nreceipt:1\n\n^@")
				c.expect("RECEIPT", "receipt-id", "1")
				if end == "ABORT" {
					c.expectQuiet()
					if s := h.stats("in"); s.Leased != 2 || s.Totals.Acked+s.Totals.Nacked != 0 {
						t.Errorf("%s: after ABORT: %+v", version, s)
					}
					return
				}
				c.expect("MESSAGE", "body", "2", "redelivered", "true")
				if s := h.stats("in"); s.Totals.Acked != 1 || s.Totals.Nacked != 1 || h.stats("out").Ready != 1 {
					t.Errorf("%s: after COMMIT: %+v", version, s)
				}
			})
		}
	}
}

// 1.2, "DISCONNECT": "Clients MUST NOT send any more frames after the DISCONNECT frame is sent."
// What comes all the same is not looked at.
func TestSpec12NothingAfterDisconnect(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		go c.trySend("DISCONNECT\nreceipt:bye\n\n^@SEND\ndestination:/queue/a\nreceipt:late\n\nx^@")
		c.expect("RECEIPT", "receipt-id", "bye")
		c.expectClosed()
		synctest.Wait()
		if _, err := h.broker.Queue("a"); err == nil {
			t.Error("a frame behind DISCONNECT was processed")
		}
	})
}

// 1.0 knows no heart-beats: the header means nothing there.
func TestSpec10HasNoHeartBeats(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c := h.dial()
		c.send("CONNECT\nheart-beat:1,1\n\n^@")
		c.expect("CONNECTED", "version", "1.0", "heart-beat", "-")
		if n := countBytes(h, "1.0", "heart-beat:1000,1000\n", time.Hour); n != 0 {
			t.Errorf("%d bytes came", n)
		}
		c.sync()
	})
}
