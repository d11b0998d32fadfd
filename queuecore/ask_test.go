package queuecore

import (
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// Whoever sends to a topic asks the selectors of its bindings, and says up to which one he
// has; those that are gone or are of other topics he does not ask.
func TestSendersAskSelectors(t *testing.T) {
	d := &directory{bindings: make(map[string]map[string]string)}
	bound := func(number uint64, queue, pattern, text string) machine.Change {
		x, err := CompileSelector(text, SelectorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return machine.Change{
			Queue: machine.QueueInfo{Name: queue}, Bound: pattern, Selector: text,
			Binding: machine.Verdict{Number: number, Selector: x},
		}
	}
	d.apply([]machine.Change{
		bound(1, "wants", "t.*", "a = 'x'"), bound(2, "not", "t.>", "a = 'y'"), bound(3, "elsewhere", "u", "a = 'x'"),
		bound(4, "gone", "t.b", "a = 'x'"), bound(5, "too", "t.b", "a <> 'y'"), bound(6, "plain", "t.b", ""),
		{Queue: machine.QueueInfo{Name: "gone"}, Unbound: "t.b"},
	})
	m := &Message{Destination: TopicNamed("t.b"), Properties: Properties{{Name: "a", Value: "x"}}}
	if got := d.asked(m); got.Known != 6 || !slices.Equal(got.Yes, []uint64{1, 5}) {
		t.Errorf("asked up to %d, of which %d want it; want 6 and [1 5]", got.Known, got.Yes)
	}
}
