package stomp

const (
	sendFails = "If the server cannot successfully process the SEND frame for any reason, the server MUST send the client an ERROR frame and then close the connection."
)

func sendChecks() []check {
	return []check{
		{
			"send.delivered", "sends a message; a subscriber on another connection receives it",
			on("1.0 1.1 1.2", must, "SEND", "The SEND frame sends a message to a destination in the messaging system."),
			func(p *probe) {
				q, c := p.queue(), p.connect()
				c.subscribe("0", q)
				p.connect().put(q, "hello")
				c.expect("MESSAGE", "body", "hello")
			},
		}, {
			"send.order", "sends ten messages; they come in this order",
			on("1.0 1.1 1.2", should, "SUBSCRIBE", "Any messages received on the subscribed destination will henceforth be delivered as MESSAGE frames from the server to the client."),
			func(p *probe) {
				q, c := p.queue(), p.connect()
				c.putNumbers(q, 9)
				c.subscribe("0", q)
				for _, body := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
					c.expect("MESSAGE", "body", body)
				}
			},
		}, {
			"send.user-headers", "sends headers of its own; receives them",
			append(on("1.0", should, "SEND", "Headers of the user go through (said by 1.1 and later)."),
				on("1.1 1.2", must, "SEND", "The user defined headers MUST be passed through in the MESSAGE frame.")...),
			func(p *probe) {
				f := p.connect().roundTrip("x", "color:red", "x-Größe:2", "empty:")
				p.wantHeader(&f, "color", "red")
				p.wantHeader(&f, "x-Größe", "2")
				p.wantHeader(&f, "empty", "")
			},
		}, {
			"send.no-destination", "sends SEND without a destination",
			append(on("1.0", should, "SEND", "It has one required header, destination, which indicates where to send the message."),
				on("1.1 1.2", must, "SEND", sendFails)...),
			func(p *probe) {
				c := p.connect()
				c.send("SEND\nreceipt:1\n\nx^@")
				c.refused()
			},
		}, {
			"send.unknown-transaction", "sends SEND in a transaction that was not begun",
			on("1.1 1.2", must, "SEND", sendFails),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send("SEND\ndestination:%s\ntransaction:none\nreceipt:1\n\nx^@", q)
				c.refused()
				p.remain(q, "")
			},
		}, {
			"message.destination", "receives a message: its destination is there",
			on("1.0 1.1 1.2", must, "MESSAGE", "The MESSAGE frame MUST include a destination header indicating the destination the message was sent to."),
			func(p *probe) {
				f := p.connect().roundTrip("x")
				p.present(&f, "destination")
			},
		}, {
			"message.same-destination", "receives a message: its destination is that of SEND",
			on("1.1 1.2", should, "MESSAGE", "If the message has been sent using STOMP, this destination header SHOULD be identical to the one used in the corresponding SEND frame."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.put(q, "x")
				c.subscribe("0", q)
				c.expect("MESSAGE", "destination", q)
			},
		}, {
			"message.id", "receives two messages: their ids are there, and differ",
			on("1.0 1.1 1.2", must, "MESSAGE", "The MESSAGE frame MUST also contain a message-id header with a unique identifier for that message."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.putNumbers(q, 2)
				c.subscribe("0", q)
				fs := c.take(2)
				p.present(&fs[0], "message-id")
				id, _ := fs[0].header("message-id")
				if !p.over() && fs[1].is("message-id", id) {
					p.fail("another message-id", "%q twice", id)
				}
			},
		}, {
			"message.subscription", "receives a message: it names the subscription",
			append(on("1.0", should, "SUBSCRIBE", "If an id header is supplied then Stomp brokers should append a subscription header to any MESSAGE commands which are sent to the client."),
				on("1.1 1.2", must, "MESSAGE", "… and a subscription header matching the identifier of the subscription that is receiving the message.")...),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.put(q, "x")
				c.subscribe("seven", q)
				f := c.take(1)[0]
				p.wantHeader(&f, "subscription", "seven")
			},
		}, {
			"message.ack", "receives a message that wants an ACK: it has an ack header",
			on("1.2", must, "MESSAGE", "If the message is received from a subscription that requires explicit acknowledgment (either client or client-individual mode) then the MESSAGE frame MUST also contain an ack header with an arbitrary value."),
			func(p *probe) {
				c := p.connect()
				for _, mode := range []string{"client", "client-individual"} {
					q := p.queue()
					c.put(q, "x")
					c.subscribe(mode, q, "ack:"+mode)
					f := c.take(1)[0]
					p.present(&f, "ack")
				}
			},
		},
	}
}

// present fails unless f has a header that is not empty.
func (p *probe) present(f *frame, name string) {
	if v, _ := f.header(name); v == "" {
		p.fail("a header "+name, "%v", f)
	}
}
