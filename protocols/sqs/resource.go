package sqs

import (
	"net/netip"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/queuecore"
)

// Denials tell other dialects what the policies deny that SQS clients give to queues: there is one
// policy, whatever a client speaks. What such a policy allows is for clients of SQS alone. All methods may
// be called from any goroutine.
type Denials struct {
	region, account string
	names           mapping.SQS
	policies        policies
	now             func() time.Time
}

// NewDenials returns the denials of a server whose queues are of that region and account.
func NewDenials(region, account string) *Denials {
	return &Denials{region: region, account: account, now: time.Now}
}

// Asker is a client of another dialect.
type Asker struct {
	// User is his name; "": nobody knows him. Account is his; "": the queues'.
	User, Account string
	// Root says of one without a name that he may administer the queue, as a server without users
	// lets everybody: he is the account itself then.
	Root bool
	// Source is where he connects from; the zero Addr: that is not known. Secure says that nobody on
	// the way can read what he sends.
	Source netip.Addr
	Secure bool
}

// Replaced reports whether a queue's policy has become another one.
func (d *Denials) Replaced(was, is *queuecore.QueueInfo) bool {
	return was.Config.Labels[label+policyName] != is.Config.Labels[label+policyName]
}

// Deny reports whether the queue's policy denies the client what action is in SQS, and the
// statement that does. One that cannot be read denies.
func (d *Denials) Deny(q *queuecore.QueueInfo, a protocols.Action, who *Asker) (by string, denied bool) {
	text := q.Config.Labels[label+policyName]
	if text == "" {
		return "", false
	}
	p, err := d.policies.of(q.Name, text)
	if err != nil {
		return "it cannot be read: " + err.Error(), true
	}
	r := policy.Request{
		Queue: policy.Queue{Region: d.region, Account: d.account, Name: d.names.QueueName(q.Name)},
		Who:   d.identity(who), Secure: who.Secure || who.Source.IsLoopback(), Source: who.Source, At: d.now(),
	}
	for _, r.Action = range actionsFor(a) {
		if x := p.Decide(&r); x.Effect == policy.Denies {
			return x.By, true
		}
	}
	return "", false
}

func (d *Denials) identity(who *Asker) policy.Identity {
	if who.User == "" && !who.Root {
		return policy.Identity{}
	}
	if who.Account != "" {
		return policy.Identity{Account: who.Account, User: who.User}
	}
	return policy.Identity{Account: d.account, User: who.User}
}

// actionsFor returns what an action is in SQS: all of it must not be denied. Who receives
// elsewhere settles, too, which is to delete.
func actionsFor(a protocols.Action) []string {
	switch a {
	case protocols.Send, protocols.Fill:
		return []string{"SendMessage"}
	case protocols.Receive, protocols.Divert:
		return []string{"ReceiveMessage", "DeleteMessage"}
	case protocols.Browse, protocols.Inspect, protocols.Through:
		return []string{"ReceiveMessage"}
	case protocols.Create, protocols.CreateByUse:
		return []string{"CreateQueue"}
	case protocols.Delete:
		return []string{"DeleteQueue"}
	case protocols.Purge, protocols.Clear:
		return []string{"PurgeQueue"}
	case protocols.Redrive:
		return []string{"StartMessageMoveTask"}
	case protocols.Admin:
		return []string{"SetQueueAttributes"}
	}
	return nil
}
