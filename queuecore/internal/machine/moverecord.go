package machine

import (
	"encoding/json"
	"fmt"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// moveRecord is JSON, as a queue's record is. Times are nanoseconds since 1970.
type moveRecord struct {
	ID             []byte
	To             string `json:",omitempty"`
	Rate           int    `json:",omitempty"`
	Status         MoveStatus
	Reason         MoveReason `json:",omitempty"`
	At             string     `json:",omitempty"`
	Moved, Total   int
	Limit          uint64
	Started, Ended int64
	Selector       string `json:",omitempty"`
	Seen           uint64 `json:",omitempty"` // with a selector: what is below has had its turn
}

func encodeMove(v *move) []byte {
	b, err := json.Marshal(moveRecord{
		v.ID[:], v.To, v.Rate, v.Status, v.Reason, v.At, v.Moved, v.Total, v.limit, v.Started, v.Ended,
		v.Selector, v.seen(),
	})
	if err != nil {
		panic(fmt.Sprintf("a move of queue %q cannot be encoded: %v", v.Source, err)) // plain values only
	}
	return b
}

// parseMove reads a record of a move. The error is ErrInvalid.
func parseMove(b []byte) (v move, err error) {
	var r moveRecord
	if err := json.Unmarshal(b, &r); err != nil {
		return v, fmt.Errorf("move record of %d bytes: %w: %w", len(b), ErrInvalid, err)
	}
	if len(r.ID) != len(v.ID) || r.Rate < 0 || !r.Status.known() || (r.Status == MoveRunning) != (r.Ended == 0) {
		return v, fmt.Errorf("move record of %d bytes: %w", len(b), ErrInvalid)
	}
	x, err := Compile(r.Selector, selector.Options{})
	if err != nil {
		return v, fmt.Errorf("move record of %d bytes: %w", len(b), err)
	}
	v.hunt = newHunt(x, r.Seen)
	v.Move = Move{
		To: r.To, Selector: x.String(), Rate: r.Rate, Status: r.Status, Reason: r.Reason, At: r.At, Moved: r.Moved, Total: r.Total,
		Started: r.Started, Ended: r.Ended,
	}
	if r.Status != MoveRunning {
		v.hunt.giveUp()
	}
	copy(v.ID[:], r.ID)
	v.limit = r.Limit
	return v, nil
}

// keepMove writes v's record; somebody may be told of what is durable.
func (m *Machine) keepMove(v *move, durable bool) {
	if v.queue.config.Transient {
		return
	}
	m.out.Durable = m.out.Durable || durable
	if v.hunt != nil {
		m.needFormat(pickyFormat)
	}
	m.out.Batch.Put(m.out.entryKey(FamilyMove, v.queue.id, v.number), encodeMove(v))
}

// forgetMove removes v's record.
func (m *Machine) forgetMove(v *move) {
	if !v.queue.config.Transient {
		m.out.Batch.Delete(m.out.entryKey(FamilyMove, v.queue.id, v.number))
	}
}

// move takes up a move, which goes on at once if it was running. What is left of the
// moves of a queue that is gone is a stray.
func (l *loader) move(k, b []byte) error {
	id, number, err := splitEntryKey(k)
	if err != nil {
		return err
	}
	q := l.m.byID[id]
	if q == nil {
		l.m.chores.strays = append(l.m.chores.strays, append([]byte(nil), k...))
		return nil
	}
	v, err := parseMove(b)
	if err != nil {
		return fmt.Errorf("move %d of queue %.200q: %w", number, q.name, err)
	}
	v.queue, v.number, v.Source, v.next = q, number, q.name, l.m.now
	q.moves = append(q.moves, &v)
	if v.Status == MoveRunning {
		l.m.chores.moves = append(l.m.chores.moves, &v)
	}
	return nil
}
