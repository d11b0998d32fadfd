package nats

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
)

// conn is one client's connection. Its reader's goroutine owns the fields above
// mu but for those that are safe for all.
type conn struct {
	gateway   *Gateway
	panics    *panics.Guard // says in the log who it is
	id        uint64
	raw       net.Conn
	tls       *tls.Conn // nil: there is none
	secure    bool      // TLS from the first byte
	web       bool      // in a WebSocket
	nonce     string    // for the client to sign; "" when nobody has to say who he is
	reader    *wire.Reader
	out       *outbound
	principal protocols.Principal
	unwatch   func() bool // ends the look-out for a principal that is revoked
	unshift   func()      // ends that for rights that have become others
	unexpire  func() bool // ends that for the end of the client's certificate
	options   wire.Options
	said      bool   // CONNECT has come
	published string // the last subject that was published to
	client    atomic.Pointer[jetstream.Client]
	life      life
	seat      quota.Seat
	user      *quota.User // whose limits hold for it; nil: nobody's

	mu   sync.Mutex // over what follows
	subs map[string]*subscription
}

func newConn(g *Gateway, nc net.Conn, id uint64, web bool) *conn {
	c := &conn{gateway: g, id: id, raw: nc, web: web, options: wire.DefaultOptions(), subs: make(map[string]*subscription), unwatch: func() bool { return true }, unshift: func() {}}
	c.unexpire = c.unwatch
	c.tls, c.secure = nc.(*tls.Conn)
	if g.info.AuthRequired {
		c.nonce = newNonce()
	}
	c.panics = g.panics.Of(c)
	c.out = newOutbound(nc, &g.limits, c.drained)
	c.out.panics, c.out.failed, c.out.all = c.panics, c.fail, &g.waits
	c.life.init()
	return c
}

// LogValue implements slog.LogValuer.
func (c *conn) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("remote", c.raw.RemoteAddr()), slog.Uint64("cid", c.id))
}

// serve serves the client until one of both ends it.
func (c *conn) serve() {
	defer c.life.cancel()
	if err := c.panics.Run(c.greet); err != nil {
		c.turnAway(err)
		return
	}
	c.out.share(&c.gateway.crew)
	written := make(chan struct{})
	// The goroutine ends when the connection ends, which the reader does below.
	go func() {
		defer close(written)
		defer c.life.hurry() // who cannot be told anything any more is not to be slowed
		defer c.panics.Catch(c.fail)
		c.out.write()
	}()
	c.startTimers()
	c.unexpire = c.peer().OnExpiry(c.caught(c.expire))
	err := c.panics.Run(c.read)
	if err == panics.Err {
		err = errInternal
	}
	_ = c.panics.Run(func() error { c.end(err); return nil }) // it has ended all the same
	<-written
	c.out.forget()
	c.linger()
	c.logEnd(err)
}

// linger reads away what the client still sends until it has seen the end, for a
// while, and closes the connection.
func (c *conn) linger() {
	defer c.raw.Close()
	_ = c.raw.SetReadDeadline(time.Now().Add(lingerTime)) // of a closed connection, Copy fails
	_, _ = io.Copy(io.Discard, io.LimitReader(c.raw, lingerBytes))
}

// refuse ends a connection that is one too many, with a word if that needs no handshake.
func (c *conn) refuse(why closing) {
	defer c.life.cancel()
	defer c.linger()
	if !c.web && !c.gateway.first {
		_ = c.raw.SetDeadline(time.Now().Add(c.gateway.limits.AuthTimeout))
		_, _ = c.raw.Write(wire.AppendErr(c.gateway.info.line(c, false), string(why)))
	}
	c.out.hangUp()
}

// read handles frames one after the other.
func (c *conn) read() error {
	for {
		f, err := c.reader.Read()
		if c.principal == nil && errors.Is(err, wire.ErrPayload) {
			// It must say who it is first; that is what it is told.
			if c.gateway.info.AuthRequired {
				c.gateway.tally.Add(settingLoginSize)
			}
			if err = c.authenticate(&c.options); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		c.life.active.Store(true)
		c.life.busy.Store(true)
		if err := c.handle(f); err != nil {
			return err
		}
		c.pace(f)
		c.life.busy.Store(false)
	}
}

func (c *conn) handle(f *wire.Frame) error {
	if c.principal == nil && f.Verb != wire.Connect {
		// nats-server serves whoever needs no credentials without a CONNECT.
		if err := c.authenticate(&c.options); err != nil {
			return err
		}
	}
	switch f.Verb {
	case wire.Connect:
		return c.connect(f)
	case wire.Ping:
		c.out.line(wire.PongLn)
	case wire.Pong:
	case wire.Pub, wire.HPub:
		return c.publish(f)
	case wire.Sub:
		c.subscribe(f)
	case wire.Unsub:
		c.unsubscribe(f)
	}
	return nil
}

// connect takes CONNECT. A further one begins anew, as another user perhaps: the
// subscriptions made until then end, as in nats-server.
func (c *conn) connect(f *wire.Frame) error {
	o, err := c.options.With(f.JSON)
	if err != nil {
		return err
	}
	if c.said {
		c.unsubscribeAll(c.client.Load())
	}
	c.said = true
	if err := c.authenticate(&o); err != nil {
		return err
	}
	switch {
	case o.Account != "":
		return fmt.Errorf("%w: account %q: there are none", errAuthorization, o.Account)
	case o.Protocol < 0 || o.Protocol > 1:
		return errClientProtocol
	case o.NoResponders && !o.Headers:
		return errNoHeaders
	}
	c.options = o
	c.out.headers.Store(o.Headers)
	c.life.hears.Store(o.Protocol > 0)
	c.ok()
	return nil
}

// ok answers what has been done, when the client wants to hear it.
func (c *conn) ok() {
	if c.options.Verbose {
		c.out.line(wire.OK)
	}
}

// complain tells the client what has not been done. The connection goes on.
func (c *conn) complain(text string) { c.out.line(string(wire.AppendErr(nil, text))) }

// end gives up everything that the client has here, whatever panics on the way.
func (c *conn) end(err error) {
	client := c.client.Load()
	defer c.bye(err)
	defer c.seat.Leave()
	defer c.unsubscribeAll(client)
	defer c.life.stop()
	c.unwatch()
	c.unshift()
	c.unexpire()
	if client != nil {
		client.Close()
		if c.life.stopping.Load() {
			// Its inboxes are still heard: what it has published is answered.
			_ = client.Settle(c.life.ctx) // ends with Shutdown's context
		}
	}
}

// bye tells the client why the connection ends, where there are words for it.
func (c *conn) bye(err error) {
	defer c.out.finish()
	if words := inWords(err); words != "" {
		c.complain(string(words))
	}
}

func (c *conn) logEnd(err error) {
	c.count(err)
	log := c.gateway.log.With("remote", c.raw.RemoteAddr(), "client", c.options.Name)
	switch {
	case c.out.wasSlow():
		log.Warn("slow NATS client cut off", "pending", c.out.pending.Load())
	case errors.Is(err, errInternal): // it is in the log
	case inWords(err) != "":
		log.Info("NATS connection refused", "err", err)
	default:
		log.Debug("NATS connection ended", "err", err)
	}
}

// drained lets deliveries go on that passed the client by.
func (c *conn) drained() {
	if client := c.client.Load(); client != nil {
		client.Drained()
	}
}

// close ends the connection from outside of its reader.
func (c *conn) close(why closing) {
	if why == errAuthTimeout {
		c.gateway.tally.Add(settingLoginTimeout)
	}
	c.complain(string(why))
	c.out.finish()
	c.life.hurry()
	_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // of a closed connection, it does not matter
}

// sayGoodbye tells the client that the server will go.
func (c *conn) sayGoodbye() {
	if c.life.hears.Load() {
		c.out.line(string(c.gateway.info.line(c, true)))
	}
}

// stop makes the reader stop. What the client has published is answered yet.
func (c *conn) stop() {
	defer c.panics.Catch(c.fail)
	c.life.stopping.Store(true)
	c.life.hurry()
	_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // of a closed connection, it does not matter
}

// abort ends the connection at once.
func (c *conn) abort() {
	defer c.panics.Catch(nil)
	defer c.raw.Close()
	c.life.cancel()
	c.life.hurry()
	c.out.abort()
}

// fail ends the connection after a panic in a goroutine that is not its reader's. It does not block.
func (c *conn) fail() {
	defer c.panics.Catch(nil)
	c.life.cancel()
	c.life.hurry()
	c.out.abort()
	_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // of a closed connection, it does not matter
}

// caught is f for a goroutine of its own.
func (c *conn) caught(f func()) func() {
	return func() {
		defer c.panics.Catch(c.fail)
		f()
	}
}
