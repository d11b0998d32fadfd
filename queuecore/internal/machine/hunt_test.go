package machine

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// odd is the selector of messages of odd sizes.
func odd(t *testing.T) *selector.Selector {
	t.Helper()
	x, err := Compile("odd", selector.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// hunt is do for a move with a selector: it judges what is asked for until nothing more is.
func (x *mover) hunt(r Request) {
	x.t.Helper()
	for requests := []Request{r}; len(requests) > 0; requests = requests[1:] {
		out := &Output{}
		x.m.Step(requests[0], x.now, out)
		next := x.m.Flush(x.now, out)
		requests = append(requests, x.judged(out)...)
		x.write(out)
		for next != 0 && next <= x.now {
			out.Reset()
			next = x.m.Flush(x.now, out)
			requests = append(requests, x.judged(out)...)
			x.write(out)
		}
	}
}

// judged brings back what out asks for.
func (x *mover) judged(out *Output) (all []Request) {
	for _, l := range out.Looks {
		for i := range l.Items {
			if e := x.m.peek(l.Items[i].Receipt); e != nil {
				l.Items[i].Matches = l.Choice.Match(sized(e.size))
			}
		}
		all = append(all, &Judged{Look: l})
	}
	return all
}

// odds are the odd ones of sizes, or the others.
func odds(sizes []int, want bool) (some []int) {
	for _, n := range sizes {
		if n%2 == 1 == want {
			some = append(some, n)
		}
	}
	return some
}

// What matches moves, each in one piece; the next machine goes on with the rest after a crash
// behind any of the pieces. What does not match stays.
func TestHuntLosesNothing(t *testing.T) {
	x := newMover(t)
	want := x.send(300)
	pieces := 0
	x.each = func() {
		if pieces++; pieces%7 == 0 || pieces < 10 {
			if got := x.there("from", "to"); !slices.Equal(got, want) {
				t.Fatalf("after piece %d there are %d messages: %d", pieces, len(got), got)
			}
		}
		if pieces == 100 {
			next := &mover{t: t, m: New(Limits{}), disk: x.disk.Reopen(), now: x.now}
			if err := next.m.Load(next.disk.Load, next.now); err != nil {
				t.Fatal(err)
			}
			next.hunt(&Stats{Name: "from"})
			next.haveHunted(want)
		}
	}
	x.hunt(&StartMove{ID: [16]byte{1}, Source: "from", To: "to", Selector: odd(t)})
	x.each = nil
	x.haveHunted(want)
	if pieces < len(want)/2 {
		t.Errorf("%d pieces", pieces)
	}
}

// haveHunted holds that what is odd has moved, and nothing else.
func (x *mover) haveHunted(sizes []int) {
	x.t.Helper()
	r := &Moves{Source: "from"}
	x.do(r)
	if v := r.Moves[0]; v.Status != MoveDone || v.Selector != "odd" {
		x.t.Errorf("%+v", v)
	}
	if got, want := x.there("to"), odds(sizes, true); !slices.Equal(got, want) {
		x.t.Errorf("moved are %d, want %d", got, want)
	}
	if got, want := x.there("from"), odds(sizes, false); !slices.Equal(got, want) {
		x.t.Errorf("left are %d, want %d", got, want)
	}
}

// While the source cannot be read the move waits and says so; then it goes on from there.
func TestHuntWaitsForTheDisk(t *testing.T) {
	x := newMover(t)
	want := x.send(10)
	out := &Output{}
	x.m.Step(&StartMove{ID: [16]byte{1}, Source: "from", To: "to", Selector: odd(t)}, x.now, out)
	x.m.Flush(x.now, out)
	x.write(out)
	if len(out.Looks) != 1 {
		t.Fatalf("%d looks", len(out.Looks))
	}
	x.do(&Judged{Look: out.Looks[0], Err: errors.New("no disk")})
	r := &Moves{Source: "from"}
	x.do(r)
	if v := r.Moves[0]; v.Status != MoveRunning || v.Reason != MoveUnread || v.Moved != 0 {
		t.Errorf("%+v", v)
	}
	x.now += moveRetry
	x.hunt(&Stats{Name: "from"})
	x.haveHunted(want)
}

// However many moves look, few Looks are under way, and each move has its turn; one that is
// canceled meanwhile holds up none.
func TestHuntsTakeTurns(t *testing.T) {
	x := newMover(t)
	var waiting []*Look
	for i := range 3 * moveLooks {
		name := fmt.Sprint("q", i)
		x.do(&CreateQueue{Name: name})
		x.do(sends(name, 3))
		out := &Output{}
		x.m.Step(&StartMove{ID: [16]byte{byte(i)}, Source: name, To: "to", Selector: odd(t)}, x.now, out)
		if next := x.m.Flush(x.now, out); next != 0 && next <= x.now {
			t.Fatal("it does not come to rest")
		}
		waiting = append(waiting, out.Looks...)
		x.write(out)
	}
	if len(waiting) != moveLooks {
		t.Fatalf("%d looks", len(waiting))
	}
	x.do(&CancelMove{Source: "q0", ID: [16]byte{0}})
	for _, l := range waiting {
		x.hunt(&Judged{Look: l})
	}
	for i := 1; i < 3*moveLooks; i++ {
		r := &Moves{Source: fmt.Sprint("q", i)}
		if x.do(r); r.Moves[0].Status != MoveDone {
			t.Errorf("%+v", r.Moves[0])
		}
	}
	if x.m.chores.looking != 0 {
		t.Errorf("%d looks are under way", x.m.chores.looking)
	}
}

// A program that does not know selectors of moves must not open a store with one: it would
// move everything.
func TestMovesWithSelectorsNeedAFormat(t *testing.T) {
	for _, tt := range []struct {
		selector *selector.Selector
		want     byte
	}{{nil, pagedFormat}, {odd(t), pickyFormat}} {
		m, out := New(Limits{}), &Output{}
		m.Step(&CreateQueue{Name: "q"}, 1, out)
		m.Step(&CreateQueue{Name: "to"}, 1, out)
		m.Step(&StartMove{Source: "q", To: "to", Selector: tt.selector}, 1, out)
		m.Step(&Shutdown{}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			if op.Key[0] == FamilyCounters {
				format = op.Value[0]
			}
			if op.Key[0] == FamilyMove && tt.selector != nil && format != tt.want {
				t.Errorf("the move is written to a store of format %d", format)
			}
		}
		if format != tt.want {
			t.Errorf("with the selector %q the store has format %d, want %d", tt.selector, format, tt.want)
		}
	}
}

// A record keeps the selector with its options, and how far the move has come.
func TestMoveRecordWithASelector(t *testing.T) {
	x, err := Compile("a-b > 5", selector.Options{Convert: true, Hyphens: true})
	if err != nil {
		t.Fatal(err)
	}
	v := move{queue: &queue{}, hunt: newHunt(x, 77), Move: Move{ID: [16]byte{1}, Selector: x.String(), Status: MoveRunning}}
	got, err := parseMove(encodeMove(&v))
	if err != nil || got.Move != v.Move || got.seen() != 77 || got.hunt.selector.String() != x.String() {
		t.Errorf("%+v, %v", got, err)
	}
	old, err := parseMove([]byte(`{"ID":"AAAAAAAAAAAAAAAAAAAAAA==","Status":"running"}`))
	if err != nil || old.hunt != nil || old.Selector != "" {
		t.Errorf("a record of before: %+v, %v", old, err)
	}
	if _, err := parseMove([]byte(`{"ID":"AAAAAAAAAAAAAAAAAAAAAA==","Status":"running","Selector":"a = = 1"}`)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a selector that is none: %v", err)
	}
}
