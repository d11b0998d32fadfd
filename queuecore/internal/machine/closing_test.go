package machine

import (
	"testing"

	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A store gets the format that knows of groups' ends with the first such message, and not
// before.
func TestGroupEndsNeedAFormat(t *testing.T) {
	for _, tt := range []struct {
		end  bool
		want byte
	}{{false, pagedFormat}, {true, closingFormat}} {
		m, out := New(Limits{Warm: 100}), &Output{}
		m.Step(&CreateQueue{Name: "q", Config: Config{GroupAffinity: true}}, 1, out)
		h := Head{Group: "x", GroupEnd: tt.end}
		m.Step(&Tx{Sends: []Send{{Name: "q", Head: h, Record: AppendHead(nil, &h)}}}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			switch op.Key[0] {
			case FamilyCounters:
				format = op.Value[0]
			case FamilyEntry:
				if format != tt.want {
					t.Errorf("the entry is written to a store of format %d, want %d", format, tt.want)
				}
			}
		}
	}
}

// The end of a group is known of an entry, of one whose message stands elsewhere, of a packed
// one and of a dead letter, and after the store was opened anew.
func TestGroupEndIsKept(t *testing.T) {
	disk, out, now := memstore.New(), &Output{}, int64(1)
	m := New(Limits{})
	do := func(r Request) {
		now++
		m.Step(r, now, out)
		m.Flush(now, out)
		for _, c := range out.Copies {
			v, err := disk.Get(c.From)
			if err == nil {
				out.Batch.Ops[c.Op].Value, err = ReplaceHead(v, c.Head)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := disk.Write(&out.Batch); err != nil {
			t.Fatal(err)
		}
		out.Reset()
	}
	send := func(n int, topic bool) {
		for i := range n {
			h := Head{Sent: now, Group: "x", GroupEnd: i%2 == 1, Size: 1}
			s := Send{Name: "q", Head: h, Record: append(AppendHead(nil, &h), 'm')}
			if topic {
				s.Topic, s.Name = true, "t"
			}
			do(&Tx{Sends: []Send{s}})
		}
	}
	do(&CreateQueue{Name: "dead"})
	do(&CreateQueue{Name: "other"})
	do(&CreateQueue{Name: "q", Config: Config{GroupAffinity: true, DeadLetter: "dead"}})
	do(&Bind{Queue: "q", Pattern: "t"})
	do(&Bind{Queue: "other", Pattern: "t"})
	send(100, false)
	send(100, true)
	r := &Receive{Queue: "q", Max: 10, HasLease: true}
	do(r)
	for _, d := range r.Deliveries {
		do(&Reject{Receipt: d.Receipt, Reason: "bad"})
	}
	check := func(m *Machine) {
		t.Helper()
		for _, name := range []string{"q", "dead", "other"} {
			packed := 0
			m.queues[name].index.view(0, func(e *entry) bool {
				if want := e.seq%2 == 0; e.is(closing) != want {
					t.Errorf("entry %d of %s ends its group: %t", e.seq, name, !want)
				}
				return true
			})
			for c := m.queues[name].index.first; c != nil; c = c.next {
				if c.packed != 0 {
					packed++
				}
			}
			if name == "q" && packed == 0 {
				t.Error("nothing is packed")
			}
		}
	}
	check(m)
	opened := New(Limits{})
	if err := opened.Load(disk.Load, now); err != nil {
		t.Fatal(err)
	}
	check(opened)
}
