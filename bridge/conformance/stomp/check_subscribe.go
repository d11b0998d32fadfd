package stomp

const (
	subscribeFails = "If the server cannot successfully create the subscription, the server MUST send the client an ERROR frame and then close the connection."
	mustMatch      = "This header MUST match the subscription identifier of an existing subscription."
)

func subscribeChecks() []check {
	return []check{
		{
			"subscribe.no-destination", "sends SUBSCRIBE without a destination",
			append(on("1.0", should, "SUBSCRIBE", "Like the SEND command, the SUBSCRIBE command requires a destination header."), on("1.1 1.2", must, "SUBSCRIBE", subscribeFails)...),
			func(p *probe) { checkRefused(p, "SUBSCRIBE\nid:0\nreceipt:1\n\n^@") },
		}, {
			"subscribe.no-id", "sends SUBSCRIBE without an id",
			on("1.1 1.2", should, "SUBSCRIBE id Header", "… an id header MUST be included in the frame to uniquely identify the subscription."),
			func(p *probe) { checkRefused(p, "SUBSCRIBE\ndestination:"+p.queue()+"\nreceipt:1\n\n^@") },
		}, {
			"subscribe.no-id-in-1.0", "subscribes and unsubscribes without an id",
			on("1.0", must, "UNSUBSCRIBE", "It requires either a destination header or an id header (if the previous SUBSCRIBE operation passed an id value)."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send("SUBSCRIBE\ndestination:%s\nreceipt:1\n\n^@", q)
				c.receipt("1")
				c.put(q, "1")
				c.expect("MESSAGE", "body", "1")
				c.send("UNSUBSCRIBE\ndestination:%s\nreceipt:2\n\n^@", q)
				c.receipt("2")
				c.put(q, "2")
				c.quiet("no message")
			},
		}, {
			"subscribe.bad-ack-mode", "sends SUBSCRIBE with an ack mode that there is not",
			on("1.1 1.2", should, "SUBSCRIBE ack Header", "The valid values for the ack header are auto, client, or client-individual. …"),
			func(p *probe) {
				checkRefused(p, "SUBSCRIBE\nid:0\ndestination:"+p.queue()+"\nack:sometimes\nreceipt:1\n\n^@")
			},
		}, {
			"subscribe.several", "has two subscriptions; each message names the right one",
			on("1.1 1.2", must, "SUBSCRIBE id Header", "… a single connection can have multiple open subscriptions with a server …"),
			func(p *probe) {
				c, a, b := p.connect(), p.queue(), p.queue()
				c.subscribe("a", a)
				c.subscribe("b", b)
				c.put(b, "to b")
				c.expect("MESSAGE", "subscription", "b", "body", "to b")
				c.put(a, "to a")
				c.expect("MESSAGE", "subscription", "a", "body", "to a")
			},
		}, {
			"subscribe.same-id", "subscribes with an id that is in use",
			on("1.1 1.2", should, "SUBSCRIBE id Header", "Within the same connection, different subscriptions MUST use different subscription identifiers."),
			func(p *probe) {
				c := p.connect()
				c.subscribe("0", p.queue())
				c.send("SUBSCRIBE\nid:0\ndestination:%s\nreceipt:1\n\n^@", p.queue())
				c.refused()
			},
		}, {
			"subscribe.auto", "receives with ack:auto and goes; the message is gone too",
			on("1.0 1.1 1.2", must, "SUBSCRIBE ack Header", "When the ack mode is auto … The server will assume the client has received the message as soon as it sends it to the client."),
			func(p *probe) { checkAuto(p, "ack:auto") },
		}, {
			"subscribe.auto-is-default", "receives without an ack header and goes; the message is gone too",
			on("1.0 1.1 1.2", must, "SUBSCRIBE ack Header", "If the header is not set, it defaults to auto."),
			func(p *probe) { checkAuto(p) },
		}, {
			"unsubscribe.stops", "unsubscribes; no message comes any more, and another client gets it",
			on("1.0 1.1 1.2", must, "UNSUBSCRIBE", "Once the subscription is removed the STOMP connections will no longer receive messages from that subscription."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.subscribe("0", q)
				c.send("UNSUBSCRIBE\nid:0\nreceipt:1\n\n^@")
				c.receipt("1")
				c.put(q, "1")
				c.quiet("no message")
				p.remain(q, "1")
			},
		}, {
			"unsubscribe.id-again", "unsubscribes, and subscribes with the same id",
			on("1.1 1.2", must, "UNSUBSCRIBE", "The UNSUBSCRIBE frame is used to remove an existing subscription."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.subscribe("0", p.queue())
				c.send("UNSUBSCRIBE\nid:0\nreceipt:1\n\n^@")
				c.receipt("1")
				c.put(q, "x")
				c.subscribe("0", q)
				c.expect("MESSAGE", "subscription", "0", "body", "x")
			},
		}, {
			"unsubscribe.unknown", "unsubscribes from nothing",
			on("1.1 1.2", should, "UNSUBSCRIBE", mustMatch),
			func(p *probe) { checkRefused(p, "UNSUBSCRIBE\nid:nothing\nreceipt:1\n\n^@") },
		}, {
			"unsubscribe.no-id", "sends UNSUBSCRIBE without an id",
			on("1.1 1.2", should, "UNSUBSCRIBE", "… an id header MUST be included in the frame to uniquely identify the subscription to remove."),
			func(p *probe) { checkRefused(p, "UNSUBSCRIBE\nreceipt:1\n\n^@") },
		},
	}
}

// checkRefused sends one frame that the server must answer with ERROR.
func checkRefused(p *probe, frame string) {
	c := p.connect()
	c.send(frame)
	c.refused()
}

func checkAuto(p *probe, headers ...string) {
	c, q := p.connect(), p.queue()
	c.putNumbers(q, 2)
	c.subscribe("0", q, headers...)
	c.take(2)
	c.bye()
	p.remain(q, "")
}
