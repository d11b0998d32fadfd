package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// book is a ledger with a clock that a test sets, and shorter words.
type book struct {
	*ledger.Ledger
	now   time.Time
	batch uint64
}

func newBook(o ledger.Options) *book {
	b := &book{now: time.UnixMilli(1_000_000)}
	o.Now = func() time.Time { return b.now }
	b.Ledger = ledger.New(o)
	return b
}

const queue = "q"

// ask announces a send; sent confirms it too.
func (b *book) ask() ledger.ID  { return b.Sending(ledger.Send{Queue: queue, By: "sqs"})[0] }
func (b *book) sent() ledger.ID { id := b.ask(); b.Sent(id); return id }

// asked announces n sends of one unit.
func (b *book) asked(n int, acks ...ledger.Held) ([]ledger.ID, *ledger.Unit) {
	ids := b.Sending(slices.Repeat([]ledger.Send{{Queue: queue, By: "stomp"}}, n)...)
	return ids, b.Together("transaction", ids, acks)
}

// come delivers to a session, lease for a lease of a second.
func (b *book) come(id ledger.ID) ledger.Held {
	h, _ := b.Delivered(ledger.Delivery{ID: id, Queue: queue, By: "stomp", Identity: uint64(id)})
	return h
}

func (b *book) lease(id ledger.ID) ledger.Held {
	h, _ := b.Delivered(ledger.Delivery{ID: id, Queue: queue, By: "sqs", Identity: uint64(id), Asked: b.now, Lease: time.Second})
	return h
}

func (b *book) later(d time.Duration) { b.now = b.now.Add(d) }

func (b *book) check(there ...ledger.ID) int {
	c := b.Begin()
	for _, id := range there {
		c.Found(queue, id)
	}
	return c.End()
}

// grouped sends n messages of one group.
func (b *book) grouped(n int) []ledger.ID {
	ids := b.Sending(slices.Repeat([]ledger.Send{{Queue: queue, By: "sqs", Group: "g", Dedup: true}}, n)...)
	b.Sent(ids...)
	return ids
}

// together delivers messages in one answer.
func (b *book) together(ids ...ledger.ID) (held []ledger.Held) {
	b.batch++
	for _, id := range ids {
		h, _ := b.Delivered(ledger.Delivery{ID: id, Queue: queue, By: "sqs", Identity: uint64(id), Batch: b.batch, Asked: b.now, Lease: time.Second})
		held = append(held, h)
	}
	return held
}

func (b *book) ack(held ...ledger.Held) {
	b.Acking(held...)
	b.Acked(held...)
}

// The ledger finds each fault that it is there for, and no other.
func TestFaults(t *testing.T) {
	for _, x := range []struct {
		name    string
		want    ledger.Promise
		history func(b *book)
	}{
		{"a send is there", "", func(b *book) { b.check(b.sent()) }},
		{"a send is acked", "", func(b *book) { b.ack(b.come(b.sent())); b.check() }},
		{"nobody knows of a send", "", func(b *book) { b.ask(); b.check() }},
		{"nobody knows of a send that is there", "", func(b *book) { b.check(b.ask()) }},
		{"a send is lost", ledger.Kept, func(b *book) { b.sent(); b.check() }},
		{"a send is lost after a delivery", ledger.Kept, func(b *book) { b.come(b.sent()); b.check() }},
		{"a send is lost after a nack", ledger.Kept, func(b *book) { b.Nacking(b.come(b.sent())); b.check() }},
		{"an open send that was seen is lost", ledger.Kept, func(b *book) { b.come(b.ask()); b.check() }},
		{"an open send that was there is lost", ledger.Kept, func(b *book) { id := b.ask(); b.check(id); b.check() }},
		{"an open ack was done", "", func(b *book) { b.Acking(b.come(b.sent())); b.check() }},
		{"an open ack was not done, and the message is lost", ledger.Kept, func(b *book) {
			id := b.sent()
			b.Acking(b.come(id))
			b.check(id)
			b.check()
		}},
		{"an open ack was not done", "", func(b *book) {
			id := b.sent()
			b.Acking(b.come(id))
			b.check(id)
			b.come(id)
		}},

		{"an acked message is there", ledger.Gone, func(b *book) { id := b.sent(); b.ack(b.come(id)); b.check(id) }},
		{"an acked message comes", ledger.Gone, func(b *book) { id := b.sent(); b.ack(b.come(id)); b.come(id) }},
		{"a forgotten message comes", ledger.Gone, func(b *book) { id := b.sent(); b.ack(b.come(id)); b.check(); b.come(id) }},
		{"a forgotten message is there", ledger.Gone, func(b *book) { id := b.sent(); b.ack(b.come(id)); b.check(); b.check(id) }},
		{"a send that a check did not find comes", ledger.Gone, func(b *book) { id := b.ask(); b.check(); b.come(id) }},
		{"a purged message is there", ledger.Together, func(b *book) {
			ids := []ledger.ID{b.sent(), b.sent()}
			b.Purging(ids...)
			b.check(ids[1])
		}},
		{"an open purge was done", "", func(b *book) { b.Purging(b.sent(), b.sent()); b.check() }},
		{"an open purge was not done", "", func(b *book) {
			ids := []ledger.ID{b.sent(), b.sent()}
			b.Purging(ids...)
			b.check(ids...)
			b.check(ids...)
		}},
		{"an open purge was done, and the next one was not", "", func(b *book) {
			first := b.sent()
			b.Purging(first)
			second := b.sent()
			b.Purging(first, second)
			b.check(second)
		}},
		{"a confirmed purge was not done", ledger.Gone, func(b *book) { id := b.sent(); b.Done(b.Purging(id)); b.check(id) }},
		{"a late ack promises nothing", "", func(b *book) {
			id := b.sent()
			h := b.lease(id)
			b.later(2 * time.Second)
			b.ack(h)
			b.lease(id)
		}},
		{"an ack of an older delivery promises nothing", "", func(b *book) {
			id := b.sent()
			h := b.lease(id)
			b.later(2 * time.Second)
			b.lease(id)
			b.ack(h)
			b.check(id)
		}},

		{"an open transaction was done", "", func(b *book) { ids, _ := b.asked(2, b.come(b.sent())); b.check(ids...) }},
		{"an open transaction was not done", "", func(b *book) { id := b.sent(); b.asked(2, b.come(id)); b.check(id) }},
		{"a transaction has one of two sends", ledger.Together, func(b *book) { ids, _ := b.asked(2); b.check(ids[0]) }},
		{"a transaction has its sends and not its ack", ledger.Together, func(b *book) {
			id := b.sent()
			ids, _ := b.asked(1, b.come(id))
			b.check(id, ids[0])
		}},
		{"a transaction has its ack and not its sends", ledger.Together, func(b *book) { b.asked(1, b.come(b.sent())); b.check() }},
		{"a transaction's send came and was acked, its other send is missing", ledger.Together, func(b *book) {
			ids, _ := b.asked(2)
			b.NextRound()
			b.ack(b.come(ids[0]))
			b.check()
		}},
		{"a transaction's send came, and so did what it had acked", ledger.Together, func(b *book) {
			id := b.sent()
			ids, _ := b.asked(1, b.come(id))
			b.NextRound()
			b.ack(b.come(id), b.come(ids[0]))
			b.check()
		}},
		{"what an open transaction had acked came again, and nothing else", "", func(b *book) {
			id := b.sent()
			b.asked(1, b.come(id))
			b.NextRound()
			b.ack(b.come(id))
			b.check()
		}},
		{"a confirmed transaction lost a send", ledger.Kept, func(b *book) { ids, u := b.asked(2); b.Done(u); b.check(ids[0]) }},
		{"a confirmed transaction's ack is back", ledger.Gone, func(b *book) {
			id := b.sent()
			_, u := b.asked(0, b.come(id))
			b.Done(u)
			b.check(id)
		}},

		{"a group in order", "", func(b *book) {
			ids := b.grouped(3)
			b.ack(b.together(ids[:2]...)...)
			b.ack(b.together(ids[2])...)
		}},
		{"a group's second message comes first", ledger.Ordered, func(b *book) { b.together(b.grouped(2)[1]) }},
		{"a group's second message comes first, and then its first", ledger.Ordered, func(b *book) {
			first := b.Sending(ledger.Send{Queue: queue, By: "sqs", Group: "g"})[0]
			b.together(b.grouped(1)...)
			b.together(first)
		}},
		{"a group's second message comes while the first one is out", ledger.Ordered, func(b *book) {
			ids := b.grouped(2)
			b.together(ids[0])
			b.together(ids[1])
		}},
		{"a group's second message comes before a nacked one", ledger.Ordered, func(b *book) {
			ids := b.grouped(2)
			b.Nacking(b.together(ids[0])...)
			b.together(ids[1])
		}},
		{"a group goes on after an open ack", "", func(b *book) {
			ids := b.grouped(2)
			b.Acking(b.together(ids[0])...)
			b.together(ids[1])
		}},
		{"a group does not wait for what may never have been sent", "", func(b *book) {
			b.Sending(ledger.Send{Queue: queue, By: "sqs", Group: "g"})
			b.together(b.grouped(1)...)
		}},

		{"a send is there twice", ledger.Once, func(b *book) { id := b.sent(); b.check(id, id) }},
		{"a message comes as two", ledger.Once, func(b *book) {
			id := b.sent()
			b.Nacking(b.come(id))
			b.Delivered(ledger.Delivery{ID: id, Queue: queue, By: "stomp", Identity: 1 << 40})
		}},
		{"two dialects name a message differently", "", func(b *book) { id := b.sent(); b.Nacking(b.come(id)); b.lease(id) }},
		{"a send that was sent again comes after its ack", ledger.Once, func(b *book) {
			id := b.Sending(ledger.Send{Queue: queue, By: "nats", Dedup: true})[0]
			b.Retrying(id)
			b.Sent(id)
			b.ack(b.come(id))
			b.come(id)
		}},
		{"a send that was sent again is there after its ack", ledger.Once, func(b *book) {
			id := b.Sending(ledger.Send{Queue: queue, By: "nats", Dedup: true})[0]
			b.Retrying(id)
			b.Sent(id)
			b.ack(b.come(id))
			b.check(id)
		}},
		{"a send that will be sent again is not settled by a check", "", func(b *book) {
			id := b.Sending(ledger.Send{Queue: queue, By: "nats", Dedup: true})[0]
			b.Keep(id)
			b.check()
			b.Retrying(id)
			b.Sent(id)
			b.ack(b.come(id))
		}},
		{"a send that was given up is settled", ledger.Gone, func(b *book) {
			id := b.Sending(ledger.Send{Queue: queue, By: "nats", Dedup: true})[0]
			b.Keep(id)
			b.GaveUp(id)
			b.check()
			b.come(id)
		}},

		{"again for no reason", ledger.Again, func(b *book) { id := b.sent(); b.come(id); b.come(id) }},
		{"again before the lease ended", ledger.Again, func(b *book) { id := b.sent(); b.lease(id); b.later(999 * time.Millisecond); b.lease(id) }},
		{"again in the next round, before the lease ended", ledger.Again, func(b *book) { id := b.sent(); b.lease(id); b.NextRound(); b.lease(id) }},
		{"early", ledger.Patient, func(b *book) {
			b.come(b.Sending(ledger.Send{Queue: queue, By: "sqs", Due: b.now.Add(time.Second)})[0])
		}},
		{"in time", "", func(b *book) {
			id := b.Sending(ledger.Send{Queue: queue, By: "sqs", Due: b.now.Add(time.Second)})[0]
			b.later(time.Second)
			b.come(id)
		}},
		{"a message that nobody sent comes", ledger.Known, func(b *book) { b.come(77) }},
		{"a message that nobody sent is there", ledger.Known, func(b *book) { b.check(77) }},
		{"a message comes from another queue", ledger.Known, func(b *book) {
			b.Delivered(ledger.Delivery{ID: b.sent(), Queue: "other", By: "sqs"})
		}},
		{"a message is in another queue", ledger.Kept, func(b *book) {
			id := b.sent()
			c := b.Begin()
			c.Found("other", id)
			c.End()
		}},
		{"a damaged body", ledger.Whole, func(b *book) { b.Damaged(queue, []byte("x")) }},
		{"a refusal", ledger.Served, func(b *book) { b.Refused("no") }},
	} {
		b := newBook(ledger.Options{})
		x.history(b)
		broken, texts := b.Broken()
		if x.want == "" && len(broken) > 0 || x.want != "" && broken[x.want] == 0 {
			t.Errorf("%s: want %q, got %v: %s", x.name, x.want, broken, strings.Join(texts, "\n"))
		}
	}
}

// Each delivery after the first one has its reason.
func TestReasons(t *testing.T) {
	for _, x := range []struct {
		want    ledger.Reasons
		history func(b *book, id ledger.ID)
	}{
		{ledger.Reasons{Nacked: 1}, func(b *book, id ledger.ID) { b.Nacking(b.come(id)); b.come(id) }},
		{ledger.Reasons{AckOpen: 1}, func(b *book, id ledger.ID) { b.Acking(b.lease(id)); b.NextRound(); b.lease(id) }},
		{ledger.Reasons{AckOpen: 1}, func(b *book, id ledger.ID) { b.Acking(b.lease(id)); b.NextRound(); b.check(id); b.lease(id) }},
		{ledger.Reasons{LeaseEnded: 1}, func(b *book, id ledger.ID) { b.lease(id); b.later(time.Second); b.lease(id) }},
		{ledger.Reasons{Disconnect: 1}, func(b *book, id ledger.ID) { b.come(id); b.NextRound(); b.come(id) }},
		{ledger.Reasons{Disconnect: 1}, func(b *book, id ledger.ID) { b.come(id); b.Closing(); b.come(id) }},
		{ledger.Reasons{Unexplained: 1}, func(b *book, id ledger.ID) { b.Closing(); b.NextRound(); b.come(id); b.come(id) }},
		{ledger.Reasons{LeaseLost: 1}, func(b *book, id ledger.ID) { b.lease(id); b.NextRound(); b.lease(id) }},
		{ledger.Reasons{Unexplained: 1}, func(b *book, id ledger.ID) { b.come(id); b.come(id) }},
	} {
		b := newBook(ledger.Options{LeasesMayGo: true})
		x.history(b, b.sent())
		if got := b.Counts().Again; got != x.want || got.Sum() != 1 {
			t.Errorf("got %+v, want %+v", got, x.want)
		}
	}
}

// What is gone is forgotten, whatever became of it, so that the ledger stays as
// large as what waits.
func TestForgets(t *testing.T) {
	b := newBook(ledger.Options{})
	var left []ledger.ID
	for i := range 10_000 {
		switch h := b.come(b.sent()); i % 100 {
		case 0:
			left = append(left, h.ID)
		case 1:
			b.Acking(h)
		default:
			b.ack(h)
		}
		b.ask()
	}
	if n := b.check(left...); n != len(left) || b.Open(queue) != len(left) || b.Waiting()[queue] != len(left) {
		t.Errorf("%d are left, %d open, %v waiting, want %d", n, b.Open(queue), b.Waiting(), len(left))
	}
	if c := b.Counts(); c.Sent != 10_000 || c.Acked != 9_800 || c.Delivered != 10_000 {
		t.Errorf("%+v", c)
	}
	if broken, texts := b.Broken(); len(broken) > 0 {
		t.Error(texts)
	}
}

// A fault is told with the life of the message, and their number is bounded.
func TestHistory(t *testing.T) {
	b := newBook(ledger.Options{})
	id := b.sent()
	b.Nacking(b.come(id))
	b.NextRound()
	b.ack(b.come(id))
	b.check(id)
	_, texts := b.Broken()
	want := fmt.Sprintf("back: message %d of q: sent with sqs in round 1, confirmed, seen; delivered 2 times, last with stomp in round 2; "+
		"ack asked for; ack confirmed; it is there", id)
	if len(texts) != 1 || texts[0] != want {
		t.Errorf("got  %q\nwant %q", texts, want)
	}
	for range 1000 {
		b.come(id)
	}
	broken, texts := b.Broken()
	if broken[ledger.Gone] < 1000 || len(texts) > 100 {
		t.Errorf("%v, %d texts", slices.Collect(maps.Keys(broken)), len(texts))
	}
}

// A transaction that was not done is not torn because somebody else acked one of
// its messages later and got no answer.
func TestLaterAckIsNotTheTransactions(t *testing.T) {
	b := newBook(ledger.Options{})
	first, second := b.sent(), b.sent()
	b.Together("transaction", nil, []ledger.Held{b.come(first), b.come(second)})
	b.NextRound()
	b.Acking(b.come(first)) // no answer, and done
	b.come(second)
	b.check(second)
	if _, faults := b.Broken(); len(faults) > 0 {
		t.Error(faults)
	}
}
