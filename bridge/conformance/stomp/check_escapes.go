package stomp

import (
	"strings"
)

const (
	translated = "When decoding frame headers, the following transformations MUST be applied …"
	noEscapes  = "header-value = 1*<any CHAR except LF>"
	undefined  = "Undefined escape sequences such as %s MUST be treated as a fatal protocol error."
)

func escapeChecks() []check {
	return []check{
		{
			"escapes.round-trip", `sends \n, \c and \\ in the name and the value of a header; they come back escaped`,
			on("1.1 1.2", must, "Value Encoding", translated+" Conversely when encoding frame headers, the reverse transformation MUST be applied."),
			func(p *probe) {
				f := p.connect().roundTrip("x", `na\cme\n\\:va\clue\n\\c`)
				p.wantHeader(&f, "na:me\n\\", "va:lue\n\\c")
			},
		}, {
			"escapes.across-versions", `a client of 1.2 sends \c and \\; one of 1.0, which has no escapes, receives what they stand for`,
			on("1.0", must, "Augmented BNF", noEscapes),
			func(p *probe) {
				c, q := p.newest(), p.queue()
				c.put(q, "x", `foo:a\cb\\d`)
				old := p.connect()
				old.subscribe("0", q)
				f := old.take(1)[0]
				p.wantHeader(&f, "foo", `a:b\d`)
			},
		}, {
			"escapes.carriage-return", `sends \r in a header; it comes back so`,
			on("1.2", must, "Value Encoding", `\r (octet 92 and 114) translates to carriage return (octet 13)`),
			func(p *probe) {
				f := p.connect().roundTrip("x", `foo:a\rb`)
				p.wantHeader(&f, "foo", "a\rb")
			},
		}, {
			"escapes.receipt", `asks for a receipt whose id has \c and \\; the RECEIPT has them too`,
			on("1.1 1.2", must, "Value Encoding", "Conversely when encoding frame headers, the reverse transformation MUST be applied."),
			func(p *probe) {
				c := p.connect()
				c.send(`BEGIN` + "\n" + `transaction:t` + "\n" + `receipt:a\cb\\` + "\n\n^@")
				f := c.expect("RECEIPT", "receipt-id", `a:b\`)
				if !p.over() && !strings.Contains(f.raw, `a\cb\\`) {
					p.fail(`receipt-id:a\cb\\`, "%v", &f)
				}
			},
		}, {
			"escapes.undefined", `sends \t in a header`,
			on("1.1 1.2", must, "Value Encoding", strings.Replace(undefined, "%s", `\t`, 1)),
			func(p *probe) { checkFatal(p, `foo:a\tb`) },
		}, {
			"escapes.undefined-name", `sends \t in the name of a header`,
			on("1.1 1.2", must, "Value Encoding", strings.Replace(undefined, "%s", `\t`, 1)),
			func(p *probe) { checkFatal(p, `f\too:ab`) },
		}, {
			"escapes.no-carriage-return", `sends \r in a header`,
			on("1.1", must, "Value Encoding", strings.Replace(undefined, "%s", `\r`, 1)),
			func(p *probe) { checkFatal(p, `foo:a\rb`) },
		}, {
			"escapes.half", `sends a header that ends with one \`,
			on("1.1 1.2", must, "Value Encoding", strings.Replace(undefined, "%s", `\t`, 1)),
			func(p *probe) { checkFatal(p, `foo:a\`) },
		}, {
			"escapes.none-in-1.0", `sends a header with \n and \\; they come back as they were`,
			on("1.0", must, "Augmented BNF", noEscapes),
			func(p *probe) {
				f := p.connect().roundTrip("x", `foo:a\nb\\t`)
				p.wantHeader(&f, "foo", `a\nb\\t`)
			},
		}, {
			"escapes.not-in-connect", `sends CONNECT with \t in a header of its own`,
			on("1.1 1.2", must, "Value Encoding", "The CONNECT and CONNECTED frames do not escape the carriage return, line feed or colon octets in order to remain backward compatible with STOMP 1.0."),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", p.version, `x-note:a\tb`)
				c.expectConnected(p.version)
			},
		},
	}
}

// newest connects a client of 1.2 where the server has that.
func (p *probe) newest() *client {
	c := p.dial()
	c.sendConnect("CONNECT", v12)
	if f := c.next("CONNECTED, or ERROR"); !f.is("version", v12) {
		p.skip("the server does not connect a client of 1.2")
	}
	c.version = v12
	return c
}

// checkFatal sends a header in a frame that must end the connection, and not be obeyed.
func checkFatal(p *probe, header string) {
	c, q := p.connect(), p.queue()
	c.send("SEND\ndestination:%s\n%s\n\nx^@", q, header)
	c.fatal()
	p.remain(q, "")
}
