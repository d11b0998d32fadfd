package admin

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
)

// conns counts the connections of the listener.
type conns struct {
	door     *door.Door // nil: it lets everybody in
	seats    quota.Seats
	tally    *tally.Tally
	patience time.Duration // with who sends no header

	mu      sync.Mutex // over what follows
	leave   map[net.Conn]func()
	closing bool
}

// state follows a connection through its life; net/http calls it.
func (c *conns) state(nc net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		c.enter(nc)
	case http.StateClosed, http.StateHijacked:
		c.left(nc)
	}
}

// enter counts a connection, or closes it, which net/http sees at its first read.
func (c *conns) enter(nc net.Conn) {
	if c.door == nil {
		return
	}
	leave, err := c.door.Enter(nc.RemoteAddr())
	if err != nil {
		nc.Close()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == nil {
		c.leave = make(map[net.Conn]func())
	}
	c.leave[nc] = leave
}

func (c *conns) left(nc net.Conn) {
	unused := c.seats.Leave(nc)
	c.mu.Lock()
	defer c.mu.Unlock()
	if unused >= c.patience && !c.closing {
		c.tally.Add(settingHeaderTimeout)
	}
	if leave := c.leave[nc]; leave != nil {
		leave()
		delete(c.leave, nc)
	}
}

// close says that connections end now for no fault of theirs.
func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
}
