package stomp

import (
	"cmp"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// Limits bound what clients may ask of the gateway. STOMP 1.2, "Conformance":
// an implementation may limit what the standard leaves open; "Size Limits" names
// headers, header lines and bodies. Zero fields are the defaults.
type Limits struct {
	// Frame bounds the frames of a client that has logged in: 100 headers, 64
	// KiB of them, and a body of 1 MiB.
	Frame frame.Limits
	// ConnectBytes bounds the CONNECT frame, and the header of a request for a WebSocket
	// (16 KiB). LoginTimeout is the time until CONNECT has come and been checked, a
	// handshake of TLS and a request before it included (10 s).
	ConnectBytes int
	LoginTimeout time.Duration
	// HeartBeat is the shortest interval at which beats are sent or demanded (500 ms).
	HeartBeat time.Duration
	// WriteTimeout is how long a client may take nothing of what is sent to it
	// (60 s). Clients that work on a message before they read on are common.
	WriteTimeout time.Duration
	// Linger is how long a connection that is over waits for the client to close it (1 s).
	Linger time.Duration

	Connections int // in all (10,000)
	// Address bounds the connections from one address (0: no bound), see [door.Limits].
	Address int
	// BodyMemory bounds the frames that are being received, beyond the first 16 KiB of each
	// connection, and TransactionMemory the messages in open transactions, likewise (64 MiB each). Beyond, clients
	// wait, and who has had his part of it for longer than 10 s, or 30 s, is cut.
	BodyMemory, TransactionMemory int
	// OutboxMemory is what messages on their way to clients share (64 MiB): each subscription gets its part,
	// which is at most 256 KiB, and at least 16 KiB and one message more.
	OutboxMemory int

	Subscriptions int // of one connection (1,000)
	// Prefetch is how many messages a subscription holds unsettled when it names
	// no number itself (100), and MaxPrefetch the most that it may name (5,000).
	Prefetch, MaxPrefetch int
	// Unsettled bounds the messages that one connection holds, those in open
	// transactions included (8,000). What its subscriptions are just receiving may
	// be over it.
	Unsettled int

	Transactions     int // open on one connection (16)
	TransactionOps   int // frames of one transaction, and messages settled by them (8,000)
	TransactionBytes int // of the messages in the open transactions of one connection (6 MiB)
}

// withDefaults returns l with every field set.
func (l Limits) withDefaults() Limits {
	l.Frame.Headers = cmp.Or(l.Frame.Headers, 100)
	l.Frame.HeaderBytes = cmp.Or(l.Frame.HeaderBytes, 64<<10)
	l.Frame.Body = cmp.Or(l.Frame.Body, 1<<20)
	l.ConnectBytes = cmp.Or(l.ConnectBytes, 16<<10)
	l.LoginTimeout = cmp.Or(l.LoginTimeout, 10*time.Second)
	l.HeartBeat = cmp.Or(l.HeartBeat, 500*time.Millisecond)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, time.Minute)
	l.Linger = cmp.Or(l.Linger, time.Second)
	l.Connections = cmp.Or(l.Connections, 10_000)
	l.BodyMemory = cmp.Or(l.BodyMemory, 64<<20)
	l.TransactionMemory = cmp.Or(l.TransactionMemory, 64<<20)
	l.OutboxMemory = cmp.Or(l.OutboxMemory, 64<<20)
	l.Subscriptions = cmp.Or(l.Subscriptions, 1_000)
	l.Prefetch = cmp.Or(l.Prefetch, 100)
	l.MaxPrefetch = cmp.Or(l.MaxPrefetch, 5_000)
	l.Unsettled = cmp.Or(l.Unsettled, 8_000)
	l.Transactions = cmp.Or(l.Transactions, 16)
	l.TransactionOps = cmp.Or(l.TransactionOps, 8_000)
	l.TransactionBytes = cmp.Or(l.TransactionBytes, 6<<20)
	return l
}

const (
	// pipelineFrames and pipelineBytes bound the frames of one connection that
	// wait for the disk, and their receipt ids.
	pipelineFrames = 1024
	pipelineBytes  = 64 << 10
	// allFrames are those of all connections together, of which each has its part: pipelineFrames or fewer, and
	// fewFrames at least.
	allFrames = 256 << 10
	fewFrames = 64
	// outboxBytes is how much may wait for the socket of one connection; one
	// message more than that when it is empty.
	outboxBytes = 256 << 10
	// crowdedBytes is what is left of that for each when there are very many, or above Limits.OutboxMemory.
	crowdedBytes = 16 << 10
	// bufferBytes is the room for outgoing frames to begin with, and keptBytes how
	// much of it a connection keeps for its answers.
	bufferBytes = 4 << 10
	keptBytes   = 16 << 10
	// keptHeaders is how many headers of a message a connection keeps room for.
	keptHeaders = 32
	// writeChunk is what must be taken within WriteTimeout.
	writeChunk = 64 << 10
	// receiveMax is how many messages one Receive should bring at most.
	receiveMax = 256
	// payloadsUnderway is how many payloads from elsewhere may be on their way to the
	// outbox of one connection, whole bodies in memory.
	payloadsUnderway = 4
	// loginMessage and maxMessage bound a WebSocket message of a client before and after
	// the login. None is kept as a whole; the limits of frames hold inside of it.
	loginMessage = 64 << 10
	maxMessage   = 64 << 20
	// settleMax is how many frames are settled with one transaction of the core.
	settleMax = 256
	// transientMessages and transientBytes bound what waits in memory for a topic
	// subscription, or in a temporary queue. Beyond, the oldest is dropped.
	transientMessages = 10_000
	transientBytes    = 16 << 20
	// idBytes bounds the ids of subscriptions and transactions, and selectorBytes the selectors of
	// one connection together. A selector takes up to ten times its text.
	idBytes       = 1 << 10
	selectorBytes = 256 << 10
	// tempQueues is how many temporary queues one connection may have.
	tempQueues = 64
	// compositeParts is how many destinations one SEND may name.
	compositeParts = 64
	// detailBytes is how long the body of an ERROR frame may be.
	detailBytes = 1 << 10
	// refusals is how many connections over the limit are told so at one time;
	// more are closed without a word.
	refusals = 64
	// bodyGrace and transactionGrace are how long a client may keep its part of
	// Limits.BodyMemory and TransactionMemory while another waits for it.
	bodyGrace        = 10 * time.Second
	transactionGrace = 30 * time.Second
	// freeTransaction is what the open transactions of a connection may take without being counted
	// against TransactionMemory, and messageBytes what a message takes besides its text.
	freeTransaction = 16 << 10
	messageBytes    = 512
	// dedupWindow is that of queues made by a first use.
	dedupWindow = 2 * time.Minute
)
