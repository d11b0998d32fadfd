package machine

import (
	"fmt"
	"slices"
)

// fairInvariants are those of queues with fair groups.
func fairInvariants() []invariant {
	return []invariant{
		{"a queue has fair groups just when it is configured so", eachQueue(fairWhenAsked)},
		{"a fair group counts its messages, packed ones too, unless their chunk is not counted", eachFair(fairCountsFit)},
		{"a chunk knows the groups of what it has packed, if they are few", eachFair(rosterFits)},
		{"what noisy groups have is added up", eachFair(sumsFit)},
		{"a noisy group has something waiting, as far as is known", eachFair(noisyWaits)},
		{"noisy groups stand by the time of what they were last sent", eachFair(loudFits)},
		{"each ready entry that is set aside stands once, in the lane of its group", eachFair(asideFits)},
		{"a chunk that is set aside stands in the lanes of all groups that it has ready", eachFair(chunksAsideFit)},
		{"a noisy group with something set aside is ranked, by what it has leased and by turn", eachFair(ranksFit)},
		{"accounts are of groups with leases, or with leases of late", eachFair(accountsFit)},
	}
}

func eachFair(broken func(*Machine, *queue, *fair) error) func(*Machine) error {
	return eachQueue(func(m *Machine, q *queue) error {
		if q.fair == nil {
			return nil
		}
		return broken(m, q, q.fair)
	})
}

func fairWhenAsked(_ *Machine, q *queue) error {
	if (q.fair != nil) != q.config.isFair() {
		return fmt.Errorf("configured %t, is %t", q.config.isFair(), q.fair != nil)
	}
	return nil
}

// tallied is what a group ought to count.
type tallied struct{ members, ready, delayed, out int }

func fairCountsFit(_ *Machine, q *queue, f *fair) error {
	want, unknown := make(map[string]tallied), 0
	for c := q.index.first; c != nil; c = c.next {
		c.view(func(e *entry, name string) bool {
			if name == "" {
				return true
			}
			if c.uncounted && c.packed&bit(e.seq) != 0 {
				unknown++
				return true
			}
			t := want[name]
			t.members++
			switch e.state {
			case Ready:
				t.ready++
			case Delayed:
				t.delayed++
			case Leased:
				t.out++
			}
			want[name] = t
			return true
		})
	}
	for name, g := range q.groups {
		if got := (tallied{g.members, g.ready, g.delayed, g.out}); got != want[name] {
			return fmt.Errorf("group %q counts %v, has %v", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 || unknown != f.unknown {
		return fmt.Errorf("not known are %v; %d are not counted, it says %d", want, unknown, f.unknown)
	}
	return nil
}

func rosterFits(_ *Machine, q *queue, _ *fair) (err error) {
	for c := q.index.first; c != nil; c = c.next {
		if c.roster == nil {
			continue
		}
		if c.packed == 0 || c.uncounted || len(c.roster.groups) > rosterMax {
			return fmt.Errorf("chunk %d has a roster of %d", c.number, len(c.roster.groups))
		}
		c.eachPacked(func(e *entry, name string) {
			if g := q.groups[name]; !slices.Contains(c.roster.groups, g) {
				err = fmt.Errorf("entry %d of group %q is not in its chunk's roster", e.seq, name)
			}
		})
	}
	return err
}

// noisies lists the noisy groups.
func (f *fair) noisies() (all []*noisy) {
	for at := f.loud.Front(); at != nil; at = at.Next() {
		all = append(all, at.Value.(*noisy))
	}
	return all
}

func sumsFit(_ *Machine, _ *queue, f *fair) error {
	want := f.sums
	want[Ready], want[Delayed], want[Leased] = 0, 0, 0
	for _, n := range f.noisies() {
		want[Ready] += n.group.ready
		want[Delayed] += n.group.delayed
		want[Leased] += n.group.out
	}
	if want != f.sums {
		return fmt.Errorf("%v, should be %v", f.sums, want)
	}
	return nil
}

func noisyWaits(m *Machine, q *queue, f *fair) error {
	noisy := 0
	for _, g := range q.groups {
		if g.noisy != nil {
			noisy++
		}
	}
	for _, n := range f.noisies() {
		if n.group.noisy != n || q.groups[n.group.name] != n.group {
			return fmt.Errorf("group %q is another", n.group.name)
		}
		if n.group.ready+n.group.delayed == 0 && m.limits.Groups == 0 {
			return fmt.Errorf("group %q has nothing", n.group.name)
		}
	}
	if noisy != f.loud.Len() {
		return fmt.Errorf("%d groups are noisy, %d are listed", noisy, f.loud.Len())
	}
	return nil
}

func loudFits(_ *Machine, _ *queue, f *fair) error {
	all := f.noisies()
	if !slices.IsSortedFunc(all, func(a, b *noisy) int { return int(a.heard - b.heard) }) {
		return fmt.Errorf("the order is wrong")
	}
	return nil
}

func asideFits(_ *Machine, _ *queue, f *fair) error {
	for _, n := range f.noisies() {
		for l := range n.lanes {
			stands := make(map[*entry]int)
			for _, e := range n.lanes[l].all() {
				if stands[e]++; e.state == Ready && (e.noisy() != n || int(e.priority) != l || stands[e] > 1) {
					return fmt.Errorf("entry %d stands in lane %d of group %q, for the %d. time", e.seq, l, n.group.name, stands[e])
				}
			}
		}
	}
	return nil
}

func chunksAsideFit(_ *Machine, q *queue, _ *fair) (err error) {
	for c := q.index.first; c != nil; c = c.next {
		if c.aside&^c.levels != 0 {
			return fmt.Errorf("chunk %d: %b are aside of %b", c.number, c.aside, c.levels)
		}
		c.eachPacked(func(e *entry, name string) {
			if e.state != Ready || c.aside&(1<<e.priority) == 0 {
				return
			}
			g := q.groups[name]
			if g == nil || g.noisy == nil || !slices.Contains(g.noisy.chunks[e.priority].all(), c) {
				err = fmt.Errorf("entry %d of group %q and priority %d is aside", e.seq, name, e.priority)
			}
		})
	}
	return err
}

func ranksFit(_ *Machine, q *queue, f *fair) error {
	for l := range f.ranks {
		r := &f.ranks[l]
		for i, n := range r.line {
			if int(n.ranked[l]) != i || n.group.noisy != n || i > 0 && r.Less(i, (i-1)/2) {
				return fmt.Errorf("group %q is at %d of lane %d", n.group.name, i, l)
			}
		}
		for _, n := range f.noisies() {
			stands := slices.ContainsFunc(n.lanes[l].all(), func(e *entry) bool { return e.state == Ready }) ||
				slices.ContainsFunc(n.chunks[l].all(), isAside(l))
			if stands && (n.ranked[l] == unranked || q.filled&(1<<l) == 0) {
				return fmt.Errorf("group %q is not ranked in lane %d", n.group.name, l)
			}
		}
	}
	return nil
}

func accountsFit(_ *Machine, q *queue, f *fair) error {
	tenants := 0
	for _, g := range q.groups {
		switch t := g.tenant; {
		case t == nil && g.out > 0:
			return fmt.Errorf("group %q has none", g.name)
		case t == nil:
		case t.out != g.out || t.group != g || t.place.Value != t:
			return fmt.Errorf("group %q: %+v, %d are leased", g.name, t, g.out)
		default:
			tenants++
		}
	}
	if tenants != f.accounts.Len() || f.total.out != q.counts[Leased] {
		return fmt.Errorf("%d accounts, %d listed; %d leased, counted %d", tenants, f.accounts.Len(), q.counts[Leased], f.total.out)
	}
	return nil
}
