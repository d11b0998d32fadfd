package machine

import (
	"container/list"
	"time"
)

// When a group is noisy: the thresholds that the "How Amazon SQS fair queues work" page of
// the SQS Developer Guide publishes. What it leaves open is the last constant, and
// what "recent" means (account).
const (
	// noisyShare is the share, as one part in so many, that a group must have more
	// of: of the queue's leased messages, or of its recent processing time.
	noisyShare = 10
	// noisyLeased is how many messages of its own must be leased for the former.
	noisyLeased = 30
	// quietAfter is how long a group must have been sent nothing to be quiet again.
	quietAfter = int64(5 * time.Minute)
	// noisyTime is the processing time of its own for the latter: a tenth of what
	// one receiver has in the time that counts as recent. Below it everything is quick.
	noisyTime = spans * spanLength / 10
)

// idleAccounts is how many groups of a queue are known that had messages leased of
// late and have none now; those that had none for the longest are forgotten first.
const idleAccounts = 10_000

// fair is what a queue with fair groups knows of them. Quiet groups stand in the lanes
// of the queue, as if there were none; a noisy group has lanes of its own, which what
// is handed out of the queue's lanes leaves alone.
type fair struct {
	queue    *queue
	origin   int64 // of the spans of accounts
	total    account
	accounts *list.List // of *tenant: those with an account
	loud     *list.List // of *noisy, by the time they were last sent something
	sums     [Parked + 1]int
	ranks    [levels]rank
	turn     uint64  // counts what noisy groups were handed out, and groups that became noisy
	unknown  int     // packed entries with a group that are not counted there
	roster   *roster // the last that was made
}

// tenant is the account of a group that had messages leased of late.
type tenant struct {
	account
	group *group
	place *list.Element
}

func newFair(q *queue, now int64) *fair {
	f := &fair{queue: q, origin: now, total: newAccount(now, now), accounts: list.New(), loud: list.New()}
	for l := range f.ranks {
		f.ranks[l].level = l
	}
	return f
}

// isFair reports whether the queue's groups are to be treated fairly.
func (c *Config) isFair() bool { return c.FairGroups && !c.GroupOrder }

// startFair counts q's groups, which nobody has counted so far.
func (m *Machine) startFair(q *queue) {
	q.fair = newFair(q, m.now)
	m.tally.groups += len(q.groups)
	for c := q.index.first; c != nil; c = c.next {
		for i := 0; c.warm != nil && i < chunkSize; i++ {
			e := &c.warm[i]
			if e.state == Leased {
				q.fair.countOut(e.group, 1, m.now)
			}
			if e.group != nil {
				e.group.count(e.state, 1)
			}
		}
		m.countPacked(c)
	}
}

// stopFair has q treat its groups as if there were none.
func (m *Machine) stopFair(q *queue) {
	for q.fair.loud.Len() > 0 {
		q.fair.hush(q.fair.loud.Front().Value.(*noisy))
	}
	m.tally.groups -= len(q.groups)
	q.fair = nil
	for _, g := range q.groups {
		*g = group{name: g.name}
	}
	for c := q.index.first; c != nil; c = c.next {
		c.roster, c.uncounted = nil, false
	}
	q.index.each(func(e *entry) bool {
		if e.group != nil {
			e.group.members++
		}
		return true
	})
	for _, g := range q.groups {
		q.forgetGroup(g)
	}
}

// isNoisy reports whether e's group is noisy, or becomes it now that e is about to be
// handed out.
func (m *Machine) isNoisy(e *entry) bool {
	g, f := e.group, e.queue.fair
	if g == nil {
		return false
	}
	if g.noisy == nil && f.tooLoud(g, m.now) {
		f.hear(g, m.now)
	}
	return g.noisy != nil
}

// tooLoud reports whether g has more than its share now.
func (f *fair) tooLoud(g *group, now int64) bool {
	if g.out >= noisyLeased && g.out > f.queue.counts[Leased]/noisyShare {
		return true
	}
	t := g.tenant
	if t == nil {
		return false
	}
	t.advance(now, f.origin)
	f.total.advance(now, f.origin)
	own := t.recent()
	return own > noisyTime && own > f.total.recent()/noisyShare
}

// hear makes g noisy.
func (f *fair) hear(g *group, now int64) {
	f.turn++
	n := &noisy{group: g, heard: now, served: f.turn}
	for l := range n.ranked {
		n.ranked[l] = unranked
	}
	n.place = f.loud.PushBack(n)
	g.noisy = n
	f.queue.index.tally.noisy++
	f.sum(g, 1)
}

// sum adds g's messages to those of noisy groups, or takes them out.
func (f *fair) sum(g *group, sign int) {
	f.sums[Ready] += sign * g.ready
	f.sums[Delayed] += sign * g.delayed
	f.sums[Leased] += sign * g.out
}

// hush makes n's group quiet: what it has waiting goes back into line.
func (f *fair) hush(n *noisy) {
	f.sum(n.group, -1)
	f.loud.Remove(n.place)
	f.unrank(n)
	n.group.noisy = nil
	f.queue.index.tally.noisy--
	for l := range levels {
		f.queue.putBack(n, l)
	}
	f.queue.forgetGroup(n.group)
}

// look makes those noisy groups quiet that were sent nothing for long enough. While
// one has more than its share it stays noisy: it would be so again at once.
func (f *fair) look(now int64) {
	for at := f.loud.Front(); at != nil; {
		n := at.Value.(*noisy)
		if now-n.heard < quietAfter {
			return
		}
		at = at.Next()
		if !f.tooLoud(n.group, now) {
			f.hush(n)
		}
	}
}

// sentTo says that a message comes to g.
func (f *fair) sentTo(g *group, now int64) {
	n := g.noisy
	if n == nil {
		return
	}
	if f.hushIfDone(n) {
		return
	}
	if now-n.heard >= quietAfter && !f.tooLoud(g, now) {
		f.hush(n)
		return
	}
	n.heard = now
	f.loud.MoveToBack(n.place)
}

// moved keeps the counts of g, of which an entry has gone from one state to another.
// A group that has nothing waiting is quiet.
func (f *fair) moved(g *group, from, to State) {
	if g == nil {
		return
	}
	g.count(from, -1)
	g.count(to, 1)
	if g.noisy == nil {
		return
	}
	f.sums[from]--
	f.sums[to]++
	f.hushIfDone(g.noisy)
}

// hushIfDone makes n's group quiet if nothing of it waits, as far as is known: while
// some packed entries are not counted, that is of no group.
func (f *fair) hushIfDone(n *noisy) bool {
	if n.group.ready+n.group.delayed > 0 || f.unknown > 0 {
		return false
	}
	f.hush(n)
	return true
}

// countOut counts messages of g that are leased from now on, or no longer; g may be nil.
func (f *fair) countOut(g *group, n int, now int64) {
	f.total.advance(now, f.origin)
	f.total.out += n
	if g == nil {
		return
	}
	t := g.tenant
	if t == nil {
		t = &tenant{account: newAccount(now, f.origin), group: g}
		t.place = f.accounts.PushBack(t)
		g.tenant = t
	}
	t.advance(now, f.origin)
	g.out += n
	t.out = g.out
	f.accounts.MoveToBack(t.place)
	f.forget(now)
	if g.noisy != nil {
		f.rerank(g.noisy)
	}
}

// forget forgets accounts that say nothing any more, a few at a time.
func (f *fair) forget(now int64) {
	for range 2 {
		at := f.accounts.Front()
		if at == nil {
			return
		}
		t := at.Value.(*tenant)
		switch {
		case t.out > 0:
			f.accounts.MoveToBack(at)
		case t.isVoid(now, f.origin) || f.accounts.Len() > f.queue.counts[Leased]+idleAccounts:
			f.accounts.Remove(at)
			t.group.tenant = nil
			f.queue.forgetGroup(t.group)
		default:
			return
		}
	}
}
