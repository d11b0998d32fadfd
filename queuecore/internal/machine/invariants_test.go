package machine

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// invariant is what holds of a machine between any two steps, and after loading.
type invariant struct {
	says   string
	broken func(*Machine) error // says where it does not hold
}

func invariants() []invariant {
	return append(append(fairInvariants(), affinityInvariants()...), []invariant{
		{"a chunk counts its entries, and knows which are packed", eachQueue(chunksFit)},
		{"a chunk has a timer just when a packed entry is due at some time", eachQueue(chunkTimersFit)},
		{"what is ready and packed stands in the lanes of its priorities", eachQueue(chunkLanesFit)},
		{"a group in order has nothing packed that is not withheld", eachQueue(withheldFits)},
		{"the tally adds up", tallyFits},
		{"a queue's counts and bytes are those of its entries", eachQueue(countsFit)},
		{"elsewhere than with fair groups one knows how many members it has, and is forgotten without any", eachQueue(membersFit)},
		{"an entry has a timer just when it is due at some time", eachEntry(timerFits)},
		{"every timer is of a living entry, which knows its place", timersFit},
		{"a session's lease knows its place", eachEntry(slotFits)},
		{"a group in order counts its leased entries", eachGroup(outFits)},
		{"a group in order has its first waiting entry at the head of its lane", eachGroup(headFits)},
		{"a group in order offers its head just when it is free and the head is ready", eachGroup(offerFits)},
		{"elsewhere each ready entry stands once, in the lane of its priority", eachQueue(lanesFit)},
		{"nobody waits while there is something to hand out", eachQueue(nobodyWaits)},
		{"what a sieve has passed does not match", eachQueue(sievesFit)},
		{"nobody waits with a selector while there is something for him", eachQueue(nobodyIsForgotten)},
		{"the sieves take what they are counted for, and those that nobody waits for may go", roomFits},
		{"what is marked stands in a lane, once", eachQueue(standingFits)},
		{"a queue that knows its topics knows each entry's, but for the last that came without one", eachQueue(topicsFit)},
		{"nothing is left of a transaction that was checked", nothingIsAsked},
		{"a shared record has as many references as are counted", sharedFits},
		{"the window counts what it keeps", windowFits},
		{"a subscription is found by its name, bound to its topics, and has consumers or is durable", eachQueue(subscriptionFits)},
		{"what a session consumes knows it", attachmentsFit},
		{"a member is known to its relay, which hands it what it takes, and has numbers of it alone", eachQueue(memberFits)},
		{"a relay keeps nothing, and its members are there", eachQueue(relayFits)},
		{"a seat is that of a fresh message that waits", eachQueue(seatsFit)},
		{"of a queue's moves only the last runs, and those that run are to be gone on with", movesFit},
	}...)
}

func checkInvariants(t *testing.T, m *Machine) {
	t.Helper()
	for _, x := range invariants() {
		if err := x.broken(m); err != nil {
			t.Fatalf("%s; but: %v", x.says, err)
		}
	}
}

func eachQueue(broken func(*Machine, *queue) error) func(*Machine) error {
	return func(m *Machine) error {
		for _, q := range m.queues {
			if err := broken(m, q); err != nil {
				return fmt.Errorf("queue %s: %w", q.name, err)
			}
		}
		return nil
	}
}

func eachEntry(broken func(*Machine, *entry) error) func(*Machine) error {
	return eachQueue(func(m *Machine, q *queue) (err error) {
		q.index.each(func(e *entry) bool {
			if err = broken(m, e); err != nil {
				err = fmt.Errorf("entry %d: %w", e.seq, err)
			}
			return err == nil
		})
		return err
	})
}

// eachGroup is for the groups of queues with group order.
func eachGroup(broken func(*queue, *group) error) func(*Machine) error {
	return eachQueue(func(_ *Machine, q *queue) error {
		for _, g := range q.groups {
			if !q.config.GroupOrder {
				break
			}
			if err := broken(q, g); err != nil {
				return fmt.Errorf("group %q: %w", g.name, err)
			}
		}
		return nil
	})
}

// entries returns q's entries for which keep holds.
func (q *queue) entries(keep func(*entry) bool) (all []*entry) {
	q.index.each(func(e *entry) bool {
		if keep(e) {
			all = append(all, e)
		}
		return true
	})
	return all
}

// all returns what stands in l, in no order.
func (l *lane[T]) all() []T { return slices.Concat(l.line[l.at:], l.back) }

func countsFit(_ *Machine, q *queue) error {
	var counts [Parked + 1]int
	var bytes int64
	var out flight
	all := q.entries(func(*entry) bool { return true })
	for _, e := range all {
		if e.queue != q {
			return fmt.Errorf("entry %d is of another queue", e.seq)
		}
	}
	n := 0
	q.index.view(0, func(e *entry) bool {
		n++
		counts[e.state]++
		bytes += int64(e.size)
		if e.state == Delayed && e.attempt > 0 {
			out.resting++
		}
		if e.attempt > 1 && (e.state == Leased || e.state == Delayed) {
			out.again++
		}
		return true
	})
	counts[gone] = q.counts[gone] // means nothing
	if out != q.flight {
		return fmt.Errorf("in flight are %+v, counted %+v", out, q.flight)
	}
	if n != q.index.n || len(all) != q.index.warm || counts != q.counts || bytes != q.bytes {
		return fmt.Errorf("%d entries, %v, %d bytes; counted are %d, %v, %d", n, counts, bytes, q.index.n, q.counts, q.bytes)
	}
	return nil
}

func membersFit(_ *Machine, q *queue) error {
	if q.fair != nil {
		return nil
	}
	members := make(map[*group]int)
	for _, e := range q.entries(func(e *entry) bool { return e.group != nil }) {
		members[e.group]++
	}
	for name, g := range q.groups {
		if g.name != name || g.members != members[g] || g.members == 0 && g.claim == nil {
			return fmt.Errorf("group %q counts %d, has %d", name, g.members, members[g])
		}
	}
	for g := range members {
		if q.groups[g.name] != g {
			return fmt.Errorf("group %q has members and is not known", g.name)
		}
	}
	return nil
}

func timerFits(m *Machine, e *entry) error {
	at := e.due()
	if at == 0 && e.timer < 0 {
		return nil
	}
	if at == 0 || e.timer < 0 || m.timers.heap[e.timer] != (timer{at: at, e: e}) {
		return fmt.Errorf("is due at %d, its timer is %d", at, e.timer)
	}
	return nil
}

func timersFit(m *Machine) error {
	for i, x := range m.timers.heap {
		if int(*x.place()) != i || x.e != nil && x.e.state == gone || x.e == nil && x.c.packed == 0 {
			return fmt.Errorf("timer %d is of %+v %+v", i, x.e, x.c)
		}
		if i > 0 && x.before(&m.timers.heap[(i-1)/2]) {
			return fmt.Errorf("timer %d is before its parent", i)
		}
	}
	return nil
}

func slotFits(m *Machine, e *entry) error {
	if s := e.session; s != nil && (e.state != Leased || m.sessions[s.id] != s || s.leases[e.slot] != e) {
		return fmt.Errorf("is not lease %d of session %d", e.slot, s.id)
	}
	return nil
}

func outFits(q *queue, g *group) error {
	out := q.entries(func(e *entry) bool { return e.group == g && e.state == Leased })
	if g.out != len(out) {
		return fmt.Errorf("counts %d, has %d", g.out, len(out))
	}
	return nil
}

// firstInLine returns g's first entry that is in line, or nil.
func firstInLine(q *queue, g *group) *entry {
	line := q.entries(func(e *entry) bool { return e.group == g && inLine(e) && !q.withholds(e.seq) })
	if len(line) == 0 {
		return nil
	}
	return line[0]
}

func headFits(q *queue, g *group) error {
	if head, first := g.lane.head(inLine), firstInLine(q, g); head != first {
		return fmt.Errorf("the head is %v, the first %v", head, first)
	}
	return nil
}

func offerFits(q *queue, g *group) error {
	first := firstInLine(q, g)
	if g.out > 0 || first == nil || first.state != Ready {
		if g.offered != nil && g.offered.state != gone {
			return fmt.Errorf("offers %d", g.offered.seq)
		}
		return nil
	}
	if g.offered != first || !slices.Contains(q.lanes[0].all(), first) || q.filled&1 == 0 {
		return fmt.Errorf("does not offer %d", first.seq)
	}
	return nil
}

func lanesFit(_ *Machine, q *queue) error {
	if q.config.GroupOrder {
		return nil
	}
	stands := make(map[*entry]int)
	for l := range q.lanes {
		for _, e := range q.standing(l) {
			if e.state != Ready {
				continue
			}
			if stands[e]++; stands[e] > 1 || int(e.priority) != l || q.filled&(1<<l) == 0 {
				return fmt.Errorf("entry %d of priority %d stands in lane %d, for the %d. time", e.seq, e.priority, l, stands[e])
			}
		}
	}
	if warm := len(q.entries(func(e *entry) bool { return e.state == Ready })); len(stands) != warm {
		return fmt.Errorf("%d are ready, %d stand in lanes", warm, len(stands))
	}
	return nil
}

// standing returns what stands in lane l and in those of noisy groups.
func (q *queue) standing(l int) []*entry {
	all := q.lanes[l].all()
	if q.fair != nil {
		for _, n := range q.fair.noisies() {
			all = append(all, n.lanes[l].all()...)
		}
	}
	for _, g := range q.groups {
		for i := 0; g.claim != nil && i < len(g.claim.aside); i++ {
			if e := g.claim.aside[i].e; int(e.priority) == l && (e.state == gone || e.is(aside)) {
				all = append(all, e)
			}
		}
	}
	return all
}

func chunksFit(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil; c = c.next {
		n, packed, slots := 0, 0, uint64(0)
		c.view(func(*entry, string) bool { n++; return true })
		c.eachPacked(func(e *entry, _ string) {
			packed++
			slots |= bit(e.seq)
			if (e.state == Delayed) != (c.delayed&bit(e.seq) != 0) {
				slots = 0
			}
		})
		if n != int(c.live) || n == 0 || slots != c.packed || c.delayed&^c.packed != 0 || (c.packed == 0) != (c.page == nil) || c.paged && packed != n {
			return fmt.Errorf("chunk %d: %d entries, %d packed: %+v", c.number, n, packed, c)
		}
		if c.next != nil && c.next.number <= c.number || q.index.chunks[c.number] != c {
			return fmt.Errorf("chunk %d is in the wrong place", c.number)
		}
	}
	return nil
}

func chunkTimersFit(m *Machine, q *queue) error {
	for c := q.index.first; c != nil; c = c.next {
		at := c.due()
		if at == 0 && c.timer >= 0 || at != 0 && (c.timer < 0 || m.timers.heap[c.timer] != timer{at: at, c: c}) {
			return fmt.Errorf("chunk %d is due at %d, its timer is %d", c.number, at, c.timer)
		}
	}
	return nil
}

func chunkLanesFit(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil && !q.config.GroupOrder; c = c.next {
		var ready uint16
		c.eachPacked(func(e *entry, _ string) {
			if e.state == Ready {
				ready |= 1 << e.priority
			}
		})
		if ready != c.levels {
			return fmt.Errorf("chunk %d has %b ready, and says %b", c.number, ready, c.levels)
		}
		for l := range levels {
			in := slices.Contains(q.chunks[l].all(), c)
			if in != (c.queued&(1<<l) != 0) || ready&^c.aside&(1<<l) != 0 && (!in || q.filled&(1<<l) == 0) {
				return fmt.Errorf("chunk %d with %b ready stands in lane %d: %t", c.number, ready, l, in)
			}
		}
	}
	return nil
}

func withheldFits(_ *Machine, q *queue) error {
	for c := q.index.first; c != nil && q.config.GroupOrder; c = c.next {
		if c.packed != 0 && !q.withholds(c.firstSeq()) {
			return fmt.Errorf("chunk %d is packed, withheld is from %d on", c.number, q.held)
		}
	}
	return nil
}

func tallyFits(m *Machine) error {
	var want tally
	add := func(x *index) {
		want.warm += x.warm
		want.chunks += len(x.chunks)
		for _, c := range x.chunks {
			want.pages += int64(len(c.page))
			if c.warm != nil {
				want.rooms++
			}
		}
	}
	for _, q := range m.queues {
		add(&q.index)
		want.leased += q.counts[Leased]
		want.parked += q.counts[Parked]
		want.ids += len(q.dedup.seen)
		want.seats += len(q.seats.taken)
		if q.config.Transient {
			want.transient++
		}
		if q.fair != nil {
			want.groups += len(q.groups)
			want.noisy += q.fair.loud.Len()
		}
		if t := q.topics; t != nil {
			want.topical++
			want.awaiting += t.bytes
			want.places += len(t.of)
			for name := range t.byName {
				want.topics += topicBytes + int64(len(name))
			}
		}
		for _, g := range q.groups {
			if g.claim != nil {
				want.claims++
			}
		}
	}
	for _, w := range m.chores.garbage {
		add(&w.index)
	}
	if m.tally != want {
		return fmt.Errorf("%+v, should be %+v", m.tally, want)
	}
	return nil
}

// nobodyWaits excepts a queue that the next Flush serves.
func nobodyWaits(m *Machine, q *queue) error {
	if q.dirty || q.mayLease() == 0 {
		return nil
	}
	for w := q.waiters.first; w != nil; w = w.next {
		if e := m.nextEntry(q, w); e != nil && q.admits(w) {
			return fmt.Errorf("%d wait, one of them for entry %d", q.waiters.n, e.seq)
		}
	}
	return nil
}

func sharedFits(m *Machine) error {
	counts := make(map[uint64]int32)
	count := func(e *entry) bool {
		if e.shared != 0 {
			counts[e.shared]++
		}
		return true
	}
	for _, q := range m.queues {
		q.index.view(0, count)
	}
	for _, w := range m.chores.garbage {
		w.index.view(0, count)
	}
	maps.DeleteFunc(counts, func(_ uint64, n int32) bool { return n == 1 })
	if !maps.Equal(counts, m.shared) {
		return fmt.Errorf("%v, counted are %v", counts, m.shared)
	}
	return nil
}

func windowFits(m *Machine) error {
	var used int64
	live := 0
	for _, q := range m.queues {
		for _, e := range q.entries(func(e *entry) bool { return e.body != nil && !q.config.Transient }) {
			used += int64(e.kept)
			live++
		}
	}
	if used != m.window.used || live != m.window.live || used > m.window.limit {
		return fmt.Errorf("%d bytes of %d messages, counted are %d of %d, the limit is %d", used, live, m.window.used, m.window.live, m.window.limit)
	}
	return nil
}

func movesFit(m *Machine) error {
	running := make(map[*move]bool)
	for _, q := range m.queues {
		if len(q.moves) > rememberedMoves {
			return fmt.Errorf("%d moves of queue %s are remembered", len(q.moves), q.name)
		}
		for i, v := range q.moves {
			runs := v.Status == MoveRunning
			if err := huntFits(m, v); err != nil {
				return fmt.Errorf("move %d of queue %s: %w", i, q.name, err)
			}
			if v.queue != q || v.Source != q.name || runs == (v.Ended != 0) || runs && i < len(q.moves)-1 || i > 0 && v.number <= q.moves[i-1].number {
				return fmt.Errorf("move %d of queue %s: %+v", i, q.name, v)
			}
			running[v] = runs
		}
	}
	for _, v := range m.chores.moves {
		if !running[v] {
			return fmt.Errorf("gone on with is %+v", v)
		}
		delete(running, v)
	}
	maps.DeleteFunc(running, func(_ *move, runs bool) bool { return !runs })
	if len(running) > 0 {
		return fmt.Errorf("%d run and are not gone on with", len(running))
	}
	return nil
}
