package stomp

import (
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// sendEach is send for a composite destination, of which m has the first part: each part
// gets the message, or none does.
func (c *conn) sendEach(f *frame.Frame, m *queuecore.Message, further []string) error {
	ms, err := c.copies(m, further)
	if err != nil {
		return err
	}
	a := answerOf(f)
	if id, ok := f.Header("transaction"); ok {
		for _, m := range ms {
			if err := c.txs.send(c.ctx, id, m, size(f), &c.gateway.options.Limits); err != nil {
				return err
			}
		}
		return c.answer(a)
	}
	sends, err := c.ensureEach(ms)
	if err != nil {
		return err
	}
	if len(sends) == 0 {
		return c.answer(a)
	}
	return c.submit(a, queuecore.Tx{Origin: c.origin(), Sends: sends}, nil)
}

// copies returns m, and m again for each further destination. They have one body.
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

// ensureEach makes the queues that are not there, and returns what has somewhere to go.
func (c *conn) ensureEach(ms []*queuecore.Message) (sends []*queuecore.Message, err error) {
	for _, m := range ms {
		there, err := c.ensure(m.Destination)
		if err != nil {
			return nil, err
		}
		if there {
			sends = append(sends, m)
		}
	}
	return sends, nil
}
