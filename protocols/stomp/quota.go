package stomp

import (
	"errors"
	"time"

	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// belong makes the connection one of its user's.
func (c *conn) belong() (err error) {
	c.user, err = c.seat.Take(c.gateway.options.Quotas, c.who)
	c.txs.user = c.user
	return err
}

// giveUserBack gives back what the connection has of the user's, but for its seat.
func (c *conn) giveUserBack() {
	c.user.Give(quota.Subscriptions, len(c.subs.byID))
	c.user.Give(quota.Transactions, len(c.txs.open))
}

// pace waits until the user may send again, who has just sent f: the connection is not read
// meanwhile. What was settled before does not wait with it.
func (c *conn) pace(f *frame.Frame) error {
	if !c.user.Paced() {
		return nil
	}
	wait := c.user.Spend(frameBytes(f))
	if wait == 0 {
		return nil
	}
	if err := c.flushSettles(); err != nil {
		return err
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.ctx.Done():
		return c.cause(c.ctx.Err())
	}
}

// frameBytes is about what a frame took on the wire.
func frameBytes(f *frame.Frame) int {
	n := len(f.Command) + len(f.Body) + len("\n\n\x00")
	for _, h := range f.Headers {
		n += len(h.Name) + len(h.Value) + len(":\n")
	}
	return n
}

// overQuota puts what a user has too many of into the words of STOMP.
func overQuota(o *quota.Over) *refusal {
	return &refusal{message: "too many " + o.What, detail: sentence(o.Error()), ends: o.Setting != quota.SettingQueues}
}

// asQuota is errors.As for it.
func asQuota(err error) (*quota.Over, bool) {
	var o *quota.Over
	return o, errors.As(err, &o)
}
