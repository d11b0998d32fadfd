package stomp

import (
	"regexp"
)

var serverField = regexp.MustCompile(`^[^\s/]+(/\S+)?( .*)?$`)

func connectChecks() []check {
	return []check{
		{
			"connect.connected", "sends CONNECT",
			on("1.0 1.1 1.2", must, "Connecting", "If the server accepts the connection attempt it will respond with a CONNECTED frame."),
			func(p *probe) { p.connect().sync() },
		}, {
			"connect.stomp", "sends STOMP in the place of CONNECT",
			append(on("1.1", should, "CONNECT or STOMP Frame", "STOMP servers SHOULD handle a STOMP frame in the same manner as a CONNECT frame."),
				on("1.2", must, "CONNECT or STOMP Frame", "STOMP servers MUST handle a STOMP frame in the same manner as a CONNECT frame.")...),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("STOMP", p.version)
				c.expectConnected(p.version)
				c.sync()
			},
		}, {
			"connect.version", "reads the version of CONNECTED",
			on("1.1 1.2", must, "CONNECTED Frame", "STOMP … servers MUST set the following headers: version"),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", p.version)
				c.expect("CONNECTED", "version", p.version)
			},
		}, {
			"connect.session", "compares the session of two connections",
			append(on("1.0", must, "CONNECT", "The session-id header is a unique identifier for this session."),
				on("1.1 1.2", may, "CONNECTED Frame", "session: A session id that uniquely identifies the session.")...),
			checkSession,
		}, {
			"connect.server", "reads the server header of CONNECTED",
			on("1.1 1.2", must, "CONNECTED Frame", "The field MUST contain a server-name field and MAY be followed by optional comment fields delimited by a space character."),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", p.version)
				f := c.expectConnected(p.version)
				s, ok := f.header("server")
				if !ok {
					p.skip("the server does not say what it is")
				} else if !serverField.MatchString(s) {
					p.fail(`name["/"version] *(comment)`, "%q", s)
				}
			},
		}, {
			"connect.highest", "offers all versions up to that of the check, and one that nobody has",
			on("1.1 1.2", must, "Protocol Negotiation", "The protocol that will be used for the rest of the session will be the highest protocol version that both the client and server have in common."),
			func(p *probe) {
				offer := map[string]string{v11: "1.0,1.1", v12: "1.0,1.1,1.2"}[p.version]
				c := p.dial()
				c.sendLogin("CONNECT", "accept-version:"+offer+",9.9")
				c.expectConnected(p.version)
				c.sync()
			},
		}, {
			"connect.none-in-common", "offers a version that nobody has",
			append(on("1.1", should, "Protocol Negotiation", "If the client and server do not share any common protocol versions, then the server SHOULD respond with an ERROR frame …"),
				on("1.2", must, "Protocol Negotiation", "If the client and server do not share any common protocol versions, then the server MUST respond with an ERROR frame similar to the following and then close the connection.")...),
			func(p *probe) {
				c := p.dial()
				c.sendLogin("CONNECT", "accept-version:9.9")
				c.refused()
			},
		}, {
			"connect.none-in-common-versions", "offers a version that nobody has; the ERROR lists those of the server",
			on("1.1 1.2", should, "Protocol Negotiation", "ERROR version:1.2,2.1 …"),
			func(p *probe) {
				c := p.dial()
				c.sendLogin("CONNECT", "accept-version:9.9")
				c.expect("ERROR", "version", "*")
			},
		}, {
			"connect.no-accept-version", "sends no accept-version, and a host; the session is of 1.0",
			on("1.0 1.1 1.2", must, "Protocol Negotiation", "If the accept-version header is missing, it means that the client only supports version 1.0 of the protocol."),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", v10)
				f := c.next("CONNECTED, or ERROR")
				if f.command == "ERROR" {
					p.skip("the server does not connect a client of 1.0")
				}
				c.checked(f, "CONNECTED")
				if v, ok := f.header("version"); ok && v != v10 {
					p.fail("version:1.0, or none", "%v", &f)
				}
				c.sync()
			},
		}, {
			"connect.first-frame", "sends SEND before CONNECT; it is not obeyed",
			on("1.0 1.1 1.2", must, "Connecting", "A STOMP client initiates the stream or TCP connection to the server by sending the CONNECT frame."),
			func(p *probe) {
				c, q := p.dial(), p.queue()
				c.send("SEND\ndestination:%s\nreceipt:1\n\nx^@", q)
				if f, err := c.peek(); err == nil && f.command == "RECEIPT" {
					p.fail("no RECEIPT", "%v", &f)
				}
				p.remain(q, "")
			},
		}, {
			"connect.first-frame-error", "sends SEND before CONNECT: an ERROR says that it was wrong",
			on("1.1 1.2", should, "Connecting", "The server SHOULD respond back with an ERROR frame explaining why the connection was rejected and then close the connection."),
			func(p *probe) {
				c := p.dial()
				c.send("SEND\ndestination:%s\nreceipt:1\n\nx^@", p.queue())
				c.refused()
			},
		}, {
			"connect.second", "sends CONNECT on a connection that is connected",
			on("1.1 1.2", may, "Once Connected", "A client MAY send a frame not in this list, but for such a frame a STOMP server MAY respond with an ERROR frame and then close the connection."),
			func(p *probe) {
				c := p.connect()
				c.sendConnect("CONNECT", p.version)
				c.refused()
			},
		}, {
			"connect.credentials", "connects with a wrong passcode",
			on("1.1 1.2", should, "Connecting", "The server can reject any connection attempt. The server SHOULD respond back with an ERROR frame explaining why the connection was rejected and then close the connection."),
			checkCredentials,
		}, {
			"connect.host", "names a virtual host that nobody has: connected, or refused with an ERROR",
			on("1.1 1.2", should, "CONNECT or STOMP Frame", "If this header does not match a known virtual host, servers supporting virtual hosting MAY select a default virtual host or reject the connection."),
			func(p *probe) {
				host := *p.o
				host.Host = "no-such-host.invalid"
				p.o = &host
				c := p.dial()
				c.sendConnect("CONNECT", p.version)
				if f := c.next("CONNECTED, or ERROR"); f.command != "CONNECTED" {
					c.checked(f, "ERROR")
					c.closed()
				}
			},
		}, {
			"connect.rapid", "connects and disconnects thirty times, and gets each last RECEIPT",
			append(on("1.1", must, "Connecting", "STOMP servers MUST support clients which rapidly connect and disconnect."),
				on("1.2", must, "Connection Lingering", "STOMP servers must be able to support clients which rapidly connect and disconnect.")...),
			func(p *probe) {
				for i := 0; i < 30 && !p.over(); i++ {
					p.connect().bye()
				}
			},
		},
	}
}

func checkSession(p *probe) {
	var ids [2]string
	for i := range ids {
		c := p.dial()
		c.sendConnect("CONNECT", p.version)
		f := c.expectConnected(p.version)
		ids[i], _ = f.header("session")
	}
	switch {
	case p.over():
	case ids[0] == "":
		p.fail("a session header", "none")
	case ids[0] == ids[1]:
		p.fail("a session of its own for each connection", "twice %q", ids[0])
	}
}

func checkCredentials(p *probe) {
	wrong := *p.o
	wrong.Login, wrong.Passcode = "nobody-of-this-name", "wrong"
	p.o = &wrong
	c := p.dial()
	c.sendConnect("CONNECT", p.version)
	f := c.next("ERROR, and the end of the connection")
	if f.command == "CONNECTED" {
		p.skip("the server lets in whom it does not know")
	}
	c.checked(f, "ERROR")
	c.closed()
}
