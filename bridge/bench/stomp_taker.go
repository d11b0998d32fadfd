package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// stompTaker is a consumer.
type stompTaker struct {
	*stompConn
	version string
}

// ackHeader names the message to ack: with the header that MESSAGE has for it.
func (t *stompTaker) ackHeader() (ack, message string) {
	if t.version == "1.2" {
		return "id", "ack"
	}
	return "message-id", "message-id"
}

func (b *stompBench) takers(ctx context.Context, n int) (list []*stompTaker, err error) {
	for range n {
		c, err := dialTarget(ctx, b.target)
		if err != nil {
			return list, err
		}
		list = append(list, &stompTaker{stompConn: c, version: b.target.Version})
		c.out = fmt.Appendf(c.out, "SUBSCRIBE\nid:0\ndestination:%s\nack:client-individual\nprefetch-count:%d\nactivemq.prefetchSize:%d\n",
			b.target.Queue, b.Prefetch, b.Prefetch)
		c.out = append(appendHeaders(c.out, b.target.Headers), "\n\x00"...)
	}
	return list, nil
}

// take acks messages until it is called off, and leaves.
func (t *stompTaker) take(w *stompWork) error {
	for {
		body, err := t.one()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return t.leave()
		case err != nil:
			return err
		}
		if err := w.took(body); err != nil {
			return err
		}
	}
}

// one reads a message and acks it. The body is good until the next one.
func (t *stompTaker) one() ([]byte, error) {
	f, err := t.next()
	if err != nil {
		return nil, err
	}
	name, from := t.ackHeader()
	key := f.header(from)
	if !f.is("MESSAGE") || key == nil {
		return nil, fmt.Errorf("STOMP server %s: wanted a MESSAGE to ack, got %.200q", t.addr, f.head)
	}
	t.out = append(append(append(append(t.out, "ACK\n"...), name...), ':'), key...)
	if t.version == "1.1" {
		t.out = append(append(t.out, "\nsubscription:"...), f.header("subscription")...)
	}
	t.out = append(t.out, "\n\n\x00\n"...)
	return f.body, nil
}
