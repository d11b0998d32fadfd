package stomp

import (
	"errors"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// send hands a message to the broker. The RECEIPT follows when it is on disk, and
// an ERROR when it cannot be kept. STOMP 1.2, "SEND": "If the server cannot
// successfully process the SEND frame for any reason, the server MUST send the
// client an ERROR frame and then close the connection."
func (c *conn) send(f *frame.Frame) error {
	ms, err := c.messages(f)
	if err != nil {
		return err
	}
	a := answerOf(f)
	if id, ok := f.Header("transaction"); ok {
		for _, m := range ms {
			if err := c.txs.send(id, m, size(f), &c.gateway.options.Limits); err != nil {
				return err
			}
		}
		return c.answer(a)
	}
	sends, durable := ms[:0], false
	for _, m := range ms {
		there, err := c.ensure(m.Destination)
		if err != nil {
			return err
		}
		if there {
			sends = append(sends, m)
			durable = durable || !isTemp(m.Destination.Name)
		}
	}
	if len(sends) == 0 {
		return c.answer(a)
	}
	a.temp = !durable
	return c.submit(a, queuecore.Tx{Sends: sends}, nil)
}

// size is what a message takes while its transaction is open.
func size(f *frame.Frame) int {
	n := len(f.Body)
	for _, h := range f.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

// messages reads a SEND frame, and asks whether its client may. It is one message,
// unless the destination is a composite one; all of them have one body.
func (c *conn) messages(f *frame.Frame) ([]*queuecore.Message, error) {
	destination, ok := f.Header("destination")
	if !ok {
		return nil, missing(f.Command, "destination")
	}
	first, further := c.dict.Split(destination)
	headers, err := c.sendHeaders(f, first)
	if err != nil {
		return nil, err
	}
	m, err := c.dict.Decode(headers, f.Body, time.Now())
	clear(headers)
	if err != nil {
		return nil, err
	}
	m.UserID = c.who.Name()
	if err := c.checkSend(m.Destination, first); err != nil {
		return nil, err
	}
	return c.copies(m, further)
}

// copies returns m, and m again for each further destination.
func (c *conn) copies(m *queuecore.Message, further []string) ([]*queuecore.Message, error) {
	if len(further) > compositeParts-1 {
		return nil, refuse("too many destinations", "The limit is %d in one SEND.", compositeParts)
	}
	ms := append(make([]*queuecore.Message, 0, 1+len(further)), m)
	for _, name := range further {
		d, err := c.dict.Destination(c.temps.known(name))
		if err == nil {
			err = c.checkSend(d, name)
		}
		if err != nil {
			return nil, err
		}
		again := *m
		again.Destination = d
		ms = append(ms, &again)
	}
	return ms, nil
}

// checkSend says whether the client may send to d, which it has called name.
func (c *conn) checkSend(d queuecore.Destination, name string) error {
	if !c.who.May(protocols.Send, d) {
		return denied("send to", d)
	}
	if err := c.dict.Single(d); err != nil {
		return err
	}
	return c.mustExist(name, d)
}

// mustExist refuses a queue that is not there, where its spelling says that it must be.
func (c *conn) mustExist(name string, d queuecore.Destination) error {
	if !c.dict.MustExist(name) {
		return nil
	}
	_, err := c.gateway.broker.Queue(d.Name)
	return err
}

// sendHeaders are the headers of a SEND frame to destination as the dictionary takes
// them. The slice is good until the next call.
func (c *conn) sendHeaders(f *frame.Frame, destination string) ([]mapping.Header, error) {
	hs := c.scratch[:0]
	for _, h := range f.Headers {
		var err error
		switch h.Name {
		case "destination":
			h.Value = c.temps.known(destination)
		case "reply-to":
			h.Value, err = c.replyQueue(h.Value)
		}
		if err != nil {
			return nil, err
		}
		hs = append(hs, mapping.Header(h))
	}
	c.scratch = hs
	return hs, nil
}

// ensure makes the queue d if there is none. What is there costs one look. It
// returns false for a temporary queue whose session has ended, with everything in it.
func (c *conn) ensure(d queuecore.Destination) (bool, error) {
	if d.Kind != queuecore.KindQueue {
		return true, nil
	}
	_, err := c.gateway.broker.Queue(d.Name)
	switch {
	case !errors.Is(err, queuecore.ErrNotFound):
		return err == nil, err
	case isTemp(d.Name):
		return false, nil
	case !c.who.May(protocols.Create, d):
		return false, denied("create", d)
	}
	return c.makeQueue(d.Name)
}

// makeQueue makes a queue, and the dead-letter queue that it names, which is the
// server's own doing and needs no right.
func (c *conn) makeQueue(queue string) (bool, error) {
	config := c.firstUse(queue)
	if config.DeadLetter != "" {
		if _, err := c.gateway.broker.EnsureQueue(c.ctx, config.DeadLetter, c.firstUse(config.DeadLetter)); err != nil {
			return false, err
		}
	}
	_, err := c.gateway.broker.EnsureQueue(c.ctx, queue, config)
	return err == nil, err
}
