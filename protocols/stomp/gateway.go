package stomp

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/socket"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore"
)

// Options are the settings of a Gateway; zero fields are the defaults.
type Options struct {
	Auth protocols.Authenticator // nil: everybody may do everything
	Log  *slog.Logger            // nil: slog.Default
	// Audit is told of logins, denials and what changes queues (nil: nobody is).
	Audit protocols.Audit
	// Payloads is where bodies lie that messages point to (nil: pointers are passed on).
	Payloads protocols.Payloads
	Server   string // what the server calls itself: name, "/" and version. Empty: Sluice
	// Dialect is the broker whose names and habits the clients know. The zero value is
	// the plain dialect.
	Dialect mapping.STOMPDialect
	// Nack is what NACK means, whatever the dialect says; empty: what it says.
	Nack mapping.STOMPNack
	// Rules change the configuration of queues that are made by their use, the
	// dead-letter queues made with them included; nil: none do. It may be called from any goroutine.
	Rules func(queue string, c queuecore.QueueConfig) queuecore.QueueConfig
	// Lenient leaves connections open after an ERROR that is about what a frame asks for,
	// as ActiveMQ, Artemis and RabbitMQ do. The standard has every ERROR close them.
	Lenient bool
	// TLS is for clients whose first bytes are a handshake (nil: they are cut off).
	TLS *tls.Config
	// Plain says whose clients may do without TLS.
	Plain Plain
	// Origins are what pages may open a WebSocket from, such as https://app.example.com;
	// "*": from any. Pages of the very address and port that they call always may.
	Origins []string
	Limits  Limits
	// Bounds are shared with other gateways (nil: they are this one's own, by Limits).
	Bounds *Bounds
	Panics *panics.Count // counts panics (nil: nobody asks how many)
	// Quotas are the limits of users, shared with other gateways (nil: users have none).
	Quotas *quota.Book
	// Tally counts what is refused because of a limit (nil: nobody does).
	Tally *tally.Tally
}

// Plain says where clients may come from that do not speak TLS.
type Plain uint8

// They may come from everywhere, from this machine, or not at all.
const (
	PlainFromAll Plain = iota
	PlainFromHere
	PlainFromNobody
)

// Gateway serves STOMP clients from one broker.
type Gateway struct {
	broker  *queuecore.Broker
	options Options
	habits  mapping.STOMPHabits
	ctx     context.Context // ends with errShutdown
	stop    context.CancelCauseFunc
	all     sync.WaitGroup // every connection
	buffers buffers
	bounds  *Bounds
	crew    socket.Crew // writes to connections that keep up
	panics  *panics.Guard
	clients clients

	mu        sync.Mutex // over what follows
	closing   bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
	refusing  int // connections over the limit that are being told so
}

var _ protocols.Gateway = (*Gateway)(nil)

// New returns a gateway to b, which must outlive it.
func New(b *queuecore.Broker, o Options) *Gateway {
	if o.Auth == nil {
		o.Auth = everybody{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Server = oneLine(o.Server); o.Server == "" {
		o.Server = "Sluice"
	}
	o.Limits = o.Limits.withDefaults()
	g := &Gateway{
		broker: b, options: o, habits: o.Dialect.Habits().With(o.Nack), bounds: o.Bounds,
		listeners: make(map[net.Listener]struct{}), conns: make(map[net.Conn]struct{}),
		panics: panics.New(o.Log, o.Panics),
	}
	if g.bounds == nil {
		g.bounds = NewBounds(o.Limits)
	}
	g.ctx, g.stop = context.WithCancelCause(context.Background())
	return g
}

// Serve accepts connections from l until Shutdown, and then returns nil. It may
// be called for several listeners, and closes l before it returns.
func (g *Gateway) Serve(l net.Listener) error {
	if !g.open(l) {
		return l.Close()
	}
	defer g.forget(l)
	var pause time.Duration
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			g.admit(nc)
		case g.ctx.Err() != nil:
			return nil
		case !passes(err):
			return err
		default:
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			g.options.Log.Warn("stomp: accepting failed; trying again", "err", err, "in", pause)
			g.wait(pause)
		}
	}
}

// passes reports whether a listener can be expected to work again after err.
func passes(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) ||
		errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.ENOMEM)
}

func (g *Gateway) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-g.ctx.Done():
	}
}

func (g *Gateway) open(l net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closing {
		g.listeners[l] = struct{}{}
	}
	return !g.closing
}

func (g *Gateway) forget(l net.Listener) {
	_ = l.Close() // Shutdown may have done it
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.listeners, l)
}

// admit starts a connection, or a short one that says why not.
func (g *Gateway) admit(nc net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		_ = nc.Close()
		return
	}
	leave, full := g.bounds.enter(nc)
	if full != nil {
		if g.refusing >= refusals {
			_ = nc.Close()
			return
		}
		g.refusing++
		leave = func() {}
	}
	g.conns[nc] = struct{}{}
	g.all.Add(1)
	// Ends with the connection, which ends by its client, an error of its own or Shutdown.
	go func() {
		defer g.remove(nc, full != nil)
		defer leave()
		defer g.panics.Catch(func() { _ = nc.Close() })
		c := newConn(g, nc)
		if full != nil {
			defer c.stop(full)
			c.reject(full)
			linger(nc, g.options.Limits.Linger)
			return
		}
		c.run()
	}()
}

func (g *Gateway) remove(nc net.Conn, refused bool) {
	_ = nc.Close()
	g.mu.Lock()
	delete(g.conns, nc)
	if refused {
		g.refusing--
	}
	g.mu.Unlock()
	g.all.Done()
}

// Shutdown stops accepting and handing out, answers what has come in, sends each
// client an ERROR frame and closes its connection; what a client holds goes
// back to its queue. It returns when all connections are gone. When ctx ends
// first, it cuts them and returns ctx's error.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	g.closing = true
	g.stop(errShutdown)
	for l := range g.listeners {
		_ = l.Close() // Serve sees it
	}
	g.mu.Unlock()
	gone := make(chan struct{})
	// Ends with the last connection.
	go func() {
		g.all.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		g.cut()
		return ctx.Err()
	}
}

// cut closes all sockets.
func (g *Gateway) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for nc := range g.conns {
		_ = nc.Close() // its connection sees it
	}
}

// everybody is the authenticator and the principal of a gateway without either.
type everybody struct{}

func (everybody) Authenticate(context.Context, protocols.Credentials) (protocols.Principal, error) {
	return everybody{}, nil
}
func (everybody) Name() string                                     { return "" }
func (everybody) May(protocols.Action, queuecore.Destination) bool { return true }
