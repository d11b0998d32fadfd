package machine

import (
	"slices"
	"testing"
)

// expiring returns a mover with n messages in "from", some packed, some shared, some
// too large for their entries, that expire one after the other.
func expiring(t *testing.T, n, warm int) (x *mover, sizes []int) {
	x = newMover(t)
	x.m = New(Limits{Warm: warm})
	x.disk = x.disk.Reopen()
	if err := x.m.Load(x.disk.Load, x.now); err != nil {
		t.Fatal(err)
	}
	x.do(&UpdateQueue{Name: "from", Change: func(c *Config) error { c.ExpiredTo = "to"; return nil }})
	sizes = x.sendAs(n, func(i int, h *Head) { h.Expires = x.now + 1000 - int64(i) })
	return x, sizes
}

// Whatever piece was the last before a crash, an expired message is in one of the two
// queues, once; and what is left goes on by itself afterwards.
func TestExpiryLosesNothing(t *testing.T) {
	for _, warm := range []int{0, 1_000_000} {
		x, want := expiring(t, 300, warm)
		pieces := 0
		x.each = func() {
			if pieces++; pieces%7 == 0 || pieces < 10 {
				if got := x.there("from", "to"); !slices.Equal(got, want) {
					t.Fatalf("after piece %d there are %d messages: %d", pieces, len(got), got)
				}
			}
			if pieces == 100 {
				x.expiresFurther(want)
			}
		}
		x.now += 2000
		x.do(&Stats{Name: "from"})
		if pieces < len(want) {
			t.Fatalf("%d pieces", pieces)
		}
		x.each = nil
		if got := x.there("to"); !slices.Equal(got, want) {
			t.Errorf("dead letters are %d of %d", len(got), len(want))
		}
	}
}

// expiresFurther has another machine go on from what is on disk.
func (x *mover) expiresFurther(want []int) {
	next := &mover{t: x.t, m: New(Limits{}), disk: x.disk.Reopen(), now: x.now}
	if err := next.m.Load(next.disk.Load, next.now); err != nil {
		x.t.Fatal(err)
	}
	next.do(&Stats{Name: "from"})
	if got := next.there("to"); !slices.Equal(got, want) {
		x.t.Errorf("gone on: %d of %d messages", len(got), len(want))
	}
}

// Dead letters of a queue that is packed come in the order in which their times passed,
// as those of one that is not do; and one Flush does a bounded part of many.
func TestExpiryGoesInOrder(t *testing.T) {
	for _, warm := range []int{0, 1_000_000} {
		x, want := expiring(t, 300, warm)
		x.now += 2000
		x.do(&Stats{Name: "from"})
		var got []int
		x.m.queues["to"].index.view(0, func(e *entry) bool { got = append(got, int(e.size)); return true })
		slices.Reverse(want)
		if !slices.Equal(got, want) {
			t.Errorf("in the order %d", got)
		}
	}
}

// However many expired messages a receive meets, each is a piece of its own.
func TestReceiveMeetsExpired(t *testing.T) {
	x, want := expiring(t, 300, 1_000_000)
	x.now += 2000
	out := &Output{}
	x.m.Step(&Receive{Queue: "from", Max: 10}, x.now, out)
	if len(out.Cuts) < len(want) {
		t.Errorf("%d messages in %d pieces", len(want), len(out.Cuts))
	}
	x.write(out)
	if got := x.there("to"); !slices.Equal(got, want) {
		t.Errorf("dead letters are %d of %d", len(got), len(want))
	}
}

// A transaction that gives back very many messages whose time is over is written in one
// piece, without what becomes of them.
func TestNacksOfExpired(t *testing.T) {
	x, want := expiring(t, 300, 1_000_000)
	r := &Receive{Queue: "from", Max: 300}
	x.do(r)
	x.now += 2000
	tx := &Tx{}
	for _, d := range r.Deliveries {
		tx.Nacks = append(tx.Nacks, Nack{Receipt: d.Receipt, Delay: Backoff})
	}
	out := &Output{}
	x.m.Step(tx, x.now, out)
	if len(out.Copies) > 0 || tx.Err != nil {
		t.Errorf("%d records are moved within the transaction: %v", len(out.Copies), tx.Err)
	}
	x.write(out)
	x.do(&Seen{Receipts: nil})
	if got := x.there("to"); !slices.Equal(got, want) {
		t.Errorf("dead letters are %d of %d", len(got), len(want))
	}
}
