package nats

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/websocket"
)

const (
	// webMessage bounds one message in a WebSocket, of which nothing is kept: protocol lines are
	// bounded by themselves.
	webMessage = 64 << 20
)

// greet takes off what is around the client's lines and sends INFO. All of it has the
// time for CONNECT.
func (c *conn) greet() error {
	g := c.gateway
	if err := c.raw.SetDeadline(time.Now().Add(g.limits.AuthTimeout)); err != nil {
		return err
	}
	nc, err := c.unwrap()
	if err != nil {
		return err
	}
	if _, err := nc.Write(g.info.line(c, false)); err != nil {
		return err
	}
	if g.tls != nil && !c.secure {
		if nc, err = c.startTLS(); err != nil {
			return err
		}
	}
	c.out.to = nc
	c.reader = wire.NewReader(&gathering{nc, c}, wire.Limits{ControlLine: g.limits.ControlLine, Payload: min(g.limits.Payload, g.limits.LoginSize)})
	return c.life.begin(c.raw)
}

// unwrap does what must be done before INFO: TLS, if it comes first, and WebSocket.
func (c *conn) unwrap() (nc net.Conn, err error) {
	g, nc := c.gateway, c.raw
	if g.tls != nil && !c.secure && (g.first || c.web) {
		if nc, err = c.startTLS(); err != nil {
			return nil, err
		}
		c.secure = true
	}
	if !c.web {
		return nc, nil
	}
	ws, err := websocket.Accept(nc, &websocket.Options{
		HeaderBytes: g.limits.LoginSize, Origins: g.origins, OriginsSetting: "nats_ws_origins",
		Message: webMessage, WriteTimeout: g.limits.WriteDeadline,
		Binary: true, // clients take no text, and INFO comes before they have said anything
		Cut:    func(p []byte) (int, bool) { return len(p), true },
	})
	return &web{ws, &c.life}, err
}

// web is a WebSocket that says at its end whether it is the server that goes.
type web struct {
	*websocket.Conn
	life *life
}

func (w *web) CloseWrite() error {
	if w.life.stopping.Load() {
		return w.GoAway()
	}
	return w.Conn.CloseWrite()
}

// startTLS shakes hands.
func (c *conn) startTLS() (net.Conn, error) {
	c.tls = tls.Server(c.raw, c.gateway.tls)
	return c.tls, c.tls.HandshakeContext(c.life.ctx)
}

// peer is who is at the other end of TLS.
func (c *conn) peer() protocols.Peer {
	if c.tls == nil {
		return protocols.Peer{}
	}
	s := c.tls.ConnectionState()
	return protocols.PeerOf(&s)
}

// expire ends a connection whose client has a certificate of which the time is over.
func (c *conn) expire() {
	c.gateway.log.Info("NATS client cut off: the time of its certificate is over", "remote", c.raw.RemoteAddr())
	c.close(errExpired)
}

// turnAway ends a connection that never came in. What HTTP has been answered is read first.
func (c *conn) turnAway(err error) {
	log := c.gateway.log.With("remote", c.raw.RemoteAddr(), "err", err)
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.life.stopping.Load() {
		c.gateway.tally.Add(settingLoginTimeout)
	}
	if r := new(websocket.Refused); !errors.As(err, &r) {
		log.Debug("no NATS client")
		c.raw.Close()
		return
	}
	log.Info("NATS WebSocket refused")
	c.out.hangUp()
	c.linger()
}
