package bridge

import (
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// bounds are what all connections of a dialect share, whichever address they came to.
type bounds struct {
	stomp     *stomp.Bounds
	nats, sqs *door.Door
}

func newBounds(cfg *config.Config) *bounds {
	c := &cfg.Connections
	return &bounds{
		stomp: stomp.NewBounds(stompLimits(&cfg.STOMPLimits)),
		nats:  door.New(door.Limits{All: c.NATS, Address: c.NATSAddress}),
		sqs:   door.New(door.Limits{All: c.SQS, Address: c.SQSAddress}),
	}
}

// doors are where connections are counted, by gateway.
func (b *bounds) doors() map[string]*door.Door {
	return map[string]*door.Door{"stomp": b.stomp.Door(), "nats": b.nats, "sqs": b.sqs}
}

// newPanics returns where panics are counted, by gateway.
func newPanics() map[string]*panics.Count {
	return map[string]*panics.Count{"stomp": {}, "nats": {}, "sqs": {}, "admin": {}}
}

func stompLimits(l *config.STOMPLimits) stomp.Limits {
	return stomp.Limits{
		Frame:        frame.Limits{Headers: l.Headers, HeaderBytes: l.HeaderSize << 10, Body: l.Body << 10},
		ConnectBytes: l.LoginFrame << 10, LoginTimeout: l.LoginTimeout,
		HeartBeat: l.HeartBeat, WriteTimeout: l.WriteTimeout,
		Connections: l.Connections, Address: l.Address,
		BodyMemory: l.BodyMemory << 20, TransactionMemory: l.TransactionMemory << 20, OutboxMemory: l.OutboxMemory << 20,
		Subscriptions: l.Subscriptions, Prefetch: l.Prefetch, MaxPrefetch: l.MaxPrefetch, Unsettled: l.Unsettled,
		Transactions: l.Transactions, TransactionOps: l.TransactionOps, TransactionBytes: l.TransactionSize << 10,
	}
}
