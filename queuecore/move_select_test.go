package queuecore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

func (r *rig) moveOf(source, destination, selector string, rate int) queuecore.Move {
	r.t.Helper()
	v, err := r.StartMoveOf(r.ctx, source, destination, compile(r.t, selector), rate)
	r.must(err)
	return v
}

// mixed sends n messages; every fifth one is red. It returns the bodies of these and of the others.
func (r *rig) mixed(queue string, n int) (red, gray []string) {
	r.t.Helper()
	for at := 0; at < n; at += 1000 {
		var tx queuecore.Tx
		for i := at; i < min(at+1000, n); i++ {
			body := fmt.Sprint(i)
			if i%5 == 3 {
				red = append(red, body)
				tx.Sends = append(tx.Sends, colored(queue, "red", body))
			} else {
				gray = append(gray, body)
				tx.Sends = append(tx.Sends, colored(queue, "gray", body))
			}
		}
		r.commit(tx)
	}
	return red, gray
}

// bodies drains a queue.
func (r *rig) bodies(queue string) (all []string) {
	r.t.Helper()
	for ds := r.receive(queue, 1000); len(ds) > 0; ds = r.receive(queue, 1000) {
		for i := range ds {
			all = append(all, string(ds[i].Body))
		}
	}
	return all
}

// A long packed queue is read once; what matches moves in order, the rest is as it was.
func TestMoveOfReadsALongQueueOnce(t *testing.T) {
	r, s := readRig(t)
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	const n = 5000
	red, gray := r.mixed("from", n)
	s.read.Store(0)
	start := r.moveOf("from", "to", "color = 'red'", 0)
	v := r.moved("from")
	if v.ID != start.ID || v.Status != queuecore.MoveDone || v.Moved != len(red) || v.Selector != "color = 'red'" {
		t.Errorf("%+v", v)
	}
	if read := s.read.Load(); read > n+int64(len(red))+500 { // what moves is read again, to be copied
		t.Errorf("%d records were read for a queue of %d", read, n)
	}
	if st := r.stats("from"); st.Ready != len(gray) || st.Looking != 0 {
		t.Errorf("%+v", st)
	}
	if got := r.bodies("to"); !slices.Equal(got, red) {
		t.Errorf("moved are %d of %d, or not in order", len(got), len(red))
	}
	if got := r.bodies("from"); !slices.Equal(got, gray) {
		t.Errorf("left are %d of %d, or not in order", len(got), len(gray))
	}
}

// While the disk keeps a move waiting, everybody else is served, from its queues too; it ends
// where it is when it is canceled.
func TestMoveOfHoldsUpNobody(t *testing.T) {
	r, s := readRig(t)
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	r.create("memory", queuecore.QueueConfig{Transient: true})
	red, _ := r.mixed("from", 200)
	gate := make(chan struct{})
	s.setGate(gate)
	v := r.moveOf("from", "to", "color = 'red'", 0)
	if st := r.stats("from"); st.Looking != 1 {
		t.Errorf("%+v", st)
	}
	r.send("memory", "x")
	if ds := r.receive("memory", 1); len(ds) != 1 {
		t.Error("a message of another queue does not come")
	}
	r.must(r.Remove(r.ctx, "from", 4)) // which is red
	if c, err := r.CancelMove(r.ctx, "from", v.ID); err != nil || c.Moved != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	r.moveOf("from", "to", "color = 'red'", 0)
	s.setGate(nil)
	close(gate)
	if v := r.moved("from"); v.Moved != len(red)-1 {
		t.Errorf("%+v", v)
	}
}

// A move with a selector and a rate goes on after a restart and a power cut, with its text,
// from where it was.
func TestMoveOfOutlivesTheBroker(t *testing.T) {
	clock := newClock()
	o := &queuecore.Options{Now: clock.Now}
	r := newRig(t, o)
	r.create("to", queuecore.QueueConfig{})
	r.create("from", queuecore.QueueConfig{})
	red, gray := r.mixed("from", 25)
	r.moveOf("from", "to", "color = 'red'", 1)
	for n := 1; n <= len(red); n++ {
		r.until("another has moved", func() bool { return r.lastMove("from").Moved == n })
		switch n { // the time of its last message is not kept: it goes on at once
		case 2:
			r.restart(o)
			continue
		case 3:
			r.create("behind it on disk", queuecore.QueueConfig{})
			next := r.disk.CrashKeeping(0)
			r.must(r.Close())
			r.disk = next
			r.open(o)
			continue
		}
		clock.add(time.Second)
	}
	if v := r.moved("from"); v.Status != queuecore.MoveDone || v.Selector != "color = 'red'" || v.Moved != len(red) {
		t.Errorf("%+v", v)
	}
	if got := r.bodies("to"); !slices.Equal(got, red) {
		t.Errorf("moved are %q", got)
	}
	if got := r.bodies("from"); !slices.Equal(got, gray) {
		t.Errorf("left are %q", got)
	}
}

// Dead letters are told apart by what their queue says of them, also when they are packed and
// browsed; those that match go back.
func TestMoveOfDeadLetters(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.deadLetters("one", "two")
	r.create("p", queuecore.QueueConfig{DeadLetter: "dlq"})
	for i := range 100 {
		r.send("p", fmt.Sprint(i))
		reason := []string{"bad", "late"}[i%2]
		r.must(r.Reject(r.ctx, r.receive("p", 1)[0].Receipt, reason))
	}
	r.until("they have moved", func() bool { return r.stats("dlq").Ready == 102 })
	for text, want := range map[string]int{
		"JMS_Sluice_DeadReason = 'late'": 50, "JMS_Sluice_DeadQueue = 'q'": 2, "JMS_Sluice_DeadAttempts = 1": 102,
		"JMS_Sluice_DeadReason IS NULL": 0, "JMS_Sluice_DeadReason IN ('bad', 'attempts') AND JMS_Sluice_DeadQueue <> 'q'": 50,
	} {
		found, _, err := r.BrowseSelected(r.ctx, "dlq", compile(t, text), 0, 1000)
		if err != nil || len(found) != want {
			t.Errorf("%s: %d, %v; want %d", text, len(found), err, want)
		}
	}
	r.moveOf("dlq", "", "JMS_Sluice_DeadReason = 'late'", 0)
	if v := r.moved("dlq"); v.Moved != 50 || v.Status != queuecore.MoveDone {
		t.Errorf("%+v", v)
	}
	if r.stats("p").Ready != 50 || r.stats("q").Ready != 0 {
		t.Errorf("%+v", r.stats("p"))
	}
	if ds := r.receiveSelected("dlq", "JMS_Sluice_DeadQueue = 'q'", queuecore.ReceiveOptions{Max: 10}); len(ds) != 2 {
		t.Errorf("received are %d", len(ds))
	}
	if ds := r.receiveSelected("p", "JMS_Sluice_DeadQueue IS NOT NULL", queuecore.ReceiveOptions{}); len(ds) != 0 {
		t.Error("what went back is a dead letter still")
	}
}

// With group order what does not match holds up nothing, also far behind the head; what is
// behind one that is out stays, and so does what is out itself.
func TestMoveOfGroups(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.create("from", queuecore.QueueConfig{GroupOrder: true})
	r.create("to", queuecore.QueueConfig{GroupOrder: true})
	var tx queuecore.Tx
	for i := range 900 {
		m := colored("from", []string{"gray", "red"}[i/3%2], fmt.Sprint(i))
		m.Group = fmt.Sprint("g", i%3)
		tx.Sends = append(tx.Sends, m)
	}
	r.commit(tx)
	out := r.receive("from", 1)[0] // the first of a group, which is gray
	r.moveOf("from", "to", "color = 'red'", 0)
	if v := r.moved("from"); v.Moved != 300 {
		t.Errorf("%+v, while one of %s is out", v, out.Group)
	}
	r.must(r.Release(r.ctx, []queuecore.Receipt{out.Receipt}))
	r.moveOf("from", "to", "color = 'red'", 0)
	if v := r.moved("from"); v.Moved != 150 {
		t.Errorf("%+v", v)
	}
	last := make(map[string]int)
	for n := 0; n < 450; {
		ds := r.receive("to", 1000)
		for i := range ds {
			var at int
			fmt.Sscan(string(ds[i].Body), &at)
			if at <= last[ds[i].Group] || at/3%2 != 1 {
				t.Fatalf("%d of %s comes behind %d", at, ds[i].Group, last[ds[i].Group])
			}
			last[ds[i].Group] = at
			r.must(r.Ack(r.ctx, ds[i].Receipt))
		}
		if n += len(ds); len(ds) == 0 {
			t.Fatalf("%d have come", n)
		}
	}
}

// What is damaged matches nothing and stays; a text that is none starts no move.
func TestMoveOfDamagedMessages(t *testing.T) {
	r := newRig(t, &queuecore.Options{CacheBytes: -1})
	r.create("from", queuecore.QueueConfig{})
	r.create("to", queuecore.QueueConfig{})
	r.send("from", "bad")
	r.send("from", "good")
	r.must(damageFirst(r.disk))
	r.moveOf("from", "to", "JMSType IS NULL", 0)
	if v := r.moved("from"); v.Status != queuecore.MoveDone || v.Moved != 1 || r.stats("from").Ready != 1 {
		t.Errorf("%+v, %+v", v, r.stats("from"))
	}
	if _, err := queuecore.CompileSelector("JMSType IS", queuecore.SelectorOptions{}); !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), "at offset") {
		t.Error(err)
	}
}
