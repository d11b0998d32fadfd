package machine

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// crowd is a machine with one queue, and what it took so far.
type crowd struct {
	m    *Machine
	out  Output
	now  int64
	sent int
}

func newCrowd(fair bool, warm int) *crowd {
	c := &crowd{m: New(Limits{Warm: warm, Groups: 100_000}), now: 1e18}
	c.do(&CreateQueue{Name: "q", Config: Config{FairGroups: fair}})
	return c
}

func (c *crowd) do(r Request) {
	c.out.Reset()
	c.m.Step(r, c.now, &c.out)
	c.m.Flush(c.now, &c.out)
}

// send sends n messages, of the group that name returns for each.
func (c *crowd) send(n int, name func(i int) string) {
	for i := 0; i < n; {
		tx := &Tx{}
		for ; i < n && len(tx.Sends) < 1000; i++ {
			h := Head{Sent: c.now, Priority: 4, Size: 1, Group: name(i)}
			tx.Sends = append(tx.Sends, Send{Name: "q", ID: [16]byte{1}, Head: h, Record: append(AppendHead(nil, &h), 'm')})
		}
		c.now++
		c.do(tx)
		c.sent += len(tx.Sends)
	}
}

func (c *crowd) receive(n int) []Delivery {
	r := &Receive{Queue: "q", Max: n, HasLease: true, Lease: time.Hour}
	c.now++
	c.do(r)
	return r.Deliveries
}

func (c *crowd) ack(ds []Delivery) {
	tx := &Tx{}
	for i := range ds {
		tx.Acks = append(tx.Acks, ds[i].Receipt)
	}
	c.do(tx)
}

func one(name string) func(int) string { return func(int) string { return name } }

// of is one of n groups.
func of(n int) func(int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "g" + strconv.Itoa(i)
	}
	return func(i int) string { return names[i%n] }
}

// BenchmarkFair receives and acks, ten at a time, from a queue of 200,000 that is
// filled up again: without groups, and with so many that are noisy or not.
func BenchmarkFair(b *testing.B) {
	for _, x := range []struct {
		name  string
		fair  bool
		group func(int) string
	}{
		{"plain/no-groups", false, one("")}, {"fair/no-groups", true, one("")},
		{"plain/one-group", false, one("a")}, {"fair/one-group", true, one("a")},
		{"plain/12-groups", false, of(12)}, {"fair/12-groups", true, of(12)},
		{"plain/5-groups", false, of(5)}, {"fair/5-groups", true, of(5)},
		{"plain/50000-groups", false, of(50_000)}, {"fair/50000-groups", true, of(50_000)},
	} {
		b.Run(x.name, func(b *testing.B) {
			c := newCrowd(x.fair, 400_000)
			c.send(200_000, x.group)
			held := c.receive(1000) // so that there are shares
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 10 {
				c.send(10, x.group)
				c.ack(held[:10])
				held = append(held[10:], c.receive(10)...)
			}
		})
	}
}

// BenchmarkQuietBehindNoisy sends one message of a quiet group behind a million of a
// noisy one, or of nine, or behind nothing, and receives it, again and again. Before that
// a receive finds out who is noisy.
func BenchmarkQuietBehindNoisy(b *testing.B) {
	for _, x := range []struct{ waiting, groups int }{{0, 1}, {1_000_000, 1}, {1_000_000, 9}} {
		b.Run(fmt.Sprintf("waiting=%d/groups=%d", x.waiting, x.groups), func(b *testing.B) {
			c := newCrowd(true, 400_000)
			c.send(x.waiting, of(x.groups))
			began := time.Now()
			c.receive(50 * x.groups)
			found := time.Since(began)
			b.ResetTimer()
			for range b.N {
				c.send(1, one("quiet"))
				ds := c.receive(1)
				if ds[0].Receipt.Seq != uint64(c.sent) {
					b.Fatalf("received %d, want %d", ds[0].Receipt.Seq, c.sent)
				}
				c.ack(ds)
			}
			b.ReportMetric(float64(found.Microseconds())/1000, "ms-to-find-out")
		})
	}
}

// BenchmarkStartFair counts a million waiting messages in their groups, as opening does.
func BenchmarkStartFair(b *testing.B) {
	for _, groups := range []int{0, 1, 9, 50_000} {
		b.Run(fmt.Sprintf("groups=%d", groups), func(b *testing.B) {
			c := newCrowd(false, 1600)
			name := one("")
			if groups > 0 {
				name = of(groups)
			}
			c.send(1_000_000, name)
			q := c.m.queues["q"]
			for b.Loop() {
				c.m.startFair(q)
				b.StopTimer()
				c.m.stopFair(q)
				b.StartTimer()
			}
		})
	}
}
