package stomp

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols/socket"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// writer writes to the socket of a connection once it has logged in: its own
// goroutine does, and the gateway's crew, which writes receipts that the socket
// takes at once. One of both at a time has the turn.
type writer struct {
	c       *conn
	wake    chan struct{}
	timeout atomic.Int64 // nanoseconds that one chunk may take
	done    chan struct{}
	prompt  prompt

	turn    sync.Mutex // over what follows
	answers []answer   // those that the crew has left; else room that is used again
	rest    []byte     // of what the crew could not write
	buf     []byte     // room that is used again, as is sent
	sent    []*held
	lent    int  // bytes of messages that are taken and not written
	mute    bool // nothing is written any more: ERROR was the last word, or the client is gone
	timed   bool // writes have a deadline; once it is over, a socket takes nothing
}

func newWriter(c *conn, timeout time.Duration) *writer {
	w := &writer{c: c, wake: make(chan struct{}, 1), done: make(chan struct{})}
	w.timeout.Store(int64(timeout))
	w.prompt.socket = socket.NewWriter(c.net)
	w.timed = true // for CONNECTED
	return w
}

// signal wakes the writer. It does not block.
func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run writes what the crew does not, until the pipeline is closed and empty.
func (w *writer) run() error {
	beat := newBeat(w.c.beats.out)
	defer beat.stop()
	for more := true; more; {
		wrote := false
		select {
		case <-w.wake:
			wrote, more = w.round()
		case <-beat.c():
			wrote = w.beat()
		}
		beat.reset(wrote)
	}
	return nil
}

// round writes what there is. The messages are taken first and written second:
// so the RECEIPT of a NACK goes before the message that it brings back, and what
// is behind the RECEIPT of an UNSUBSCRIBE does not belong to its subscription.
func (w *writer) round() (wrote, more bool) {
	w.turn.Lock()
	defer w.turn.Unlock()
	w.write(w.rest)
	w.rest = nil
	messages, sent := w.take(w.sent)
	w.answers, more = w.c.pipe.take(w.answers)
	n := 0
	for n < len(w.answers) && !w.answers[n].parting() {
		n++
	}
	wrote = w.answer(w.answers[:n])
	wrote = w.deliver(messages, sent) || wrote
	if n < len(w.answers) {
		late, lateSent := w.take(nil)
		w.deliver(late, lateSent)
		wrote = w.answer(w.answers[n:]) || wrote
	}
	w.forget()
	clear(sent)
	w.sent = sent
	return wrote, more
}

// forget empties answers. The turn is held.
func (w *writer) forget() {
	clear(w.answers)
	w.answers = w.answers[:0]
}

// beat writes a heart-beat. STOMP 1.2, "Heart-beating".
func (w *writer) beat() bool {
	w.turn.Lock()
	defer w.turn.Unlock()
	if len(w.rest) > 0 {
		return false // a round will come
	}
	return w.write([]byte{'\n'})
}

// parting reports whether no message that is in the outbox may come after a.
func (a *answer) parting() bool { return a.parts || a.err != nil && !a.spared }

// take takes MESSAGE frames for deliver.
func (w *writer) take(spare []*held) ([]byte, []*held) {
	messages, sent := w.c.out.take(spare)
	w.lent = len(messages)
	return messages, sent
}

// drop gives up what a panic has left taken.
func (w *writer) drop() {
	w.turn.Lock()
	defer w.turn.Unlock()
	w.c.out.all.bytes.Add(-int64(w.lent))
	w.lent, w.mute = 0, true
}

// deliver writes MESSAGE frames.
func (w *writer) deliver(messages []byte, sent []*held) bool {
	defer w.wrote(messages)
	if w.mute {
		w.c.release(sent)
		return false
	}
	if !w.write(messages) {
		return false // the client may have got some of them: the session gives them back
	}
	w.handedOver(sent)
	return true
}

// wrote gives back the room of messages.
func (w *writer) wrote(messages []byte) {
	w.lent = 0
	w.c.out.written(messages)
}

// answer writes RECEIPT frames, and the ERROR frames of a lenient listener, up to the
// first error that ends the connection: the ERROR frame for that is the last word.
func (w *writer) answer(as []answer) bool {
	b, failed := w.encode(w.buf[:0], as)
	wrote := w.write(b)
	if w.buf = b; cap(b) > keptBytes {
		w.buf = nil
	}
	if failed {
		w.mute = true
		w.c.stop(errAnswered)
	}
	for i := range as {
		if as[i].then != nil && !w.mute {
			as[i].then()
		}
	}
	return wrote
}

func (w *writer) encode(b []byte, as []answer) (_ []byte, failed bool) {
	for i := range as {
		a := &as[i]
		if w.mute {
			break
		}
		if a.err != nil {
			b = errorFrame(b, w.c.version, w.c.explain(a.err, a.spared), a.receipt, a.wants)
			if !a.spared {
				return b, true
			}
			if w.c.eol {
				b = append(b, '\n')
			}
			continue
		}
		if !a.wants {
			continue
		}
		e := frame.Start(b, w.c.version, frame.Receipt)
		e.LineFeed = w.c.eol
		e.Header("receipt-id", a.receipt)
		var err error
		if b, err = e.End(nil); err != nil { // what could be read can be written
			return errorFrame(b, w.c.version, w.c.explain(err, false), "", false), true
		}
	}
	return b, false
}

// write writes all of b and reports whether it did. A client that does not take
// one chunk within the timeout is cut.
func (w *writer) write(b []byte) bool {
	if w.mute || len(b) == 0 {
		return false
	}
	for len(b) > 0 {
		n := min(len(b), writeChunk)
		_ = w.c.net.SetWriteDeadline(time.Now().Add(time.Duration(w.timeout.Load()))) // Write reports it
		w.timed = true
		if _, err := w.c.net.Write(b[:n]); err != nil {
			w.mute = true
			if errors.Is(err, os.ErrDeadlineExceeded) && w.c.ctx.Err() == nil {
				w.c.gateway.options.Tally.Add("stomp_write_timeout")
			}
			w.c.log.Info("stomp: writing failed; the client is cut", "err", err)
			w.c.stop(errGone)
			return false
		}
		b = b[n:]
	}
	return true
}

// handedOver acknowledges what subscriptions in auto mode have been sent.
// STOMP 1.2, "SUBSCRIBE ack Header": "The server will assume the client has
// received the message as soon as it sends it".
func (w *writer) handedOver(sent []*held) {
	var over []*held
	var acks []queuecore.Receipt
	for _, h := range sent {
		if h.sub.mode == ackAuto {
			over = append(over, h)
			acks = append(acks, h.receipt)
		}
	}
	if len(over) == 0 {
		return
	}
	c := w.c
	ctx := context.WithoutCancel(c.ctx) // what has been sent is acknowledged even when the connection ends
	err := c.gateway.broker.Submit(ctx, queuecore.Tx{Acks: acks}, c.afterAck(objectsOf(over), func(_ []queuecore.Sent, err error) {
		defer c.panics.Catch(c.failed)
		c.ledger.drop(over)
		if err != nil {
			c.stop(err)
		}
	}))
	if err != nil {
		c.stop(err)
	}
}

// hurry makes the writer give up on a client that takes nothing for d.
func (w *writer) hurry(d time.Duration) {
	defer w.c.panics.Catch(nil)
	w.timeout.Store(int64(d))
	_ = w.c.net.SetWriteDeadline(time.Now().Add(d)) // of the write under way
}

// linger closes nc so that the client can read what was written last: data that
// it has sent and nobody has read would make the socket be reset.
// STOMP 1.2, "Connection Lingering".
func linger(nc net.Conn, d time.Duration) {
	if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = nc.SetReadDeadline(time.Now().Add(d))
		var waste [4 << 10]byte
		for {
			if _, err := nc.Read(waste[:]); err != nil {
				break
			}
		}
	}
	_ = nc.Close()
}
