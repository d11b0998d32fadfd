package machine

import (
	"fmt"
	"slices"
)

// huntFits holds a move to what its selector asks for: what is known to match is in order
// and has its turn still to come, and is what the last Look was of.
func huntFits(m *Machine, v *move) error {
	h := v.hunt
	switch {
	case (h != nil) != (v.Selector != ""):
		return fmt.Errorf("the selector is %q, the hunt %+v", v.Selector, h)
	case h == nil:
		return nil
	case v.Status != MoveRunning && (h.look != nil || len(h.found) > 0):
		return fmt.Errorf("it has ended, and knows %d, or looks on", h.found)
	case !slices.IsSorted(h.found) || len(h.found) > 0 && (h.found[0] < h.seen || h.found[len(h.found)-1] >= h.upTo):
		return fmt.Errorf("of what is from %d on and below %d it knows %d", h.seen, h.upTo, h.found)
	case h.look != nil && (len(h.found) > 0 || m.chores.looking == 0):
		return fmt.Errorf("it looks on, and knows %d; %d look", h.found, m.chores.looking)
	case v.seen() > v.limit:
		return fmt.Errorf("it has come to %d, its limit is %d", v.seen(), v.limit)
	}
	return nil
}
