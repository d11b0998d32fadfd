package machine

import "testing"

// wait has a receive for a consumer wait for one message.
func (o *office) wait(consumer uint64) *Receive {
	r := &Receive{Queue: "q", Max: 1, Session: 1, Consumer: consumer, Wait: true}
	o.do(r)
	return r
}

// A receive that meets an expired message before anything else has not made a group its
// own: what comes behind is still for it.
func TestExpiredIsNotDealtOut(t *testing.T) {
	for _, to := range []string{"", "over"} {
		o := newOffice(Config{GroupAffinity: true, ExpiredTo: to}, Limits{Warm: 100})
		o.do(&CreateQueue{Name: "over"})
		receives := []*Receive{o.wait(o.consumer()), o.wait(o.consumer()), {Queue: "q", Max: 1}}
		tx := &Tx{Sends: []Send{grouped("x"), grouped("y"), grouped("z")}}
		for i := range tx.Sends {
			tx.Sends[i].Name, tx.Sends[i].Topic = "q", false
		}
		tx.Sends[0].Head.Expires = o.now + 1
		out := &Output{}
		o.m.Step(tx, o.now, out)
		o.now++ // no Flush sees to what is over before the next receive
		o.m.Step(receives[2], o.now, out)
		o.m.Flush(o.now, out)
		got := 0
		for _, r := range receives {
			got += len(r.Deliveries)
		}
		if tx.Err != nil || got != 2 {
			t.Errorf("expired to %q: %d deliveries of the two others, want 2; %v", to, got, tx.Err)
		}
	}
}

// picks has a receive for a consumer wait for one message of an odd size, and brings back
// what is looked at for it.
func (o *office) picks(t *testing.T, consumer uint64) *Receive {
	r := &Receive{Queue: "q", Max: 1, Session: 1, Consumer: consumer, Wait: true, Choice: Choice{Selector: odd(t)}}
	o.do(r)
	o.judge()
	return r
}

// judge brings back what is looked at, until nothing more is.
func (o *office) judge() {
	for len(o.out.Looks) > 0 {
		x := o.out.Looks[0]
		for i := range x.Items {
			x.Items[i].Matches = x.Choice.Match(sized(o.m.peek(x.Items[i].Receipt).size))
		}
		o.do(&Judged{Look: x})
	}
}

// When a queue gives up group affinity, who waits with a selector is handed what was
// another's.
func TestOwnersEndForSelectors(t *testing.T) {
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 100})
	owner, other := o.consumer(), o.consumer()
	o.send(1, one("x"))
	if len(o.take(owner, 1)) != 1 {
		t.Fatal("the owner got nothing")
	}
	o.send(1, one("x"))
	r := o.picks(t, other)
	if len(r.Deliveries) > 0 {
		t.Fatal("what is another's was handed out")
	}
	o.do(&UpdateQueue{Name: "q", Change: func(c *Config) error { c.GroupAffinity = false; return nil }})
	o.judge()
	checkInvariants(t, o.m)
	if len(r.Deliveries) != 1 {
		t.Error("who waits with a selector is not handed what is nobody's now")
	}
}

// An exclusive consumer is handed everything while it is its turn, groups of others too.
func TestTurnEndsOwners(t *testing.T) {
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 100})
	owner := o.consumer()
	o.send(2, one("x"))
	out := o.take(owner, 1)
	o.last++
	o.do(&OpenConsumer{ID: o.last, Session: 1, Queue: "q", Exclusive: true})
	r := o.wait(o.last)
	if len(r.Deliveries) > 0 {
		t.Error("the group passed on before what is out was settled")
	}
	o.ack(out)
	if len(r.Deliveries) != 1 {
		t.Error("nobody is handed the group of who has to wait")
	}
	checkInvariants(t, o.m)
}

// What is set aside for an owner is others' once the owner receives with a selector that
// does not want it, also if that was looked through for before.
func TestOwnerTurnsPicky(t *testing.T) {
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 100})
	owner, other := o.consumer(), o.consumer()
	o.send(1, one("x"))
	o.ack(o.take(owner, 1))
	for range 2 {
		h := Head{Sent: o.now, Group: "x", Size: 2}
		o.do(&Tx{Sends: []Send{{Name: "q", Head: h, Record: append(AppendHead(nil, &h), 'm')}}})
	}
	o.picks(t, other) // looks at both
	r := o.wait(other)
	if len(r.Deliveries) > 0 {
		t.Fatal("what is another's was handed out")
	}
	o.picks(t, owner)
	if len(r.Deliveries) != 1 {
		t.Error("what its owner does not want is handed to nobody")
	}
	checkInvariants(t, o.m)
}

// A Look for an owner puts back what it was of, and not all that is set aside: that would
// be moved to and fro for each of very many Looks.
func TestLookPutsBackWhatItWasOf(t *testing.T) {
	const n = 10 * lookSize
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 1 << 20})
	owner, other := o.consumer(), o.consumer()
	o.send(1, one("x"))
	o.ack(o.take(owner, 1))
	tx := &Tx{}
	for range n {
		h := Head{Sent: o.now, Group: "x", Size: 2}
		tx.Sends = append(tx.Sends, Send{Name: "q", Head: h, Record: append(AppendHead(nil, &h), 'm')})
	}
	o.do(tx)
	if ds := o.take(other, 1); len(ds) > 0 {
		t.Fatal("what is another's was handed out")
	}
	o.do(&Receive{Queue: "q", Max: 1, Session: 1, Consumer: owner, Wait: true, Choice: Choice{Selector: odd(t)}})
	a, got := o.queue().affinity, 0
	for len(o.out.Looks) > 0 {
		x, before := o.out.Looks[0], a.aside
		o.do(&Judged{Look: x})
		next := o.out.Looks
		o.out.Looks = nil
		if put := before - a.aside; put > len(x.Items) {
			t.Fatalf("a Look of %d put back %d", len(x.Items), put)
		}
		ds := o.take(other, n)
		if len(ds) != len(x.Items) {
			t.Fatalf("the other got %d of the %d that the owner does not want", len(ds), len(x.Items))
		}
		got += len(ds)
		checkInvariants(t, o.m)
		o.ack(ds)
		o.out.Looks = next
	}
	if got != n {
		t.Errorf("the other got %d of %d", got, n)
	}
}
