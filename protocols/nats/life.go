package nats

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// life is how long a connection lasts.
type life struct {
	ctx      context.Context
	cancel   context.CancelFunc
	stopping atomic.Bool   // Shutdown has begun
	active   atomic.Bool   // something has come since the last look
	busy     atomic.Bool   // the reader waits for a slow disk, say, and not for the client
	hears    atomic.Bool   // takes an INFO at any time
	hurried  chan struct{} // closed when nothing is to be waited for before the next read
	once     sync.Once     // over closing it

	mu    sync.Mutex // over what follows
	ended bool
	ping  *time.Timer
	auth  *time.Timer
	pings int
}

func (l *life) init() {
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.hurried = make(chan struct{})
}

// hurry has the reader wait for nothing before its next read.
func (l *life) hurry() { l.once.Do(func() { close(l.hurried) }) }

// begin lifts the deadline of the greeting, unless the connection is to stop.
func (l *life) begin(raw net.Conn) error {
	if err := raw.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if l.stopping.Load() {
		return raw.SetReadDeadline(time.Unix(1, 0))
	}
	return nil
}

// stop ends the timers.
func (l *life) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for _, t := range []*time.Timer{l.ping, l.auth} {
		if t != nil {
			t.Stop()
		}
	}
}

// startTimers watches that the client says who it is, and that it lives.
func (c *conn) startTimers() {
	l, limits := &c.life, &c.gateway.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ping = time.AfterFunc(limits.PingInterval, c.caught(c.look))
	if c.gateway.info.AuthRequired {
		l.auth = time.AfterFunc(limits.AuthTimeout, c.caught(func() {
			if c.client.Load() == nil {
				c.close(errAuthTimeout)
			}
		}))
	}
}

// look pings a client that has been silent, and ends one that stays so.
func (c *conn) look() {
	l, limits := &c.life, &c.gateway.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return
	case l.active.Swap(false), l.busy.Load():
		l.pings = 0
	case l.pings >= limits.PingsOut:
		c.close(errStale)
		return
	default:
		l.pings++
		c.out.line(wire.PingLn)
	}
	l.ping.Reset(limits.PingInterval)
}
