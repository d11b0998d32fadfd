package stomp

import (
	"strings"
	"time"
)

// frameChecks are of "STOMP Frames": lines, line ends, what stands between frames.
func frameChecks() []check {
	return []check{
		{
			"frames.eol-after-nul", "sends line ends behind a frame, and another frame",
			on("1.0 1.1 1.2", must, "STOMP Frames", "The NULL octet can be optionally followed by multiple EOLs."),
			func(p *probe) {
				c := p.connect()
				c.send("\n\n\nSEND\ndestination:%s\nreceipt:1\n\nx^@\n\n\n\nBEGIN\ntransaction:t\nreceipt:2\n\n^@\n", p.queue())
				c.receipt("1")
				c.receipt("2")
			},
		}, {
			"frames.eol-before-connect", "sends a line end before CONNECT",
			on("1.0 1.1 1.2", may, "Augmented BNF", "frame-stream = 1*frame"),
			func(p *probe) {
				c := p.dial()
				c.send("\n")
				c.sendConnect("CONNECT", p.version)
				c.expectConnected(p.version)
			},
		}, {
			"frames.crlf", "ends all lines with CR LF, those of CONNECT too; receives the message, whose body keeps its CR",
			on("1.2", must, "STOMP Frames", "… an end-of-line (EOL), which consists of an OPTIONAL carriage return (octet 13) followed by a REQUIRED line feed (octet 10)."),
			checkCRLF,
		}, {
			"frames.cr-is-data", "sends a header whose value ends with CR; receives it as it was",
			on("1.1", must, "Augmented BNF", "NL = <US-ASCII new line (line feed) (octet 10)>"),
			func(p *probe) {
				f := p.connect().roundTrip("x", "foo:bar\r")
				if !strings.Contains("\n"+f.raw+"\n", "\nfoo:bar\r\n") {
					p.fail(`a line "foo:bar\r"`, "%v", &f)
				}
			},
		}, {
			"frames.split", "sends a frame octet by octet, each in a packet of its own",
			on("1.0 1.1 1.2", must, "STOMP Frames", "STOMP is a frame based protocol which assumes a reliable 2-way streaming network protocol (such as TCP) underneath."),
			func(p *probe) {
				c := p.connect()
				for i, b := range []byte("SEND\ndestination:" + p.queue() + "\nreceipt:1\n\nbody\x00") {
					c.write([]byte{b})
					time.Sleep(time.Millisecond)
					if i == 1 {
						time.Sleep(p.o.Grace) // a server that is slow to read finds no more than this, too
					}
				}
				c.receipt("1")
			},
		}, {
			"frames.batched", "sends twenty frames in one write",
			on("1.0 1.1 1.2", must, "STOMP Frames", "The client and server will communicate using STOMP frames sent over the stream."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send(strings.Repeat("SEND\ndestination:"+q+"\n\nx^@", 19) + "SEND\ndestination:" + q + "\nreceipt:1\n\nlast^@")
				c.receipt("1")
				p.equal("the messages", p.left(q, 20), "last"+strings.Repeat(" x", 19))
			},
		}, {
			"frames.spaces", "sends a header with spaces around its name and value; receives it as it was",
			on("1.1 1.2", must, "Value Encoding", "… clients and servers MUST never trim or pad headers with spaces."),
			func(p *probe) {
				f := p.connect().roundTrip("x", " name : value ")
				p.wantHeader(&f, " name ", " value ")
			},
		}, {
			"frames.utf8", "sends a header, a subscription id and a body that are not ASCII",
			on("1.1 1.2", must, "Value Encoding", "The commands and headers are encoded in UTF-8."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.put(q, "тело", "größe:大")
				c.subscribe("ü", q)
				c.expect("MESSAGE", "größe", "大", "subscription", "ü", "body", "тело")
			},
		}, {
			"frames.case", "sends a frame whose command is in small letters",
			on("1.1 1.2", should, "STOMP Frames", "All commands and header names referenced in this document are case sensitive."),
			func(p *probe) {
				c := p.connect()
				c.send("send\ndestination:%s\nreceipt:1\n\nx^@", p.queue())
				c.refused()
			},
		}, {
			"frames.repeated-header", "sends a header twice; receives the first value as the first, or alone",
			on("1.1 1.2", should, "Repeated Header Entries", "If a client or a server receives repeated frame header entries, only the first header entry SHOULD be used as the value of header entry."),
			func(p *probe) {
				c, q := p.connect(), p.queue()
				c.send("SEND\ndestination:%s\ndestination:%s\nfoo:World\nfoo:Hello\nreceipt:1\nreceipt:2\n\nx^@", q, p.queue())
				c.receipt("1")
				c.subscribe("0", q)
				c.expect("MESSAGE", "foo", "World")
			},
		},
	}
}

func (p *probe) wantHeader(f *frame, name, value string) {
	if !p.over() && !f.is(name, value) {
		p.fail("a header "+clip(name+":"+value), "%v", f)
	}
}

func checkCRLF(p *probe) {
	c := p.dial()
	lines := []string{"CONNECT", "accept-version:1.2", "host:" + p.o.Host}
	if p.o.Login != "" {
		lines = append(lines, "login:"+p.o.Login, "passcode:"+p.o.Passcode)
	}
	c.send(strings.Join(lines, "\r\n") + "\r\n\r\n^@\r\n")
	c.expectConnected(v12)
	q := p.queue()
	c.send("SEND\r\ndestination:%s\r\nfoo:bar\r\nreceipt:1\r\n\r\nline\r\n^@\r\n", q)
	c.receipt("1")
	c.send("SUBSCRIBE\r\nid:0\r\ndestination:%s\r\n\r\n^@\r\n", q)
	c.expect("MESSAGE", "foo", "bar", "body", "line\r\n")
}
