package machine

import (
	"cmp"
	"fmt"
	"slices"
)

// seats are the names under which messages of one queue wait until they are due. The next
// message of a name takes the seat, and the one that had it goes. Whoever is due, or gone,
// leaves his.
type seats struct {
	tally *tally
	taken map[string]uint64 // sequence numbers
	names map[uint64]string // the other way round
}

func newSeats(t *tally) seats { return seats{tally: t} }

func (s *seats) take(name string, seq uint64) {
	if s.taken == nil {
		s.taken, s.names = make(map[string]uint64), make(map[uint64]string)
	}
	s.taken[name], s.names[seq] = seq, name
	s.tally.seats++
}

// leave frees the seat of seq, and returns its name; "": it had none.
func (s *seats) leave(seq uint64) string {
	name, ok := s.names[seq]
	if !ok {
		return ""
	}
	delete(s.names, seq)
	delete(s.taken, name)
	s.tally.seats--
	return name
}

// clear frees all seats and returns who had one.
func (s *seats) clear() (all []uint64) {
	for seq := range s.names {
		all = append(all, seq)
	}
	s.tally.seats -= len(s.taken)
	*s = newSeats(s.tally)
	return all
}

// replace removes the message that waits in s's seat of q.
func (m *Machine) replace(q *queue, s *Send) {
	if s.Seat == "" {
		return
	}
	seq, ok := q.seats.taken[s.Seat]
	if !ok {
		return
	}
	e := m.entry(q, seq)
	if e == nil || e.visible <= m.now { // it is due, and goes its way
		m.leaveSeat(q, seq)
		return
	}
	q.totals.Dropped++
	m.remove(e)
}

// sit gives e, which waits, the seat of that name, which nobody has; "": none.
func (m *Machine) sit(e *entry, name string) {
	if name == "" {
		return
	}
	q := e.queue
	q.seats.take(name, e.seq)
	if !q.config.Transient {
		m.needFormat(seatedFormat)
		m.out.Batch.PutFresh(m.out.entryKey(FamilySeat, q.id, e.seq), []byte(name))
	}
}

// leaveSeat frees the seat of a message that is due or gone.
func (m *Machine) leaveSeat(q *queue, seq uint64) {
	if name := q.seats.leave(seq); name != "" && !q.config.Transient {
		m.out.Batch.Delete(m.out.entryKey(FamilySeat, q.id, seq))
	}
}

// seat takes up a seat; whether somebody waits in it is for judgeSeats to say.
func (l *loader) seat(k, v []byte) error {
	id, seq, err := splitEntryKey(k)
	if err != nil || len(v) == 0 {
		return fmt.Errorf("seat %.64x of %d bytes: %w", k, len(v), ErrInvalid)
	}
	if q := l.m.byID[id]; q != nil {
		if before, ok := q.seats.taken[string(v)]; ok { // it was due when this one came
			l.freeSeat(q, before)
		}
		q.seats.take(string(v), seq)
		return nil
	}
	l.m.chores.strays = append(l.m.chores.strays, append([]byte(nil), k...))
	return nil
}

// judgeSeats frees those seats of q whose messages were due, or gone, when the process ended.
func (l *loader) judgeSeats(q *queue) {
	for seq := range q.seats.names {
		e := l.m.peek(Receipt{Queue: q.id, Seq: seq})
		if e != nil && e.state == Delayed && e.attempt == 0 && e.visible > l.m.now {
			continue
		}
		l.freeSeat(q, seq)
	}
}

func (l *loader) freeSeat(q *queue, seq uint64) {
	q.seats.leave(seq)
	l.m.chores.strays = append(l.m.chores.strays, appendEntryKey(nil, FamilySeat, q.id, seq))
}

// Seat is a name and the message that waits under it.
type Seat struct {
	Name string
	Seq  uint64
}

// ListSeats asks who waits under a name. It looks at all names of the queue, unless Name is the
// one that is asked for.
type ListSeats struct {
	Owner any
	Queue string
	Name  string                 // "": all that Wants holds for
	Wants func(name string) bool // quick, and without side effects

	Seats []Seat // in the order of the queue
	Err   error
}

func (r *ListSeats) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.queue(r.Queue)
	if err != nil {
		r.Err = err
		return
	}
	if r.Name != "" {
		if seq, ok := q.seats.taken[r.Name]; ok {
			r.Seats = []Seat{{r.Name, seq}}
		}
		return
	}
	for name, seq := range q.seats.taken {
		if r.Wants(name) {
			r.Seats = append(r.Seats, Seat{name, seq})
		}
	}
	slices.SortFunc(r.Seats, func(a, b Seat) int { return cmp.Compare(a.Seq, b.Seq) })
}
