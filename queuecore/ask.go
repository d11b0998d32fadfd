package queuecore

import (
	"slices"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// asks are the selectors of bindings. They are asked on the goroutine of whoever sends
// and not on that of the broker: what a message costs that many selectors look at, its
// sender pays and nobody else.
type asks struct {
	known  uint64 // the number of the last binding
	topics selector.Table[machine.Verdict]
	made   map[boundBy]machine.Verdict
}

type boundBy struct{ queue, pattern string }

func (a *asks) add(c *machine.Change) {
	a.known = max(a.known, c.Binding.Number)
	if c.Binding.Selector == nil {
		return
	}
	if a.made == nil {
		a.made = make(map[boundBy]machine.Verdict)
	}
	a.made[boundBy{c.Queue.Name, c.Bound}] = c.Binding
	a.topics.Add(pattern(c.Bound), c.Binding)
}

func (a *asks) remove(c *machine.Change) {
	by := boundBy{c.Queue.Name, c.Unbound}
	if x, ok := a.made[by]; ok {
		delete(a.made, by)
		a.topics.Remove(pattern(c.Unbound), x)
	}
}

// asked asks the selectors of the topic's bindings about m. Those that are made meanwhile
// the machine asks itself.
func (d *directory) asked(m *Message) (x machine.Asked) {
	var all []machine.Verdict
	d.mu.RLock()
	if d.asks.topics.Len() > 0 {
		x.Known = d.asks.known
		d.asks.topics.Match(m.Destination.Name, func(v machine.Verdict) { all = append(all, v) })
	}
	d.mu.RUnlock()
	for _, v := range all {
		if v.Selector.Match(m) {
			x.Yes = append(x.Yes, v.Number)
		}
	}
	slices.Sort(x.Yes)
	return x
}
