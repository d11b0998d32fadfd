package machine

import "testing"

// Sends that wait for topics to be read keep their order, also when a purge or another bound
// ends the waiting and more comes before the next Flush.
func TestWaitingSendsKeepTheirOrder(t *testing.T) {
	unbounded := func(c *Config) error { c.MaxPerTopic = 0; return nil }
	for name, end := range map[string]Request{"purge": &Purge{Name: "q"}, "no bound": &UpdateQueue{Name: "q", Change: unbounded}} {
		t.Run(name, func(t *testing.T) {
			m, out := New(Limits{}), &Output{}
			m.Step(&CreateQueue{Name: "q"}, 1, out)
			m.Step(sends("q", 3), 1, out)
			m.Step(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.MaxPerTopic = 9; return nil }}, 1, out)
			first, second := sends("q", 1), sends("q", 1)
			m.Step(first, 1, out)
			m.Flush(1, out)
			m.Step(end, 1, out)
			m.Step(second, 1, out)
			m.Flush(1, out)
			for _, x := range out.Looks {
				for i := range x.Items {
					x.Items[i].Matches = true
				}
				m.Step(&Judged{Look: x}, 1, out)
			}
			m.Flush(1, out)
			for i, r := range []*Tx{first, second} {
				if r.Err != nil || len(r.Sends[0].Placed) != 1 || r.Sends[0].Placed[0].Seq != uint64(4+i) {
					t.Errorf("send %d: %+v, %v", i, r.Sends[0].Placed, r.Err)
				}
			}
		})
	}
}
