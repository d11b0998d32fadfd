package stomp

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/sluicemq/sluice/protocols/budget"
	"github.com/sluicemq/sluice/protocols/door"
)

// Bounds are the limits that are not of one connection. Gateways that are given the same
// share them, as those of one house do.
type Bounds struct {
	door         *door.Door
	bodies       *budget.Budget // frames being received
	transactions *budget.Budget // messages in open transactions
	outgoing     *outgoing
	clients      atomic.Int64 // that have logged in
}

// frames is how many frames of one connection may be unanswered: the more clients there are, the fewer.
func (b *Bounds) frames() int {
	return int(min(max(allFrames/max(b.clients.Load(), 1), fewFrames), pipelineFrames))
}

// outgoing counts the bytes of messages on their way to clients.
type outgoing struct {
	bytes atomic.Int64
	feeds atomic.Int64 // subscriptions
	limit int64
}

// crowded reports whether each connection should have few of them.
func (o *outgoing) crowded() bool { return o.bytes.Load() > o.limit }

// room is how much may wait for the socket of one connection, and how much one subscription should
// receive at a time.
func (o *outgoing) room() int {
	if o.crowded() {
		return crowdedBytes
	}
	each := o.limit / max(o.feeds.Load(), 1)
	return int(min(max(each, crowdedBytes), outboxBytes))
}

// NewBounds returns the Bounds that l has.
func NewBounds(l Limits) *Bounds {
	l = l.withDefaults()
	return &Bounds{
		door:         door.New(door.Limits{All: l.Connections, Address: l.Address}),
		bodies:       budget.New(int64(l.BodyMemory), bodyGrace),
		transactions: budget.New(int64(l.TransactionMemory), transactionGrace),
		outgoing:     &outgoing{limit: int64(l.OutboxMemory)},
	}
}

// Door returns where connections are counted.
func (b *Bounds) Door() *door.Door { return b.door }

// enter lets a connection in, or says in the words of STOMP why not.
func (b *Bounds) enter(nc net.Conn) (leave func(), err error) {
	leave, err = b.door.Enter(nc.RemoteAddr())
	full, ok := err.(*door.Full)
	switch {
	case !ok:
		return leave, nil
	case full.From.IsValid():
		return nil, breach("too many connections",
			"The limit is %d from one address, and %s has them. The setting is stomp_max_connections_per_address.", full.Limit, full.From)
	}
	return nil, breach("too many connections", "The limit is %d connections. The setting is stomp_max_connections.", full.Limit)
}

// loans are what one connection has of the Bounds.
type loans struct {
	body *budget.Share // for who reads
}

// borrow has the reader of frames take its room from the Bounds.
func (c *conn) borrow() {
	b := c.gateway.bounds
	c.loans.body = b.bodies.Share(func() {
		c.stop(heldTooLong("stomp_body_memory", "frame took too long", "frames that are being received", b.bodies))
	})
	c.txs.share = b.transactions.Share(func() {
		c.stop(heldTooLong("stomp_transaction_memory", "transaction took too long", "messages in open transactions", b.transactions))
	})
	c.reader.SetRoom(c.roomForFrame)
	b.clients.Add(1)
	c.pipe.most = b.frames
}

// roomForFrame waits for room for the frame that is being read. ACKs before it do not wait with it.
func (c *conn) roomForFrame(bytes int) error {
	if err := c.flushSettles(); err != nil {
		return err
	}
	return c.loans.body.Grow(c.ctx, bytes)
}

// giveBack ends the loans of a connection that reads no more, and with it the transactions that
// are open. STOMP 1.2, "BEGIN".
func (c *conn) giveBack() {
	c.giveUserBack()
	clear(c.txs.open)
	c.gateway.bounds.clients.Add(-1)
	c.loans.body.Free()
	c.txs.share.Free()
}

// heldTooLong is why a client is cut who keeps others waiting.
func heldTooLong(setting, message, what string, b *budget.Budget) error {
	return limited(setting, message, "The limit is %d bytes of %s, of all clients together; others wait for it, and this one has had its part for more than %v.",
		b.Size(), what, b.Grace())
}

// grow makes room for the messages in open transactions: bytes of text in n messages.
func (t *transactions) grow(ctx context.Context, bytes, n int) error {
	return t.share.Grow(ctx, max(0, bytes+n*messageBytes-freeTransaction))
}

// shrink gives back what is over the messages that are left.
func (t *transactions) shrink() {
	t.share.Shrink(max(0, t.bytes+t.sends*messageBytes-freeTransaction))
}

// limited refuses what is over a limit that the operator may set, and names the setting.
func limited(setting, message, format string, a ...any) error {
	return &refusal{message: message, detail: fmt.Sprintf(format, a...) + " The setting is " + setting + ".", ends: true, limit: setting}
}
