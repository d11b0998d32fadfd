package hostile

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Way is one way into a server: a port, what lies around the dialect there, and what the
// dialect's clients say.
type Way struct {
	Name string
	addr func(*Server) string
	wrap func(net.Conn) (net.Conn, error) // nil: nothing lies around

	half    string   // the beginning of the first thing a client says
	endless string   // what can be gone on with for ever by " " before it has logged in
	login   string   // all that must be said, and
	in      string   // what comes once it is
	cheap   string   // a request that is soon said, %d is for a number
	ears    string   // what has much come, said once
	thirst  string   // a request that brings much, %d is for a number
	huge    []string // claims
	bulk    string   // what follows a claim, again and again
	broken  []string // what is wrong
}

// Ways returns every way in.
func Ways() []*Way {
	stomp := Way{
		addr: func(s *Server) string { return s.STOMP },
		half: "CONN", endless: "CONNECT\naccept-version:1.2\nx:", login: "CONNECT\naccept-version:1.2\nhost:x\n\n\x00", in: "CONNECTED",
		cheap:  "SEND\ndestination:/queue/flood\nexpires:1\nreceipt:%d\n\nx\x00",
		ears:   "SUBSCRIBE\nid:1\ndestination:/topic/deaf\n\n\x00",
		thirst: "SEND\ndestination:/topic/deaf\nreceipt:%d\n\n" + strings.Repeat("x", 16<<10) + "\x00",
		huge: []string{
			"SEND\ndestination:/queue/huge\ncontent-length:1000000000\n\n", "SEND\ndestination:/queue/huge\n\n",
			"SEND\nx:", "SEND\ndestination:/queue/huge\ncontent-length:99999999999999999999999\n\n",
		},
		bulk:   strings.Repeat("huge\n:", 10<<10),
		broken: []string{"EAT\n\n\x00", "SEND\n\n\x00", "SEND\nno colon\n\n\x00", "\x00\x00\xff\xfe\n\n\x00", "ACK\nid:nothing\n\n\x00", "SUBSCRIBE\nid:1\ndestination:/queue/x\nselector:a = = b\n\n\x00"},
	}
	nats := Way{
		addr: func(s *Server) string { return s.NATS },
		half: "CONN", endless: "CONNECT {\"x\":\"", login: "CONNECT {\"verbose\":false,\"headers\":true,\"protocol\":1}\r\nPING\r\n", in: "PONG",
		cheap:  "PUB flood.%d 1\r\nx\r\n",
		ears:   "SUB deaf.> 1\r\n",
		thirst: "PUB deaf.%d 16384\r\n" + strings.Repeat("x", 16<<10) + "\r\n",
		huge:   []string{"PUB huge 100000000\r\n", "PUB huge 99999999999999999999\r\n", "HPUB huge 10 100000000\r\n", "SUB "},
		bulk:   strings.Repeat("huge", 16<<10),
		broken: []string{"EAT\r\n", "PUB\r\n", "PUB a b c d e\r\n", "HPUB x 5 2\r\nxx\r\n", "\x00\xff\r\n", "CONNECT {not json}\r\n"},
	}
	sqs := httpWay("sqs", func(s *Server) string { return s.SQS }, "/", `{"QueueName":"flood"}`)
	admin := httpWay("admin", func(s *Server) string { return s.Admin }, "/livez", "")
	admin.cheap = "GET /livez?%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
	admin.thirst = "GET /metrics?%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
	return []*Way{
		named("stomp", stomp, nil, nil), named("stomp-tls", stomp, handshake, nil), named("stomp-ws", stomp, upgrade("/stomp", "v12.stomp"), nil),
		named("nats", nats, nil, nil), named("nats-ws", nats, upgrade("/", ""), func(s *Server) string { return s.Web }),
		sqs, admin,
	}
}

func named(name string, w Way, wrap func(net.Conn) (net.Conn, error), addr func(*Server) string) *Way {
	w.Name, w.wrap = name, wrap
	if addr != nil {
		w.addr = addr
	}
	switch {
	case strings.HasSuffix(name, "-ws"):
		w.half = "GET / HTTP/1.1\r\nHost: "
	case wrap != nil:
		w.half = "\x16\x03\x01\x02\x00\x01" // of a ClientHello
	}
	return &w
}

// httpWay is for ports that speak HTTP.
func httpWay(name string, addr func(*Server) string, path, body string) *Way {
	head := "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.%s\r\n"
	request := func(action, body string) string {
		return fmt.Sprintf(head, action) + "X-Number: %d\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
	}
	return &Way{
		Name: name, addr: addr, half: "POST / HT", endless: "POST / HTTP/1.1\r\nHost: localhost\r\nX: ",
		cheap: request("CreateQueue", body), thirst: request("ListQueues", "{}"),
		huge: []string{
			fmt.Sprintf(head, "SendMessage") + "Content-Length: 1000000000\r\n\r\n",
			fmt.Sprintf(head, "SendMessage") + "Transfer-Encoding: chunked\r\n\r\n3b9aca00\r\n",
			"POST / HTTP/1.1\r\nX: ",
		},
		bulk: strings.Repeat("huge", 16<<10),
		broken: []string{
			"EAT / HTTP/1.1\r\nHost: x\r\n\r\n", "\x00\x01\x02\r\n\r\n", fmt.Sprintf(head, "SendMessage") + "Content-Length: 3\r\n\r\n{{{",
			fmt.Sprintf(head, "Nothing") + "Content-Length: 2\r\n\r\n{}", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		},
	}
}

// dialTimeout bounds each step on the way in.
const dialTimeout = 10 * time.Second

// dial connects; ctx ends the connection, whenever that is.
func (w *Way) dial(ctx context.Context, s *Server) (*link, error) {
	d := net.Dialer{Timeout: dialTimeout}
	nc, err := d.DialContext(ctx, "tcp", w.addr(s))
	if err != nil {
		return nil, err
	}
	return &link{Conn: nc, raw: nc, undo: context.AfterFunc(ctx, func() { nc.Close() })}, nil
}

// link is a connection.
type link struct {
	net.Conn // what is said goes through it
	raw      net.Conn
	undo     func() bool
}

func (l *link) close() {
	l.undo()
	_ = l.raw.Close() // ctx may have done it
}

// enter connects, wraps and logs in.
func (w *Way) enter(ctx context.Context, s *Server) (*link, error) {
	l, err := w.dial(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := w.through(l); err != nil {
		l.close()
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	return l, nil
}

func (w *Way) through(l *link) (err error) {
	if err := l.raw.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return err
	}
	if w.wrap != nil {
		if l.Conn, err = w.wrap(l.raw); err != nil {
			return err
		}
	}
	if w.login != "" {
		if err := w.logIn(l); err != nil {
			return err
		}
	}
	return l.raw.SetDeadline(time.Time{})
}

func (w *Way) logIn(l *link) error {
	if _, err := io.WriteString(l, w.login); err != nil {
		return err
	}
	var got []byte
	for b := make([]byte, 4<<10); !bytes.Contains(got, []byte(w.in)); {
		n, err := l.Read(b)
		if got = append(got, b[:n]...); err != nil {
			return fmt.Errorf("%w after %.200q", err, got)
		}
	}
	return nil
}

func handshake(nc net.Conn) (net.Conn, error) {
	t := tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // whom hostile clients talk to is all the same to them
	return t, t.Handshake()
}

// upgrade opens a WebSocket. RFC 6455, section 4.1.
func upgrade(path, protocol string) func(net.Conn) (net.Conn, error) {
	return func(nc net.Conn) (net.Conn, error) {
		ask := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		if protocol != "" {
			ask += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
		}
		if _, err := io.WriteString(nc, ask+"\r\n"); err != nil {
			return nil, err
		}
		r := bufio.NewReader(nc)
		for first := true; ; first = false {
			line, err := r.ReadString('\n')
			switch {
			case err != nil:
				return nil, err
			case first && !strings.Contains(line, " 101 "):
				return nil, errors.New("no WebSocket: " + line)
			case line == "\r\n":
				return &webConn{nc, r}, nil
			}
		}
	}
}

// webConn writes binary messages, and reads the frames as they are: hostile clients look for words
// in them alone.
type webConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *webConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func (c *webConn) Write(p []byte) (int, error) {
	b := []byte{0x82, 0xff}
	b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
	switch {
	case len(p) < 126:
		b = []byte{0x82, 0x80 | byte(len(p))}
	case len(p) < 1<<16:
		b = binary.BigEndian.AppendUint16([]byte{0x82, 0xfe}, uint16(len(p)))
	}
	b = append(b, 0, 0, 0, 0) // a mask that changes nothing
	if _, err := c.Conn.Write(append(b, p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
