package sqs

import (
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// body is the body of a request, or the buffer of an answer, in memory that is
// used again.
type body struct {
	g       *Gateway
	bytes   *[]byte
	counted int64 // towards Gateway.pending
}

func (g *Gateway) newBody() *body {
	return &body{g: g, bytes: g.buffers.Get().(*[]byte)}
}

// free gives the memory back; nothing may point into it any more.
func (b *body) free() {
	if b.bytes == nil {
		return
	}
	if cap(*b.bytes) <= freeBody {
		*b.bytes = (*b.bytes)[:0]
		b.g.buffers.Put(b.bytes)
	}
	b.bytes = nil
	b.g.pending.Add(-b.counted)
}

// read reads the body of r. It takes memory as bytes arrive, not as the header
// announces them.
func (b *body) read(r *http.Request) error {
	limit := b.g.Limits.BodyBytes
	if r.ContentLength > int64(limit) {
		return b.g.tooLongRequest()
	}
	for {
		n, err := r.Body.Read((*b.bytes)[len(*b.bytes):cap(*b.bytes)])
		*b.bytes = (*b.bytes)[:len(*b.bytes)+n]
		if len(*b.bytes) > limit {
			return b.g.tooLongRequest()
		}
		if err != nil {
			return b.g.readFailure(err)
		}
		if len(*b.bytes) == cap(*b.bytes) {
			if err := b.grow(); err != nil {
				return err
			}
		}
	}
}

func (g *Gateway) readFailure(err error) error {
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		g.Tally.Add(settingRequestTimeout)
		return wire.Errorf(wire.MalformedInput, "The body of the request did not arrive in time. The limit is %v; the setting is %s.",
			g.Limits.BodyTimeout, settingRequestTimeout)
	}
	return wire.Errorf(wire.MalformedInput, "The body of the request could not be read: %v.", err)
}

// grow doubles the buffer, up to what it takes to see that a body is too long.
// What is beyond freeBody counts.
func (b *body) grow() error {
	size := int64(min(2*cap(*b.bytes), max(b.g.Limits.BodyBytes, cap(*b.bytes))+1))
	if size > freeBody {
		more := size - b.counted
		if b.g.pending.Add(more) > b.g.Limits.PendingBytes {
			b.g.pending.Add(-more)
			b.g.Tally.Add(settingBodyMemory)
			return wire.Errorf(wire.RequestThrottled, "Too many large requests at the same time. The limit is %d bytes; the setting is %s.",
				b.g.Limits.PendingBytes, settingBodyMemory)
		}
		b.counted += more
	}
	next := make([]byte, len(*b.bytes), size)
	copy(next, *b.bytes)
	*b.bytes = next
	return nil
}
