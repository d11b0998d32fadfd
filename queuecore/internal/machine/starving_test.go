package machine

import (
	"fmt"
	"testing"
)

// Leases that come free, when all there may be are out, go round among the queues
// whose receivers wait for them.
func TestFreeLeasesGoRound(t *testing.T) {
	const queues, rounds = 5, 10
	m, out := New(Limits{Leases: 1}), &Output{}
	waiting := make([]*Receive, queues)
	wait := func(i int) {
		waiting[i] = &Receive{Queue: fmt.Sprint("q", i), Max: 1, Wait: true, HasLease: true, Lease: 1 << 40}
		m.Step(waiting[i], 1, out)
	}
	for i := range queues {
		m.Step(&CreateQueue{Name: fmt.Sprint("q", i)}, 1, out)
		m.Step(sends(fmt.Sprint("q", i), rounds*queues), 1, out)
	}
	for i := range queues {
		wait(i)
		wait(i) // the one before goes on waiting, and is served when it is that one's turn
	}
	got := make(map[uint32]int)
	for range rounds * queues {
		r := leased(m)
		got[r.Queue]++
		m.Step(&Tx{Acks: []Receipt{r}}, 1, out)
		m.Flush(1, out)
		wait(int(m.byID[r.Queue].name[1] - '0'))
		out.Reset()
	}
	for id, q := range m.byID {
		if got[id] < rounds/2 {
			t.Errorf("queue %s got %d of %d leases: %v", q.name, got[id], rounds*queues, got)
		}
	}
}

// leased returns the receipt of the one message that is out.
func leased(m *Machine) (r Receipt) {
	for _, q := range m.queues {
		q.index.each(func(e *entry) bool {
			if e.state == Leased {
				r = Receipt{q.id, e.seq, e.attempt}
			}
			return true
		})
	}
	return r
}
