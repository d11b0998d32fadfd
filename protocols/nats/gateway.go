package nats

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/socket"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore"
)

// Options are the settings of a Gateway; nil and zero fields are the defaults.
type Options struct {
	// Auth says who clients are (nil: everybody may do everything).
	Auth protocols.Authenticator
	// Audit is told of logins, denials and what changes streams (nil: nobody is).
	Audit protocols.Audit
	// Log gets what concerns no single request (nil: slog.Default).
	Log *slog.Logger
	// Version is the nats-server version that INFO claims, by which libraries
	// decide what to use (empty: jetstream.Version). Below 2.11 much is not used.
	Version string
	// Name is the server's name in INFO (empty: its id).
	Name string
	// TLS makes clients upgrade after INFO, as NATS does. A listener that speaks
	// TLS from the first byte needs it not ("handshake first").
	TLS *tls.Config
	// TLSFirst has clients begin with TLS, before INFO: theirs are told to do so
	// ("handshake first"). WebSockets always do.
	TLSFirst bool
	// Origins are what pages may open a WebSocket from; see websocket.Options.
	Origins []string
	// LameDuck is how long Shutdown lets clients go by themselves once they are told, but at
	// most half of the time that it has. Zero: they are not waited for.
	LameDuck time.Duration
	// Payloads is where bodies lie that messages point to (nil: pointers are passed on).
	Payloads protocols.Payloads
	Limits   Limits
	// Door counts the connections, in the place of Limits.Connections (nil: the gateway's own does).
	Door *door.Door
	// Panics counts panics (nil: nobody asks how many).
	Panics *panics.Count
	// Quotas are the limits of users, shared with other gateways (nil: users have none).
	Quotas *quota.Book
	// Tally counts what is refused because of a limit (nil: nobody does).
	Tally *tally.Tally
}

// Gateway serves NATS clients from one broker.
type Gateway struct {
	auth   protocols.Authenticator
	audit  protocols.Audit // nil: nobody is told
	log    *slog.Logger
	limits Limits
	tls    *tls.Config
	first  bool // TLS comes before INFO
	duck   time.Duration
	info   info
	fabric *exchange
	engine *jetstream.Engine
	lastID atomic.Uint64
	crew   socket.Crew // writes to connections that keep up
	waits  waiting     // for all clients
	door   *door.Door
	panics *panics.Guard
	quotas *quota.Book
	tally  *tally.Tally

	origins []string // of pages that may open a WebSocket

	mu        sync.Mutex // over what follows
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	closing   bool
	refusing  int            // connections over the limit that are being told so
	serving   sync.WaitGroup // connections; grows only while not closing
}

var _ protocols.Gateway = (*Gateway)(nil)

// New returns a gateway to b.
func New(b *queuecore.Broker, o Options) *Gateway {
	g := &Gateway{
		auth: o.Auth, audit: o.Audit, log: o.Log, limits: o.Limits.withDefaults(), tls: o.TLS, fabric: new(exchange),
		first: o.TLSFirst && o.TLS != nil, duck: o.LameDuck, origins: o.Origins, quotas: o.Quotas, tally: o.Tally,
		listeners: make(map[net.Listener]struct{}), conns: make(map[*conn]struct{}),
	}
	if g.auth == nil {
		g.auth = everybody{}
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	g.waits.limit = int64(g.limits.AllPending)
	g.panics = panics.New(g.log, o.Panics)
	if g.door = o.Door; g.door == nil {
		g.door = door.New(door.Limits{All: g.limits.Connections})
	}
	g.info = newInfo(&o, &g.limits)
	g.info.AuthRequired = g.mustAuthenticate()
	g.engine = jetstream.New(b, g.fabric, jetstream.Options{Log: g.log, Payloads: o.Payloads, Panics: g.panics})
	return g
}

// Serve accepts clients from l until Shutdown, and then returns nil.
func (g *Gateway) Serve(l net.Listener) error { return g.accept(l, false) }

// ServeWebSocket is Serve for clients that open a WebSocket, on any path, in TLS if
// Options.TLS is set. It needs a listener of its own: in NATS the server speaks
// first, so that nothing a client says could tell what it is.
func (g *Gateway) ServeWebSocket(l net.Listener) error { return g.accept(l, true) }

func (g *Gateway) accept(l net.Listener, web bool) error {
	if !g.track(l) {
		l.Close()
		return nil
	}
	defer g.untrack(l)
	for delay := time.Duration(0); ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			delay = 0
			g.welcome(nc, web)
			continue
		case g.isClosing():
			return nil
		case !passes(err):
			return err
		}
		// Out of descriptors, most likely: some will be free again.
		delay = min(max(2*delay, 5*time.Millisecond), time.Second)
		g.log.Warn("a NATS client could not be accepted", "err", err, "again_in", delay)
		time.Sleep(delay)
	}
}

// passes reports whether an error of Accept is worth another try.
func passes(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

func (g *Gateway) track(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closing {
		g.listeners[l] = struct{}{}
	}
	return !g.closing
}

func (g *Gateway) untrack(l net.Listener) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.listeners, l)
}

func (g *Gateway) isClosing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closing
}

// welcome starts to serve a connection, or refuses it.
func (g *Gateway) welcome(nc net.Conn, web bool) {
	c := newConn(g, nc, g.lastID.Add(1), web)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		nc.Close()
		return
	}
	leave, full := g.door.Enter(nc.RemoteAddr())
	switch {
	case full == nil:
		g.conns[c] = struct{}{}
	case g.refusing >= refusals:
		nc.Close()
		return
	default:
		g.refusing++
	}
	g.serving.Add(1)
	// The goroutine ends with the connection, which the client or Shutdown ends.
	go func() {
		defer g.serving.Done()
		defer g.panics.Catch(func() { c.raw.Close() })
		if full != nil {
			defer g.refused()
			c.refuse(errTooManyConnections)
			return
		}
		defer leave()
		defer g.remove(c)
		c.serve()
	}()
}

func (g *Gateway) refused() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusing--
}

func (g *Gateway) remove(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}
