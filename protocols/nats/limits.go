package nats

import (
	"time"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// Limits bound what clients may do. The zero value of a field is its default,
// which is nats-server's where it has one.
type Limits struct {
	LoginSize   int // of a message before the login, and of the request for a WebSocket (16 KiB)
	Payload     int // headers and body of one message (max_payload, 1 MiB)
	ControlLine int // one line (max_control_line, 4096)
	Pending     int // bytes that wait for one slow reader (max_pending, 64 MiB); over it, it is cut off.
	// Under 8 MiB, a publisher that does not read its acks is cut off rather than slowed.
	// AllPending is what may wait for all readers together (256 MiB; nats-server: no bound). Over it, a reader
	// for whom more than 8 MiB wait is cut off, and whoever publishes to itself is slowed from 4 MiB on.
	AllPending    int
	WriteDeadline time.Duration // for one write (write_deadline, 10 s)
	PingInterval  time.Duration // without a sign of life (ping_interval, 2 min)
	PingsOut      int           // pings without an answer before the end (ping_max, 2)
	AuthTimeout   time.Duration // to say CONNECT, when one must (authorization timeout, 2 s)
	Connections   int           // at once (max_connections, 64 Ki)
	Subscriptions int           // of one connection (10,000; nats-server: no bound)
}

func (l Limits) withDefaults() Limits {
	set(&l.LoginSize, 16<<10)
	set(&l.Payload, wire.DefaultPayload)
	set(&l.ControlLine, wire.DefaultControlLine)
	set(&l.Pending, 64<<20)
	set(&l.AllPending, 256<<20)
	set(&l.WriteDeadline, 10*time.Second)
	set(&l.PingInterval, 2*time.Minute)
	set(&l.PingsOut, 2)
	set(&l.AuthTimeout, 2*time.Second)
	set(&l.Connections, 64<<10)
	set(&l.Subscriptions, 10_000)
	return l
}

func set[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// roomBytes is how much may wait for a reader before deliveries from queues,
// which would rather stay there, pass it by.
const roomBytes = 4 << 20

// refusals is how many connections over the limit are told so at one time; more are closed
// without a word.
const refusals = 64

// lingerTime and lingerBytes bound what is read from a client after the server
// has said its last.
const (
	lingerTime  = time.Second
	lingerBytes = 64 << 20
)
