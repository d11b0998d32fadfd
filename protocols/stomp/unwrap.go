package stomp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/websocket"
)

// wrapping is what a client has put around STOMP.
type wrapping int

const (
	plain wrapping = iota
	inTLS
	inHTTP // which becomes a WebSocket
)

// unwrap looks at the first bytes and takes off what is around STOMP, all within the
// time for the login. For plain STOMP it is a look at what is in the buffer of
// the frame reader. The error is told to nobody but the log: whoever is not in cannot
// read an ERROR frame.
func (c *conn) unwrap() error {
	c.source.until = time.Now().Add(c.gateway.options.Limits.LoginTimeout)
	w := c.look()
	if w == inTLS {
		if err := c.startTLS(); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		if w = c.look(); w == inTLS {
			w = plain // which it is not: the frame reader says so
		}
	}
	if w == inHTTP {
		return c.startWebSocket()
	}
	return nil
}

// look tells by the first bytes what comes. No command of STOMP begins like a method
// of HTTP or a record of TLS. What does not come in time or at all, the login finds out.
func (c *conn) look() wrapping {
	b, err := c.reader.Peek(1)
	if err != nil || strings.IndexByte("\x16GHPOD", b[0]) < 0 {
		return plain
	}
	if b[0] == 0x16 {
		if b, err = c.reader.Peek(2); err == nil && b[1] == 3 {
			return inTLS
		}
		return plain
	}
	if b, err = c.reader.Peek(4); err != nil {
		return plain
	}
	switch string(b) {
	case "GET ", "HEAD", "POST", "PUT ", "PATC", "OPTI", "DELE", "PRI ":
		return inHTTP
	}
	return plain
}

// errNoCertificate: a client speaks TLS where nobody has configured it.
var errNoCertificate = errors.New("a client began a TLS handshake, and no certificate is configured")

// startTLS shakes hands.
func (c *conn) startTLS() error {
	config := c.gateway.options.TLS
	if config == nil {
		return errNoCertificate
	}
	t := tls.Server(c.rewound(), config)
	ctx, cancel := context.WithDeadline(c.ctx, c.source.until)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	c.over(t)
	s := t.ConnectionState()
	c.secure, c.peer = true, protocols.PeerOf(&s)
	c.unexpire = c.peer.OnExpiry(func() { c.stop(errExpired) })
	return nil
}

// mayBePlain refuses a client without TLS where it needs it. What it has said has been read by
// then, here and by others on its way.
func (c *conn) mayBePlain() error {
	plain := c.gateway.options.Plain
	if c.secure || plain == PlainFromAll || plain == PlainFromHere && isHere(c.raw.RemoteAddr()) {
		return nil
	}
	why := "This address is for clients of this machine, if they do not speak TLS."
	if plain == PlainFromNobody {
		why = "This address is for clients that speak TLS and show a certificate."
	}
	return &refusal{message: "TLS is required", detail: why + " What the connection has carried until now, a passcode included, went unencrypted.", ends: true}
}

// isHere reports whether an address is of this machine. One that is none of IP is.
func isHere(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// startWebSocket answers an HTTP request.
func (c *conn) startWebSocket() error {
	limits := &c.gateway.options.Limits
	// A request that is late is answered.
	if err := c.net.SetWriteDeadline(c.source.until.Add(limits.Linger)); err != nil {
		return lost(err)
	}
	cut := &cutter{}
	ws, err := websocket.Accept(c.rewound(), &websocket.Options{
		HeaderBytes: limits.ConnectBytes,
		Paths:       []string{"/", "/ws", "/stomp"},
		Protocols:   []string{"v12.stomp", "v11.stomp", "v10.stomp"},
		Origins:     c.gateway.options.Origins, OriginsSetting: "stomp_ws_origins",
		Message: loginMessage, WriteTimeout: limits.WriteTimeout,
		Cut: cut.next,
	})
	if err != nil {
		return err
	}
	c.lift = func() { ws.SetMessageLimit(maxMessage) }
	c.over(&web{Conn: ws, c: c})
	return nil
}

// over has what follows come through nc.
func (c *conn) over(nc net.Conn) {
	c.net, c.source.net = nc, nc
	c.reader.Reset(c.source)
}

// inWebSocket reports whether STOMP comes in messages, which need nothing to tell them apart.
func (c *conn) inWebSocket() bool {
	_, is := c.net.(*web)
	return is
}

// rewound is the stream with what has been read off it still to come.
func (c *conn) rewound() net.Conn { return &rewound{Conn: c.net, head: c.reader.Buffered()} }

type rewound struct {
	net.Conn
	head []byte
}

func (r *rewound) Read(p []byte) (int, error) {
	if len(r.head) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.head)
	r.head = r.head[n:]
	return n, nil
}

// CloseWrite ends our half of the connection, if it can be ended.
func (r *rewound) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// web is a WebSocket that a connection has been told of.
type web struct {
	*websocket.Conn
	c      *conn
	broken bool // there has been a violation; for who reads
}

// Read logs what the client has done wrong: that is no frame which could be answered.
func (w *web) Read(p []byte) (int, error) {
	if w.broken {
		return w.Conn.Conn.Read(p) // for linger: what nobody reads would reset the socket
	}
	n, err := w.Conn.Read(p)
	if err != nil {
		var v *websocket.Violation
		if w.broken = errors.As(err, &v); w.broken {
			w.c.log.Info("stomp: the WebSocket is closed", "err", v)
		}
	}
	return n, err
}

// CloseWrite says by its code whether it is the server that goes.
func (w *web) CloseWrite() error {
	if w.c.gateway.ctx.Err() != nil {
		return w.GoAway()
	}
	return w.Conn.CloseWrite()
}

// turnedAway logs why a client has not come in.
func (c *conn) turnedAway(err error) {
	var r *websocket.Refused
	late := errors.As(err, &r) && r.Status == http.StatusRequestTimeout
	if late || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		c.gateway.options.Tally.Add(errLogin.limit)
	}
	switch {
	case errors.Is(err, errNoCertificate):
		c.log.Warn("stomp: connection closed", "err", err)
	case errors.As(err, &r):
		c.log.Info("stomp: no WebSocket", "status", r.Status, "why", r.Sentence)
	default:
		c.log.Info("stomp: a client was turned away", "err", err)
	}
}
