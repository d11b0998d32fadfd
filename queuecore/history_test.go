package queuecore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest"
)

// crowd is clients that use one queue at once and note what they asked and were told.
type crowd struct {
	*rig
	clock   twoClocks
	history coretest.History
	dead    atomic.Bool // the process is: what is answered from now on nobody hears
	names   atomic.Int64
}

const clients = 6

// newCrowd opens a queue; with a directory, on disk.
func newCrowd(t *testing.T, dir string, config queuecore.QueueConfig) *crowd {
	c := &crowd{}
	if dir == "" {
		c.rig = newRig(t, c.clock.options())
	} else {
		c.rig = onDisk(t, dir, *c.clock.options())
	}
	c.create("q", config)
	return c
}

// all has every client do a number of steps, and returns when they are done.
func (c *crowd) all(steps int, seed uint64, step func(client int, rnd *rand.Rand)) {
	var wg sync.WaitGroup
	for i := range clients {
		// Ends after its steps, or when the process is dead.
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(i)))
			for range steps {
				if c.dead.Load() {
					return
				}
				step(i, rnd)
			}
		})
	}
	wg.Wait()
}

// die has the process die in the midst of what the clients do, and a new one
// begin with what was written.
func (c *crowd) die(while func()) {
	began := c.history.Began()
	var wg sync.WaitGroup
	wg.Go(while) // ends soon after the death
	for c.stats("q").Totals.Sent < 20 {
	}
	c.dead.Store(true)
	disk := c.disk.Reopen()
	c.must(c.Close())
	wg.Wait()
	c.disk = disk
	c.open(c.clock.options())
	c.dead.Store(false)
	c.history.Add(clients, began, coretest.GroupOp{Verb: coretest.LeasesEnd}, coretest.GroupAnswer{How: coretest.Done})
}

// how says what became of an operation. Nobody hears what a dead process says.
func (c *crowd) how(err error) coretest.Answer {
	switch {
	case c.dead.Load():
		return coretest.Lost
	case errors.Is(err, queuecore.ErrStale):
		return coretest.Refuse
	}
	if err != nil {
		c.t.Error(err)
	}
	return coretest.Done
}

// groups is one step with the groups of a FIFO queue.
func (c *crowd) groups(lease func() queuecore.Lease) func(int, *rand.Rand) {
	return func(client int, rnd *rand.Rand) {
		if rnd.IntN(2) == 0 {
			c.sendGroup(client, string(rune('A'+rnd.IntN(3))))
			return
		}
		began := c.history.Began()
		ds, err := c.Receive(c.ctx, "q", queuecore.ReceiveOptions{Lease: lease()})
		how := c.how(err)
		in, out := coretest.GroupOp{Verb: coretest.GroupReceive}, coretest.GroupAnswer{How: how}
		if how == coretest.Lost {
			c.history.Add(client, began, in, out)
			return
		}
		for _, d := range ds {
			in.Group, out.Name, out.Attempt = d.Group, string(d.Body), d.Attempt
			c.history.Add(client, began, in, out)
			c.settleGroup(client, &d, rnd)
		}
	}
}

func (c *crowd) sendGroup(client int, group string) {
	m := text("q", fmt.Sprint("m", c.names.Add(1)))
	m.Group = group
	in := coretest.GroupOp{Verb: coretest.GroupSend, Group: group, Name: string(m.Body)}
	began := c.history.Began()
	sent, err := c.Send(c.ctx, m)
	out := coretest.GroupAnswer{How: c.how(err)}
	if out.How == coretest.Done && err == nil {
		out.Seq = sent.Placed[0].Seq
	}
	c.history.Add(client, began, in, out)
}

// settleGroup ends a delivery, or leaves that to the clock.
func (c *crowd) settleGroup(client int, d *queuecore.Delivery, rnd *rand.Rand) {
	in := coretest.GroupOp{Verb: coretest.GroupAck, Group: d.Group, Name: string(d.Body), Attempt: d.Attempt}
	do := func() error { return c.Ack(c.ctx, d.Receipt) }
	switch rnd.IntN(8) {
	case 0:
		if !d.Until.IsZero() {
			return
		}
		fallthrough
	case 1, 2:
		in.Verb = coretest.GroupNack
		do = func() error { return c.Nack(c.ctx, d.Receipt, 0) }
	}
	began := c.history.Began()
	err := do()
	c.history.Add(client, began, in, coretest.GroupAnswer{How: c.how(err)})
}

// endLeases lets so much time pass that every lease ends.
func (c *crowd) endLeases() {
	began := c.history.Began()
	c.clock.pass(time.Minute)
	c.stats("q") // what is due comes before what is asked for
	c.history.Add(clients, began, coretest.GroupOp{Verb: coretest.LeasesEnd}, coretest.GroupAnswer{How: coretest.Done})
}

// holds fails t unless the history is one that the model has.
func holds(t *testing.T, model porcupine.Model, history []porcupine.Operation) {
	t.Helper()
	switch porcupine.CheckOperationsTimeout(model, history, patience) {
	case porcupine.Illegal:
		for _, op := range history {
			t.Logf("%d %d–%d %s", op.ClientId, op.Call, op.Return, model.DescribeOperation(op.Input, op.Output))
		}
		t.Fatalf("%d operations could not have been one after the other", len(history))
	case porcupine.Unknown:
		t.Fatalf("%d operations are too many to judge", len(history))
	}
}

// takeAll takes and acks what is left in the groups, one message after the other.
func (c *crowd) takeAll() {
	c.endLeases()
	for {
		began := c.history.Began()
		ds, err := c.Receive(c.ctx, "q", queuecore.ReceiveOptions{})
		c.must(err)
		if len(ds) == 0 {
			return
		}
		d := &ds[0]
		op := coretest.GroupOp{Verb: coretest.GroupReceive, Group: d.Group}
		c.history.Add(clients, began, op, coretest.GroupAnswer{How: coretest.Done, Name: string(d.Body), Attempt: d.Attempt})
		op = coretest.GroupOp{Verb: coretest.GroupAck, Group: d.Group, Name: string(d.Body), Attempt: d.Attempt}
		began = c.history.Began()
		c.must(c.Ack(c.ctx, d.Receipt))
		c.history.Add(clients, began, op, coretest.GroupAnswer{How: coretest.Done})
	}
}

func clockLease() queuecore.Lease { return queuecore.LeaseFor(30 * time.Second) }

// Whatever clients do at once with the groups of a queue could have been done one
// after the other in strict order, with leases that end meanwhile.
func TestGroupHistory(t *testing.T) {
	for name, dir := range map[string]string{"memstore": "", "badgerstore": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, dir, queuecore.QueueConfig{GroupOrder: true})
			for round := range uint64(4) {
				c.all(15, round, c.groups(clockLease))
				c.withClock(round)
			}
			holds(t, coretest.GroupModel(), c.history.Operations())
		})
	}
}

// withClock is a round in which the leases end in the midst of it.
func (c *crowd) withClock(round uint64) {
	var wg sync.WaitGroup
	wg.Go(func() { c.all(15, 100+round, c.groups(clockLease)) }) // ends after its steps
	c.endLeases()
	wg.Wait()
	c.endLeases()
}

// The same when the process dies in between and answers are lost.
func TestGroupHistoryOverDeaths(t *testing.T) {
	c := newCrowd(t, "", queuecore.QueueConfig{GroupOrder: true})
	for round := uint64(0); c.more(round); round++ {
		s := c.NewSession()
		c.die(func() { c.all(200, round, c.groups(s.Lease)) })
	}
	c.all(10, 99, c.groups(c.NewSession().Lease))
	holds(t, coretest.GroupModel(), c.history.Operations())
	if !slices.ContainsFunc(c.history.Operations(), lost) {
		t.Error("no answer was lost")
	}
}

// more reports whether another round is due: there are four, and more while no
// answer has been lost.
func (c *crowd) more(round uint64) bool {
	return round < 4 || round < 20 && !slices.ContainsFunc(c.history.Operations(), lost)
}

func lost(op porcupine.Operation) bool {
	switch a := op.Output.(type) {
	case coretest.GroupAnswer:
		return a.How == coretest.Lost
	case coretest.DedupAnswer:
		return a.How == coretest.Lost
	}
	return false
}

// dedup sends one of a few ids.
func (c *crowd) dedup(client int, rnd *rand.Rand) {
	m := text("q", "x")
	m.DedupID = string(rune('a' + rnd.IntN(4)))
	began := c.history.Began()
	sent, err := c.Send(c.ctx, m)
	out := coretest.DedupAnswer{How: c.how(err)}
	if out.How == coretest.Done && err == nil {
		p := sent.Placed[0]
		out.Seq, out.Message, out.Duplicate = p.Seq, p.ID, p.Duplicate
	}
	c.history.Add(client, began, coretest.DedupOp{ID: m.DedupID}, out)
}

// look counts the messages of each id.
func (c *crowd) look() {
	began := c.history.Began()
	bs, err := c.Browse(c.ctx, "q", 0, queuecore.MaxReceive)
	c.must(err)
	counts := make(map[string]int)
	for i := range bs {
		counts[bs[i].DedupID]++
	}
	for id, n := range counts {
		c.history.Add(clients, began, coretest.DedupOp{ID: id, Look: true}, coretest.DedupAnswer{How: coretest.Done, Count: n})
	}
}

// Of the sends with one id within a window, one makes a message and the others are
// answered with it, whoever sends at once.
func TestDedupHistory(t *testing.T) {
	for name, dir := range map[string]string{"memstore": "", "badgerstore": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, dir, queuecore.QueueConfig{DedupWindow: time.Minute})
			for round := range uint64(5) {
				c.all(20, round, c.dedup)
				c.look()
				began := c.history.Began()
				c.clock.pass(time.Minute)
				c.history.Add(clients, began, coretest.DedupOp{}, coretest.DedupAnswer{How: coretest.Done})
			}
			holds(t, coretest.DedupModel(), c.history.Operations())
		})
	}
}

// The same when the process dies meanwhile.
func TestDedupHistoryOverDeaths(t *testing.T) {
	c := newCrowd(t, "", queuecore.QueueConfig{DedupWindow: time.Minute})
	for round := uint64(0); c.more(round); round++ {
		began := c.history.Began()
		c.clock.pass(time.Minute)
		c.history.Add(clients, began, coretest.DedupOp{}, coretest.DedupAnswer{How: coretest.Done})
		c.dieOfDedup(round)
		c.all(5, 50+round, c.dedup)
		c.look()
	}
	holds(t, coretest.DedupModel(), c.history.Operations())
	if !slices.ContainsFunc(c.history.Operations(), lost) {
		t.Error("no answer was lost")
	}
}

func (c *crowd) dieOfDedup(round uint64) {
	var wg sync.WaitGroup
	wg.Go(func() { c.all(200, round, c.dedup) }) // ends soon after the death
	for c.stats("q").Totals.Duplicate < 20 {
	}
	c.dead.Store(true)
	disk := c.disk.Reopen()
	c.must(c.Close())
	wg.Wait()
	c.disk = disk
	c.open(c.clock.options())
	c.dead.Store(false)
}

// A history in which two deliveries of a group are exchanged is refused, and so is
// one in which a second message was made for one id, or an acked one comes back.
func TestWrongHistories(t *testing.T) {
	c := newCrowd(t, "", queuecore.QueueConfig{GroupOrder: true})
	c.all(80, 1, c.groups(clockLease))
	c.takeAll() // so that more than one message of each group was received
	groups := c.history.Operations()
	holds(t, coretest.GroupModel(), groups)
	refused(t, "two deliveries are exchanged", coretest.GroupModel(), exchanged(t, groups))
	refused(t, "a group has two out at once", coretest.GroupModel(), twice(t, groups))

	d := newCrowd(t, "", queuecore.QueueConfig{DedupWindow: time.Minute})
	d.all(20, 1, d.dedup)
	sends := d.history.Operations()
	holds(t, coretest.DedupModel(), sends)
	i := slices.IndexFunc(sends, func(op porcupine.Operation) bool { return op.Output.(coretest.DedupAnswer).Duplicate })
	a := sends[i].Output.(coretest.DedupAnswer)
	a.Duplicate, a.Seq = false, a.Seq+1000
	sends[i].Output = a
	refused(t, "an id is fresh twice", coretest.DedupModel(), sends)
}

func refused(t *testing.T, what string, model porcupine.Model, history []porcupine.Operation) {
	t.Helper()
	if porcupine.CheckOperations(model, history) {
		t.Errorf("nobody noticed that %s", what)
	}
}

// received lists the deliveries of one group, by their place in the history.
func received(ops []porcupine.Operation, group string) (at []int) {
	for i, op := range ops {
		if in := op.Input.(coretest.GroupOp); in.Verb == coretest.GroupReceive && in.Group == group {
			at = append(at, i)
		}
	}
	return at
}

// exchanged has two messages of a group come in the other's place.
func exchanged(t *testing.T, ops []porcupine.Operation) []porcupine.Operation {
	ops = slices.Clone(ops)
	for _, group := range []string{"A", "B", "C"} {
		at := received(ops, group)
		for _, j := range at {
			x, y := ops[at[0]].Output.(coretest.GroupAnswer), ops[j].Output.(coretest.GroupAnswer)
			if x.Name != y.Name {
				ops[at[0]].Output, ops[j].Output = y, x
				return ops
			}
		}
	}
	t.Fatal("each group had one message only")
	return nil
}

// twice has a message come a second time while its group waits for it.
func twice(t *testing.T, ops []porcupine.Operation) []porcupine.Operation {
	at := slices.Concat(received(ops, "A"), received(ops, "B"), received(ops, "C"))
	if len(at) == 0 {
		t.Fatal("nothing was received")
	}
	again := ops[at[0]]
	again.Call = again.Return
	return append(slices.Clone(ops), again)
}
