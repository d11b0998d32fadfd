package queuecore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/selector"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func compile(t testing.TB, text string) *queuecore.Selector {
	t.Helper()
	s, err := queuecore.CompileSelector(text, queuecore.SelectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// colored is a message whose property color says which.
func colored(queue, color, body string) *queuecore.Message {
	m := text(queue, body)
	m.Properties = queuecore.Properties{{Name: "color", Value: color}}
	return m
}

// TestMessageFields shows what selectors see of a message.
func TestMessageFields(t *testing.T) {
	m := &queuecore.Message{
		ID: queuecore.MessageID{1}, Priority: queuecore.PriorityOf(7), SentAt: time.UnixMilli(1234), CorrelationID: "c", Type: "order",
		Group: "g", UserID: "anna",
		Properties: queuecore.Properties{
			{Name: "string", Value: "s"}, {Name: "bool", Value: true}, {Name: "int8", Value: int8(-1)}, {Name: "int16", Value: int16(2)},
			{Name: "int32", Value: int32(3)}, {Name: "int64", Value: int64(math.MaxInt64)}, {Name: "float32", Value: float32(0.5)},
			{Name: "float64", Value: 2.5}, {Name: "decimal", Value: queuecore.Decimal("10")}, {Name: "bytes", Value: []byte("b")},
			{Name: "long", Value: queuecore.Decimal("1" + strings.Repeat("0", 100))}, {Name: "word", Value: queuecore.Decimal("many")},
		},
	}
	for _, text := range []string{
		"JMSDeliveryMode = 'PERSISTENT'", "JMSPriority = 7", "JMSMessageID LIKE '01000000-%'", "JMSTimestamp = 1234", "JMSCorrelationID = 'c'",
		"JMSType = 'order'", "JMSXGroupID = 'g'", "JMSXUserID = 'anna'", "string = 's'", "bool", "int8 = -1", "int16 = 2", "int32 = 3",
		"int64 = 9223372036854775807", "float32 = 0.5", "float64 BETWEEN 2 AND 3", "decimal = 10", "bytes IS NOT NULL AND NOT bytes = 'b'",
		"long > 1E99", "word IS NOT NULL AND NOT word = 'many'", "nothing IS NULL", "JMSXDeliveryCount IS NULL",
	} {
		if !compile(t, text).Match(m) {
			t.Errorf("%s does not match", text)
		}
	}
	if !compile(t, "JMSCorrelationID IS NULL AND JMSType IS NULL AND JMSXGroupID IS NULL AND JMSPriority = 4").Match(&queuecore.Message{}) {
		t.Error("an empty message has fields")
	}
}

func TestCompileSelectorIsBounded(t *testing.T) {
	for _, text := range []string{"a =", "a = '" + strings.Repeat("x", queuecore.MaxSelectorBytes) + "'", "a" + strings.Repeat("+1", queuecore.MaxSelectorNodes) + " > 0"} {
		o := queuecore.SelectorOptions{Limits: selector.Limits{Length: 1 << 30, Nodes: 1 << 30}}
		if _, err := queuecore.CompileSelector(text, o); !errors.Is(err, queuecore.ErrInvalid) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
	if s, err := queuecore.CompileSelector(" ", queuecore.SelectorOptions{}); s != nil || err != nil {
		t.Errorf("no text is %v, %v", s, err)
	}
}

// readStore counts the records that are read, and can make readers wait.
type readStore struct {
	*memstore.Store
	read atomic.Int64

	mu   sync.Mutex
	gate chan struct{} // not nil: readers wait until it is closed
}

func (s *readStore) setGate(c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = c
}

func (s *readStore) wait() {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

func (s *readStore) Get(key []byte) ([]byte, error) {
	s.wait()
	s.read.Add(1)
	return s.Store.Get(key)
}

func (s *readStore) Range(from, to []byte, fn func(k, v []byte) error) error {
	s.wait()
	return s.Store.Range(from, to, func(k, v []byte) error { s.read.Add(1); return fn(k, v) })
}

var _ store.Store = (*readStore)(nil)

// readRig is a rig over a readStore.
func readRig(t *testing.T) (*rig, *readStore) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, disk: memstore.New()}
	s := &readStore{Store: r.disk}
	o := allPacked()
	b, err := queuecore.Open(ctx, s, &o)
	r.must(err)
	r.Broker = b
	t.Cleanup(func() { r.must(r.Close()) })
	return r, s
}

func (r *rig) receiveSelected(queue, text string, o queuecore.ReceiveOptions) []queuecore.Delivery {
	r.t.Helper()
	o.Selector = compile(r.t, text)
	ds, err := r.Receive(r.ctx, queue, o)
	r.must(err)
	return ds
}

// In a long queue each message is read once for a selector, however often
// somebody receives with it; what comes back, and what comes, is found all the same.
func TestSelectorReadsALongQueueOnce(t *testing.T) {
	r, s := readRig(t)
	r.create("q", queuecore.QueueConfig{})
	const n = 5000
	for at := 0; at < n; at += 500 {
		var tx queuecore.Tx
		for i := at; i < at+500; i++ {
			color := "gray"
			if i%500 == 250 {
				color = "red"
			}
			tx.Sends = append(tx.Sends, colored("q", color, fmt.Sprint(i)))
		}
		r.commit(tx)
	}
	s.read.Store(0)
	var got []string
	for range n / 500 {
		ds := r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{Wait: -1})
		got = append(got, string(ds[0].Body))
		if len(got) == 3 {
			r.must(r.Nack(r.ctx, ds[0].Receipt, 0))
			got = got[:2]
			ds = r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{Wait: -1})
			got = append(got, string(ds[0].Body))
		}
		r.must(r.Ack(r.ctx, ds[0].Receipt))
	}
	for range 50 {
		if ds := r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{}); len(ds) > 0 {
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
		t.Errorf("without a selector: %v", ds)
	}
}

// While the disk keeps somebody with a selector waiting, everybody else is served.
func TestSelectorHoldsUpNobody(t *testing.T) {
	r, s := readRig(t)
	r.create("q", queuecore.QueueConfig{})
	r.create("memory", queuecore.QueueConfig{Transient: true})
	for i := range 200 {
		_, err := r.Send(r.ctx, colored("q", "gray", fmt.Sprint(i)))
		r.must(err)
	}
	gate := make(chan struct{})
	s.setGate(gate)
	answer := make(chan []queuecore.Delivery, 1)
	// Ends when the gate is open.
	go func() {
		answer <- r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{Wait: -1})
	}()
	for r.stats("q").Looking == 0 {
	}
	r.send("memory", "x")
	if ds := r.receive("memory", 1); len(ds) != 1 {
		t.Error("a message of another queue does not come")
	}
	_, err := r.Send(r.ctx, colored("q", "red", "here"))
	r.must(err)
	r.must(r.Remove(r.ctx, "q", 1))
	s.setGate(nil)
	close(gate)
	if ds := <-answer; len(ds) != 1 || string(ds[0].Body) != "here" {
		t.Errorf("got %v", ds)
	}
}

// In a long queue with group order, what is withheld is looked through as well, also
// when it is sent while somebody waits.
func TestSelectorInALongQueueWithGroupOrder(t *testing.T) {
	o := allPacked()
	r := newRig(t, &o)
	r.create("q", queuecore.QueueConfig{GroupOrder: true})
	var tx queuecore.Tx
	for i := range 300 {
		m := colored("q", "gray", fmt.Sprint(i))
		m.Group = fmt.Sprint("g", i%3)
		tx.Sends = append(tx.Sends, m)
	}
	r.commit(tx)
	answer := make(chan []queuecore.Delivery, 1)
	// Ends when the message is there that it waits for.
	go func() {
		answer <- r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{Wait: -1})
	}()
	r.waitFor("q", 1)
	for r.stats("q").Looking > 0 {
	}
	for _, group := range []string{"g1", "other"} {
		m := colored("q", "red", group)
		m.Group = group
		_, err := r.Send(r.ctx, m)
		r.must(err)
	}
	if ds := <-answer; len(ds) != 1 || string(ds[0].Body) != "other" {
		t.Errorf("got %v", ds)
	}
}

// A binding's selector is on disk, says who gets what, and may be replaced.
func TestBindingsWithSelectors(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.create("all", queuecore.QueueConfig{})
	b := queuecore.Binding{Pattern: "t.*", Queue: "q", Selector: "convert_string_expressions:n > 5"}
	r.must(r.Bind(r.ctx, b))
	r.must(r.Bind(r.ctx, queuecore.Binding{Pattern: "t.>", Queue: "all"}))
	send := func(n string) []queuecore.Placed {
		t.Helper()
		sent, err := r.Send(r.ctx, &queuecore.Message{
			Destination: queuecore.TopicNamed("t.a"), Properties: queuecore.Properties{{Name: "n", Value: n}},
		})
		r.must(err)
		return sent.Placed
	}
	if len(send("7")) != 2 || len(send("3")) != 1 {
		t.Error("the selector does not say who gets what")
	}
	r.restart(nil)
	if got := r.Bindings("q"); len(got) != 1 || got[0] != b {
		t.Errorf("after a restart there is %+v", got)
	}
	if len(send("7")) != 2 || len(send("3")) != 1 {
		t.Error("the selector does not say who gets what after a restart")
	}
	b.Selector = "n = '3'"
	r.must(r.Bind(r.ctx, b))
	if got := r.Bindings("q"); len(got) != 1 || got[0] != b {
		t.Errorf("replaced, there is %+v", got)
	}
	if len(send("7")) != 1 || len(send("3")) != 2 || len(r.Match("t.a")) != 2 {
		t.Error("the selector is not replaced")
	}
	b.Selector = "n = = 3"
	if err := r.Bind(r.ctx, b); !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), "at offset 4") {
		t.Errorf("a bad selector: %v", err)
	}
	r.must(r.Unbind(r.ctx, queuecore.Binding{Pattern: "t.*", Queue: "q"}))
	r.restart(nil)
	if len(send("3")) != 1 || len(r.Bindings("q")) != 0 {
		t.Error("the binding is not gone")
	}
}

// A damaged message is put aside, so that whoever waits with a selector goes on.
func TestSelectorMeetsADamagedMessage(t *testing.T) {
	r := newRig(t, &queuecore.Options{CacheBytes: -1})
	r.create("q", queuecore.QueueConfig{})
	r.send("q", "bad")
	_, err := r.Send(r.ctx, colored("q", "red", "good"))
	r.must(err)
	r.must(damageFirst(r.disk))
	if ds := r.receiveSelected("q", "color = 'red'", queuecore.ReceiveOptions{Wait: -1}); len(ds) != 1 || string(ds[0].Body) != "good" {
		t.Errorf("got %v", ds)
	}
	if s := r.stats("q"); s.Parked != 1 {
		t.Errorf("%+v", s)
	}
}

func TestSelectorsOfAQueueAreBounded(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	ctx, cancel := context.WithCancel(r.ctx)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Add(1)
		// Ends when ctx does.
		go func() {
			defer all.Done()
			o := queuecore.ReceiveOptions{Wait: -1, Selector: compile(t, fmt.Sprintf("n = %d", i))}
			if _, err := r.Receive(ctx, "q", o); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
	}
	r.waitFor("q", 1000)
	_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1, Selector: compile(t, "n = -1")})
	if !errors.Is(err, queuecore.ErrLimit) || !strings.Contains(err.Error(), "1000 different selectors") {
		t.Errorf("one more: %v", err)
	}
	cancel()
	all.Wait()
	r.send("q", "x")
	if ds := r.receiveSelected("q", "n IS NULL", queuecore.ReceiveOptions{}); len(ds) != 1 {
		t.Errorf("when nobody waits: %v", ds)
	}
}

func TestBrowseSelected(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	for at := 0; at < 12_000; at += 3000 {
		var tx queuecore.Tx
		for i := at; i < at+3000; i++ {
			tx.Sends = append(tx.Sends, colored("q", map[bool]string{true: "red", false: "gray"}[i%4000 == 3999], ""))
		}
		r.commit(tx)
	}
	x := compile(t, "color = 'red'")
	found, next, err := r.BrowseSelected(r.ctx, "q", x, 0, 10)
	if err != nil || len(found) != 2 || next == 0 {
		t.Fatalf("%d, next %d, %v", len(found), next, err)
	}
	if found, next, err = r.BrowseSelected(r.ctx, "q", x, next, 10); err != nil || len(found) != 1 || next != 0 || found[0].Seq != 12_000 {
		t.Fatalf("%d, next %d, %v", len(found), next, err)
	}
	if found, next, err = r.BrowseSelected(r.ctx, "q", x, 0, 1); err != nil || len(found) != 1 || next != 4001 {
		t.Errorf("one at a time: %d, next %d, %v", len(found), next, err)
	}
	if _, _, err := r.BrowseSelected(r.ctx, "none", x, 0, 1); !errors.Is(err, queuecore.ErrNotFound) {
		t.Error(err)
	}
}
