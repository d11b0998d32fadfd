package machine

import "fmt"

func seatsFit(m *Machine, q *queue) error {
	if len(q.seats.taken) != len(q.seats.names) {
		return fmt.Errorf("%d names, %d messages", len(q.seats.taken), len(q.seats.names))
	}
	for name, seq := range q.seats.taken {
		e := m.peek(Receipt{Queue: q.id, Seq: seq})
		if e == nil || e.state != Delayed || e.attempt != 0 || q.seats.names[seq] != name {
			return fmt.Errorf("seat %q of %d: %+v, whose is %q", name, seq, e, q.seats.names[seq])
		}
	}
	return nil
}
