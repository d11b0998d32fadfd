package machine

import "fmt"

// Expect is what a transaction wants a queue to be like.
type Expect struct {
	Queue string
	Last  uint64 // the sequence number given last; 0: none has been
}

// WrongLast says that a queue's last sequence number is not the expected one.
type WrongLast struct {
	Queue string
	Last  uint64 // what it is
}

func (e *WrongLast) Error() string {
	return fmt.Sprintf("the last sequence number of queue %q is %d", e.Queue, e.Last)
}

// expect says whether r's queue is as r wants it. A transaction of nothing but sends that
// were made before changes nothing, and so is answered as they were.
func (m *Machine) expect(r *Tx) error {
	q, err := m.queue(r.If.Queue)
	if err != nil {
		return err
	}
	if last := q.last(); last != r.If.Last && !m.repeats(q, r) {
		return &WrongLast{Queue: q.name, Last: last}
	}
	return nil
}

// repeats reports whether r is sends alone that q has had.
func (m *Machine) repeats(q *queue, r *Tx) bool {
	for i := range r.Sends {
		if _, dup := q.duplicate(&r.Sends[i], m.now); !dup {
			return false
		}
	}
	return len(r.Sends) > 0 && len(r.Acks) == 0 && len(r.Nacks) == 0
}
