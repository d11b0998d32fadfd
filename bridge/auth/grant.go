package auth

import (
	"slices"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/glob"
	"github.com/sluicemq/sluice/queuecore"
)

// Grant is what somebody may do. The zero Grant is everything.
type Grant struct {
	// Actions are what he may do; nil: everything.
	Actions []protocols.Action
	// Queues are patterns of the queues that he may do it to; nil: to all, and
	// to topics too. In a pattern * stands for any characters, none included, and
	// every other character for itself. Names are those of the core, which STOMP
	// clients write behind /queue/.
	Queues []string
}

func (g Grant) allows(a protocols.Action, d queuecore.Destination) bool {
	if g.Actions != nil && !slices.Contains(g.Actions, a) {
		return false
	}
	if g.Queues == nil {
		return true
	}
	return d.Kind == queuecore.KindQueue && slices.ContainsFunc(g.Queues, func(p string) bool { return glob.Stars(p, d.Name) })
}
