package sqs

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// wish is something that a client wants to do to a queue.
type wish struct {
	action string // its name in SQS; of a batch, that of what it is a batch of
	grants grants
}

// grants are the actions of which the client's own grant must have one. Those behind the
// last are 0, which is none. Being no slice they cost a request no memory.
type grants [5]protocols.Action

func anyOf(actions ...protocols.Action) (g grants) {
	copy(g[:], actions)
	return g
}

// asked is what the call itself is for.
func (c *call) asked(actions ...protocols.Action) wish {
	return wish{strings.TrimSuffix(c.action, "Batch"), anyOf(actions...)}
}

// sending is a wish of calls that make a queue send to another one.
func sending() wish { return wish{"SendMessage", anyOf(protocols.Send)} }

// allow asks whether the client may do something to a queue, which need not be there.
func (c *call) allow(queue string, w wish) error {
	q, err := c.broker.Queue(queue)
	if err != nil {
		q = queuecore.QueueInfo{Name: queue}
	}
	return c.permit(&q, w)
}

// permit is allow of a queue at hand.
func (c *call) permit(q *queuecore.QueueInfo, w wish) error {
	ok, d := c.judge(q, w)
	if ok {
		return nil
	}
	why := "because no resource-based policy allows the sqs:" + strings.ToLower(w.action) + " action"
	switch {
	case d.Effect == policy.Denies:
		why = "with an explicit deny in a resource-based policy (" + d.By + ")"
	case c.denied(q.Name, w.grants):
		why = "with an explicit deny in an identity-based policy"
	case c.isOwn(), !c.granted(q.Name, w.grants):
		why = strings.Replace(why, "resource", "identity", 1)
	}
	return wire.Errorf(wire.AccessDenied, "User: %s is not authorized to perform: sqs:%s on resource: %s %s",
		c.identity(q.Name).ARN(), strings.ToLower(w.action), c.arn(q.Name), why)
}

// judge joins what the client's own grant says with what the queue's policy does.
// IAM user guide, "Policy evaluation for requests within a single account": either of them
// is enough, where the other does not deny it; "Cross-account policy evaluation logic": both are needed.
func (c *call) judge(q *queuecore.QueueInfo, w wish) (ok bool, d policy.Decision) {
	granted, own := c.granted(q.Name, w.grants), c.isOwn()
	text := q.Config.Labels[label+policyName]
	if text == "" {
		return granted && own, d
	}
	d = c.decide(q, text, w.action)
	switch {
	case d.Effect == policy.Denies:
		return granted && own && c.mayUndo(q.Name, w), d
	case own:
		return granted || d.Effect == policy.Allows && !c.denied(q.Name, w.grants), d
	}
	return granted && d.Effect != policy.Silent && !slices.Contains(ownersOnly(), w.action), d
}

// decide asks the queue's policy. One that cannot be read, from before policies were held
// to, denies: nobody knows what it was to keep out.
func (c *call) decide(q *queuecore.QueueInfo, text, action string) policy.Decision {
	p, err := c.policies.of(q.Name, text)
	if err != nil {
		return policy.Decision{Effect: policy.Denies, By: "it cannot be read: " + err.Error()}
	}
	return p.Decide(&policy.Request{
		Action: action,
		Queue:  policy.Queue{Region: c.Region, Account: c.Account, Name: c.names.QueueName(q.Name)},
		Who:    c.identity(q.Name),
		Secure: c.isSecure(),
		Source: c.source(),
		At:     c.Now(),
	})
}

// mayUndo reports whether no policy can keep the client from what it wants: to look at a
// policy or to take it away. Somebody must be able to, when one denies everything to
// everybody. That is who may administer the queue, and where nobody has a name, whoever
// sits at the server's own machine.
// IAM user guide, "Centrally manage root access": at AWS it is the root user.
func (c *call) mayUndo(queue string, w wish) bool {
	switch c.action { // itself; a move needs GetQueueAttributes too
	case "GetQueueUrl", "GetQueueAttributes", "RemovePermission":
	case "SetQueueAttributes":
		if w.grants != anyOf(protocols.Admin) { // not the policy alone
			return false
		}
	default:
		return false
	}
	return c.granted(queue, anyOf(protocols.Admin)) && (c.userName() != "" || c.source().IsLoopback())
}

// granted reports whether the client's own grant has one of the actions.
func (c *call) granted(queue string, actions grants) bool {
	if c.who == nil {
		return true
	}
	for _, a := range actions {
		if a != 0 && c.who.May(a, queuecore.QueueNamed(queue)) {
			return true
		}
	}
	return false
}

// denied reports whether somebody has denied the client each of the actions.
func (c *call) denied(queue string, actions grants) bool {
	who, ok := c.who.(protocols.Denier)
	if !ok {
		return false
	}
	for _, a := range actions {
		if a != 0 && !who.Denies(a, queuecore.QueueNamed(queue)) {
			return false
		}
	}
	return true
}

// sees reports whether the client may know that the queue is there: its own grant lets it
// look, or the policy lets it do something. No policy hides a queue.
// ListQueues is about no queue, so no policy is asked whether a client may.
func (c *call) sees(q *queuecore.QueueInfo) bool {
	if c.isOwn() && c.granted(q.Name, anyOf(look()...)) {
		return true
	}
	return slices.ContainsFunc([]string{"GetQueueUrl", "GetQueueAttributes", "SendMessage", "ReceiveMessage"}, func(action string) bool {
		ok, _ := c.judge(q, wish{action, anyOf(look()...)})
		return ok
	})
}

// identity is who the client is to the policy of a queue. One without a name is the account
// itself if he may administer the queue, as everybody may where nobody has a name.
func (c *call) identity(queue string) policy.Identity {
	name := c.userName()
	if name == "" && !c.granted(queue, anyOf(protocols.Admin)) {
		return policy.Identity{}
	}
	return policy.Identity{Account: c.account(), User: name}
}

// account is the one that the client is of.
func (c *call) account() string {
	if m, ok := c.who.(protocols.Member); ok && m.Account() != "" {
		return m.Account()
	}
	return c.Account
}

// isOwn reports whether the client is of the account that the queues are of.
func (c *call) isOwn() bool { return c.account() == c.Account }

// source is where the connection comes from; the zero Addr: it has no such address. What
// proxies say of others in headers does not count, since anybody can write it.
func (c *call) source() netip.Addr {
	a, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// isSecure reports whether nobody on a network can read the request: it was encrypted, has
// not left the machine, or has come through the proxy that makes the public URL's https.
func (c *call) isSecure() bool {
	return c.r.TLS != nil || c.source().IsLoopback() || strings.HasPrefix(c.PublicURL, "https://")
}
