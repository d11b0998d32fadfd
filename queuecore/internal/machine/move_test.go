package machine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// mover is a machine with a disk on which it does what each step asks for.
type mover struct {
	t    *testing.T
	m    *Machine
	disk *memstore.Store
	now  int64
	each func() // called behind each piece that is written; nil: nothing
}

func newMover(t *testing.T) *mover {
	x := &mover{t: t, m: New(Limits{}), disk: memstore.New(), now: 1e18}
	for _, name := range []string{"from", "to", "other"} {
		x.do(&CreateQueue{Name: name})
	}
	return x
}

// do steps r and lets the machine come to rest. It returns the messages that the
// largest Flush moved, by the records it wrote.
func (x *mover) do(r Request) (most int) {
	x.t.Helper()
	out := &Output{}
	x.m.Step(r, x.now, out)
	x.write(out)
	for more := true; more; {
		out.Reset()
		next := x.m.Flush(x.now, out)
		most = max(most, out.Batch.Len())
		x.write(out)
		more = next != 0 && next <= x.now
	}
	return most
}

func (x *mover) write(out *Output) {
	x.t.Helper()
	f := &fuzz{t: x.t, disk: x.disk}
	f.fill(out)
	start := 0
	for _, cut := range append(out.Cuts, out.Batch.Len()) {
		var piece store.Batch
		piece.Append(out.Batch.Ops[start:cut])
		f.wantFresh(&piece)
		f.must(x.disk.Write(&piece))
		if start = cut; x.each != nil {
			x.each()
		}
	}
}

// send sends n messages, which are told apart by their sizes: small ones, large ones
// and such as another queue has too.
func (x *mover) send(n int) (sizes []int) {
	return x.sendAs(n, func(int, *Head) {})
}

// sendAs is send with heads that change has changed.
func (x *mover) sendAs(n int, change func(i int, h *Head)) (sizes []int) {
	x.do(&Bind{Queue: "from", Pattern: "t"})
	x.do(&Bind{Queue: "other", Pattern: "t"})
	tx := &Tx{}
	for i := range n {
		h := Head{Sent: x.now, Priority: uint8(i % 3), Size: uint32(i + 1), Group: fmt.Sprint("g", i%5)}
		change(i, &h)
		s := Send{Name: "from", Head: h, Record: append(AppendHead(nil, &h), "message"...)}
		switch i % 4 {
		case 1:
			s.Record = append(s.Record, strings.Repeat("x", inlineMax)...)
		case 2:
			s.Name, s.Topic = "t", true
		}
		tx.Sends = append(tx.Sends, s)
		sizes = append(sizes, i+1)
	}
	x.do(tx)
	if tx.Err != nil {
		x.t.Fatal(tx.Err)
	}
	return sizes
}

// there are the sizes of the messages in the queues of a machine that loads the disk.
func (x *mover) there(names ...string) (sizes []int) {
	x.t.Helper()
	f := &fuzz{t: x.t, now: x.now}
	m := f.load(x.disk)
	for _, name := range names {
		m.queues[name].index.view(0, func(e *entry) bool { sizes = append(sizes, int(e.size)); return true })
	}
	slices.Sort(sizes)
	return sizes
}

// Whatever piece of a move was the last before a crash, each message is in one of the
// two queues, and in one only; the next machine goes on with the rest.
func TestMoveLosesNothing(t *testing.T) {
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
			x.cutShort(want)
		}
	}
	x.do(&StartMove{ID: [16]byte{1}, Source: "from", To: "to"})
	if pieces < len(want) {
		t.Fatalf("%d pieces", pieces)
	}
	x.each = nil
	if got := x.there("to"); !slices.Equal(got, want) {
		t.Errorf("moved are %d of %d", len(got), len(want))
	}
}

// cutShort has another machine go on from what is on disk.
func (x *mover) cutShort(want []int) {
	next := &mover{t: x.t, m: New(Limits{}), disk: x.disk.Reopen(), now: x.now}
	if err := next.m.Load(next.disk.Load, next.now); err != nil {
		x.t.Fatal(err)
	}
	r := &Moves{Source: "from"}
	next.do(&Stats{Name: "from"})
	next.do(r)
	if got := next.there("to"); !slices.Equal(got, want) || len(r.Moves) != 1 || r.Moves[0].Status != MoveDone {
		x.t.Errorf("gone on: %d of %d messages, %+v", len(got), len(want), r.Moves)
	}
}

// A large move does not hold up others: one Flush does a bounded part of it, and no
// piece is more than one message takes.
func TestMoveGoesInPieces(t *testing.T) {
	x := newMover(t)
	for range 3 {
		x.do(sends("from", movedPerFlush))
	}
	if most := x.do(&StartMove{ID: [16]byte{1}, Source: "from", To: "to"}); most > 4*movedPerFlush+10*movedPerFlush/chunkSize {
		t.Errorf("%d records in one Flush", most)
	}
	if n := x.m.queues["to"].len(); n != 3*movedPerFlush {
		t.Errorf("%d have moved", n)
	}
}

// Two moves go on together when one of them is more than there may be done at once.
func TestMovesTakeTurns(t *testing.T) {
	x := newMover(t)
	for _, from := range []string{"from", "other"} {
		x.do(sends(from, movedPerFlush))
		x.do(sends(from, movedPerFlush))
	}
	out := &Output{}
	for i, from := range []string{"from", "other"} {
		x.m.Step(&StartMove{ID: [16]byte{byte(i)}, Source: from, To: "to"}, x.now, out)
	}
	for range 2 {
		x.m.Flush(x.now, out)
	}
	for _, from := range []string{"from", "other"} {
		if n := x.m.queues[from].len(); n != movedPerFlush {
			t.Errorf("%d of %s are left", n, from)
		}
	}
}

// A record that is no move's is refused, not taken for one.
func TestMoveRecord(t *testing.T) {
	v := move{queue: &queue{}, number: 7, limit: 9, Move: Move{ID: [16]byte{1, 2}, To: "to", Rate: 3, Status: MoveRunning, Moved: 4, Total: 5, Started: 6}}
	got, err := parseMove(encodeMove(&v))
	if err != nil || got.Move != v.Move || got.limit != v.limit {
		t.Errorf("%+v, %v; want %+v", got, err, v)
	}
	const id = `"ID":"AAAAAAAAAAAAAAAAAAAAAA=="`
	for _, bad := range []string{
		"", "{}", `{"ID":"AAAA","Status":"done","Ended":1}`, `{"Status":"done","Ended":1}`,
		"{" + id + `,"Status":"lost","Ended":1}`, "{" + id + `,"Status":"done"}`, "{" + id + `,"Status":"running","Ended":1}`,
		"{" + id + `,"Status":"running","Rate":-1}`,
	} {
		if _, err := parseMove([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err := parseMove([]byte("{" + id + `,"Status":"running"}`)); err != nil {
		t.Error(err)
	}
}

// FuzzMove: a record of a move reads or is refused; what reads is written the same.
func FuzzMove(f *testing.F) {
	f.Add(encodeMove(&move{queue: &queue{}, Move: Move{ID: [16]byte{1}, Status: MoveRunning, Total: 3}}))
	f.Add(encodeMove(&move{queue: &queue{}, Move: Move{To: "q", Status: MoveFailed, Reason: MoveNoQueue, At: "q", Ended: 5}}))
	f.Add([]byte(`{"ID":"AAAAAAAAAAAAAAAAAAAAAA==","Status":"running","Selector":"hyphenated_props:a-b > 1","Seen":9}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseMove(b)
		if err != nil {
			return
		}
		again, err := parseMove(encodeMove(&v))
		if err != nil || again.Move != v.Move || again.limit != v.limit || again.seen() != v.seen() {
			t.Fatalf("%+v became %+v: %v", v, again, err)
		}
	})
}
