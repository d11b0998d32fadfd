package machine

import (
	"fmt"
	"testing"
)

// choir returns a machine with a relay that handed n messages on to each of so many members.
func choir(members, n int) (*Machine, *Output) {
	m, out := New(Limits{}), &Output{}
	m.Step(&CreateQueue{Name: "h", Config: Config{Relay: true}}, 1, out)
	for i := range members {
		m.Step(&CreateQueue{Name: fmt.Sprint("h.", i), Config: Config{Of: "h"}}, 1, out)
	}
	for range n {
		m.Step(sends("h", 1), 1, out)
		m.Flush(1, out)
		out.Reset()
	}
	return m, out
}

// What a page of a relay takes does not grow with its members; what some have lost, others show.
func TestBrowseOfManyMembersIsBounded(t *testing.T) {
	const members, limit = 50, 64
	m, out := choir(members, 2*limit)
	for i := range members { // the first messages are in the last member alone
		for seq := range uint64(min(i, 10)) {
			m.Step(&Remove{Name: fmt.Sprint("h.", (i+members-1)%members), Seq: seq + 1}, 1, out)
		}
	}
	r := &Browse{Name: "h", From: 3, Max: limit}
	m.Step(r, 1, out)
	if len(r.Entries) != limit || cap(r.Entries) > 2*limit {
		t.Fatalf("%d entries, room for %d", len(r.Entries), cap(r.Entries))
	}
	for i, e := range r.Entries {
		if e.Receipt.Seq != uint64(i)+3 {
			t.Fatalf("entry %d is %d", i, e.Receipt.Seq)
		}
	}
}

// BenchmarkHeldTogether counts what 10 members hold of the same 100,000 messages.
func BenchmarkHeldTogether(b *testing.B) {
	m, _ := choir(10, 100_000)
	for b.Loop() {
		m.queues["h"].holding(1 << 30)
	}
}
