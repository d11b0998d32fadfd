package nats

import (
	"errors"
	"os"
	"time"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// What the operator calls the limits that are counted here.
const (
	settingLoginTimeout  = "nats_login_timeout"
	settingControlLine   = "nats_max_control_line"
	settingPayload       = "nats_max_payload"
	settingLoginSize     = "nats_max_login_size"
	settingSubscriptions = "nats_max_subscriptions"
	settingPending       = "nats_max_pending"
	settingWriteTimeout  = "nats_write_timeout"
)

// count counts the limit that has ended the connection, if it was one.
func (c *conn) count(err error) {
	t := c.gateway.tally
	switch {
	case c.out.wasSlow():
		t.Add(settingPending)
	case c.out.wasLate():
		t.Add(settingWriteTimeout)
	case errors.Is(err, wire.ErrControlLine):
		t.Add(settingControlLine)
	case errors.Is(err, wire.ErrPayload):
		t.Add(settingPayload)
	case errors.Is(err, errAuthTimeout):
		t.Add(settingLoginTimeout)
	}
}

// pace waits until the user may send again, who has just sent f: the connection is not read meanwhile.
// What was settled before does not wait with it.
func (c *conn) pace(f *wire.Frame) {
	if !c.user.Paced() || f.Verb == wire.Ping || f.Verb == wire.Pong {
		return
	}
	wait := c.user.Spend(len(f.Subject) + len(f.Reply) + len(f.Header) + len(f.Payload))
	if wait == 0 {
		return
	}
	c.client.Load().Flush() // that is there: the user is known
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.life.hurried:
	}
}

// isLate reports whether a write took too long.
func isLate(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
