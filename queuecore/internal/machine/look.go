package machine

import "math"

// Stats asks for the counts of a queue.
type Stats struct {
	Owner any
	Name  string

	Ready, Delayed, Leased, Parked int
	Resting, Again                 int // flight, field by field
	Bytes                          int64
	FirstSeq, LastSeq              uint64
	OldestSent                     int64 // 0: the queue is empty
	Waiting                        int
	Looking                        int // for how many things the queue is being looked through: selectors of receivers, a move with one, topics
	Totals                         Totals
	Fair                           FairCounts
	Err                            error
}

// FairCounts are those of a queue with fair groups; queuecore.FairCounts, field by field.
type FairCounts struct {
	NoisyGroups                           int
	QuietReady, QuietDelayed, QuietLeased int
}

func (f *fair) counts() FairCounts {
	all := &f.queue.counts
	return FairCounts{
		NoisyGroups: f.loud.Len(),
		QuietReady:  all[Ready] - f.sums[Ready], QuietDelayed: all[Delayed] - f.sums[Delayed], QuietLeased: all[Leased] - f.sums[Leased],
	}
}

func (r *Stats) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	r.Ready, r.Delayed, r.Leased, r.Parked = q.counts[Ready], q.counts[Delayed], q.counts[Leased], q.counts[Parked]
	r.Resting, r.Again = q.flight.resting, q.flight.again
	if q.fair != nil {
		r.Fair = q.fair.counts()
	}
	r.Bytes, r.Waiting, r.Totals = q.bytes, q.waitingReceivers(), q.totals
	for _, s := range q.sieves.list {
		if s.hungry || s.waiters.n > 0 && s.look != nil {
			r.Looking++
		}
	}
	if n := len(q.moves); n > 0 && m.looks(q.moves[n-1]) {
		r.Looking++
	}
	if q.topics.holdsUp() {
		r.Looking++
	}
	r.LastSeq, r.FirstSeq = q.last(), q.last()+1
	q.index.head(func(e *entry) { r.FirstSeq, r.OldestSent = e.seq, e.sent })
}

// CountAll asks for the counters of all queues together.
type CountAll struct {
	Owner  any
	Totals Totals
}

func (r *CountAll) step(m *Machine) {
	m.answer(r.Owner)
	r.Totals = m.Totals()
}

// Browse lists up to Max entries from sequence number From on.
type Browse struct {
	Owner any
	Name  string
	From  uint64
	Max   int

	Entries []Browsed
	Err     error
}

// Browsed is one entry seen.
type Browsed struct {
	Delivery // Receipt.Attempt counts what has been; no lease is meant
	State    State
	Over     bool // its time has passed, and nobody has looked since
}

func (r *Browse) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	if r.Max <= 0 {
		return
	}
	if q.relay != nil {
		r.Entries = m.browseMembers(q, r.From, r.Max)
		return
	}
	r.Entries = m.browse(q, r.From, math.MaxUint64, r.Max)
}

// browse lists up to limit entries of q, from a sequence number on and below another.
func (m *Machine) browse(q *queue, from, to uint64, limit int) (found []Browsed) {
	q.index.view(from, func(e *entry) bool {
		if e.seq >= to {
			return false
		}
		found = append(found, Browsed{
			Delivery: Delivery{Receipt: Receipt{q.id, e.seq, e.attempt}, Body: e.body, Shared: e.shared, First: e.first, Dead: e.origin()},
			State:    e.state,
			Over:     e.end() != 0 && e.end() <= m.now,
		})
		return len(found) < limit
	})
	return found
}
