package stomp

import (
	"fmt"
	"strings"
)

const notInList = "A client MAY send a frame not in this list, but for such a frame a STOMP server MAY respond with an ERROR frame and then close the connection."

// bad is a frame that every version refuses.
const bad = "SEND\nreceipt:77\n\nno destination^@"

func errorChecks() []check {
	return []check{
		{
			"errors.close", "sends a frame that is refused; the connection is closed behind the ERROR",
			append(on("1.1", must, "ERROR", "If … the server MUST send the client an ERROR frame and disconnect the client."),
				on("1.2", must, "ERROR", "The server MAY send ERROR frames if something goes wrong. In this case, it MUST then close the connection just after sending the ERROR frame.")...),
			func(p *probe) { checkRefused(p, bad) },
		}, {
			"errors.close-on-ack", "acknowledges what it never received: when there is an ERROR, the connection is closed behind it",
			on("1.2", must, "ERROR", "The server MAY send ERROR frames if something goes wrong. In this case, it MUST then close the connection just after sending the ERROR frame."),
			func(p *probe) {
				c := p.connect()
				c.send("ACK\nid:none\nreceipt:1\n\n^@")
				f := c.next("ERROR, or RECEIPT")
				if f.command == "RECEIPT" {
					p.skip("the server sends no ERROR here")
				}
				c.closed()
			},
		}, {
			"errors.message", "sends a frame that is refused; the ERROR says why in its message header",
			on("1.0 1.1 1.2", should, "ERROR", "The ERROR frame SHOULD contain a message header with a short description of the error."),
			func(p *probe) {
				c := p.connect()
				c.send(bad)
				f := c.expect("ERROR")
				p.present(&f, "message")
			},
		}, {
			"errors.receipt-id", "sends a frame with a receipt that is refused; the ERROR names it",
			on("1.1 1.2", should, "ERROR", "… if the frame included a receipt header, the ERROR frame SHOULD set the receipt-id header to match the value of the receipt header of the frame which the error is related to."),
			func(p *probe) {
				c := p.connect()
				c.send(bad)
				c.expect("ERROR", "receipt-id", "77")
			},
		}, {
			"errors.body-headers", "reads the headers that describe the body of an ERROR",
			on("1.1 1.2", should, "ERROR", "ERROR frames SHOULD include a content-length header and a content-type header if a body is present."),
			func(p *probe) {
				c := p.connect()
				c.send(bad)
				f := c.expect("ERROR")
				if len(f.body) == 0 {
					p.skip("the ERROR has no body")
				}
				p.wantHeader(&f, "content-length", fmt.Sprint(len(f.body)))
				p.present(&f, "content-type")
			},
		}, {
			"errors.frames-behind", "sends a frame that is refused, and good ones in the same packet; they are not obeyed",
			on("1.2", must, "ERROR", "… it MUST then close the connection just after sending the ERROR frame."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send(bad + strings.Repeat("SEND\ndestination:"+q+"\nreceipt:1\n\nx^@", 3))
				c.refused()
				p.remain(q, "")
			},
		}, {
			"errors.unknown-command", "sends a command that there is not",
			on("1.1 1.2", may, "Once Connected", notInList),
			func(p *probe) { checkRefused(p, "GREET\nreceipt:1\n\n^@") },
		}, {
			"errors.server-frame", "sends a MESSAGE",
			on("1.1 1.2", may, "Once Connected", notInList),
			func(p *probe) {
				checkRefused(p, "MESSAGE\ndestination:"+p.queue()+"\nmessage-id:1\nsubscription:0\nreceipt:1\n\nx^@")
			},
		}, {
			"errors.no-nack-in-1.0", "sends NACK, which 1.0 does not have",
			on("1.0", may, "Client Commands", "At this point there are a number of commands the client may send: SEND, SUBSCRIBE, UNSUBSCRIBE, BEGIN, COMMIT, ABORT, ACK, DISCONNECT"),
			func(p *probe) { checkRefused(p, "NACK\nmessage-id:1\nreceipt:1\n\n^@") },
		}, {
			"errors.no-colon", "sends a header line without a colon",
			on("1.0 1.1 1.2", must, "Augmented BNF", `header = header-name ":" header-value`),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send("SEND\ndestination:%s\nno colon\n\nx^@", q)
				c.fatal()
				p.remain(q, "")
			},
		},
	}
}
