package sqs

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// seat is that of the connection; nil: it came by none.
func (c *call) seat() *quota.Seat { return quota.SeatOf(c.r.Context()) }

// belong makes the connection one of the client's user, and counts the request, whose body has
// so many bytes, as his.
func (c *call) belong(bytes int) (err error) {
	if c.Quotas == nil || c.who == nil {
		return nil
	}
	if c.user, err = c.seat().Take(c.Quotas, c.who); err != nil {
		return err
	}
	return c.user.Afford(bytes)
}

// overQuota tells of a limit of the user. What passes by itself is throttled: SDKs then try again.
func (c *call) overQuota(o *quota.Over) *wire.Error {
	switch o.Setting {
	case quota.SettingQueues:
		return wire.Errorf(wire.OverLimit, "The specified action violates a limit. Reason: %s.", capital(o.Error()))
	case quota.SettingConnections:
		c.w.Header().Set("Connection", "close")
	}
	c.retryAfter(o.Wait)
	return wire.Errorf(wire.RequestThrottled, "The request was refused for now. Reason: %s.", capital(o.Error()))
}

// noteLock says after which time it is worth to log in again.
func (c *call) noteLock(err error) {
	var l *protocols.Locked
	if errors.As(err, &l) {
		c.retryAfter(l.For)
	}
}

// retryAfter is for clients that look at it. RFC 9110, section 10.2.3: seconds.
func (c *call) retryAfter(d time.Duration) {
	if d > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds()))))
	}
}
