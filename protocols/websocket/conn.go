package websocket

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a dialect wants of its WebSockets.
type Options struct {
	// HeaderBytes bounds the request line and the headers of the request that opens one.
	HeaderBytes int
	Paths       []string // that exist; others are answered with 404 (nil: all exist)
	Protocols   []string // subprotocols, the best first; a client may name none of them
	// Origins are what pages may connect from, such as https://app.example.com, or *
	// for all. Besides, pages of the very address, or localhost, and port that they call may.
	// Programs that are no browsers name no origin and are let in.
	Origins []string
	// OriginsSetting is what the operator calls Origins; a page that may not connect is told.
	OriginsSetting string
	// Message bounds the octets of one data message, until SetMessageLimit says otherwise.
	Message int64
	// WriteTimeout is how long a pong may take, if nothing else is being written.
	WriteTimeout time.Duration
	// Binary has all that is written go out as binary, also before a client has sent anything.
	Binary bool
	// Cut returns how many octets of what is written belong to the message at hand, at
	// least one, and whether it ends there. It is called for all that is written, in its order.
	Cut func(p []byte) (n int, last bool)
}

// Conn is a WebSocket as a stream. One goroutine may read, and one at a time may
// write; the other methods may be called from any goroutine. Deadlines are those of
// the connection below. A read that fails by its deadline may be repeated.
type Conn struct {
	net.Conn
	in      *bufio.Reader
	timeout time.Duration
	incoming
	outgoing
	debts
}

// incoming is what the goroutine that reads owns.
type incoming struct {
	frame  header // the data frame at hand
	read   uint64 // octets of it
	open   bool   // a message has begun and its last frame has not ended
	isText bool
	text   text
	size   uint64 // octets of the message, as its frames' headers say
	told   bool   // of the kind of the first data message
	ended  error  // what every further Read returns
	most   atomic.Int64
}

// outgoing is what has the turn to write owns.
type outgoing struct {
	turn  sync.Mutex // over what follows
	cut   func(p []byte) (n int, last bool)
	begun bool   // a message has begun and not ended
	plain bool   // it is a text
	held  []byte // an unfinished character of it
	out   []byte // room that is used again
	over  bool   // a close frame has been written
}

// debts are what the reader has the writer do.
type debts struct {
	binary atomic.Bool // the client has begun with a binary message
	mu     sync.Mutex  // over what follows
	pong   []byte
	owed   bool
	code   uint16 // of the client's close frame; 0: none has come, or it had no code
}

// SetMessageLimit makes n the octets that one data message may have.
func (c *Conn) SetMessageLimit(n int64) { c.most.Store(n) }

// pay writes the pong that is owed, unless somebody is writing, who will do it then.
func (c *Conn) pay() {
	for c.owes() && c.turn.TryLock() {
		if b := c.takeDebt(nil); len(b) > 0 {
			_ = c.SetWriteDeadline(time.Now().Add(c.timeout)) // the write reports it
			_, err := c.Conn.Write(b)
			c.over = err != nil // the next read or write finds out
		}
		c.turn.Unlock()
	}
}

func (c *Conn) owes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.owed
}

// takeDebt appends the pong that is owed to b. The turn is held.
func (c *Conn) takeDebt(b []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owed && !c.over {
		b = append(appendHeader(b, true, opPong, len(c.pong)), c.pong...)
	}
	c.owed = false
	return b
}
