package queuecore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// allPacked has every waiting message packed as soon as it can be.
func allPacked() queuecore.Options { return queuecore.Options{IndexEntries: -1, CacheBytes: -1} }

// A queue far longer than what stands in memory in full hands out by priority and
// in order, and holds what is delayed, also when it is opened again midway.
func TestLongQueue(t *testing.T) {
	dir, o := t.TempDir(), allPacked()
	clock := newClock()
	o.Now = clock.Now
	r := onDisk(t, dir, o)
	r.create("q", queuecore.QueueConfig{})
	var want []string
	var tx queuecore.Tx
	for i := range 3000 {
		m := text("q", fmt.Sprintf("%04d", i))
		m.Priority = queuecore.PriorityOf(i % 3)
		if i%10 == 7 {
			m.DeliverAt = clock.Now().Add(time.Hour)
		} else {
			want = append(want, fmt.Sprintf("%d %04d", 9-i%3, i))
		}
		tx.Sends = append(tx.Sends, m)
	}
	r.commit(tx)
	slices.Sort(want)
	got := r.drain("q", 1000)
	r.must(r.Close())
	r = onDisk(t, dir, o)
	if s := r.stats("q"); s.Ready != len(want)-1000 || s.Delayed != 300 {
		t.Fatalf("%+v after a restart, want %d ready and 300 delayed", s, len(want)-1000)
	}
	got = append(got, r.drain("q", len(want))...)
	for i, w := range want {
		if i >= len(got) || got[i] != w[2:] {
			t.Fatalf("%d of %d came; number %d is not %q", len(got), len(want), i, w)
		}
	}
	clock.add(time.Hour)
	if late := r.drain("q", 1000); len(late) != 300 {
		t.Errorf("%d of 300 delayed messages came", len(late))
	}
	if s := r.stats("q"); s.Ready+s.Delayed+s.Leased != 0 || s.Bytes != 0 {
		t.Errorf("left: %+v", s)
	}
}

// In a long queue with group order, no message of a group comes before an earlier
// one, whatever is given back, and also when it is opened again midway.
func TestLongQueueKeepsGroupOrder(t *testing.T) {
	dir, o := t.TempDir(), allPacked()
	r := onDisk(t, dir, o)
	r.create("q", queuecore.QueueConfig{GroupOrder: true})
	const n, groups = 1000, 5
	var tx queuecore.Tx
	for i := range n {
		m := text("q", fmt.Sprintf("%04d", i))
		m.Group = fmt.Sprint("g", i%groups)
		tx.Sends = append(tx.Sends, m)
	}
	r.commit(tx)
	rnd, last, seen := rand.New(rand.NewPCG(1, 1)), make(map[string]string), 0
	for turn := 0; seen < n; turn++ {
		if turn%100 == 99 {
			r.must(r.Close())
			r = onDisk(t, dir, o)
		}
		ds := r.receive("q", 1+rnd.IntN(10))
		if len(ds) == 0 {
			t.Fatalf("nothing comes after %d", seen)
		}
		back := rnd.IntN(3) == 0
		for _, d := range ds {
			if back {
				r.must(r.Nack(r.ctx, d.Receipt, 0))
				continue
			}
			if body := string(d.Message.Body); body <= last[d.Message.Group] {
				t.Fatalf("%s of %s comes after %s", body, d.Message.Group, last[d.Message.Group])
			} else {
				last[d.Message.Group] = body
			}
			r.must(r.Ack(r.ctx, d.Receipt))
			seen++
		}
	}
}

// A message deep in a long queue can be looked at and removed; a purge takes all.
func TestLongQueueIsLookedAt(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.create("q", queuecore.QueueConfig{})
	r.fill("q", 1000, 10)
	seen, err := r.Browse(r.ctx, "q", 500, 3)
	r.must(err)
	if len(seen) != 3 || seen[0].Seq != 500 || seen[0].State != queuecore.Ready {
		t.Fatalf("from 500: %+v", seen)
	}
	r.must(r.Remove(r.ctx, "q", 501))
	if seen, err = r.Browse(r.ctx, "q", 500, 2); err != nil || seen[1].Seq != 502 {
		t.Fatalf("after 501 was removed: %+v, %v", seen, err)
	}
	r.restart(&o)
	if n, err := r.Purge(r.ctx, "q"); n != 999 || err != nil {
		t.Fatalf("purged %d, %v, want 999", n, err)
	}
	r.until("everything is swept", func() bool {
		n := records(t, r.disk)
		return n['e']+n['i']+n['p'] == 0
	})
}

// Messages that expire deep in a long queue are gone without being received.
func TestLongQueueExpires(t *testing.T) {
	o, clock := allPacked(), newClock()
	o.Now = clock.Now
	r := newRig(t, &o)
	r.create("q", queuecore.QueueConfig{})
	for i := range 500 {
		m := text("q", "x")
		if i%2 == 0 {
			m.ExpiresAt = clock.Now().Add(time.Minute)
		}
		_, err := r.Send(r.ctx, m)
		r.must(err)
	}
	clock.add(time.Hour)
	r.until("half is gone", func() bool { return r.stats("q").Ready == 250 })
	if s := r.stats("q"); s.Totals.Expired != 250 {
		t.Errorf("%+v", s)
	}
}

func TestIndexMemoryIsBounded(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxIndexBytes: 20_000})
	r.create("q", queuecore.QueueConfig{})
	sent := 0
	for ; sent < 1000; sent++ {
		if _, err := r.Send(r.ctx, text("q", "x")); err != nil {
			if !errors.Is(err, queuecore.ErrLimit) {
				t.Fatal(err)
			}
			break
		}
	}
	if sent < 50 || sent == 1000 {
		t.Fatalf("%d sends were taken", sent)
	}
	r.drain("q", sent)
	r.send("q", "there is room again")
}

func TestLeasesAreBounded(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxLeases: 3})
	r.create("a", queuecore.QueueConfig{})
	r.create("b", queuecore.QueueConfig{})
	r.fill("a", 5, 1)
	r.fill("b", 5, 1)
	out := append(r.receive("a", 2), r.receive("b", 10)...)
	if len(out) != 3 {
		t.Fatalf("%d were handed out, the limit is 3", len(out))
	}
	if _, err := r.Receive(r.ctx, "a", queuecore.ReceiveOptions{}); !errors.Is(err, queuecore.ErrLimit) {
		t.Errorf("a receive over the limit: %v, want ErrLimit", err)
	}
	waiting := make(chan int)
	go func() { // ends with what it waits for, or the test
		ds, _ := r.Receive(r.ctx, "b", queuecore.ReceiveOptions{Wait: -1, Max: 10})
		waiting <- len(ds)
	}()
	r.waitFor("b", 1)
	r.must(r.Ack(r.ctx, out[0].Receipt)) // of the other queue
	if n := <-waiting; n != 1 {
		t.Errorf("%d messages came when one lease had ended", n)
	}
}

// drain receives and acks up to n messages and returns their bodies.
func (r *rig) drain(queue string, n int) (bodies []string) {
	for len(bodies) < n {
		ds := r.receive(queue, min(n-len(bodies), 10))
		if len(ds) == 0 {
			break
		}
		var tx queuecore.Tx
		for _, d := range ds {
			bodies = append(bodies, string(d.Message.Body))
			tx.Acks = append(tx.Acks, d.Receipt)
		}
		r.commit(tx)
	}
	return bodies
}

func (r *rig) commit(tx queuecore.Tx) {
	r.t.Helper()
	_, err := r.Commit(r.ctx, tx)
	r.must(err)
}

// A message whose record is missing, though its page lists it, is parked and named
// once; the others come.
func TestLongQueueMissesARecord(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.create("q", queuecore.QueueConfig{})
	r.fill("q", 300, 10)
	r.must(r.Close())
	r.disk = r.disk.Reopen()
	n := 0
	var b store.Batch
	r.must(r.disk.Load([]byte("e"), func(k, _ []byte) error {
		if n++; n == 100 {
			b.Delete(slices.Clone(k))
		}
		return nil
	}))
	r.must(r.disk.Write(&b))
	r.open(&o)
	if got := len(r.drain("q", 1000)); got != 299 {
		t.Errorf("%d of 299 came", got)
	}
	if s := r.stats("q"); s.Parked != 1 || s.Ready+s.Leased != 0 {
		t.Errorf("%+v", s)
	}
	r.restart(&o)
	if s := r.stats("q"); s.Ready+s.Leased != 0 {
		t.Errorf("after a restart: %+v", s)
	}
}
