package machine

import (
	"slices"
	"strings"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// Choice says which messages a receiver wants: those that it wants by where they were
// sent and by what the selector sees of them. The zero Choice wants any.
type Choice struct {
	Selector *selector.Selector // nil: any
	// Topics has those match that were sent to a topic that one of them matches, and Own
	// those that were sent to a queue. With neither, all match.
	Topics []selector.Pattern
	Own    bool
}

// Fields is what a Choice sees of a message.
type Fields interface {
	selector.Fields
	// Topic returns the topic that the message was sent to; false: to a queue.
	Topic() (string, bool)
}

// Match reports whether c wants a message.
func (c *Choice) Match(f Fields) bool { return c.wantsOf(f) && c.Selector.Match(f) }

func (c *Choice) wantsOf(f Fields) bool {
	if !c.bySubject() {
		return true
	}
	topic, ok := f.Topic()
	if !ok {
		return c.Own
	}
	return slices.ContainsFunc(c.Topics, func(p selector.Pattern) bool { return p.Match(topic) })
}

func (c *Choice) bySubject() bool { return c.Own || len(c.Topics) > 0 }

// isAny reports whether c wants every message.
func (c *Choice) isAny() bool { return c.Selector == nil && !c.bySubject() }

// text spells c; choices with the same text are the same. Neither patterns nor
// selectors have the control characters in it.
func (c *Choice) text() string {
	if !c.bySubject() {
		return c.Selector.String()
	}
	var b strings.Builder
	for _, p := range slices.SortedFunc(slices.Values(c.Topics), comparePatterns) {
		b.WriteByte(0)
		b.WriteString(p.String())
	}
	if c.Own {
		b.WriteByte(1)
	}
	b.WriteByte(2)
	b.WriteString(c.Selector.String())
	return b.String()
}

func comparePatterns(a, b selector.Pattern) int { return strings.Compare(a.String(), b.String()) }
