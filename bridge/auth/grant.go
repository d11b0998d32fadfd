package auth

import (
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Grant is what somebody may do: a policy, or the short form of one. The zero Grant is everything.
type Grant struct {
	// Actions are what he may do; nil: everything. It is the short form.
	Actions []protocols.Action
	// Queues are patterns of the queues that he may do it to; nil: to all, and
	// to topics too. In a pattern * stands for any characters, none included, and
	// every other character for itself. Names are those of the core, which STOMP
	// clients write behind /queue/.
	Queues []string
	// Policy takes the place of both when it is not nil.
	Policy *Policy
}

// policy returns the policy that the grant is, or is short for. In the short form create is
// to create by use as well, and whoever may receive from a queue, create or administer it may
// say where its messages go: the rights to are younger than the form.
func (g Grant) policy() *Policy {
	if g.Policy != nil {
		return g.Policy
	}
	s := statement{by: "the user's actions and queues, which are the short form of a policy", actions: everything, queues: patterns(g.Queues...)}
	if g.Actions == nil && g.Queues == nil {
		s.by = "default: a user without a policy may do everything"
	}
	if g.Queues == nil {
		s.queues, s.topics = patterns("*"), []string{">"}
	}
	if g.Actions != nil {
		s.actions = 0
	}
	for _, a := range g.Actions {
		s.actions |= longFor(a)
	}
	return &Policy{short: true, statements: []statement{s}}
}

// Decide is Policy.Decide.
func (g Grant) Decide(a protocols.Action, d queuecore.Destination) Decision {
	return g.policy().Decide(a, d)
}

// longFor returns what an action of the short form means.
func longFor(a protocols.Action) actions {
	switch a {
	case protocols.Receive:
		return of(a, protocols.Redrive, protocols.Divert)
	case protocols.Create:
		return of(a, protocols.CreateByUse, protocols.Redrive, protocols.Divert)
	case protocols.Admin:
		return of(a, protocols.Redrive, protocols.Divert, protocols.Inspect, protocols.Fill, protocols.Clear)
	}
	return of(a)
}

// everything is all actions.
const everything actions = 1<<32 - 1

// actions is a set of them.
type actions uint32

// bit returns the set of one action; of one that there is not, none.
func bit(a protocols.Action) actions {
	if a >= protocols.Divert {
		a -= protocols.Divert - 16
	}
	if a >= 32 {
		return 0
	}
	return 1 << a
}

func of(list ...protocols.Action) (all actions) {
	for _, a := range list {
		all |= bit(a)
	}
	return all
}
