package machine

import (
	"fmt"
	"slices"
)

// affinityInvariants are those of consumers, and of queues with group affinity.
func affinityInvariants() []invariant {
	return []invariant{
		{"a queue has affinity just when it is configured so", eachQueue(affinityWhenAsked)},
		{"a consumer stands at its queue and its session, and knows who waits for it", consumersFit},
		{"it is the turn of the first exclusive consumer of the highest priority", eachQueue(turnFits)},
		{"receivers wait by priority, and those of one priority as they came", eachQueue(linesAreSorted)},
		{"owned groups are listed, and their owners count them", eachAffine(ownersFit)},
		{"a claim counts what its owners hold, and says something", eachAffine(claimsFit)},
		{"what is set aside stands once, in the place of its group", eachAffine(asidesFit)},
		{"a claim with something set aside is where its owner finds it", eachAffine(poolsFit)},
	}
}

func eachAffine(broken func(*Machine, *queue, *affinity) error) func(*Machine) error {
	return eachQueue(func(m *Machine, q *queue) error {
		if q.affinity == nil {
			return nil
		}
		return broken(m, q, q.affinity)
	})
}

func affinityWhenAsked(_ *Machine, q *queue) error {
	if (q.affinity != nil) != q.config.hasAffinity() {
		return fmt.Errorf("configured %t, is %t", q.config.hasAffinity(), q.affinity != nil)
	}
	return nil
}

func consumersFit(m *Machine) error {
	n := 0
	for _, q := range m.queues {
		for _, c := range q.consumers {
			_, known := c.session.consumers[c]
			if n++; c.queue != q || m.consumers[c.id] != c || !known || m.sessions[c.session.id] != c.session {
				return fmt.Errorf("consumer %d of queue %s is not where it should be", c.id, q.name)
			}
			for _, w := range c.waiting {
				if w.consumer != c || w.waits != q {
					return fmt.Errorf("consumer %d is waited for by a receiver of another", c.id)
				}
			}
		}
	}
	if n != len(m.consumers) {
		return fmt.Errorf("%d are at queues, %d are known", n, len(m.consumers))
	}
	return nil
}

func turnFits(_ *Machine, q *queue) error {
	var turn *consumer
	for _, c := range slices.Backward(q.consumers) {
		if c.exclusive && (turn == nil || c.priority >= turn.priority) {
			turn = c
		}
	}
	if turn != q.turn {
		return fmt.Errorf("it is that of %v, should be that of %v", q.turn, turn)
	}
	return nil
}

func linesAreSorted(_ *Machine, q *queue) error {
	lines := []*waiters{&q.waiters}
	for _, s := range q.sieves.list {
		lines = append(lines, &s.waiters)
	}
	for _, line := range lines {
		n := 0
		for w := line.first; w != nil; w = w.next {
			n++
			if w.next != nil && !w.before(w.next) || w.next == nil && line.last != w {
				return fmt.Errorf("the receiver of turn %d does not stand where it should", w.turn)
			}
			if c := w.consumer; c != nil && !slices.Contains(c.waiting, w) {
				return fmt.Errorf("consumer %d does not know who waits for it", c.id)
			}
		}
		if n != line.n {
			return fmt.Errorf("%d wait, counted are %d", n, line.n)
		}
	}
	return nil
}

func ownersFit(_ *Machine, q *queue, a *affinity) error {
	groups, total := make(map[*consumer]int), 0
	for _, g := range q.groups {
		if g.claim == nil || g.claim.owner == nil {
			continue
		}
		x := g.claim
		total++
		groups[x.owner]++
		if x.group != g || x.place == nil || x.place.Value != x || x.open || !slices.Contains(q.consumers, x.owner) {
			return fmt.Errorf("group %q: %+v", g.name, x)
		}
	}
	for _, c := range q.consumers {
		if c.groups != groups[c] {
			return fmt.Errorf("consumer %d counts %d, owns %d", c.id, c.groups, groups[c])
		}
	}
	if total != a.owned.Len() {
		return fmt.Errorf("%d are owned, %d are listed", total, a.owned.Len())
	}
	return nil
}

func claimsFit(_ *Machine, q *queue, _ *affinity) error {
	out := make(map[*group]int)
	for _, e := range q.entries(func(e *entry) bool { return e.is(owned) }) {
		if e.state != Leased {
			return fmt.Errorf("entry %d is held by an owner, and not leased", e.seq)
		}
		out[e.group]++
	}
	for _, g := range q.groups {
		x := g.claim
		if x == nil && out[g] == 0 {
			continue
		}
		if x == nil || x.out != out[g] || x.owner == nil && x.out == 0 && len(x.aside) == 0 {
			return fmt.Errorf("group %q: %+v, %d are out", g.name, x, out[g])
		}
	}
	return nil
}

func asidesFit(_ *Machine, q *queue, a *affinity) error {
	stands, total := make(map[*entry]int), 0
	for _, g := range q.groups {
		if g.claim == nil {
			continue
		}
		for i, x := range g.claim.aside {
			if i > 0 && x.key < g.claim.aside[(i-1)/2].key {
				return fmt.Errorf("entry %d of group %q stands before its parent", x.e.seq, g.name)
			}
			if x.e.state == gone || !x.e.is(aside) {
				continue
			}
			total++
			if stands[x.e]++; stands[x.e] > 1 || x.e.group != g || x.key != keyOf(x.e) {
				return fmt.Errorf("entry %d stands in the place of group %q, for the %d. time", x.e.seq, g.name, stands[x.e])
			}
		}
	}
	marked := q.entries(func(e *entry) bool { return e.is(aside) })
	if total != a.aside || total != len(marked) {
		return fmt.Errorf("%d are set aside, %d are marked, %d are counted", total, len(marked), a.aside)
	}
	return nil
}

func poolsFit(_ *Machine, q *queue, a *affinity) error {
	pools := []*pool{&a.free, &a.shut}
	for _, c := range q.consumers {
		pools = append(pools, &c.pool)
	}
	for _, p := range pools {
		for i, x := range p.line {
			if x.pool != p || x.pooled != i || i > 0 && p.Less(i, (i-1)/2) {
				return fmt.Errorf("group %q stands in the wrong place", x.group.name)
			}
		}
	}
	for _, g := range q.groups {
		x := g.claim
		if x == nil {
			continue
		}
		want := &a.shut
		switch {
		case len(x.aside) == 0:
			want = nil
		case x.owner != nil:
			want = &x.owner.pool
		case x.isFree():
			want = &a.free
		}
		if x.pool != want {
			return fmt.Errorf("group %q stands elsewhere: %+v", g.name, x)
		}
	}
	return nil
}
