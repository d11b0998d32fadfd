package policy

import (
	"net/netip"
	"time"
)

// Request is what somebody wants to do to a queue, and what is known of how he asks.
type Request struct {
	// Action is its name in SQS, such as SendMessage. A batch is asked for as what it is
	// a batch of: the others are not permissions of their own.
	Action string
	Queue  Queue
	Who    Identity
	// Secure says that nobody on the way can read the request.
	Secure bool
	// Source is the address that the request comes from; the zero Addr: not known.
	Source netip.Addr
	At     time.Time
}

// Queue is the queue of a request, by the parts of its ARN.
type Queue struct{ Region, Account, Name string }

// ARN returns the queue's Amazon resource name.
func (q Queue) ARN() string { return "arn:aws:sqs:" + q.Region + ":" + q.Account + ":" + q.Name }

// Identity is who asks: a user of an account, or the account itself, which is what its
// root user is. The zero Identity is somebody whom nobody knows.
type Identity struct {
	Account string
	User    string // "": the account itself
}

// ARN returns the identity's Amazon resource name; that of nobody known is "anonymous".
func (i Identity) ARN() string {
	switch {
	case i.Account == "":
		return "anonymous"
	case i.User == "":
		return "arn:aws:iam::" + i.Account + ":root"
	}
	return "arn:aws:iam::" + i.Account + ":user/" + i.User
}

// Effect is what a policy decides. A later one wins over those before it.
type Effect uint8

// The effects.
const (
	Silent    Effect = iota // no statement applies
	Delegates               // whoever his account lets do it may
	Allows
	Denies
)

// Decision is an effect, and the statement that it comes from: "statement" and its Sid, or
// its place, counted from 1. It is empty for Silent.
type Decision struct {
	Effect Effect
	By     string
}

// Decide says what p decides about a request. It may be called from any goroutine.
// IAM user guide, "How AWS enforcement code logic evaluates requests to allow or deny
// access": an explicit deny overrides an explicit allow.
func (p *Policy) Decide(r *Request) (d Decision) {
	for i := range p.statements {
		s := &p.statements[i]
		if e := s.effect(r); e > d.Effect {
			d = Decision{e, s.name}
		}
	}
	return d
}

// truth is what is known of whether something holds. The least of several is whether all
// of them do.
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
