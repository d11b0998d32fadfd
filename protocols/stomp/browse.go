package stomp

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// browsePage is how many messages are looked at together.
const browsePage = 64

// browsedKey begins what a client of 1.2 calls a message that it has only looked at. STOMP
// 1.2, "MESSAGE": there must be an ack header when the client has asked for an ack mode.
const browsedKey = "browsed-"

// browsed reports whether an ACK or NACK is about what a browser has shown. There is nothing
// to settle: it is passed by, as ActiveMQ does.
func (c *conn) browsed(key string, s *subscription) bool {
	if c.version == frame.V12 {
		return strings.HasPrefix(key, browsedKey)
	}
	return s != nil && s.mode == ackBrowse
}

// readBrowser makes s a browser, if the client wants that: it sees what is in a queue and
// takes nothing. ActiveMQ has them, and the plain dialect; elsewhere they are refused.
func (c *conn) readBrowser(f *frame.Frame, s *subscription, d queuecore.Destination) error {
	if h, _ := f.Header("browser"); !strings.EqualFold(h, "true") {
		return nil
	}
	switch {
	case !c.gateway.habits.Browsers:
		return refuse("not supported", "This server does not serve the header %q of SUBSCRIBE in the dialect %s.", "browser", c.dict.Dialect)
	case d.Kind != queuecore.KindQueue:
		return refuse("not supported", "A browser looks into a queue, not into a topic.")
	case s.mode != ackAuto && c.version == frame.V10: // an ACK might mean the message that another subscription got
		return refuse("bad ack mode", "A browser settles nothing: in STOMP 1.0 leave the header ack out, or make it auto.")
	}
	s.mode, s.settlesNothing = ackBrowse, s.mode != ackAuto
	return nil
}

// action is what the client must be allowed to do.
func (s *subscription) action() protocols.Action {
	if s.mode == ackBrowse {
		return protocols.Browse
	}
	return protocols.Receive
}

// audited is action in the audit log.
func (s *subscription) audited() protocols.AuditedAction {
	if s.mode == ackBrowse {
		return protocols.AuditBrowse
	}
	return protocols.AuditReceive
}

// verb is action in the words of an ERROR.
func (s *subscription) verb() string {
	if s.mode == ackBrowse {
		return "browse"
	}
	return "receive from"
}

// browse shows what is in the queue of s, and then that this was all.
func (c *conn) browse(s *subscription) error {
	select {
	case <-s.begin:
	case <-s.ctx.Done():
		return nil
	}
	for from := uint64(0); ; {
		page, err := c.gateway.broker.Browse(s.ctx, s.queue, from, browsePage)
		if err == nil && !s.right.Holds() {
			return c.lose(s)
		}
		if err == nil {
			err = c.show(s, page)
		}
		switch {
		case s.ctx.Err() != nil || err == errSealed:
			return nil
		case err == errLost:
			return c.lose(s)
		case err != nil:
			return fmt.Errorf("browsing queue %q: %w", s.queue, err)
		case len(page) < browsePage:
			return c.showEnd(s)
		}
		from = page[len(page)-1].Seq + 1
	}
}

// show puts the entries into the outbox that a receiver could get now or has got. Jakarta
// Messaging 3.1, "Delivery delay": a browser does not see what is delayed.
func (c *conn) show(s *subscription, page []queuecore.Browsed) error {
	for i := range page {
		x := &page[i]
		if x.State != queuecore.Ready && x.State != queuecore.Leased || x.Over || !s.selector.Match(x) {
			continue
		}
		d := &queuecore.Delivery{Message: x.Message, Queue: s.queue, Attempt: x.Attempt, Dead: x.Dead}
		h := &held{sub: s}
		if s.settlesNothing {
			h.key = browsedKey + x.ID.String()
		}
		if err := c.out.put(s.ctx, h, &payload.Opened{Delivery: d}, x.ID.String()); err != nil {
			return err
		}
	}
	return nil
}

// showEnd says that there is no more, in ActiveMQ's words.
func (c *conn) showEnd(s *subscription) error {
	end := []mapping.Header{{Name: "browser", Value: "end"}, {Name: "destination", Value: s.dict.Name(queuecore.QueueNamed(s.queue))}}
	err := c.out.putHeaders(s.ctx, &held{sub: s}, "0", end, nil)
	if err == errSealed || s.ctx.Err() != nil {
		return nil
	}
	return err
}
