package nats

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/socket"
)

// outbound is what waits to be written to a client. Putting something in never
// blocks. A reader so slow that the limit is met is cut off, since whoever sends
// to it must not wait for it.
//
// What there is is written by the gateway's crew when the socket takes it at
// once, and by the writer's goroutine when not. One of both at a time has the turn.
type outbound struct {
	raw      net.Conn  // for deadlines
	to       io.Writer // raw, or TLS over it; the writer's alone
	limit    int
	deadline time.Duration
	drained  func() // called by the writer when there is room again
	wake     chan struct{}
	headers  atomic.Bool // the client takes HMSG
	pending  atomic.Int64
	wanted   atomic.Bool // somebody was told that there is no room
	panics   *panics.Guard
	failed   func() // ends the connection after a panic in the crew
	all      *waiting

	mu     sync.Mutex // over what follows
	buf    []byte
	spare  []byte // room that is used again
	turn   bool   // somebody writes, and will look again
	prompt prompt
	last   bool // nothing may be added; what is there is written yet
	broken bool // nothing is written any more
	slow   bool // broken because the limit was met
	gone   bool // what waits is not counted any more
	late   bool // broken because a write took too long
	moved  sync.Cond
}

// prompt is how to write without waiting.
type prompt struct {
	crew   *socket.Crew
	socket *socket.Writer // nil: it cannot be done
	asked  bool           // the crew will come
	timed  bool           // writes have a deadline; once it is over, a socket takes nothing
}

func newOutbound(raw net.Conn, l *Limits, drained func()) *outbound {
	o := &outbound{
		all: &waiting{limit: int64(l.Pending)}, raw: raw, to: raw, limit: l.Pending, deadline: l.WriteDeadline, drained: drained, wake: make(chan struct{}, 1),
	}
	o.moved.L = &o.mu
	return o
}

// message adds a MSG or HMSG; false when the connection has ended.
func (o *outbound) message(m *wire.Message, sid []byte) bool {
	need := len(m.Subject) + len(m.Reply) + len(m.Header) + len(m.Payload) + len(sid) + wire.Overhead
	return o.add(need, func(b []byte) []byte { return wire.AppendMsg(b, m, sid, o.headers.Load()) })
}

// line adds a line.
func (o *outbound) line(s string) bool {
	return o.add(len(s), func(b []byte) []byte { return append(b, s...) })
}

// add lets put append up to need bytes.
func (o *outbound) add(need int, put func([]byte) []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last || o.broken {
		return false
	}
	if n := int(o.pending.Load()); n+need > o.limit || n > 2*roomBytes && o.all.crowded() {
		o.broken, o.slow = true, true
		o.unblock()
		return false
	}
	before := len(o.buf)
	o.buf = put(o.buf)
	o.count(len(o.buf) - before)
	o.call()
	return true
}

// share lets the crew write, if what is written to is a plain socket.
func (o *outbound) share(crew *socket.Crew) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.prompt = prompt{crew: crew, socket: socket.NewWriter(o.to)}
}

// call has somebody write, unless somebody will anyway. mu is held.
func (o *outbound) call() {
	switch p := &o.prompt; {
	case o.turn || p.asked:
	case p.socket == nil:
		o.signal()
	default:
		p.asked = true
		p.crew.Add(o)
	}
}

// Flush implements socket.Job: it writes what the socket takes at once.
func (o *outbound) Flush() {
	defer o.panics.Catch(o.failed)
	if b := o.beginPrompt(); b != nil {
		o.wrote(b, o.prompt.socket.Try(b), nil)
	}
}

// beginPrompt is begin for the crew; nil when there is nothing to be done.
func (o *outbound) beginPrompt() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.prompt.asked = false
	if o.turn || o.broken || len(o.buf) == 0 {
		return nil
	}
	if o.prompt.timed {
		_ = o.raw.SetWriteDeadline(time.Time{}) // of a closed connection, it does not matter
		o.prompt.timed = false
	}
	return o.begin()
}

// begin takes the turn and what is to be written. mu is held.
func (o *outbound) begin() []byte {
	b := o.buf
	o.buf, o.spare, o.turn = o.spare, nil, true
	return b
}

// wrote ends a turn: n bytes of b are written. It wakes those who wait for that.
func (o *outbound) wrote(b []byte, n int, err error) {
	if o.endTurn(b, n, err) && o.pending.Load() < roomBytes/2 && o.wanted.Swap(false) {
		o.drained()
	}
}

// endTurn reports whether the connection goes on.
func (o *outbound) endTurn(b []byte, n int, err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count(-n)
	o.turn = false
	o.broken = o.broken || err != nil
	rest := n < len(b)
	if rest {
		o.buf = append(b[n:], o.buf...)
	} else if cap(b) <= keepBytes {
		o.spare = b[:0]
	}
	if rest || o.last || o.broken {
		o.signal() // the writer may wait for the socket
	} else if len(o.buf) > 0 {
		o.call()
	}
	o.moved.Broadcast()
	return !o.broken
}

func (o *outbound) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// unblock ends a write under way and the reader's waiting. mu is held.
func (o *outbound) unblock() {
	defer o.panics.Catch(func() { o.raw.Close() }) // whoever calls is another connection, perhaps
	defer o.signal()
	defer o.moved.Broadcast()
	_ = o.raw.SetWriteDeadline(time.Unix(1, 0)) // of a closed connection, it does not matter
}

// finish lets the writer write what is there, and then end.
func (o *outbound) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	o.signal()
}

// abort ends the writer at once.
func (o *outbound) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = true
	o.unblock()
}

// room reports whether the client keeps up well enough to be sent what could as
// well stay in a queue. After a false, drained is called when it does again.
func (o *outbound) room() bool {
	if o.pending.Load() < roomBytes {
		return true
	}
	o.wanted.Store(true)
	return o.pending.Load() < roomBytes
}

// count notes that n bytes more wait. mu is held.
func (o *outbound) count(n int) {
	o.pending.Add(int64(n))
	if !o.gone {
		o.all.bytes.Add(int64(n))
	}
}

// forget takes what waits out of the count of all: it will not be written.
func (o *outbound) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.gone {
		o.gone = true
		o.all.bytes.Add(-o.pending.Load())
	}
	o.buf, o.spare = nil, nil
}

// waiting is what waits to be written to all clients of a gateway.
type waiting struct {
	bytes atomic.Int64
	limit int64
}

func (w *waiting) crowded() bool { return w.bytes.Load() > w.limit }

// behind reports what room does, and leaves drained uncalled.
func (o *outbound) behind() bool { return o.pending.Load() >= roomBytes }

// pause waits while the client leaves more than half of its limit unread, so
// that one that makes the server talk faster than it listens is slowed and not
// cut off.
func (o *outbound) pause() {
	if !o.tooMuch() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.tooMuch() && !o.broken {
		o.moved.Wait()
	}
}

// tooMuch reports whether pause waits. It is woken by what is written to this client, which lessens both.
func (o *outbound) tooMuch() bool {
	n := o.pending.Load()
	return int(n) > o.limit/2 || n > roomBytes && o.all.crowded()
}

// write writes what the crew does not, until the connection has ended, and then
// ends its half.
func (o *outbound) write() {
	defer o.end()
	for range o.wake {
		for {
			b, more := o.take()
			if len(b) == 0 && !more {
				return
			}
			if len(b) == 0 {
				break
			}
			if !o.flush(b) {
				return
			}
		}
	}
}

// keepBytes is the largest buffer that is used again.
const keepBytes = 256 << 10

// take takes the turn and returns what is to be written; false when nothing will
// come behind it.
func (o *outbound) take() (b []byte, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.broken:
		return nil, false
	case o.turn:
		return nil, true // the crew will say when it is over
	case len(o.buf) == 0:
		return nil, !o.last
	}
	return o.begin(), !o.last
}

// flush writes b, waiting for the socket.
func (o *outbound) flush(b []byte) bool {
	if !o.extend() {
		return false
	}
	_, err := o.to.Write(b)
	o.noteLate(err)
	o.wrote(b, len(b), err)
	return err == nil
}

// extend gives the next write its time, unless nothing is to be written any more.
func (o *outbound) extend() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.broken {
		_ = o.raw.SetWriteDeadline(time.Now().Add(o.deadline)) // of a closed connection, Write fails
		o.prompt.timed = true
	}
	return !o.broken
}

// end ends the server's half of the connection, and lets nobody wait for it. The
// other half is left to the reader: closing it with bytes unread would make the
// client's system throw away what has just been written.
func (o *outbound) end() {
	o.mu.Lock()
	broken := o.broken
	o.broken = true
	o.moved.Broadcast()
	o.mu.Unlock()
	if broken || !o.hangUp() {
		o.raw.Close()
	}
}

// hangUp ends what is written; false when the connection cannot end half.
func (o *outbound) hangUp() bool {
	over, ok := o.to.(closer)
	// TLS and WebSocket have a word for it, and the second may end the socket's half, too.
	ended := ok && o.to != io.Writer(o.raw) && over.CloseWrite() == nil
	half, ok := o.raw.(closer)
	return ok && half.CloseWrite() == nil || ended
}

// closer is a connection that can end its half.
type closer interface{ CloseWrite() error }

// noteLate remembers that a write took too long, unless something else has ended it.
func (o *outbound) noteLate(err error) {
	if err == nil || !isLate(err) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.late = !o.broken
}

// wasLate reports whether a write took too long.
func (o *outbound) wasLate() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.late
}

// wasSlow reports whether the client was cut off.
func (o *outbound) wasSlow() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.slow
}
