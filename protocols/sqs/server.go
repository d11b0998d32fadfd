package sqs

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
)

// newServer leaves deadlines to net/http, which sets them anyway. None of them ends
// a long poll: that of reading is over with the body, and an answer that comes
// late gets a new one, see call.write.
func (g *Gateway) newServer() *http.Server {
	return &http.Server{
		Handler:           http.HandlerFunc(g.serveHTTP),
		ReadHeaderTimeout: g.Limits.HeaderTimeout,
		ReadTimeout:       g.Limits.BodyTimeout,
		WriteTimeout:      g.Limits.WriteTimeout,
		IdleTimeout:       g.Limits.IdleTimeout,
		MaxHeaderBytes:    2 * g.Limits.HeaderBytes, // what is longer than once is told so in the client's form
		// "OPTIONS *" is answered in the client's form, as any method that SQS does not have.
		DisableGeneralOptionsHandler: true,
		ConnState:                    g.follow,
		ConnContext:                  g.enter,
		ErrorLog:                     log.New(g.guard.HTTPLog(slog.NewLogLogger(g.Log.Handler(), slog.LevelDebug).Writer()), "", 0),
	}
}

// enter is what net/http calls for each connection, from Serve's goroutine.
func (g *Gateway) enter(ctx context.Context, nc net.Conn) context.Context {
	return g.withVisitor(g.conns.seats.Enter(ctx, nc), nc)
}

// follow is what net/http calls for each change of a connection, also from Serve's goroutine.
func (g *Gateway) follow(nc net.Conn, s http.ConnState) {
	defer g.guard.Catch(func() { nc.Close() })
	g.conns.state(nc, s)
}

// Serve implements protocols.Gateway.
func (g *Gateway) Serve(l net.Listener) error {
	if err := g.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown implements protocols.Gateway. Long polls are answered with no messages.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.close()
	g.conns.closeFresh()
	err := g.server.Shutdown(ctx)
	if err != nil {
		// The clients that are left get no answer: ctx says there is no time.
		err = errors.Join(err, g.server.Close())
	}
	return err
}

// conns counts connections and remembers those that have not sent a request yet:
// net/http waits five seconds for these when it shuts down.
type conns struct {
	door     *door.Door
	seats    quota.Seats
	tally    *tally.Tally
	patience time.Duration // with who sends no header

	mu     sync.Mutex
	leave  map[net.Conn]func() // of those that the door has let in
	fresh  map[net.Conn]struct{}
	closed bool
}

// state follows a connection through its life; net/http calls it.
func (c *conns) state(nc net.Conn, s http.ConnState) {
	if s == http.StateIdle {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew:
		if c.closed || !c.enter(nc) {
			nc.Close() // net/http sees that at its first read
			return
		}
		c.fresh[nc] = struct{}{}
	case http.StateActive:
		delete(c.fresh, nc)
	case http.StateClosed, http.StateHijacked:
		delete(c.fresh, nc)
		if unused := c.seats.Leave(nc); unused >= c.patience && !c.closed {
			c.tally.Add(settingHeaderTimeout)
		}
		if leave := c.leave[nc]; leave != nil {
			leave()
			delete(c.leave, nc)
		}
	}
}

// enter counts a connection, if it may come in. c.mu is held.
func (c *conns) enter(nc net.Conn) bool {
	leave, err := c.door.Enter(nc.RemoteAddr())
	if err != nil {
		return false
	}
	if c.fresh == nil {
		c.leave, c.fresh = make(map[net.Conn]func()), make(map[net.Conn]struct{})
	}
	c.leave[nc] = leave
	return true
}

func (c *conns) closeFresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for nc := range c.fresh {
		nc.Close()
	}
}
