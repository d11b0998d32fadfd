package machine

import (
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// seqs returns the numbers of what was handed out.
func seqs(ds []Delivery) (all []uint64) {
	for i := range ds {
		all = append(all, ds[i].Receipt.Seq)
	}
	return all
}

// What a noisy group has far behind stays packed while quiet messages behind it are
// handed out, and when its turn comes it goes on where it was.
func TestNoisyBacklogStaysPacked(t *testing.T) {
	for _, groups := range []int{1, 9, rosterMax + 4} {
		t.Run(strconv.Itoa(groups), func(t *testing.T) {
			c := newCrowd(true, 400)
			name := of(groups)
			if groups > rosterMax { // of which two are loud, one now and then, and who has one is quiet
				name = func(i int) string {
					if i%2 == 0 || i > 1000 {
						return "g" + strconv.Itoa(i%2)
					}
					return "g" + strconv.Itoa(i%groups)
				}
			}
			c.send(10_000, name)
			c.receive(60 * groups)
			acked := 0
			for range 100 {
				c.send(1, one("quiet"))
				last := uint64(c.sent)
				ds := c.receive(1)
				if got := seqs(ds); groups <= rosterMax && !slices.Equal(got, []uint64{last}) {
					t.Fatalf("received %v, want %d", got, last)
				}
				c.ack(ds)
				acked++
			}
			q := c.m.queues["q"]
			if waiting := q.waiting(); waiting > 400 {
				t.Errorf("%d wait in full", waiting)
			}
			if q.fair.loud.Len() == 0 {
				t.Error("nobody is noisy")
			}
			checkInvariants(t, c.m)
			for len(c.receive(1000)) > 0 {
			}
			if n := q.counts[Leased]; n != c.sent-acked {
				t.Errorf("%d were handed out of %d", n, c.sent-acked)
			}
			checkInvariants(t, c.m)
		})
	}
}

// A message whose delay ends in a chunk that is set aside is looked for there, whoever's it
// is: that of a quiet group comes first, that of a noisy one in its turn.
func TestDelayEndsInAChunkSetAside(t *testing.T) {
	c := newCrowd(true, 0)
	h := Head{Sent: c.now, Visible: c.now + int64(time.Minute), Priority: 4, Size: 1}
	late := func(group string) {
		h.Group = group
		c.do(&Tx{Sends: []Send{{Name: "q", ID: [16]byte{1}, Head: h, Record: append(AppendHead(nil, &h), 'm')}}})
	}
	c.send(80, one("a"))
	late("quiet")         // 81
	late("a")             // 82
	c.send(118, one("a")) // up to 200: the chunk of those two is packed
	c.receive(31)
	q := c.m.queues["q"]
	if x := q.index.holding(81); x == nil || x.aside == 0 {
		t.Fatalf("81 is in %+v", x)
	}
	c.now += int64(time.Minute)
	c.do(&CountAll{})
	checkInvariants(t, c.m)
	if got, want := seqs(c.receive(2)), []uint64{81, 32}; !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
	if got := seqs(c.receive(1000)); len(got) != 200-33 || !slices.IsSorted(got) {
		t.Errorf("received %v", got)
	}
	checkInvariants(t, c.m)
}

// The lanes of noisy groups let go of what is settled without being received.
func TestLoudLanesAreTidied(t *testing.T) {
	c := newCrowd(true, 1<<20)
	c.send(5000, one("a"))
	c.receive(31)
	c.send(1, one("b"))
	c.receive(1) // sets all of a aside
	q := c.m.queues["q"]
	n := q.groups["a"].noisy
	if stands := len(n.lanes[4].all()); stands < 4900 {
		t.Fatalf("%d are set aside", stands)
	}
	for seq := uint64(100); seq < 4900; seq++ {
		c.do(&Remove{Name: "q", Seq: seq})
	}
	if stands := len(n.lanes[4].all()); stands > 1200 {
		t.Errorf("%d still stand in its lane", stands)
	}
	checkInvariants(t, c.m)
}

// What of a noisy group is packed at the end of the queue is not kept in memory by the
// lane that it stood in.
func TestLoudLanesLetGoOfWhatIsPacked(t *testing.T) {
	c := newCrowd(true, 1600)
	c.send(100, one("a"))
	c.receive(31)
	c.send(20_000, one("a"))
	q := c.m.queues["q"]
	if n := q.groups["a"].noisy; n == nil || len(n.lanes[4].all()) > 200 {
		t.Errorf("%+v", n)
	}
	checkInvariants(t, c.m)
}

// Past the bound groups are no longer known for what is packed: memory stays as it is
// without fair groups, and all the rest goes on.
func TestKnownGroupsAreBounded(t *testing.T) {
	c := newCrowd(true, 1600)
	c.m.limits.Groups = 1000
	c.send(10_000, func(i int) string {
		if i%2 == 0 {
			return "loud"
		}
		return strconv.Itoa(i)
	})
	q := c.m.queues["q"]
	if len(q.groups) > 1000+chunkSize+q.waiting() || q.fair.unknown == 0 {
		t.Errorf("%d groups are known, %d entries are not counted", len(q.groups), q.fair.unknown)
	}
	c.receive(100)
	for _, n := range seqs(c.receive(1000)) {
		if n%2 != 0 {
			t.Errorf("received %d, which is of the loud one", n)
		}
	}
	for len(c.receive(1000)) > 0 {
	}
	if n := q.counts[Leased]; n != c.sent || q.fair.unknown != 0 {
		t.Errorf("%d were handed out of %d, %d are not counted", n, c.sent, q.fair.unknown)
	}
	checkInvariants(t, c.m)
}

// Accounts of groups that have nothing leased are bounded, and go with their time.
func TestAccountsAreBounded(t *testing.T) {
	c := newCrowd(true, 1<<20)
	next := 0
	turn := func(n int, lasts int64) {
		c.send(n, func(int) string { next++; return strconv.Itoa(next) })
		ds := c.receive(n)
		c.now += lasts
		c.ack(ds)
	}
	for range 30 {
		turn(1000, spanLength/1000)
	}
	f := c.m.queues["q"].fair
	if n := f.accounts.Len(); n > idleAccounts+1000 || n < idleAccounts {
		t.Errorf("%d accounts", n)
	}
	c.now += spans * spanLength
	for f.accounts.Len() > 2 {
		before := f.accounts.Len()
		if turn(1, 0); f.accounts.Len() >= before {
			t.Fatalf("%d accounts, and they do not get fewer", before)
		}
	}
	checkInvariants(t, c.m)
}

// BenchmarkWaitingGroups reports what a packed message with a group takes in memory, and
// what a group does, beyond what the tally counts.
func BenchmarkWaitingGroups(b *testing.B) {
	const n = 400_000
	for _, x := range []struct {
		name   string
		groups int
		fair   bool
	}{
		{"plain/one", 1, false}, {"fair/one", 1, true}, {"plain/9", 9, false}, {"fair/9", 9, true},
		{"plain/50000", 50_000, false}, {"fair/50000", 50_000, true},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				c := newCrowd(x.fair, 10)
				c.send(n, of(x.groups))
				c.out = Output{}
				runtime.GC()
				runtime.ReadMemStats(&after)
				took := float64(after.HeapAlloc - before.HeapAlloc)
				b.ReportMetric(took/n, "B/message")
				b.ReportMetric(took/float64(c.m.tally.bytes()), "of-tally")
				runtime.KeepAlive(c)
			}
		})
	}
}
