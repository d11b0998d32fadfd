package stomp

import (
	"fmt"
)

const octetsRead = "If a content-length header is included, this number of octets MUST be read, regardless of whether or not there are NULL octets in the body."

func bodyChecks() []check {
	return []check{
		{
			"bodies.nul", "sends a body with NUL octets, and its content-length; receives it whole",
			append(on("1.0", must, "SEND", "If a content-length header is included, this number of bytes should be read, regardless of whether or not there are null characters in the body."),
				on("1.1 1.2", must, "Header content-length", octetsRead)...),
			func(p *probe) {
				f := p.connect().roundTrip("a^@b^@", "content-length:4")
				p.equal("a body of", string(f.body), "a\x00b\x00")
			},
		}, {
			"bodies.frame-inside", "sends a body that looks like a frame, and its content-length",
			append(on("1.0", must, "SEND", "If a content-length header is included, this number of bytes should be read …"),
				on("1.1 1.2", must, "Header content-length", octetsRead)...),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				body := "x\x00SEND\ndestination:" + q + "\n\ninner\x00"
				c.put(q, body, fmt.Sprint("content-length:", len(body)))
				p.equal("the messages", p.left(q, 1), body)
			},
		}, {
			"bodies.no-content-length", "sends a body without content-length; it ends at the NUL",
			on("1.0 1.1 1.2", must, "SEND", "… if a content-length is not specified, the first null byte encountered signals the end of the frame."),
			func(p *probe) {
				f := p.connect().roundTrip("plain\nbody\n")
				p.equal("a body of", string(f.body), "plain\nbody\n")
			},
		}, {
			"bodies.empty", "sends an empty body, with content-length and without",
			on("1.0 1.1 1.2", must, "SEND", "The body of the SEND frame is the message to be sent."),
			func(p *probe) {
				c := p.connect()
				f := c.roundTrip("")
				p.equal("a body of", string(f.body), "")
				f = p.connect().roundTrip("", "content-length:0")
				p.equal("a body of", string(f.body), "")
			},
		}, {
			"bodies.nul-missing", "sends a body that is longer than its content-length",
			on("1.0 1.1 1.2", must, "Header content-length", "The frame still needs to be terminated with a NULL octet."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send("SEND\ndestination:%s\ncontent-length:1\n\nabc^@", q)
				c.fatal()
				p.remain(q, "")
			},
		}, {
			"bodies.nul-has-content-length", "receives a body with NUL octets: the MESSAGE has a content-length",
			on("1.1 1.2", must, "Header content-length", "If a frame body contains NULL octets, the frame MUST include a content-length header."),
			func(p *probe) {
				f := p.connect().roundTrip("a^@b", "content-length:3")
				p.wantHeader(&f, "content-length", "3")
			},
		}, {
			"bodies.content-length", "receives a body: the MESSAGE has the right content-length",
			on("1.1 1.2", should, "Header content-length", "The SEND, MESSAGE and ERROR frames SHOULD include a content-length header if a frame body is present."),
			func(p *probe) {
				f := p.connect().roundTrip("größe")
				p.wantHeader(&f, "content-length", "7")
			},
		}, {
			"bodies.content-type", "sends a content-type; receives it",
			on("1.1 1.2", should, "Header content-type", "If a frame body is present, the SEND, MESSAGE and ERROR frames SHOULD include a content-type header to help the receiver of the frame interpret its body."),
			func(p *probe) {
				f := p.connect().roundTrip("<a/>", "content-type:application/xml;charset=utf-8")
				p.wantHeader(&f, "content-type", "application/xml;charset=utf-8")
			},
		}, {
			"bodies.only-some", "sends BEGIN with a body",
			on("1.1 1.2", should, "Body", "Only the SEND, MESSAGE, and ERROR frames MAY have a body. All other frames MUST NOT have a body."),
			func(p *probe) {
				c := p.connect()
				c.send("BEGIN\ntransaction:t\nreceipt:1\n\nbody^@")
				c.refused()
			},
		}, {
			"bodies.subscribe-ignored", "sends SUBSCRIBE with a body",
			on("1.0", must, "SUBSCRIBE", "The body of the SUBSCRIBE command is ignored."),
			func(p *probe) {
				c := p.connect()
				c.send("SUBSCRIBE\nid:0\ndestination:%s\nreceipt:1\n\nnoise^@", p.queue())
				c.receipt("1")
				c.sync()
			},
		},
	}
}
