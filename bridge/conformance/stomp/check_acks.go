package stomp

const (
	cumulative = "The ACK frames sent by the client will be treated as a cumulative acknowledgment. This means the acknowledgment operates on the message specified in the ACK frame and all messages sent to the subscription before the ACK'ed message."
	individual = "This means that an ACK or NACK frame for a subsequent message MUST NOT cause a previous message to get acknowledged."
	consumed   = "Any messages received from such a subscription will not be considered to have been consumed until the message has been acknowledged via an ACK."
	mayAgain   = "If the connection fails before a client sends an ACK frame for the message the server will assume the message has not been processed and MAY redeliver the message to another client."
)

func ackChecks() []check {
	return []check{
		{
			"ack.consumes", "acknowledges a message and goes; it does not come again",
			on("1.0 1.1 1.2", must, "ACK", "ACK is used to acknowledge consumption of a message from a subscription using client or client-individual acknowledgment."),
			func(p *probe) {
				c, q, fs := p.receive(1, "client")
				c.settled("ACK", fs[0])
				c.bye()
				p.remain(q, "")
			},
		}, {
			"ack.unacknowledged", "acknowledges nothing and says DISCONNECT; the messages are there for another client",
			on("1.0 1.1 1.2", must, "ACK", consumed),
			func(p *probe) {
				c, q, _ := p.receive(2, "client")
				c.bye()
				p.remain(q, "1 2")
			},
		}, {
			"ack.lost-connection", "acknowledges nothing and is cut off; the messages are there for another client",
			on("1.1 1.2", may, "SUBSCRIBE ack Header", mayAgain),
			func(p *probe) {
				c, q, _ := p.receive(2, "client")
				c.cut()
				p.remain(q, "1 2")
			},
		}, {
			"ack.cumulative", "in mode client, acknowledges the second of three; the third alone comes again",
			on("1.1 1.2", must, "SUBSCRIBE ack Header", cumulative),
			func(p *probe) {
				c, q, fs := p.receive(3, "client")
				c.settled("ACK", fs[1])
				c.bye()
				p.remain(q, "3")
			},
		}, {
			"ack.per-subscription", "with two subscriptions in mode client, acknowledges the later message; that of the other subscription comes again",
			on("1.1 1.2", must, "SUBSCRIBE ack Header", cumulative),
			func(p *probe) {
				c, a, b := p.connect(), p.queue(), p.queue()
				c.subscribe("a", a, "ack:client")
				c.subscribe("b", b, "ack:client")
				c.put(a, "1")
				c.take(1)
				c.put(b, "2")
				c.settled("ACK", c.take(1)[0])
				c.bye()
				p.remain(b, "")
				p.remain(a, "1")
			},
		}, {
			"ack.individual", "in mode client-individual, acknowledges the second of three; the others come again",
			on("1.1 1.2", must, "SUBSCRIBE ack Header", individual),
			func(p *probe) {
				c, q, fs := p.receive(3, "client-individual")
				c.settled("ACK", fs[1])
				c.bye()
				p.remain(q, "1 3")
			},
		}, {
			"ack.any-order", "in mode client-individual, acknowledges three messages from last to first",
			on("1.1 1.2", must, "SUBSCRIBE ack Header", individual),
			func(p *probe) {
				c, q, fs := p.receive(3, "client-individual")
				for _, i := range []int{2, 1, 0} {
					c.settled("ACK", fs[i])
				}
				c.bye()
				p.remain(q, "")
			},
		}, {
			"ack.unknown", "acknowledges a message that there is not",
			append(on("1.1", should, "ACK", "ACK has two REQUIRED headers: message-id, which MUST contain a value matching the message-id for the MESSAGE being acknowledged and subscription …"),
				on("1.2", should, "ACK", "The ACK frame MUST include an id header matching the ack header of the MESSAGE being acknowledged.")...),
			func(p *probe) {
				c, _, _ := p.receive(1, "client")
				c.send("ACK\nid:none\nmessage-id:none\nsubscription:0\nreceipt:1\n\n^@")
				c.refused()
			},
		}, {
			"ack.names-nothing", "sends ACK without the headers that name the message",
			append(on("1.0 1.1", should, "ACK", "ACK has one required header, message-id …"),
				on("1.2", should, "ACK", "The ACK frame MUST include an id header matching the ack header of the MESSAGE being acknowledged.")...),
			func(p *probe) {
				c, _, _ := p.receive(1, "client")
				c.send("ACK\nreceipt:1\n\n^@")
				c.refused()
			},
		}, {
			"nack.accepted", "rejects a message and is answered; what becomes of it is the server's to say",
			on("1.1 1.2", must, "NACK", "NACK is the opposite of ACK. It is used to tell the server that the client did not consume the message."),
			func(p *probe) {
				c, _, fs := p.receive(1, "client-individual")
				c.settled("NACK", fs[0])
			},
		}, {
			"nack.individual", "in mode client-individual, rejects the second of three; the first can still be acknowledged, and is gone",
			on("1.1 1.2", must, "SUBSCRIBE ack Header", individual),
			func(p *probe) {
				c, q, fs := p.receive(3, "client-individual")
				c.settled("NACK", fs[1])
				c.settled("ACK", fs[0])
				c.settled("ACK", fs[2])
				c.bye()
				if got := p.left(q, 0); got != "" && got != "2" {
					p.fail(`nothing or "2" in the queue afterwards`, "%q", got)
				}
			},
		}, {
			"nack.cumulative", "in mode client, rejects the second of three; the first shares its fate, and the third comes again",
			on("1.1 1.2", must, "NACK", "NACK applies either to one single message (if the subscription's ack mode is client-individual) or to all messages sent before and not yet ACK'ed or NACK'ed (if the subscription's ack mode is client)."),
			func(p *probe) {
				c, q, fs := p.receive(3, "client")
				c.settled("NACK", fs[1])
				c.bye()
				if got := p.left(q, 1); got != "3" && got != "1 2 3" {
					p.fail(`"3", or "1 2 3", in the queue afterwards`, "%q", got)
				}
			},
		},
	}
}

// receive puts n messages into a queue and takes them in an ack mode.
func (p *probe) receive(n int, mode string) (*client, string, []frame) {
	c, q := p.connect(), p.queue()
	c.putNumbers(q, n)
	c.subscribe("0", q, "ack:"+mode)
	return c, q, c.take(n)
}
