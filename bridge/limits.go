package bridge

import (
	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/auth/lockout"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/protocols/tally"
)

// bounds are what all connections of a dialect share, whichever address they came to.
type bounds struct {
	stomp     *stomp.Bounds
	nats, sqs *door.Door
	admin     *door.Door
	quotas    *quota.Book
	tally     *tally.Tally
}

// newBounds returns those of cfg. Exists reports whether a queue is there.
func newBounds(cfg *config.Config, exists func(queue string) bool) *bounds {
	c, count := &cfg.Connections, tally.New(config.CountedLimits()...)
	return &bounds{
		tally:  count,
		quotas: quota.New(userLimits(&cfg.UserLimits), quota.Options{Tally: count, Exists: exists}),
		admin:  door.New(door.Limits{All: cfg.AdminLimits.Connections, Address: cfg.AdminLimits.Address}),
		stomp:  stomp.NewBounds(stompLimits(&cfg.STOMPLimits)),
		nats:   door.New(door.Limits{All: c.NATS, Address: c.NATSAddress}),
		sqs:    door.New(door.Limits{All: c.SQS, Address: c.SQSAddress}),
	}
}

// doors are where connections are counted, by gateway.
func (b *bounds) doors() map[string]*door.Door {
	return map[string]*door.Door{"stomp": b.stomp.Door(), "nats": b.nats, "sqs": b.sqs, "admin": b.admin}
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

func natsLimits(l *config.NATSLimits, m *config.Memory) nats.Limits {
	return nats.Limits{
		AuthTimeout: l.LoginTimeout, LoginSize: l.LoginSize << 10, ControlLine: l.ControlLine << 10, Payload: l.Payload << 10,
		Subscriptions: l.Subscriptions, Pending: l.Pending << 20, WriteDeadline: l.WriteTimeout,
		AllPending: m.Target << 20 / pendingShare,
	}
}

func sqsLimits(l *config.SQSLimits) sqs.Limits {
	return sqs.Limits{
		HeaderBytes: l.Header << 10, BodyBytes: l.Body << 10, PendingBytes: int64(l.BodyMemory) << 20,
		HeaderTimeout: l.HeaderTimeout, BodyTimeout: l.RequestTimeout, WriteTimeout: l.WriteTimeout, IdleTimeout: l.IdleTimeout,
	}
}

func adminLimits(l *config.AdminLimits) admin.Limits {
	return admin.Limits{
		HeaderBytes: l.Header << 10, BodyBytes: l.Body << 10,
		HeaderTimeout: l.HeaderTimeout, RequestTimeout: l.RequestTimeout, LoginTimeout: l.LoginTimeout,
	}
}

func userLimits(l *config.UserLimits) quota.Limits {
	return quota.Limits{
		Connections: l.Connections, Subscriptions: l.Subscriptions, Transactions: l.Transactions, Queues: l.Queues,
		Consumers: l.Consumers, Requests: l.Requests, Bytes: l.Bytes << 10,
	}
}

func loginLimits(l *config.LoginLimits) lockout.Limits {
	return lockout.Limits{Failures: l.Failures, Users: l.Users, Lock: l.LockTime}
}
