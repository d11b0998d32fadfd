package stomp

import (
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// checkHost refuses a virtual host that is not there, where the dialect has such.
func (c *conn) checkHost(f *frame.Frame) error {
	host, _ := f.Header("host")
	if err := c.gateway.options.Dialect.Host(host); err != nil {
		return refuse("Bad CONNECT", "%s", sentence(strings.TrimSuffix(err.Error(), ": "+queuecore.ErrNotFound.Error())))
	}
	return nil
}

// checkHabits refuses a SUBSCRIBE to d that asks for what this server does not do.
func (c *conn) checkHabits(f *frame.Frame, d queuecore.Destination) error {
	for _, r := range c.gateway.habits.Refused {
		if h, _ := f.Header(r.Name); r.Matches(h, d) {
			return refuse("not supported", "This server does not serve the header %q of SUBSCRIBE with the value %q.", r.Name, h)
		}
	}
	return nil
}

// windowOverhead is what a message counts in a window besides its body.
const windowOverhead = 128

// windowBytes is what a delivery counts in a window.
func windowBytes(d *queuecore.Delivery) int { return len(d.Body) + windowOverhead }

// readPrefetch reads how much s may hold, from the headers that the dialect has for it.
func (c *conn) readPrefetch(f *frame.Frame, s *subscription) error {
	l := &c.gateway.options.Limits
	s.prefetch = l.Prefetch
	for _, p := range c.gateway.habits.Prefetch {
		h, ok := f.Header(p.Name)
		switch {
		case !ok:
			continue
		case p.Bytes:
			return s.readWindow(p.Name, h, l)
		}
		n, err := strconv.ParseUint(h, 10, 31)
		if err != nil {
			return refuse("bad prefetch", "The header %s is %q; it must be a number of messages, 0 for the most that is allowed.", p.Name, h)
		}
		if s.prefetch = int(n); n == 0 || n > uint64(l.MaxPrefetch) {
			s.prefetch = l.MaxPrefetch
		}
		return nil
	}
	return nil
}

// readWindow reads a prefetch in bytes: 0 is one message at a time, and -1 no bound.
func (s *subscription) readWindow(name, value string, l *Limits) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < -1 {
		return refuse("bad prefetch", "The header %s is %q; it must be a number of bytes, 0 for one message at a time, or -1 for the most that is allowed.", name, value)
	}
	s.prefetch = l.MaxPrefetch
	switch n {
	case -1:
	case 0:
		s.prefetch = 1
	default:
		s.window = int(n)
	}
	return nil
}

// windowCredit is one message as long as the window is not full: how large the next
// one is nobody knows. ledger.mu is held.
func (s *subscription) windowCredit() int {
	if s.bytes >= s.window || len(s.held)+s.claims >= s.prefetch {
		return 0
	}
	return 1
}

// verdict says how deliveries go back that a NACK is about: as the dialect has it, or as
// the frame's headers requeue and retry-delay say. An ACK has none.
func (c *conn) verdict(f *frame.Frame, nack bool) (time.Duration, error) {
	if !nack {
		return 0, nil
	}
	delay := c.gateway.habits.Nack
	requeue, hasRequeue := f.Header("requeue")
	switch {
	case !hasRequeue:
	case strings.EqualFold(requeue, "true"):
		if delay == queuecore.GiveUp {
			delay = queuecore.Backoff
		}
	case strings.EqualFold(requeue, "false"):
		delay = queuecore.GiveUp
	default:
		return 0, refuse("bad requeue", "The header requeue of NACK is %q; it must be true or false.", requeue)
	}
	rest, ok := f.Header("retry-delay")
	if !ok {
		return delay, nil
	}
	const most = int64(queuecore.MaxDelay / time.Millisecond)
	ms, err := strconv.ParseInt(rest, 10, 64)
	switch {
	case err != nil || ms < 0 || ms > most:
		return 0, refuse("bad retry-delay", "The header retry-delay of NACK is %q; it must be a number of milliseconds from 0 to %d.", rest, most)
	case hasRequeue && delay == queuecore.GiveUp:
		return 0, refuse("bad retry-delay", "A NACK with requeue:false is not tried again; retry-delay does not go with it.")
	}
	return time.Duration(ms) * time.Millisecond, nil
}
