package stomp

import (
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// readOptions reads what stands behind the name in the destination of a SUBSCRIBE, and
// returns the destination without it. A header of the frame counts before an option.
func (c *conn) readOptions(f *frame.Frame, destination string) (string, error) {
	bare, options, err := c.dict.Options(destination)
	if err != nil {
		return "", refuse("bad destination", "%s", sentence(told(err)))
	}
	for _, o := range options {
		f.Headers = append(f.Headers, frame.Header{Name: o.Name, Value: o.Value})
	}
	return bare, nil
}

// readConsumer reads what s is among the consumers of its queue, from the headers that the
// dialect has for it.
func (c *conn) readConsumer(f *frame.Frame, s *subscription) error {
	h := &c.gateway.habits
	for _, name := range h.Exclusive {
		if v, _ := f.Header(name); strings.EqualFold(v, "true") {
			s.consumes.Exclusive = true
		}
	}
	for _, name := range h.Priority {
		v, ok := f.Header(name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil {
			return refuse("bad priority", "The header %s is %q; it must be a whole number of 32 bits.", name, v)
		}
		s.consumes.Priority = int(n)
		return nil
	}
	return nil
}

// consume makes s a consumer of its queue.
func (c *conn) consume(s *subscription) (err error) {
	if s.mode == ackBrowse {
		return nil
	}
	s.consumer, err = c.session.Consume(c.ctx, s.queue, s.consumes)
	return err
}

// stopConsuming lets others have the groups of s, once what the client holds of them is
// settled.
func (s *subscription) stopConsuming() error {
	if s.consumer == nil {
		return nil
	}
	return s.consumer.Close()
}
