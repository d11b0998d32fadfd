package stomp

import (
	"fmt"
	"strings"
)

const anyFrame = "Any client frame other than CONNECT MAY specify a receipt header with an arbitrary value. This will cause the server to acknowledge …"

func receiptChecks() []check {
	var all []check
	for _, command := range []string{"SEND", "SUBSCRIBE", "UNSUBSCRIBE", "BEGIN", "COMMIT", "ABORT", "ACK", "NACK", "DISCONNECT"} {
		versions := "1.0 1.1 1.2"
		if command == "NACK" {
			versions = "1.1 1.2"
		}
		all = append(all, check{
			"receipts." + strings.ToLower(command), "asks for a receipt with " + command,
			on(versions, must, "Header receipt", anyFrame),
			func(p *probe) { checkReceipt(p, command) },
		})
	}
	return append(all, receiptRules()...)
}

// checkReceipt sends the command where it makes sense.
func checkReceipt(p *probe, command string) {
	const receipt = "receipt:message-12345"
	c, q, fs := p.receive(1, "client")
	c.send("BEGIN\ntransaction:t\n\n^@")
	switch command {
	case "SEND":
		c.send("SEND\ndestination:%s\n%s\n\nx^@", p.queue(), receipt)
	case "SUBSCRIBE":
		c.send("SUBSCRIBE\nid:1\ndestination:%s\n%s\n\n^@", p.queue(), receipt)
	case "UNSUBSCRIBE":
		c.send("UNSUBSCRIBE\nid:0\ndestination:%s\n%s\n\n^@", q, receipt)
	case "BEGIN":
		c.send("BEGIN\ntransaction:u\n%s\n\n^@", receipt)
	case "COMMIT", "ABORT":
		c.send("%s\ntransaction:t\n%s\n\n^@", command, receipt)
	case "ACK", "NACK":
		c.settle(command, fs[0], receipt)
	case "DISCONNECT":
		c.send("DISCONNECT\n%s\n\n^@", receipt)
	}
	c.receipt("message-12345")
}

func receiptRules() []check {
	return []check{
		{
			"receipts.all", "asks for fifty receipts at once; each comes once",
			on("1.0 1.1 1.2", must, "RECEIPT", "A RECEIPT frame is sent from the server to the client once a server has successfully processed a client frame that requests a receipt."),
			func(p *probe) { checkReceipts(p, false) },
		}, {
			"receipts.order", "asks for fifty receipts at once; they come in the order of the frames",
			on("1.1 1.2", may, "RECEIPT", "Since STOMP is stream based, the receipt is also a cumulative acknowledgment that all the previous frames have been received by the server."),
			func(p *probe) { checkReceipts(p, true) },
		}, {
			"receipts.unasked", "asks for no receipt; none comes",
			on("1.0 1.1 1.2", must, "RECEIPT", "A RECEIPT frame is sent … once a server has successfully processed a client frame that requests a receipt."),
			func(p *probe) {
				c := p.connect()
				c.send("SEND\ndestination:%s\n\nx^@BEGIN\ntransaction:t\nreceipt:1\n\n^@", p.queue())
				c.expect("RECEIPT", "receipt-id", "1")
				c.quiet("no RECEIPT")
			},
		}, {
			"receipts.processed", "asks for a receipt with a frame that cannot be processed; none comes",
			on("1.0 1.1 1.2", must, "RECEIPT", "… once a server has successfully processed a client frame that requests a receipt."),
			func(p *probe) {
				c := p.connect()
				c.send("SEND\ndestination:%s\ntransaction:none\nreceipt:1\n\nx^@", p.queue())
				if f := c.next("no RECEIPT"); f.command == "RECEIPT" {
					p.fail("no RECEIPT", "%v", &f)
				}
			},
		}, {
			"receipts.there", "sends and has the RECEIPT; another client, that waits, is sent the message",
			on("1.2", must, "RECEIPT", "A RECEIPT frame is an acknowledgment that the corresponding client frame has been processed by the server."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.putNumbers(q, 3)
				c.cut()
				p.remain(q, "1 2 3")
			},
		}, {
			"receipts.frames-before-the-end", "sends twenty messages without receipts and closes; all of them are there",
			on("1.2", should, "RECEIPT", "If the client disconnects, previously received frames SHOULD continue to get processed by the server."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send(strings.Repeat("SEND\ndestination:"+q+"\n\nx^@", 20))
				c.cut()
				p.remain(q, strings.TrimSpace(strings.Repeat("x ", 20)))
			},
		},
	}
}

func checkReceipts(p *probe, ordered bool) {
	const n = 50
	c, q := p.connect(), p.queue()
	want := make(map[string]bool)
	frames := &strings.Builder{}
	for i := range n {
		want[fmt.Sprint(i)] = true
		if i%2 == 0 {
			fmt.Fprintf(frames, "SEND\ndestination:%s\nreceipt:%d\n\nx\x00", q, i)
		} else {
			fmt.Fprintf(frames, "BEGIN\ntransaction:t%d\nreceipt:%d\n\n\x00ABORT\ntransaction:t%d\n\n\x00", i, i, i)
		}
	}
	c.write([]byte(frames.String()))
	for i := 0; i < n && !p.over(); i++ {
		f := c.expect("RECEIPT", "receipt-id", "*")
		id, _ := f.header("receipt-id")
		if !want[id] {
			p.fail("each receipt once", "%v", &f)
		}
		if ordered && id != fmt.Sprint(i) {
			p.fail(fmt.Sprintf("receipt %d", i), "%v", &f)
		}
		delete(want, id)
	}
}
