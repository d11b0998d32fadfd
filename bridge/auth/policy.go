package auth

import (
	"slices"
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/glob"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// Statement allows or denies actions at some destinations.
type Statement struct {
	// By is what a decision calls it.
	By   string
	Deny bool
	// Actions are those that policies name; nil: all. To deny Receive is to deny Browse too.
	Actions []protocols.Action
	// Queues are patterns as those of Grant, and Topics are patterns of queuecore.ParsePattern: * is
	// one part of a name and >, at the end, the rest. Both nil: all queues and topics.
	Queues, Topics []string
}

// Policy decides what somebody may do: what a statement denies he may not, whatever others say,
// and what none allows neither. It does not change, and any goroutine may ask it.
type Policy struct {
	short      bool // it stands for a short form
	statements []statement
}

// NewPolicy returns the policy of these statements, whose patterns are good. One of none allows nothing.
func NewPolicy(list []Statement) *Policy {
	p := &Policy{statements: make([]statement, 0, len(list))}
	for _, x := range list {
		s := statement{by: x.By, deny: x.Deny, actions: everything, queues: patterns(x.Queues...), topics: x.Topics}
		if x.Actions != nil {
			s.actions = of(x.Actions...)
		}
		if s.deny && s.actions&bit(protocols.Receive) != 0 {
			s.actions |= bit(protocols.Browse) // who may not have messages may not look at them
		}
		if x.Queues == nil && x.Topics == nil {
			s.queues, s.topics = patterns("*"), []string{">"}
		}
		p.statements = append(p.statements, s)
	}
	return p
}

// Decision is what a policy says, and the statement that says so; "": none allows it.
type Decision struct {
	Allowed bool
	By      string
}

// Decide decides about an action at a destination; see protocols.Principal for wildcards. It takes no memory.
func (p *Policy) Decide(a protocols.Action, d queuecore.Destination) Decision {
	if p.short {
		if a == protocols.Bind || a == protocols.Through { // it came with the right to the queue
			return Decision{true, p.statements[0].by}
		}
		return p.one(a, d)
	}
	switch a {
	case protocols.Divert:
		if x := p.one(protocols.Redrive, d); !x.Allowed {
			return x
		}
		a = protocols.Receive
	case protocols.Inspect:
		if a = protocols.Browse; d.Kind == queuecore.KindTopic {
			a = protocols.Receive
		}
	case protocols.Bind, protocols.Through:
		a = protocols.Receive
	case protocols.Fill:
		a = protocols.Send
	case protocols.Clear:
		a = protocols.Purge
	}
	return p.one(a, d)
}

// Denies reports whether a statement denies it, or for an action that takes several rights one of them.
func (p *Policy) Denies(a protocols.Action, d queuecore.Destination) bool {
	if a == protocols.Divert && p.Denies(protocols.Receive, d) {
		return true
	}
	x := p.Decide(a, d)
	return !x.Allowed && x.By != ""
}

// one decides about an action that statements name.
func (p *Policy) one(a protocols.Action, d queuecore.Destination) (x Decision) {
	want := bit(a)
	for i := range p.statements {
		s := &p.statements[i]
		switch {
		case s.actions&want == 0 || !s.deny && x.Allowed:
		case s.deny && (s.touches(d) || a == protocols.Receive && s.names(d)):
			return Decision{By: s.by}
		case !s.deny && s.covers(d):
			x = Decision{true, s.by}
		}
	}
	return x
}

// statement is a Statement, ready to be asked.
type statement struct {
	by      string
	deny    bool
	actions actions
	queues  []pattern
	topics  []string
}

// pattern is one of queues: most names are told apart by what stands before its first star.
type pattern struct{ text, head string }

func patterns(texts ...string) []pattern {
	list := make([]pattern, len(texts))
	for i, text := range texts {
		head, _, _ := strings.Cut(text, "*")
		list[i] = pattern{text, head}
	}
	return list
}

func (p *pattern) match(name string) bool {
	switch {
	case !strings.HasPrefix(name, p.head):
		return false
	case len(p.text) == len(p.head):
		return len(name) == len(p.head)
	case len(p.text) == len(p.head)+1:
		return true
	}
	return glob.Stars(p.text, name)
}

// covers reports whether the statement is about all that d stands for.
func (s *statement) covers(d queuecore.Destination) bool {
	if d.Kind == queuecore.KindQueue { // of "", all queues, those patterns alone that match every name
		for i := range s.queues {
			if s.queues[i].match(d.Name) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(s.topics, func(p string) bool { return router.Covers(p, d.Name) })
}

// touches reports whether the statement is about any of what d stands for.
func (s *statement) touches(d queuecore.Destination) bool {
	if d.Kind == queuecore.KindQueue {
		return d.Name == "" && len(s.queues) > 0 || s.covers(d)
	}
	return slices.ContainsFunc(s.topics, func(p string) bool { return router.Collide(p, d.Name) })
}

// names reports whether a topic that d stands for has the name of a queue that the statement is
// about. NATS clients publish to both by it.
func (s *statement) names(d queuecore.Destination) bool {
	switch {
	case d.Kind != queuecore.KindTopic || len(s.queues) == 0 || strings.IndexByte(d.Name, '.') >= 0:
		return false
	case d.Name == "*" || d.Name == ">":
		return true
	}
	queue, err := mapping.NATS{}.Queue(d.Name)
	return err == nil && s.covers(queuecore.QueueNamed(queue))
}
