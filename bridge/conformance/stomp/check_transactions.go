package stomp

const (
	atomic   = "any messages sent or acknowledged during a transaction will be processed atomically based on the transaction."
	implicit = "Any started transactions which have not been committed will be implicitly aborted if the client sends a DISCONNECT frame or if the TCP connection fails for any reason."
	names    = "The transaction header is REQUIRED and MUST specify the identifier of the transaction"
)

func transactionChecks() []check {
	return []check{
		{
			"transactions.commit", "sends in a transaction and outside; the message inside comes after COMMIT, not before",
			on("1.0 1.1 1.2", must, "BEGIN", atomic),
			func(p *probe) {
				c, q := p.begun()
				c.subscribe("0", q)
				c.sendIn("t", q, "inside")
				c.put(q, "outside")
				c.expect("MESSAGE", "body", "outside")
				c.ends("COMMIT", "t")
				c.expect("MESSAGE", "body", "inside")
			},
		}, {
			"transactions.abort", "sends in a transaction and aborts it; the message does not come",
			on("1.0 1.1 1.2", must, "ABORT", "ABORT is used to roll back a transaction in progress."),
			func(p *probe) {
				c, q := p.begun()
				c.sendIn("t", q, "inside")
				c.ends("ABORT", "t")
				p.remain(q, "")
			},
		}, {
			"transactions.two", "commits one of two open transactions and aborts the other",
			on("1.0 1.1 1.2", must, "BEGIN", "… the transaction identifier will be used for SEND, COMMIT, ABORT, ACK, and NACK frames to bind them to the named transaction."),
			func(p *probe) {
				c, q := p.begun()
				c.send("BEGIN\ntransaction:u\n\n^@")
				c.sendIn("t", q, "t")
				c.sendIn("u", q, "u")
				c.ends("COMMIT", "u")
				c.ends("ABORT", "t")
				p.remain(q, "u")
			},
		}, {
			"transactions.disconnect", "sends in a transaction and says DISCONNECT; the message does not come",
			on("1.1 1.2", must, "BEGIN", implicit),
			func(p *probe) {
				c, q := p.begun()
				c.sendIn("t", q, "inside")
				c.bye()
				p.remain(q, "")
			},
		}, {
			"transactions.lost-connection", "sends in a transaction and is cut off; the message does not come",
			on("1.1 1.2", must, "BEGIN", implicit),
			func(p *probe) {
				c, q := p.begun()
				c.sendIn("t", q, "inside")
				c.sync()
				c.cut()
				p.remain(q, "")
			},
		}, {
			"transactions.ack-commit", "acknowledges in a transaction and commits it; the message is gone",
			on("1.0 1.1 1.2", must, "BEGIN", atomic),
			func(p *probe) {
				c, q, fs := p.receive(2, "client")
				c.send("BEGIN\ntransaction:t\n\n^@")
				c.settle("ACK", fs[0], "transaction:t")
				c.ends("COMMIT", "t")
				c.bye()
				p.remain(q, "2")
			},
		}, {
			"transactions.ack-abort", "acknowledges in a transaction and aborts it; the message comes again",
			on("1.0 1.1 1.2", must, "BEGIN", atomic),
			func(p *probe) {
				c, q, fs := p.receive(1, "client")
				c.send("BEGIN\ntransaction:t\n\n^@")
				c.settle("ACK", fs[0], "transaction:t")
				c.ends("ABORT", "t")
				c.bye()
				p.remain(q, "1")
			},
		}, {
			"transactions.ack-implicit-abort", "acknowledges in a transaction and goes; the message comes again",
			on("1.1 1.2", must, "BEGIN", implicit),
			func(p *probe) {
				c, q, fs := p.receive(1, "client")
				c.send("BEGIN\ntransaction:t\n\n^@")
				c.settle("ACK", fs[0], "transaction:t")
				c.bye()
				p.remain(q, "1")
			},
		}, {
			"transactions.id-again", "uses the id of a transaction that is over",
			on("1.1 1.2", must, "BEGIN", "Within the same connection, different transactions MUST use different transaction identifiers."),
			func(p *probe) {
				c, q := p.begun()
				c.ends("ABORT", "t")
				c.send("BEGIN\ntransaction:t\n\n^@")
				c.sendIn("t", q, "x")
				c.ends("COMMIT", "t")
				p.remain(q, "x")
			},
		}, {
			"transactions.same-id", "begins a transaction whose id is in use",
			on("1.1 1.2", should, "BEGIN", "Within the same connection, different transactions MUST use different transaction identifiers."),
			func(p *probe) {
				c, _ := p.begun()
				c.send("BEGIN\ntransaction:t\nreceipt:1\n\n^@")
				c.refused()
			},
		}, {
			"transactions.begin-no-id", "sends BEGIN without an id",
			on("1.0 1.1 1.2", should, "BEGIN", "The transaction header is REQUIRED …"),
			func(p *probe) { checkRefused(p, "BEGIN\nreceipt:1\n\n^@") },
		}, {
			"transactions.commit-unknown", "commits a transaction that was not begun",
			on("1.0 1.1 1.2", should, "COMMIT", names+" to commit."),
			func(p *probe) { checkRefused(p, "COMMIT\ntransaction:none\nreceipt:1\n\n^@") },
		}, {
			"transactions.abort-unknown", "aborts a transaction that was not begun",
			on("1.0 1.1 1.2", should, "ABORT", names+" to abort."),
			func(p *probe) { checkRefused(p, "ABORT\ntransaction:none\nreceipt:1\n\n^@") },
		}, {
			"transactions.ack-unknown", "acknowledges in a transaction that was not begun",
			on("1.1 1.2", should, "ACK", "… the message acknowledgment SHOULD be part of the named transaction."),
			func(p *probe) {
				c, _, fs := p.receive(1, "client")
				c.settle("ACK", fs[0], "transaction:none", "receipt:1")
				c.refused()
			},
		},
	}
}

// begun is a connection with a transaction t, and a queue.
func (p *probe) begun() (*client, string) {
	c := p.connect()
	p.basis(func() {
		c.send("BEGIN\ntransaction:t\nreceipt:begun\n\n^@")
		c.receipt("begun")
	})
	return c, p.queue()
}

// sendIn sends a message in a transaction. It asks for no receipt: some servers give
// it when the transaction is committed.
func (c *client) sendIn(transaction, destination, body string) {
	c.send("SEND\ndestination:%s\ntransaction:%s\n\n%s^@", destination, transaction, body)
}

// ends sends COMMIT or ABORT and awaits its RECEIPT.
func (c *client) ends(command, transaction string) {
	c.send("%s\ntransaction:%s\nreceipt:over\n\n^@", command, transaction)
	c.receipt("over")
}
