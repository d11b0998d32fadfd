package stomp

import (
	"time"

	"github.com/sluicemq/sluice/protocols/budget"
)

// Claims returns how many connections wait for room: for a frame, and for messages in transactions.
func (b *Bounds) Claims() (bodies, transactions int) {
	_, bodies = b.bodies.Counts()
	_, transactions = b.transactions.Counts()
	return bodies, transactions
}

// Lent returns the bytes of frames that are being received, and of messages in open transactions.
func (b *Bounds) Lent() (bodies, transactions int64) {
	bodies, _ = b.bodies.Counts()
	transactions, _ = b.transactions.Counts()
	return bodies, transactions
}

// Bounds returns what g shares with others, or has of its own.
func (g *Gateway) Bounds() *Bounds { return g.bounds }

// BeGenerous lets clients keep what they have for ever, whoever waits for it. It is called before the first client comes.
func (b *Bounds) BeGenerous() {
	b.bodies = budget.New(b.bodies.Size(), 24*time.Hour)
	b.transactions = budget.New(b.transactions.Size(), 24*time.Hour)
}

// Outgoing returns the bytes of messages on their way to clients.
func (b *Bounds) Outgoing() int64 { return b.outgoing.bytes.Load() }
