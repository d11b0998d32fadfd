package machine

import (
	"fmt"
	"testing"
	"time"
)

// office is a crowd whose queue has affinity, and its consumers.
type office struct {
	crowd
	last uint64
}

func newOffice(c Config, l Limits) *office {
	o := &office{crowd: crowd{m: New(l), now: 1e18}}
	o.do(&CreateQueue{Name: "q", Config: c})
	o.do(&OpenSession{ID: 1})
	return o
}

func (o *office) queue() *queue { return o.m.queues["q"] }

// consumer opens a consumer and returns its number.
func (o *office) consumer() uint64 {
	o.last++
	o.do(&OpenConsumer{ID: o.last, Session: 1, Queue: "q"})
	return o.last
}

// take receives up to n messages for a consumer.
func (o *office) take(consumer uint64, n int) []Delivery {
	r := &Receive{Queue: "q", Max: n, Session: 1, Consumer: consumer}
	o.now++
	o.do(r)
	return r.Deliveries
}

// A consumer that has nothing to get does not unpack a long queue: no more is set aside
// than may be, once, and the rest is looked at when there is less.
func TestLongQueueOfAnother(t *testing.T) {
	const warm = 32_000
	n := 200_000
	if raceDetector {
		n = 80_000
	}
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: warm})
	a, b := o.consumer(), o.consumer()
	o.send(n, one("x"))
	o.ack(o.take(a, 1))
	o.send(1, one("y"))
	limit := o.m.mostAside()
	for range 100 {
		if ds := o.take(b, 10); len(ds) > 0 {
			t.Fatalf("took %v behind what is another's", ds[0].Receipt)
		}
	}
	q := o.queue()
	if got := q.affinity.aside; got != limit || q.index.warm > warm {
		t.Errorf("%d are set aside, want %d; %d of %d are warm", got, limit, q.index.warm, n)
	}
	checkInvariants(t, o.m)
	for got := 1; got < n; {
		ds := o.take(a, 1000)
		if len(ds) == 0 {
			t.Fatalf("the owner got %d of %d", got, n)
		}
		for i := range ds {
			if got++; ds[i].Receipt.Seq != uint64(got) {
				t.Fatalf("the owner got %d, want %d", ds[i].Receipt.Seq, got)
			}
		}
		o.ack(ds)
		if got > n-limit/2 { // what is in front of the other group may be set aside by now
			break
		}
	}
	if ds := o.take(b, 10); len(ds) != 1 || int(ds[0].Receipt.Seq) != n+1 {
		t.Errorf("got %d", len(ds))
	}
	checkInvariants(t, o.m)
}

// While memory is short, squeezing and setting aside do not lose anything, and the least
// that may be set aside stays.
func TestSetAsideWhileMemoryIsShort(t *testing.T) {
	n := 6_000
	if raceDetector {
		n = 1_000
	}
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 0})
	a, b := o.consumer(), o.consumer()
	o.send(1, one("x"))
	o.ack(o.take(a, 1))
	o.send(1, one("y"))
	o.ack(o.take(b, 1))
	o.send(n, of(2)) // g0 and g1
	got := map[uint64][]uint64{}
	for total := 0; total < n; {
		before := total
		for _, c := range []uint64{a, b} {
			ds := o.take(c, 7)
			for i := range ds {
				got[c] = append(got[c], ds[i].Receipt.Seq)
			}
			total += len(ds)
			o.ack(ds)
			if total%1000 < 7 {
				checkInvariants(t, o.m)
			}
		}
		if total == before {
			t.Fatalf("nobody gets anything; %d of %d came", total, n)
		}
	}
	for c, seqs := range got {
		for i := 1; i < len(seqs); i++ {
			if seqs[i] <= seqs[i-1] {
				t.Fatalf("consumer %d got %d behind %d", c, seqs[i], seqs[i-1])
			}
		}
	}
}

// Past the bound of owned groups the one used least lately is nobody's again, unless
// something of it is out.
func TestOwnersAreBounded(t *testing.T) {
	o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 1 << 20})
	a, b := o.consumer(), o.consumer()
	o.send(1, one("held"))
	held := o.take(a, 1)
	o.send(1, one("idle"))
	o.ack(o.take(a, 1))
	for i := range maxOwned + 10 {
		o.send(1, one(fmt.Sprint(i)))
		o.ack(o.take(a, 1))
	}
	q := o.queue()
	if n := q.affinity.owned.Len(); n != maxOwned || o.m.tally.claims != n || len(q.groups) != n {
		t.Errorf("%d groups are owned, %d claims, %d groups are known", n, o.m.tally.claims, len(q.groups))
	}
	o.send(1, one("held"))
	o.send(1, one("idle"))
	if ds := o.take(b, 5); len(ds) != 1 || ds[0].Receipt.Seq != uint64(o.sent) {
		t.Errorf("the other consumer got %d", len(ds))
	}
	o.ack(held)
	if ds := o.take(a, 5); len(ds) != 1 || ds[0].Receipt.Seq != uint64(o.sent-1) {
		t.Errorf("the owner got %d", len(ds))
	}
	checkInvariants(t, o.m)
	o.do(&CloseSession{ID: 1})
	checkInvariants(t, o.m)
}

// What is set aside and expires without being received is forgotten now and then.
func TestWhatIsSetAsideIsForgotten(t *testing.T) {
	o := newOffice(Config{GroupAffinity: true, Retention: time.Hour}, Limits{Warm: 1 << 20})
	a, b := o.consumer(), o.consumer()
	o.send(4000, one("x"))
	o.take(a, 1)
	o.take(b, 1)
	q := o.queue()
	x := q.groups["x"].claim
	if len(x.aside) != 3999 {
		t.Fatalf("%d are set aside", len(x.aside))
	}
	o.now += int64(2 * time.Hour)
	for range 4 {
		o.do(&CountAll{})
	}
	if len(x.aside) > 1024 || q.affinity.aside != 0 {
		t.Errorf("%d entries stand aside, %d count; nothing is left", len(x.aside), q.affinity.aside)
	}
	checkInvariants(t, o.m)
}

// BenchmarkAffinity receives and acks, ten at a time, from a queue of 200,000 that is filled up
// again, by so many consumers in turn: in a plain queue, and where groups have owners.
func BenchmarkAffinity(b *testing.B) {
	for _, x := range []struct {
		name      string
		affine    bool
		consumers int
		group     func(int) string
	}{
		{"plain/no-groups", false, 1, one("")}, {"affine/no-groups", true, 1, one("")},
		{"plain/16-groups", false, 1, of(16)}, {"affine/16-groups/1-consumer", true, 1, of(16)}, {"affine/16-groups/4-consumers", true, 4, of(16)},
		{"plain/5000-groups", false, 1, of(5000)}, {"affine/5000-groups/1-consumer", true, 1, of(5000)}, {"affine/5000-groups/4-consumers", true, 4, of(5000)},
		{"plain/50000-groups", false, 1, of(50_000)}, {"affine/50000-groups/4-consumers", true, 4, of(50_000)},
	} {
		b.Run(x.name, func(b *testing.B) {
			o := newOffice(Config{GroupAffinity: x.affine}, Limits{Warm: 400_000})
			var cs []uint64
			for range x.consumers {
				cs = append(cs, o.consumer())
			}
			o.send(200_000, x.group)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 10 {
				o.send(10, func(j int) string { return x.group(i + j) })
				o.ack(o.take(cs[i/10%len(cs)], 10))
			}
		})
	}
}

// BenchmarkNotForMe sends one message to its owner past so many other consumers that wait.
func BenchmarkNotForMe(b *testing.B) {
	for _, others := range []int{0, 10, 100, 1000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			o := newOffice(Config{GroupAffinity: true}, Limits{Warm: 400_000})
			a := o.consumer()
			o.send(1, one("x"))
			o.ack(o.take(a, 1))
			for range others {
				o.do(&Receive{Queue: "q", Max: 1, Session: 1, Consumer: o.consumer(), Wait: true})
			}
			b.ResetTimer()
			for range b.N {
				r := &Receive{Queue: "q", Max: 1, Session: 1, Consumer: a, Wait: true}
				o.do(r)
				o.send(1, one("x"))
				o.ack(r.Deliveries)
			}
		})
	}
}
