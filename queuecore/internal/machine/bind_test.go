package machine

import (
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// A program that does not know selectors must not open a store whose bindings have some;
// one without may be opened.
func TestBindingsWithSelectorsNeedAFormat(t *testing.T) {
	x, err := Compile("a = 1", selector.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		selector *selector.Selector
		want     byte
	}{{nil, pagedFormat}, {x, selectiveFormat}} {
		m, out := New(Limits{}), &Output{}
		m.Step(&CreateQueue{Name: "q"}, 1, out)
		m.Step(&Bind{Queue: "q", Pattern: "t.>", Selector: tt.selector}, 1, out)
		m.Step(&Shutdown{}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			if op.Key[0] == FamilyCounters {
				format = op.Value[0]
			}
			if op.Key[0] == FamilyBinding && format != tt.want && tt.selector != nil {
				t.Errorf("the binding is written to a store of format %d", format)
			}
		}
		if format != tt.want {
			t.Errorf("with the selector %q the store has format %d, want %d", tt.selector, format, tt.want)
		}
	}
}

// A program that does not know subscriptions must not open a store that has some: it would
// forget what they are. Stores without them stay what they were.
func TestSubscriptionsNeedAFormat(t *testing.T) {
	for durable, want := range map[bool]byte{true: subscribedFormat, false: pagedFormat} {
		m, out := New(Limits{}), &Output{}
		m.Step(&OpenSession{ID: 1}, 1, out)
		m.Step(&Subscribe{
			Session: 1, Attachment: 1, Queue: "q", Config: Config{Transient: !durable},
			Subscription: Subscription{Name: "n", Shared: true, Durable: durable, Topics: []string{"t.>"}},
		}, 1, out)
		m.Step(&Shutdown{}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			if op.Key[0] == FamilyCounters {
				format = op.Value[0]
			}
			if op.Key[0] == FamilyQueue && format != want {
				t.Errorf("the queue is written to a store of format %d", format)
			}
		}
		if format != want {
			t.Errorf("durable %t: the store has format %d, want %d", durable, format, want)
		}
	}
}

// What the sender has asked the selectors of bindings is not asked again; those that were
// made meanwhile are asked here.
func TestBindingsAreAskedOnce(t *testing.T) {
	m, out := New(Limits{}), &Output{}
	bind := func(queue, text string) Verdict {
		x, err := Compile(text, selector.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m.Step(&CreateQueue{Name: queue}, 1, out)
		m.Step(&Bind{Queue: queue, Pattern: "t", Selector: x}, 1, out)
		return out.Changes[len(out.Changes)-1].Binding
	}
	no, yes, later := bind("no", "TRUE"), bind("yes", "FALSE"), bind("later", "TRUE")
	if no.Number >= yes.Number || yes.Number >= later.Number {
		t.Fatalf("the numbers are %d, %d, %d", no.Number, yes.Number, later.Number)
	}
	tx := &Tx{Sends: []Send{{
		Name: "t", Topic: true, Head: Head{Sent: 1}, Fields: sized(1), Asked: Asked{Known: yes.Number, Yes: []uint64{yes.Number}},
	}}}
	m.Step(tx, 1, out)
	var got []string
	for _, p := range tx.Sends[0].Placed {
		got = append(got, p.Queue)
	}
	if want := []string{"yes", "later"}; tx.Err != nil || !slices.Equal(got, want) {
		t.Errorf("the message went to %q, want %q; %v", got, want, tx.Err)
	}
}
