package machine

import "testing"

// An ack of a message that was never handed out is refused and changes nothing: a
// peer that makes up receipts must not have a long queue unpacked.
func TestMadeUpAcksUnpackNothing(t *testing.T) {
	for _, order := range []bool{false, true} {
		m, out := New(Limits{Ahead: 2}), &Output{}
		m.Step(&CreateQueue{Name: "q", Config: Config{GroupOrder: order}}, 1, out)
		m.Step(sends("q", 10*chunkSize), 1, out)
		m.Flush(1, out)
		q := m.queues["q"]
		warm := q.index.warm
		out.Reset()
		for seq := uint64(4 * chunkSize); seq < 6*chunkSize; seq++ {
			tx := &Tx{Acks: []Receipt{{Queue: q.id, Seq: seq}}}
			if m.Step(tx, 1, out); tx.Err == nil {
				t.Fatal("was taken")
			}
		}
		if q.index.warm != warm || out.Batch.Len() != 0 {
			t.Errorf("group order %t: %d are warm, %d were; %d records written", order, q.index.warm, warm, out.Batch.Len())
		}
		n := 0
		for ; n < 20*chunkSize; n++ {
			r := &Receive{Queue: "q", Max: 1}
			if m.Step(r, 1, out); len(r.Deliveries) == 0 {
				break
			}
			m.Step(&Tx{Acks: []Receipt{r.Deliveries[0].Receipt}}, 1, out)
		}
		if n != 10*chunkSize {
			t.Errorf("group order %t: %d came", order, n)
		}
	}
}
