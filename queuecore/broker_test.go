package queuecore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

func TestSendReceiveAck(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	sent := r.send("q", "hello")
	ds := r.receive("q", 10)
	if len(ds) != 1 || string(ds[0].Body) != "hello" || ds[0].ID != sent.ID || ds[0].Attempt != 1 || ds[0].Queue != "q" {
		t.Fatalf("%+v", ds)
	}
	r.must(r.Ack(r.ctx, ds[0].Receipt))
	if s := r.stats("q"); s.Len() != 0 || s.Totals.Acked != 1 {
		t.Fatalf("%+v", s)
	}
}

// Whatever a message carries comes back, from memory and from the store.
func TestMessageSurvives(t *testing.T) {
	now := time.Unix(1e9, 5)
	m := queuecore.Message{
		Destination: queuecore.QueueNamed("q"), Body: []byte{0, 1, 0xff}, BodyKind: queuecore.BodyBytes,
		ContentType: "text/plain", CorrelationID: "c", ReplyTo: queuecore.TopicNamed("back"), Type: "order", UserID: "me",
		Group: "g", DedupID: "d", Priority: queuecore.PriorityOf(7), SentAt: now, DeliverAt: now.Add(1), ExpiresAt: now.Add(time.Hour),
		Properties: queuecore.Properties{
			{Name: "s", Value: "é"}, {Name: "b", Value: []byte{0}}, {Name: "yes", Value: true}, {Name: "no", Value: false},
			{Name: "i8", Value: int8(-8)}, {Name: "i16", Value: int16(-16)}, {Name: "i32", Value: int32(-32)},
			{Name: "i64", Value: int64(-1 << 62)}, {Name: "f32", Value: float32(1.5)}, {Name: "f64", Value: 2.5},
			{Name: "n", Value: queuecore.Decimal("1e400"), Label: "big"},
		},
	}
	for _, cache := range []int64{0, -1} {
		o := &queuecore.Options{CacheBytes: cache, Now: func() time.Time { return now.Add(time.Second) }}
		r := newRig(t, o)
		r.create("q", queuecore.QueueConfig{})
		sent := m
		_, err := r.Send(r.ctx, &sent)
		r.must(err)
		r.restart(o)
		ds := r.receive("q", 1)
		if len(ds) != 1 {
			t.Fatalf("received %d", len(ds))
		}
		if got := *ds[0].Message; !reflect.DeepEqual(got, sent) {
			t.Errorf("got %+v\nwant %+v", got, sent)
		}
	}
}

func TestReceiveWaits(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	got := make(chan string)
	// The goroutine ends with its one message.
	go func() {
		ds, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1})
		if err != nil || len(ds) != 1 {
			got <- fmt.Sprint(len(ds), err)
			return
		}
		got <- string(ds[0].Body)
	}()
	r.waitFor("q", 1)
	r.send("q", "at last")
	if s := <-got; s != "at last" {
		t.Fatal(s)
	}
}

func TestReceiveWaitEnds(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	ds, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: time.Millisecond})
	if len(ds) != 0 || err != nil {
		t.Fatal(ds, err)
	}
	if w := r.stats("q").Waiting; w != 0 {
		t.Fatalf("%d receivers still wait", w)
	}
}

func TestReceiveMeetsItsEnd(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	ended := make(chan error, 2)
	// The goroutine ends when the queue is deleted.
	go func() {
		_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1})
		ended <- err
	}()
	r.waitFor("q", 1)
	r.must(r.DeleteQueue(r.ctx, "q"))
	if err := <-ended; !errors.Is(err, queuecore.ErrNotFound) {
		t.Error(err)
	}
	r.create("p", queuecore.QueueConfig{})
	// The goroutine ends when the broker closes.
	go func() {
		_, err := r.Receive(r.ctx, "p", queuecore.ReceiveOptions{Wait: -1})
		ended <- err
	}()
	r.waitFor("p", 1)
	r.must(r.Close())
	if err := <-ended; !errors.Is(err, queuecore.ErrClosed) {
		t.Error(err)
	}
	if _, err := r.Send(r.ctx, text("p", "late")); !errors.Is(err, queuecore.ErrClosed) {
		t.Error(err)
	}
	r.must(r.Close())
}

// A receiver that gives up while a message is being handed to it does not cost
// the message an attempt.
func TestReceiveGivenUpReleases(t *testing.T) { synctest.Test(t, receiveGivenUpReleases) }

func receiveGivenUpReleases(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	ctx, cancel := context.WithCancel(r.ctx)
	ended := make(chan error)
	// The goroutine ends when its context does.
	go func() {
		_, err := r.Receive(ctx, "q", queuecore.ReceiveOptions{Wait: -1})
		ended <- err
	}()
	r.waitFor("q", 1)
	gate := r.store.HoldSync() // the send and the lease are in one batch that waits here
	sent := make(chan error)
	// The goroutine ends when its message is on disk.
	go func() {
		_, err := r.Send(r.ctx, text("q", "x"))
		sent <- err
	}()
	<-gate.Reached
	cancel()
	synctest.Wait() // the receiver has seen it
	gate.Open()
	r.must(<-sent)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if ds := r.receive("q", 1); len(ds) != 1 || ds[0].Attempt != 1 {
		t.Fatalf("%+v", ds)
	}
}

func TestReceiptsSurviveRestart(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "a")
	r.send("q", "b")
	handle := r.receive("q", 1)[0].Receipt.String()
	r.restart(nil)
	receipt, err := queuecore.ParseReceipt(handle)
	r.must(err)
	r.must(r.Ack(r.ctx, receipt))
	if ds := r.receive("q", 5); len(ds) != 1 || string(ds[0].Body) != "b" {
		t.Fatalf("%+v", ds)
	}
	for _, bad := range []string{"", "x", strings.Repeat("g", 32), handle + "0"} {
		if _, err := queuecore.ParseReceipt(bad); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDirectory(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range []string{"b", "a1", "a2"} {
		r.create(name, queuecore.QueueConfig{})
	}
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "x.*", Queue: "b"}))
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "x.>", Queue: "a1"}))
	check := func() {
		t.Helper()
		var names []string
		for _, q := range r.Queues("a") {
			names = append(names, q.Name)
		}
		if !reflect.DeepEqual(names, []string{"a1", "a2"}) {
			t.Error(names)
		}
		if m := r.Match("x.y"); !reflect.DeepEqual(m, []string{"a1", "b"}) {
			t.Error(m)
		}
		want := []queuecore.Binding{{Pattern: "x.>", Queue: "a1"}, {Pattern: "x.*", Queue: "b"}}
		if all := r.Bindings(""); !reflect.DeepEqual(all, want) {
			t.Error(all)
		}
		info, err := r.Queue("b")
		r.must(err)
		if again, err := r.QueueByID(info.ID); err != nil || again.Name != "b" {
			t.Error(again, err)
		}
	}
	check()
	r.restart(nil)
	check()
	r.must(r.Unbind(r.ctx, queuecore.Binding{Pattern: "x.>", Queue: "a1"}))
	r.must(r.DeleteQueue(r.ctx, "b"))
	if m := r.Match("x.y"); m != nil {
		t.Error(m)
	}
	if _, err := r.Queue("b"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Error(err)
	}
}

func TestUpdateQueue(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{Labels: map[string]string{"a": "1"}})
	before, err := r.Queue("q")
	r.must(err)
	refuse := errors.New("no")
	if _, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.Labels["a"] = "2"; return refuse }); err != refuse {
		t.Error(err)
	}
	if _, err := r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.Lease = -1; return nil }); !errors.Is(err, queuecore.ErrInvalid) {
		t.Error(err)
	}
	if after, _ := r.Queue("q"); !reflect.DeepEqual(before, after) {
		t.Errorf("%+v became %+v", before, after)
	}
	_, err = r.UpdateQueue(r.ctx, "q", func(c *queuecore.QueueConfig) error { c.Labels["b"] = "3"; c.Lease = time.Hour; return nil })
	r.must(err)
	r.restart(nil)
	after, err := r.Queue("q")
	r.must(err)
	if after.Config.Lease != time.Hour || !reflect.DeepEqual(after.Config.Labels, map[string]string{"a": "1", "b": "3"}) {
		t.Errorf("%+v", after)
	}
}

func TestCreateTwice(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{Lease: time.Second})
	r.create("q", queuecore.QueueConfig{Lease: time.Second, Labels: map[string]string{}})
	if _, err := r.CreateQueue(r.ctx, "q", queuecore.QueueConfig{}); !errors.Is(err, queuecore.ErrExists) {
		t.Error(err)
	}
	if q, err := r.EnsureQueue(r.ctx, "q", queuecore.QueueConfig{}); err != nil || q.Config.Lease != time.Second {
		t.Error(q, err)
	}
}

// A message whose record is damaged is put aside; the queue goes on.
func TestDamagedMessageIsParked(t *testing.T) {
	r := newRig(t, &queuecore.Options{CacheBytes: -1})
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "bad")
	r.send("q", "good")
	r.must(damageFirst(r.disk))
	ds := r.receive("q", 5)
	if len(ds) != 1 || string(ds[0].Body) != "good" {
		t.Fatalf("%+v", ds)
	}
	if s := r.stats("q"); s.Parked != 1 || s.Leased != 1 {
		t.Fatalf("%+v", s)
	}
}

func TestTopicStoresOnceAndSurvives(t *testing.T) {
	r := newRig(t, nil)
	body := strings.Repeat("x", 100_000)
	for i := range 10 {
		name := fmt.Sprint("q", i)
		r.create(name, queuecore.QueueConfig{})
		r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "news.>", Queue: name}))
	}
	before := size(t, r.disk)
	sent, err := r.Send(r.ctx, &queuecore.Message{Destination: queuecore.TopicNamed("news.today"), Body: []byte(body)})
	r.must(err)
	if len(sent.Placed) != 10 {
		t.Fatal(sent)
	}
	if grown := size(t, r.disk) - before; grown > len(body)+2000 {
		t.Errorf("ten entries of one body of %d bytes took %d", len(body), grown)
	}
	r.restart(nil)
	for i := range 10 {
		ds := r.receive(fmt.Sprint("q", i), 1)
		if len(ds) != 1 || string(ds[0].Body) != body || ds[0].Destination != queuecore.TopicNamed("news.today") {
			t.Fatal("a copy is missing")
		}
		r.must(r.Ack(r.ctx, ds[0].Receipt))
	}
	if left := size(t, r.disk) - before; left > 200 { // the marks of the sequence numbers
		t.Errorf("%d bytes are left", left)
	}
}

func TestMessageIDsSortByArrival(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	last := ""
	for range 5000 {
		m := text("q", "x")
		r.must(r.Submit(r.ctx, queuecore.Tx{Sends: []*queuecore.Message{m}}, func([]queuecore.Sent, error) {}))
		if id := m.ID.String(); id <= last || len(id) != 36 || id[14] != '7' {
			t.Fatalf("%s after %s", id, last)
		} else {
			last = id
		}
	}
}

// There may be so many queues and no more; deleting one makes room.
func TestMaxQueues(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxQueues: 2})
	r.create("a", queuecore.QueueConfig{})
	r.create("b", queuecore.QueueConfig{})
	if _, err := r.EnsureQueue(r.ctx, "c", queuecore.QueueConfig{}); !errors.Is(err, queuecore.ErrFull) {
		t.Error(err)
	}
	r.must(r.DeleteQueue(r.ctx, "a"))
	r.create("c", queuecore.QueueConfig{})
}

// Queues of sessions, and of subscriptions that end, leave half of the room to others.
func TestMaxTransientQueues(t *testing.T) {
	r := newRig(t, &queuecore.Options{MaxQueues: 4})
	s := r.NewSession()
	subscribe := func(queue string) error {
		_, err := s.Subscribe(r.ctx, queuecore.SubscribeOptions{Queue: queue, Subscription: queuecore.Subscription{Topics: []string{"t"}}})
		return err
	}
	_, err := s.CreateQueue(r.ctx, "one", queuecore.QueueConfig{})
	r.must(err)
	r.must(subscribe("two"))
	if err := subscribe("three"); !errors.Is(err, queuecore.ErrFull) {
		t.Errorf("a subscription too many: %v", err)
	}
	if _, err := s.CreateQueue(r.ctx, "three", queuecore.QueueConfig{}); !errors.Is(err, queuecore.ErrFull) || !strings.Contains(err.Error(), "half") {
		t.Errorf("a queue too many: %v", err)
	}
	r.create("a", queuecore.QueueConfig{})
	r.create("b", queuecore.QueueConfig{})
	r.must(r.DeleteQueue(r.ctx, "b"))
	r.must(r.DeleteQueue(r.ctx, "one"))
	r.must(subscribe("three"))
	r.must(s.Close())
	r.create("b", queuecore.QueueConfig{})
}
