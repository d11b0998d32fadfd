package machine

import "testing"

// A store gets the format that knows of seats with the first one, and not before.
func TestSeatsNeedAFormat(t *testing.T) {
	for seat, want := range map[string]byte{"": pagedFormat, "s": seatedFormat} {
		m, out := New(Limits{Warm: 100}), &Output{}
		m.Step(&CreateQueue{Name: "q"}, 1, out)
		h := Head{Visible: 10}
		m.Step(&Tx{Sends: []Send{{Name: "q", Seat: seat, Head: h, Record: AppendHead(nil, &h)}}}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			if op.Key[0] == FamilyCounters {
				format = op.Value[0]
			}
		}
		if format != want {
			t.Errorf("with the seat %q the store has format %d, want %d", seat, format, want)
		}
	}
}
