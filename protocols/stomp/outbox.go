package stomp

import (
	"context"
	"errors"
	"sync"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// outbox holds the MESSAGE frames that wait for the socket of one connection. The
// feeds put them in, and wait while it is full; the writer takes all at once.
type outbox struct {
	wake     func() // tells the writer
	buffers  *buffers
	all      *outgoing
	version  frame.Version
	lineFeed bool // a line feed follows each frame

	mu      sync.Mutex // over what follows
	buf     []byte
	sent    []*held       // deliveries in buf
	taken   chan struct{} // closed when buf is taken; nil when nobody waits for it
	sealed  bool
	scratch []mapping.Header
}

var (
	errSealed = errors.New("outbox is sealed")
	errLost   = errors.New("the subscription has lost its right")
)

// put adds a MESSAGE frame for x, and waits for room first, until ctx ends.
// errSealed when the connection has nothing to say any more, errLost when the client may not
// have it any more.
func (o *outbox) put(ctx context.Context, h *held, x *payload.Opened, id string) error {
	if err := o.lockWithRoom(ctx); err != nil {
		return err
	}
	defer o.mu.Unlock()
	if !h.sub.right.Holds() { // it may have waited long, for its payload too
		return errLost
	}
	headers, body := h.sub.dict.Append(o.scratch[:0], x.Delivery)
	if x.Why != "" {
		headers = append(headers, h.sub.dict.PayloadError(x.Why))
	}
	err := o.add(h, id, headers, body)
	o.keep(headers)
	return err
}

// putHeaders is put for a message in the dictionary's words.
func (o *outbox) putHeaders(ctx context.Context, h *held, id string, headers []mapping.Header, body []byte) error {
	if err := o.lockWithRoom(ctx); err != nil {
		return err
	}
	defer o.mu.Unlock()
	return o.add(h, id, headers, body)
}

// add appends the frame and enters the delivery. o.mu is held.
func (o *outbox) add(h *held, id string, headers []mapping.Header, body []byte) error {
	buf, err := o.encode(h, id, headers, body)
	if err != nil {
		return err
	}
	o.all.bytes.Add(int64(len(buf) - len(o.buf)))
	o.buf, o.sent = buf, append(o.sent, h)
	if len(o.sent) == 1 {
		o.wake()
	}
	return nil
}

// keep leaves the room of headers for the next message, unless it is large. o.mu is held.
func (o *outbox) keep(headers []mapping.Header) {
	clear(headers)
	if o.scratch = headers; cap(headers) > keptHeaders {
		o.scratch = nil
	}
}

// encode appends the frame. STOMP 1.2, "MESSAGE": destination, message-id and
// subscription must be there, and ack unless the mode is auto.
func (o *outbox) encode(h *held, id string, headers []mapping.Header, body []byte) ([]byte, error) {
	if o.buf == nil {
		o.buf = o.buffers.get()
	}
	e := frame.Start(o.buf, o.version, frame.Message)
	e.LineFeed = o.lineFeed
	if h.sub.named { // STOMP 1.0, "SUBSCRIBE": if an id header is supplied
		e.Header("subscription", h.sub.id)
	}
	e.Header("message-id", id)
	if o.version == frame.V12 && h.key != "" {
		e.Header("ack", h.key)
	}
	e.ContentLength(len(body))
	for _, x := range headers {
		e.Header(x.Name, x.Value)
	}
	return e.End(body)
}

// written forgets frames that have been taken, and are written or will never be.
func (o *outbox) written(messages []byte) {
	o.all.bytes.Add(-int64(len(messages)))
	o.buffers.put(messages)
}

// lockWithRoom returns with o.mu held, unless it returns an error.
func (o *outbox) lockWithRoom(ctx context.Context) error {
	for {
		o.mu.Lock()
		if o.sealed {
			o.mu.Unlock()
			return errSealed
		}
		if len(o.buf) < o.all.room() {
			return nil
		}
		if o.taken == nil {
			o.taken = make(chan struct{})
		}
		taken := o.taken
		o.mu.Unlock()
		select {
		case <-taken:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// wait returns when there is room, or an error.
func (o *outbox) wait(ctx context.Context) error {
	err := o.lockWithRoom(ctx)
	if err == nil {
		o.mu.Unlock()
	}
	return err
}

// take returns the frames, which go back to the buffers when they are written, and
// the deliveries in them. It leaves the spare in the place of the latter.
func (o *outbox) take(spare []*held) ([]byte, []*held) {
	o.mu.Lock()
	defer o.mu.Unlock()
	buf, sent := o.buf, o.sent
	o.buf, o.sent = nil, spare[:0]
	o.makeRoom()
	return buf, sent
}

// seal empties the outbox for good and returns the deliveries that never left it.
func (o *outbox) seal() []*held {
	o.mu.Lock()
	defer o.mu.Unlock()
	unsent := o.sent
	o.all.bytes.Add(-int64(len(o.buf)))
	o.buf, o.sent, o.sealed = nil, nil, true
	o.makeRoom()
	return unsent
}

// makeRoom lets the feeds go on. o.mu is held.
func (o *outbox) makeRoom() {
	if o.taken != nil {
		close(o.taken)
		o.taken = nil
	}
}

// buffers are room for outgoing frames that connections lend each other, so that
// one that is quiet holds none. They may be used from any goroutine.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, bufferBytes)
}

func (b *buffers) put(buf []byte) {
	if n := cap(buf); n > 0 && n <= 4*outboxBytes { // what held a few large messages is not kept
		b.pool.Put(&buf)
	}
}
