package stomp

import (
	"errors"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// spares reports whether the connection goes on after the ERROR for err. It may be called
// from any goroutine.
func (c *conn) spares(err error) bool { return c.gateway.options.Lenient && content(err) }

// content reports whether err is about what a frame asks for, and it is certain that nothing
// of that was done. What breaks the protocol is none of it, nor are limits of the connection,
// a store that may or may not have kept something, and deliveries that are not what the
// client takes them for.
func content(err error) bool {
	if o, ok := asQuota(err); ok {
		return !overQuota(o).ends
	}
	var own *refusal
	switch {
	case errors.As(err, &own):
		return !own.ends
	case errors.Is(err, queuecore.ErrNoSpace): // refused before it is written
		return true
	case errors.Is(err, queuecore.ErrUnavailable), errors.Is(err, queuecore.ErrClosed), errors.Is(err, queuecore.ErrStale):
		return false
	}
	for _, is := range []error{
		queuecore.ErrNotFound, queuecore.ErrExists, queuecore.ErrInvalid, queuecore.ErrTooLarge,
		queuecore.ErrFull, queuecore.ErrLimit, queuecore.ErrInUse, queuecore.ErrRelay, protocols.ErrDenied,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// spare answers f with the ERROR for err in its place, if the connection goes on after
// that; otherwise it returns err. The transaction of f then cannot be committed.
func (c *conn) spare(f *frame.Frame, err error) error {
	if err == nil || !c.spares(err) || c.ctx.Err() != nil {
		return err
	}
	c.txs.fail(f, err)
	if err := c.flushSettles(); err != nil { // they came before f
		return err
	}
	p, full := c.pipe.reserve(c.ctx, answerOf(f))
	if full != nil {
		return full
	}
	r, _ := explain(err) // it waits in short form
	c.pipe.settle(p, r)
	return nil
}

// fail notes that a frame of an open transaction was refused. A BEGIN of one that is open
// is one of them: what its client does next is meant for another transaction.
func (t *transactions) fail(f *frame.Frame, err error) {
	id, _ := f.Header("transaction")
	x := t.open[id]
	switch f.Command {
	case frame.Send, frame.Ack, frame.Nack, frame.Begin:
		if x != nil && x.failed == nil {
			r, _ := explain(err)
			x.failed = r
		}
	}
}
