package stomp

import (
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// settles are ACK and NACK frames that have been read and go to the broker
// together, before the connection does anything else or waits for its client.
// The reader owns them.
type settles struct {
	acks, nacks []*held
	frames      int
}

// settle handles ACK and NACK.
func (c *conn) settle(f *frame.Frame, nack bool) error {
	delay, err := c.verdict(f, nack)
	if err != nil {
		return err
	}
	hs, err := c.claim(f, nack)
	if err != nil {
		return err
	}
	for _, h := range hs {
		h.nack = delay
	}
	a := answerOf(f)
	if id, ok := f.Header("transaction"); ok {
		c.ledger.makeRoom(hs)
		if err := c.txs.settle(id, hs, nack, &c.gateway.options.Limits); err != nil {
			c.ledger.putBack(hs)
			return err
		}
		if err := c.flushSettles(); err != nil {
			return err
		}
		return c.answer(a)
	}
	if c.settles.len()+len(hs) > settleMax {
		if err := c.flushSettles(); err != nil {
			return err
		}
	}
	c.settles.add(hs, nack)
	if a.wants || c.settles.frames >= settleMax {
		return c.submitSettles(a)
	}
	return nil
}

func (s *settles) len() int { return len(s.acks) + len(s.nacks) }

func (s *settles) add(hs []*held, nack bool) {
	if nack {
		s.nacks = append(s.nacks, hs...)
	} else {
		s.acks = append(s.acks, hs...)
	}
	s.frames++
}

// claim finds the deliveries that an ACK or NACK frame is about. How the frame
// names them differs from version to version.
func (c *conn) claim(f *frame.Frame, nack bool) ([]*held, error) {
	key, subscription, err := c.keyOf(f)
	if err != nil {
		return nil, err
	}
	if hs := c.ledger.claim(key, subscription, nack && c.gateway.habits.NackAlone); hs != nil {
		return hs, nil
	}
	s := c.subs.byID[subscription]
	if s != nil && s.mode == ackAuto && !nack || c.browsed(key, s) {
		return nil, nil // it was settled when it was sent: some clients say so once more
	}
	return nil, refuse("unknown message", "There is no unsettled message %q on this connection. It may have been settled before: in ack mode client, an ACK settles all messages before it too.", key)
}

// keyOf reads what an ACK or NACK frame is about. STOMP 1.2, "ACK": id, which
// is the MESSAGE's ack header. 1.1: message-id and subscription. 1.0: message-id.
func (c *conn) keyOf(f *frame.Frame) (key, subscription string, err error) {
	if f.Command == frame.Nack && c.version == frame.V10 {
		return "", "", breach("unknown command", "STOMP 1.0 has no NACK.")
	}
	if c.version == frame.V12 {
		key, ok := f.Header("id")
		if !ok {
			return "", "", refuse("missing header", "In STOMP 1.2, %s needs the header \"id\" with the value of the MESSAGE's header \"ack\".", f.Command)
		}
		return key, "", nil
	}
	key, ok := f.Header("message-id")
	if !ok {
		return "", "", missing(f.Command, "message-id")
	}
	subscription, ok = f.Header("subscription")
	if !ok && c.version == frame.V11 {
		return "", "", missing(f.Command, "subscription")
	}
	return key, subscription, nil
}

// flushSettles hands over what has been gathered.
func (c *conn) flushSettles() error {
	if c.settles.frames == 0 {
		return nil
	}
	return c.submitSettles(answer{})
}

// submitSettles is flushSettles, and answers with a when all of it is on disk.
func (c *conn) submitSettles(a answer) error {
	s := c.settles
	c.settles = settles{acks: s.acks[:0], nacks: s.nacks[:0]}
	err := c.submitAll(a, &s)
	for _, hs := range [][]*held{s.acks, s.nacks} {
		c.ledger.makeRoom(hs)
		c.ledger.settled(hs)
		clear(hs)
	}
	return err
}

func (c *conn) submitAll(a answer, s *settles) error {
	t := settleTx(s.acks, s.nacks)
	if len(t.Acks)+len(t.Nacks) == 0 {
		return c.answer(a)
	}
	return c.submit(a, t, objectsOf(s.acks))
}

// settleTx is the core's transaction for deliveries that are settled. The queue of a
// topic subscription that has ended is gone, and nothing is left to be done.
func settleTx(acks, nacks []*held) queuecore.Tx {
	var t queuecore.Tx
	for _, h := range acks {
		if !h.sub.over {
			t.Acks = append(t.Acks, h.receipt)
		}
	}
	for _, h := range nacks {
		if !h.sub.over {
			t.Nacks = append(t.Nacks, queuecore.Nack{Receipt: h.receipt, Delay: h.nack})
		}
	}
	return t
}
