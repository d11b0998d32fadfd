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

// A receiver that comes when a lease is free does not take it from one that waits
// for it at another queue.
func TestFreeLeasesGoToThoseWhoWait(t *testing.T) {
	m, out := New(Limits{Leases: 1}), &Output{}
	for _, name := range []string{"a", "b"} {
		m.Step(&CreateQueue{Name: name}, 1, out)
		m.Step(sends(name, 10), 1, out)
	}
	m.Step(&Receive{Queue: "a", Max: 1}, 1, out)
	w := &Receive{Queue: "b", Max: 1, Wait: true}
	m.Step(w, 1, out)
	m.Step(&Tx{Acks: []Receipt{leased(m)}}, 1, out)
	late := &Receive{Queue: "a", Max: 1}
	m.Step(late, 1, out)
	if len(w.Deliveries) != 1 || len(late.Deliveries) != 0 {
		t.Errorf("%d came to the one who waited, %d to the one who came later", len(w.Deliveries), len(late.Deliveries))
	}
}

// A queue that is deleted while its receivers wait for leases is forgotten.
func TestStarvingQueueIsForgotten(t *testing.T) {
	m, out := New(Limits{Leases: 1}), &Output{}
	m.Step(&CreateQueue{Name: "a"}, 1, out)
	m.Step(sends("a", 1), 1, out)
	m.Step(&Receive{Queue: "a", Max: 1}, 1, out)
	for range 100 {
		m.Step(&CreateQueue{Name: "b"}, 1, out)
		m.Step(sends("b", 1), 1, out)
		m.Step(&Receive{Queue: "b", Max: 1, Wait: true}, 1, out)
		m.Step(&DeleteQueue{Name: "b"}, 1, out)
		m.Flush(1, out)
	}
	if n := len(m.chores.starving); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}
