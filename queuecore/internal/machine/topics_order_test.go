package machine

import (
	"errors"
	"fmt"
	"testing"
)

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

// However many queues have their topics to read, what waits for all of them is bounded, and
// gives its room back.
func TestWaitingForAllTopicsIsBounded(t *testing.T) {
	m, out := New(Limits{}), &Output{}
	bound := func(c *Config) error { c.MaxPerTopic = 1 << 20; return nil }
	big := func(name string) *Tx {
		tx := sends(name, 1)
		tx.Sends[0].Record = append(tx.Sends[0].Record, make([]byte, 1<<20)...)
		m.Step(tx, 1, out)
		return tx
	}
	refused := 0
	for i := range 12 {
		name := fmt.Sprint("q", i)
		m.Step(&CreateQueue{Name: name}, 1, out)
		m.Step(sends(name, 1), 1, out)
		m.Step(&UpdateQueue{Name: name, Change: bound}, 1, out)
		for range 7 {
			if tx := big(name); errors.Is(tx.Err, ErrLimit) {
				refused++
			}
		}
	}
	if least := 12*7 - allWaitingSends>>20; refused < least || m.tally.awaiting > allWaitingSends {
		t.Fatalf("%d refused, want %d or more; %d bytes wait", refused, least, m.tally.awaiting)
	}
	for i := range 12 {
		m.Step(&DeleteQueue{Name: fmt.Sprint("q", i)}, 1, out)
	}
	if m.tally.awaiting != 0 {
		t.Errorf("%d bytes wait for nothing", m.tally.awaiting)
	}
}

// What was being read for a bound that is gone is nobody's when it comes.
func TestBoundThatGoesWhileTopicsAreRead(t *testing.T) {
	m, out := New(Limits{}), &Output{}
	m.Step(&CreateQueue{Name: "q"}, 1, out)
	m.Step(sends("q", 3), 1, out)
	m.Step(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.MaxPerTopic = 9; return nil }}, 1, out)
	m.Flush(1, out)
	m.Step(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.MaxPerTopic = 0; return nil }}, 1, out)
	if len(out.Looks) == 0 {
		t.Fatal("nothing is read")
	}
	for _, x := range out.Looks {
		m.Step(&Judged{Look: x}, 1, out)
	}
	if m.tally.topics != 0 || m.tally.places != 0 {
		t.Errorf("%d bytes, %d places are left of it", m.tally.topics, m.tally.places)
	}
}
