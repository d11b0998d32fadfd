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
	m, further, err := c.message(f)
	if err != nil {
		return err
	}
	if further != nil {
		return c.sendEach(f, m, further)
	}
	if c.manages(m.Destination) {
		return c.manage(f, m)
	}
	if id, ok := f.Header("transaction"); ok {
		if err := c.txs.send(c.ctx, id, m, size(f), &c.gateway.options.Limits); err != nil {
			return err
		}
		return c.answer(answerOf(f))
	}
	there, err := c.ensure(m.Destination)
	if err != nil {
		return err
	}
	a := answerOf(f)
	if !there {
		return c.answer(a)
	}
	a.temp = isTemp(m.Destination.Name)
	return c.submit(a, queuecore.Tx{Origin: c.origin(), Sends: []*queuecore.Message{m}}, nil)
}

// size is what a message takes while its transaction is open.
func size(f *frame.Frame) int {
	n := len(f.Body)
	for _, h := range f.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

// message reads a SEND frame, and asks whether its client may. Of a composite
// destination it reads the first part, and returns the further ones.
func (c *conn) message(f *frame.Frame) (m *queuecore.Message, further []string, err error) {
	destination, ok := f.Header("destination")
	if !ok {
		return nil, nil, missing(f.Command, "destination")
	}
	destination, further = c.dict.Split(destination)
	headers, err := c.sendHeaders(f, destination)
	if err != nil {
		return nil, nil, err
	}
	m, err = c.dict.Decode(headers, f.Body, time.Now())
	clear(headers)
	if err == nil {
		err = c.checkSend(m.Destination, destination)
	}
	if err != nil {
		return nil, nil, err
	}
	m.UserID = c.who.Name()
	return m, further, nil
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
	case err == nil:
		return true, c.bindVirtual(d.Name)
	case !errors.Is(err, queuecore.ErrNotFound):
		return false, err
	case isTemp(d.Name):
		return false, nil
	case !c.who.May(protocols.CreateByUse, d):
		return false, denied("create", d)
	}
	return c.makeQueue(d.Name)
}
