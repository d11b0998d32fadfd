package machine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// wait has a receiver wait at a queue with a selector of its own.
func wait(t *testing.T, m *Machine, queue, text string) *Receive {
	t.Helper()
	x, err := Compile(text, selector.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &Receive{Queue: queue, Max: 1, Wait: true, Choice: Choice{Selector: x}}
	m.Step(r, 1, &Output{})
	return r
}

// The sieves of all queues share what they may take: those that nobody waits for go first,
// and past it a receiver is told, while whoever waits with a known selector, or none, is served.
func TestSievesShareTheirRoom(t *testing.T) {
	m := New(Limits{SieveBytes: 3*sieveBytes + sieveBytes/2})
	for _, name := range []string{"a", "b"} {
		m.Step(&CreateQueue{Name: name}, 1, &Output{})
	}
	var waiting []*Receive
	for i := range 3 {
		r := wait(t, m, []string{"a", "b"}[i%2], fmt.Sprint("n = ", i))
		if waiting = append(waiting, r); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	r := wait(t, m, "b", "n = 3")
	if !errors.Is(r.Err, ErrLimit) || !strings.Contains(r.Err.Error(), "selectors") {
		t.Errorf("one more: %v", r.Err)
	}
	if r := wait(t, m, "a", "n = 0"); r.Err != nil {
		t.Errorf("with a known one: %v", r.Err)
	}
	m.Step(&Cancel{Receive: waiting[1]}, 1, &Output{})
	if r := wait(t, m, "a", "n = 4"); r.Err != nil {
		t.Errorf("once there is room: %v", r.Err)
	}
	m.Step(&DeleteQueue{Name: "a"}, 1, &Output{})
	if m.sieveRoom.bytes != 0 || m.sieveRoom.idle.Len() != 0 {
		t.Errorf("left are %d bytes, %d idle", m.sieveRoom.bytes, m.sieveRoom.idle.Len())
	}
	if r := wait(t, m, "b", "n = '"+strings.Repeat("x", SelectorBytes-10)+"'"); !errors.Is(r.Err, ErrLimit) {
		t.Errorf("a long text where there is no room: %v", r.Err)
	}
	checkInvariants(t, m)
}
