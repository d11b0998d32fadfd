package stomp

import (
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/protocols/socket"
)

// prompt is how the crew writes for a connection.
type prompt struct {
	socket *socket.Writer // nil: it cannot; for who has the turn
	asked  atomic.Bool    // the crew will come
}

// ready has the crew write receipts. It does not block.
func (w *writer) ready() {
	switch {
	case w.prompt.socket == nil:
		w.signal()
	case !w.prompt.asked.Swap(true):
		w.c.gateway.crew.Add(w)
	}
}

// Flush implements socket.Job. Where the crew may not go on, the writer does.
func (w *writer) Flush() {
	w.prompt.asked.Store(false)
	if !w.turn.TryLock() {
		w.signal()
		return
	}
	defer w.turn.Unlock()
	if err := w.c.panics.Run(w.receipts); err != nil {
		w.c.stop(err)
	}
}

// receipts writes the RECEIPT frames that can be written at once. They go before
// the messages that wait, as in a round. The turn is held.
func (w *writer) receipts() error {
	if w.mute || len(w.rest) > 0 || len(w.answers) > 0 {
		w.signal()
		return nil
	}
	var busy bool
	if w.answers, busy = w.c.pipe.takePlain(w.answers); busy {
		defer w.signal()
	}
	b, failed := w.encode(w.buf[:0], w.answers)
	if failed {
		w.signal()
		return nil
	}
	w.forget()
	n := w.try(b)
	if w.buf = b; cap(b) > keptBytes || n < len(b) {
		w.buf = nil
	}
	if n < len(b) {
		w.rest = b[n:]
		w.signal()
	}
	return nil
}

// try writes what the socket takes of b. The turn is held.
func (w *writer) try(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	if w.timed {
		_ = w.c.net.SetWriteDeadline(time.Time{}) // of a closed socket, nothing is taken
		w.timed = false
	}
	return w.prompt.socket.Try(b)
}
