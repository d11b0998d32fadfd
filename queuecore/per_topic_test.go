package queuecore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// sendTo sends to a topic.
func (r *rig) sendTo(topic, body string) error {
	_, err := r.Send(r.ctx, &queuecore.Message{Destination: queuecore.TopicNamed(topic), Body: []byte(body)})
	return err
}

// bounded makes a queue for topics that begin with "t.".
func (r *rig) bounded(name string, c queuecore.QueueConfig) {
	r.t.Helper()
	r.create(name, c)
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "t.>", Queue: name}))
}

// counts returns what the queue knows of its topics, once it does.
func (r *rig) counts(queue string) (counts queuecore.TopicCounts) {
	r.t.Helper()
	r.until("the topics of "+queue+" are known", func() bool {
		var known bool
		var err error
		counts, known, err = r.Topics(r.ctx, queue, 1000)
		r.must(err)
		return known
	})
	return counts
}

// A message over the bound is refused with what is full; the bound holds over restarts and
// deaths, for packed messages and for those that have a record of their own.
func TestTopicsAreBounded(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.bounded("q", queuecore.QueueConfig{MaxPerTopic: 100})
	r.bounded("other", queuecore.QueueConfig{})
	for i := range 100 {
		r.must(r.sendTo("t.a", fmt.Sprint(i)))
		r.must(r.sendTo("t.b", string(make([]byte, i*100))))
	}
	full := func() {
		t.Helper()
		var x *queuecore.TopicFull
		if err := r.sendTo("t.a", "too much"); !errors.Is(err, queuecore.ErrFull) || !errors.As(err, &x) || *x != (queuecore.TopicFull{Queue: "q", Topic: "t.a", Limit: 100}) {
			t.Fatalf("%v", err)
		}
		if n := r.stats("other").Len(); n != 200 {
			t.Fatalf("another queue of the topic got %d", n)
		}
	}
	full()
	r.restart(&o)
	full()
	next := r.disk.Reopen()
	r.must(r.Close())
	r.disk = next
	r.open(&o)
	full()
	if c := r.counts("q"); c.Own.Messages != 0 || c.Topics["t.a"].Messages != 100 || c.Topics["t.b"] != (queuecore.TopicCount{Messages: 100, Last: 200}) {
		t.Errorf("%+v", c)
	}
	r.must(r.Ack(r.ctx, r.receive("q", 1)[0].Receipt))
	r.must(r.sendTo("t.a", "room"))
}

// While the topics of a queue are read, sends to it wait, in order; everybody else is served, and
// receivers of the queue too.
func TestTopicsAreReadBesideAllElse(t *testing.T) {
	r, s := readRig(t)
	r.bounded("q", queuecore.QueueConfig{})
	r.create("memory", queuecore.QueueConfig{Transient: true})
	for i := range 300 {
		r.must(r.sendTo("t.a", fmt.Sprint(i)))
	}
	gate := make(chan struct{})
	s.setGate(gate)
	_, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error {
		c.MaxPerTopic, c.DropOldestPerTopic = 3, true
		return nil
	})
	r.must(err)
	done := make(chan uint64, 5)
	for range cap(done) {
		r.must(r.Submit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{{Destination: queuecore.TopicNamed("t.b")}}}, func(sent []queuecore.Sent, err error) {
			if err != nil {
				t.Error(err)
			}
			done <- sent[0].Placed[0].Seq
		}))
	}
	r.send("memory", "x")
	if ds := r.receive("memory", 1); len(ds) != 1 {
		t.Error("a message of another queue does not come")
	}
	if st := r.stats("q"); st.Ready != 300 || st.Looking != 1 {
		t.Errorf("%+v", st)
	}
	if _, known, err := r.Topics(r.ctx, "q", 1000); known || err != nil {
		t.Errorf("known %t, %v", known, err)
	}
	s.setGate(nil)
	close(gate)
	for i := range cap(done) {
		if seq := <-done; seq != uint64(301+i) {
			t.Errorf("send %d is number %d", i, seq)
		}
	}
	if c := r.counts("q"); c.Topics["t.a"].Messages != 3 || c.Topics["t.b"].Messages != 3 {
		t.Errorf("%+v", c)
	}
	if st := r.stats("q"); st.Ready != 6 || st.FirstSeq != 298 || st.Totals.Dropped != 299 {
		t.Errorf("%+v", st)
	}
}

// What waits for topics is bounded, and sent away when its queue is deleted or the broker closed.
func TestWaitingForTopicsIsBounded(t *testing.T) {
	r, s := readRig(t)
	for _, name := range []string{"q", "closed"} {
		r.create(name, queuecore.QueueConfig{})
		r.send(name, "there")
		r.fill(name, 200, 1)
	}
	gate := make(chan struct{})
	s.setGate(gate)
	answers := make(chan error, 20)
	submit := func(name string, size int) {
		r.must(r.Submit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{{Destination: queuecore.QueueNamed(name), Body: make([]byte, size)}}},
			func(_ []queuecore.Sent, err error) { answers <- err }))
	}
	for _, name := range []string{"q", "closed"} {
		_, err := r.UpdateQueue(r.ctx, name, func(c *queuecore.QueueConfig) error { c.MaxPerTopic = 1000; return nil })
		r.must(err)
	}
	for range 9 {
		submit("q", 1<<20)
	}
	for range 2 { // eight and something do not fit into 8 MiB
		if err := <-answers; !errors.Is(err, queuecore.ErrLimit) {
			t.Fatalf("%v", err)
		}
	}
	r.must(r.DeleteQueue(r.ctx, "q"))
	for range 7 {
		if err := <-answers; !errors.Is(err, queuecore.ErrNotFound) {
			t.Fatalf("%v", err)
		}
	}
	submit("closed", 1)
	closed := make(chan error, 1)
	// Ends when the broker is closed, which waits for those who read.
	go func() { closed <- r.Close() }()
	if err := <-answers; !errors.Is(err, queuecore.ErrClosed) {
		t.Errorf("%v", err)
	}
	s.setGate(nil)
	close(gate)
	r.must(<-closed)
}

// Topics take memory, which is bounded with the rest of the index.
func TestTopicsShareTheIndexesRoom(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxIndexBytes: 100_000})
	r.bounded("q", queuecore.QueueConfig{MaxPerTopic: 1})
	n := 0
	for ; n < 1000; n++ {
		if err := r.sendTo(fmt.Sprint("t.", n), "x"); err != nil {
			if !errors.Is(err, queuecore.ErrLimit) {
				t.Fatal(err)
			}
			break
		}
	}
	if n < 100 || n > 250 { // of 320 bytes and an entry
		t.Errorf("%d topics found room", n)
	}
	_, err := r.Purge(r.ctx, "q")
	r.must(err)
	r.must(r.sendTo("t.0", "there is room again"))
}

// A long queue is given no bound of its topics, and nothing is expected of them.
func TestTopicsOfALongQueueAreNotRead(t *testing.T) {
	if testing.Short() {
		t.Skip("a long queue")
	}
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	expect := func() error {
		_, err := r.Commit(r.ctx, queuecore.Tx{
			Sends: []*queuecore.Message{text("q", "x")}, If: &queuecore.Expect{Queue: "q", AnyLast: true, Topic: &queuecore.TopicLast{Topic: "t.a"}},
		})
		return err
	}
	r.must(expect())
	r.counts("q")
	r.fill("q", 100_001, 1)
	if err := expect(); !errors.Is(err, queuecore.ErrUncounted) {
		t.Errorf("expected: %v", err)
	}
	if _, known, err := r.Topics(r.ctx, "q", 1000); known || err != nil {
		t.Errorf("known %t, %v", known, err)
	}
	_, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.MaxPerTopic = 200_000; return nil })
	r.must(err)
	r.must(expect())
}

// A bound that makes no sense is refused.
func TestBoundsOfTopicsThatMakeNoSense(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range []queuecore.QueueConfig{{MaxPerTopic: -1}, {DropOldestPerTopic: true}} {
		if _, err := r.CreateQueue(r.ctx, "q", c); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A damaged message is of no topic, and keeps nobody waiting.
func TestDamagedMessageIsOfNoTopic(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.bounded("q", queuecore.QueueConfig{MaxPerTopic: 1})
	r.must(r.sendTo("t.a", "x"))
	r.must(r.Close())
	r.disk = r.disk.Reopen()
	r.must(damageFirst(r.disk))
	r.open(&o)
	r.must(r.sendTo("t.a", "another"))
	if st := r.stats("q"); st.Len() != 2 {
		t.Errorf("%+v", st)
	}
}

// The last message of a topic is expected of a queue without bounds, which is read for it once,
// and of one that was opened anew.
func TestExpectLastOfTopic(t *testing.T) {
	r, s := readRig(t)
	r.bounded("q", queuecore.QueueConfig{})
	for i := range 500 {
		r.must(r.sendTo(fmt.Sprint("t.", i%5), "x"))
	}
	expect := func(topic string, seq uint64) error {
		_, err := r.Commit(r.ctx, queuecore.Tx{
			Sends: []*queuecore.Message{{Destination: queuecore.TopicNamed(topic)}},
			If:    &queuecore.Expect{Queue: "q", AnyLast: true, Topic: &queuecore.TopicLast{Topic: topic, Seq: seq}},
		})
		return err
	}
	var wrong *queuecore.WrongLast
	if err := expect("t.3", 3); !errors.As(err, &wrong) || wrong.Last != 499 || wrong.Topic.Topic != "t.3" {
		t.Fatalf("%v", err)
	}
	read := s.read.Load()
	r.must(expect("t.3", 499))
	r.must(expect("t.9", 0))
	r.must(expect("t.9", 502))
	if n := s.read.Load(); n != read {
		t.Errorf("%d records were read again", n-read)
	}
	_, err := r.Purge(r.ctx, "q")
	r.must(err)
	r.must(expect("t.3", 0))
}

// A dedup id is that of the last message whatever became of it, and not of one before.
func TestExpectLastID(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DedupWindow: time.Minute, DedupPerGroup: true})
	send := func(id, last string) error {
		m := text("q", "x")
		m.DedupID, m.Group = id, "g"
		_, err := r.Commit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{m}, If: &queuecore.Expect{Queue: "q", AnyLast: true, ID: last}})
		return err
	}
	r.must(send("one", ""))
	var wrong *queuecore.WrongID
	if err := send("two", "none"); !errors.As(err, &wrong) || wrong.ID != "one" {
		t.Fatalf("%v", err)
	}
	r.must(r.Ack(r.ctx, r.receive("q", 1)[0].Receipt))
	r.must(send("two", "one"))
	r.restart(nil)
	r.must(send("three", "two"))
	r.must(send("", "three"))
	if err := send("four", "three"); !errors.As(err, &wrong) || wrong.ID != "" {
		t.Errorf("%v", err)
	}
}
