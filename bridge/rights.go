package bridge

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// rights join what a user's own policy says with what queues say: a consumer's queue holds the
// messages of its stream, and SQS clients give queues policies, whose denials hold in all dialects.
type rights struct {
	broker  atomic.Pointer[queuecore.Broker] // nil: there are no queues yet
	denials *sqs.Denials
	account string // that queues are of
	shifts  protocols.Shifts
}

// watch has who goes on to receive be asked again when a queue gets another policy, or loses it.
func (r *rights) watch(b *queuecore.Broker) {
	r.broker.Store(b)
	b.WatchQueues(func(all []queuecore.QueueChange) {
		if slices.ContainsFunc(all, func(x queuecore.QueueChange) bool { return x.Is.Name != "" && r.denials.Replaced(&x.Was, &x.Is) }) {
			r.shifts.Shift()
		}
	})
}

// in returns an authenticator whose principals queues are asked about as well. That of SQS asks
// for their policies itself, and needs those of others not: it says foreign is false.
func (r *rights) in(who protocols.Authenticator, foreign bool) protocols.Authenticator {
	if who == nil {
		return nil
	}
	return &asking{who, r, foreign}
}

// asking is an Authenticator that joins rights.
type asking struct {
	protocols.Authenticator
	rights  *rights
	foreign bool
}

// Authenticate implements protocols.Authenticator.
func (a *asking) Authenticate(ctx context.Context, c protocols.Credentials) (protocols.Principal, error) {
	p, err := a.Authenticator.Authenticate(ctx, c)
	if err != nil {
		return nil, err
	}
	x := &asked{Principal: p, rights: a.rights, valid: context.Background()}
	if v, ok := p.(protocols.Revocable); ok {
		x.valid = v.Valid()
	}
	if m, ok := p.(protocols.Member); ok && m.Account() != a.rights.account { // who says that he is of it is nobody else
		x.asker.Account = m.Account()
	}
	x.asker.User, x.asker.Secure, x.foreign = p.Name(), c.Secure, a.foreign
	if c.Remote != nil {
		x.asker.Source = hostOf(c.Remote)
	}
	return x, nil
}

// hostOf returns the address without its port; the zero Addr when there is none.
func hostOf(a net.Addr) netip.Addr {
	x, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return x.Addr().Unmap()
}

// asked is a principal of whom queues are asked.
type asked struct {
	protocols.Principal
	rights  *rights
	valid   context.Context
	asker   sqs.Asker
	foreign bool // to SQS
}

var (
	_ protocols.Member    = (*asked)(nil)
	_ protocols.Revocable = (*asked)(nil)
	_ protocols.Denier    = (*asked)(nil)
	_ protocols.Shifting  = (*asked)(nil)
)

func (x *asked) Account() string { return x.asker.Account }

func (x *asked) Valid() context.Context { return x.valid }

// Shifts implements protocols.Shifting.
func (x *asked) Shifts() *protocols.Shifts { return &x.rights.shifts }

// May implements protocols.Principal.
func (x *asked) May(a protocols.Action, d queuecore.Destination) bool {
	if !x.Principal.May(a, d) {
		return false
	}
	b := x.rights.broker.Load()
	if b == nil || d.Kind != queuecore.KindQueue {
		return true
	}
	if d.Name == "" {
		return !x.deniedAnywhere(a, b)
	}
	q, err := b.Queue(d.Name)
	if err != nil {
		return true
	}
	return x.mayThrough(a, b, &q) && !x.denied(a, &q)
}

// Denies implements protocols.Denier. What a consumer's queue holds is the stream's, and no policy of the queue's
// own gives it away. What the policy of a queue denies is in it for other dialects than SQS, which asks for that itself.
func (x *asked) Denies(a protocols.Action, d queuecore.Destination) bool {
	if n, ok := x.Principal.(protocols.Denier); ok && n.Denies(a, d) {
		return true
	}
	b := x.rights.broker.Load()
	if b == nil || d.Kind != queuecore.KindQueue {
		return false
	}
	q, err := b.Queue(d.Name)
	return err == nil && (!x.mayThrough(a, b, &q) || x.denied(a, &q))
}

// mayThrough asks about the stream whose messages a queue holds.
func (x *asked) mayThrough(a protocols.Action, b *queuecore.Broker, q *queuecore.QueueInfo) bool {
	if q.Config.Of == "" {
		return true
	}
	switch a {
	case protocols.Receive, protocols.Browse, protocols.Inspect, protocols.Divert:
	default:
		return true
	}
	stream, err := b.Queue(q.Config.Of)
	if err != nil {
		stream.Name = q.Config.Of
	}
	return x.Principal.May(protocols.Through, queuecore.QueueNamed(q.Config.Of)) && !x.deniedBy(protocols.Through, &stream)
}

// deniedAnywhere is about all queues: what one of them denies is denied of all.
func (x *asked) deniedAnywhere(a protocols.Action, b *queuecore.Broker) bool {
	if !x.foreign {
		return false
	}
	return slices.ContainsFunc(b.Queues(""), func(q queuecore.QueueInfo) bool { return x.denied(a, &q) })
}

// denied asks the policy of a queue, unless SQS does.
func (x *asked) denied(a protocols.Action, q *queuecore.QueueInfo) bool {
	return x.foreign && x.deniedBy(a, q)
}

func (x *asked) deniedBy(a protocols.Action, q *queuecore.QueueInfo) bool {
	if len(q.Config.Labels) == 0 {
		return false
	}
	who := x.asker
	who.Root = who.User == "" && x.Principal.May(protocols.Admin, queuecore.QueueNamed(q.Name))
	_, denied := x.rights.denials.Deny(q, a, &who)
	return denied
}
