package machine

// LookInFlight lists up to Max messages from sequence number From on that somebody has had and
// has not settled: those that are leased, and those that rest.
type LookInFlight struct {
	Owner any
	Name  string
	From  uint64
	Max   int

	Found []InFlight
	Next  uint64 // where to go on; 0: that was all
	Err   error
}

// InFlight is one of them.
type InFlight struct {
	Delivery // Until is when the lease or the rest ends
	Resting  bool
}

// lookedAt is how many chunks one look passes.
const lookedAt = 10_000

func (r *LookInFlight) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Name)
	if err != nil {
		r.Err = err
		return
	}
	left := lookedAt
	for c := q.index.chunkOf(r.From); c != nil; c = c.next {
		if left--; left < 0 || len(r.Found) >= r.Max {
			r.Next = max(r.From, c.firstSeq())
			return
		}
		if c.warm == nil && c.delayed == 0 {
			continue
		}
		if !c.view(func(e *entry, _ string) bool { return r.see(e) }) {
			return
		}
	}
}

// see notes e; false when there is no more room.
func (r *LookInFlight) see(e *entry) bool {
	if e.seq < r.From || e.state != Leased && !e.rests() {
		return true
	}
	if len(r.Found) >= r.Max {
		r.Next = e.seq
		return false
	}
	r.Found = append(r.Found, InFlight{
		Delivery: Delivery{Receipt: Receipt{e.queue.id, e.seq, e.attempt}, Body: e.body, Shared: e.shared, First: e.first, Dead: e.origin(), Until: e.visible},
		Resting:  e.state == Delayed,
	})
	return true
}
