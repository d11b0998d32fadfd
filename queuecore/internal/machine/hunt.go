package machine

import (
	"slices"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// hunt is what a move with a selector knows of its source. It goes through it once, by
// sequence number: each message has its turn when those before it have had theirs, and
// stays for good if it is not ready then. So nothing is read twice, and no more of the
// queue is in memory than one Look.
type hunt struct {
	selector *selector.Selector
	seen     uint64   // what is below it has had its turn
	found    []uint64 // what matches of the last Look, from the next turn on
	upTo     uint64   // the last Look was of what is below
	look     *Look    // that is under way
	round    int      // moved in this round, which waits for the Look
	done     bool     // nothing is left to look at
}

// moveLooks bounds the Looks of moves that are under way at a time.
const moveLooks = 4

// newHunt returns nil for no selector.
func newHunt(x *selector.Selector, seen uint64) *hunt {
	if x == nil {
		return nil
	}
	return &hunt{selector: x, seen: seen}
}

// lurks reports whether v has nothing to do before a Look comes back.
func (m *Machine) lurks(v *move) bool {
	h := v.hunt
	return h != nil && (h.look != nil || len(h.found) == 0 && !h.done && m.chores.looking >= moveLooks)
}

// seen is where v's turns have come to.
func (v *move) seen() uint64 {
	if v.hunt == nil {
		return 0
	}
	return v.hunt.seen
}

// nextFound returns the message that v moves next. Without one it asks for a Look.
func (m *Machine) nextFound(v *move) *entry {
	h := v.hunt
	for ; len(h.found) > 0; h.found = h.found[1:] {
		h.seen = h.found[0]
		if e := m.mayMove(v.queue, h.seen); e != nil {
			return e
		}
		h.seen++
	}
	h.seen = max(h.seen, h.upTo)
	m.lookOn(v)
	return nil
}

// mayMove returns the entry of seq if it may move now, or nil.
func (m *Machine) mayMove(q *queue, seq uint64) *entry {
	if e := m.peek(Receipt{Queue: q.id, Seq: seq}); e == nil || e.state != Ready {
		return nil
	}
	e := m.entry(q, seq)
	if g := e.line(); g != nil && m.heldUp(g, e) {
		return nil
	}
	return e
}

// heldUp reports whether e's group waits: one of its messages is out, or its first one
// is delayed. What does not match is passed over, and holds up nothing.
func (m *Machine) heldUp(g *group, e *entry) bool {
	for g.lane.head(inLine) == nil && e.queue.withholds(e.seq) && m.advance(e.queue) {
	}
	first := g.lane.head(inLine)
	return g.out > 0 || first != nil && first.state == Delayed && first.seq < e.seq
}

// lookOn asks for a Look at what comes next in v's source, if too many are not under way.
func (m *Machine) lookOn(v *move) {
	h := v.hunt
	if m.chores.looking >= moveLooks {
		return
	}
	x := &Look{Choice: Choice{Selector: h.selector}, Undamaged: true, move: v}
	v.queue.index.view(h.seen, func(e *entry) bool {
		if e.seq < v.limit && len(x.Items) < lookSize {
			x.add(v.queue, e, 0)
			return true
		}
		return false
	})
	n := len(x.Items)
	if n == 0 {
		h.done = true
		return
	}
	h.upTo, h.look = x.Items[n-1].Receipt.Seq+1, x
	m.chores.looking++
	m.out.Looks = append(m.out.Looks, x)
}

// judgedMove takes back a Look of a move, which may have ended meanwhile. The next Flush
// goes on.
func (m *Machine) judgedMove(r *Judged) {
	m.chores.looking--
	v := r.Look.move
	h := v.hunt
	if h.look != r.Look {
		return
	}
	h.look = nil
	if r.Err != nil {
		h.upTo = h.seen
		v.Reason, v.At, v.next = MoveUnread, "", m.now+moveRetry
		m.keepMove(v, false)
		return
	}
	if v.Reason == MoveUnread {
		v.Reason = ""
	}
	for i := range r.Look.Items {
		if x := &r.Look.Items[i]; x.Matches {
			h.found = append(h.found, x.Receipt.Seq)
		}
	}
	slices.Sort(h.found)
}

// giveUp has v look no further.
func (h *hunt) giveUp() {
	if h != nil {
		h.look, h.found, h.selector = nil, nil, nil
	}
}

// looks reports whether v's source is being looked through, or about to be.
func (m *Machine) looks(v *move) bool {
	return v.hunt != nil && v.Status == MoveRunning && (v.hunt.look != nil || v.next <= m.now && !m.chores.resting)
}
