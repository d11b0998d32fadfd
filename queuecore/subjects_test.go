package queuecore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// topics are subjects of those patterns; "own" among them is what was sent to a queue.
func topics(t testing.TB, patterns ...string) (s queuecore.Subjects) {
	t.Helper()
	for _, x := range patterns {
		if x == "own" {
			s.Own = true
			continue
		}
		p, err := selector.Parse(x)
		if err != nil {
			t.Fatal(err)
		}
		s.Topics = append(s.Topics, p)
	}
	return s
}

func toTopic(name, body string) *queuecore.Message {
	return &queuecore.Message{Destination: queuecore.TopicNamed(name), Body: []byte(body)}
}

func bodies(ds []queuecore.Delivery) (all []string) {
	for i := range ds {
		all = append(all, string(ds[i].Body))
	}
	return all
}

// receiveOf receives what the subjects say.
func (r *rig) receiveOf(queue string, o queuecore.ReceiveOptions, patterns ...string) []queuecore.Delivery {
	r.t.Helper()
	o.Subjects = topics(r.t, patterns...)
	ds, err := r.Receive(r.ctx, queue, o)
	r.must(err)
	return ds
}

// In a long queue each message is read once for the same patterns, however often somebody
// receives with them; what comes back is found all the same.
func TestSubjectsReadALongQueueOnce(t *testing.T) {
	r, s := readRig(t)
	r.create("q", queuecore.QueueConfig{})
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "s.>", Queue: "q"}))
	const n = 5000
	for at := 0; at < n; at += 500 {
		var tx queuecore.Tx
		for i := at; i < at+500; i++ {
			topic := "s.gray"
			if i%500 == 250 {
				topic = fmt.Sprintf("s.red.%d", i)
			}
			tx.Sends = append(tx.Sends, toTopic(topic, fmt.Sprint(i)))
		}
		r.commit(tx)
	}
	s.read.Store(0)
	var got []string
	for i := range n/500 + 1 {
		ds := r.receiveOf("q", queuecore.ReceiveOptions{Wait: -1}, "s.red.*", "s.blue")
		if i == 3 {
			r.must(r.Nack(r.ctx, ds[0].Receipt, 0))
			continue
		}
		got = append(got, string(ds[0].Body))
		r.must(r.Ack(r.ctx, ds[0].Receipt))
	}
	for range 50 {
		if ds := r.receiveOf("q", queuecore.ReceiveOptions{}, "s.blue", "s.red.*"); len(ds) > 0 {
			t.Fatalf("got %s", ds[0].Body)
		}
	}
	if want := []string{"250", "750", "1250", "1750", "2250", "2750", "3250", "3750", "4250", "4750"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if read := s.read.Load(); read > n+500 {
		t.Errorf("%d records were read for a queue of %d", read, n)
	}
	if ds := r.receive("q", 2); len(ds) != 2 || string(ds[0].Body) != "0" || string(ds[1].Body) != "1" {
		t.Errorf("without patterns: %v", ds)
	}
}

// Receivers with disjoint patterns share a queue, each beside the backlog of the others.
func TestSubjectsShareAQueue(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DeadLetter: "dead"})
	r.create("dead", queuecore.QueueConfig{})
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "s.>", Queue: "q"}))
	for _, topic := range []string{"s.a", "s.b", "s.a", "s.b.c", "s.b"} {
		_, err := r.Send(r.ctx, toTopic(topic, topic))
		r.must(err)
	}
	r.send("q", "sent to the queue")
	many := queuecore.ReceiveOptions{Max: 10}
	got := r.receiveOf("q", many, "s.b")
	if want := []string{"s.b", "s.b"}; !slices.Equal(bodies(got), want) {
		t.Errorf("got %q", bodies(got))
	}
	r.must(r.Reject(r.ctx, got[0].Receipt, "no"))
	if got := bodies(r.receiveOf("q", many, "own", "s.*.*")); !slices.Equal(got, []string{"s.b.c", "sent to the queue"}) {
		t.Errorf("got %q", got)
	}
	if got := bodies(r.receiveOf("q", many, "s.>")); !slices.Equal(got, []string{"s.a", "s.a"}) {
		t.Errorf("got %q", got)
	}
	if got := r.receiveOf("dead", many, "own"); len(got) > 0 {
		t.Errorf("a dead letter has lost its topic: %q", bodies(got))
	}
	if got := bodies(r.receiveOf("dead", many, "s.*")); !slices.Equal(got, []string{"s.b"}) {
		t.Errorf("among the dead letters: %q", got)
	}
}

// Patterns and a selector that go together must both match.
func TestSubjectsAndSelector(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "s.*", Queue: "q"}))
	for _, x := range []string{"s.a red", "s.b red", "s.a blue"} {
		topic, color, _ := strings.Cut(x, " ")
		m := toTopic(topic, x)
		m.Properties = queuecore.Properties{{Name: "color", Value: color}}
		_, err := r.Send(r.ctx, m)
		r.must(err)
	}
	o := queuecore.ReceiveOptions{Max: 10, Selector: compile(t, "color = 'red'")}
	if got := bodies(r.receiveOf("q", o, "s.a")); !slices.Equal(got, []string{"s.a red"}) {
		t.Errorf("got %q", got)
	}
	if got := bodies(r.receiveOf("q", queuecore.ReceiveOptions{Max: 10}, "s.a")); !slices.Equal(got, []string{"s.a blue"}) {
		t.Errorf("got %q", got)
	}
}

func TestSubjectsAreBounded(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	for _, patterns := range [][]string{{strings.Repeat("x", queuecore.MaxSelectorBytes), "y"}, {"a.\x00"}} {
		_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Subjects: topics(t, patterns...)})
		if !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%.20q…: %v", patterns, err)
		}
	}
}
