package nats_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
)

func TestStreamLifecycle(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{
		Name: "ORDERS", Description: "what is sold", Subjects: []string{"orders.*", "returns.>"},
		MaxMsgs: 100, MaxBytes: 1 << 20, MaxAge: time.Hour, MaxMsgSize: 1000, Duplicates: time.Minute,
		Discard: jetstream.DiscardNew, Metadata: map[string]string{"team": "shop"},
	})
	q := must(h.broker.Queue("ORDERS"))(t)
	want := queuecore.QueueConfig{MaxMessages: 100, MaxBytes: 1 << 20, Retention: time.Hour, MaxMessageSize: 1000, DedupWindow: time.Minute}
	got := q.Config
	if got.MaxMessages != want.MaxMessages || got.MaxBytes != want.MaxBytes || got.Retention != want.Retention ||
		got.MaxMessageSize != want.MaxMessageSize || got.DedupWindow != want.DedupWindow || got.DropOldest {
		t.Errorf("queue: %+v", got)
	}
	if b := h.broker.Bindings("ORDERS"); len(b) != 2 || b[0].Pattern != "orders.*" || b[1].Pattern != "returns.>" {
		t.Errorf("bindings: %v", b)
	}
	c := s.CachedInfo().Config
	if c.Description != "what is sold" || c.Metadata["team"] != "shop" || c.Storage != jetstream.FileStorage || c.Replicas != 1 {
		t.Errorf("config: %+v", c)
	}

	must(js.CreateStream(ctx, c))(t) // the same again is no error
	c.MaxMsgs = 5
	if _, err := js.CreateStream(ctx, c); !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		t.Errorf("another configuration: %v", err)
	}
	c.Subjects = []string{"orders.*", "refunds"}
	s = must(js.UpdateStream(ctx, c))(t)
	if s.CachedInfo().Config.MaxMsgs != 5 {
		t.Errorf("updated: %+v", s.CachedInfo().Config)
	}
	if b := h.broker.Bindings("ORDERS"); len(b) != 2 || b[0].Pattern != "orders.*" || b[1].Pattern != "refunds" {
		t.Errorf("bindings after the update: %v", b)
	}
	if name := must(js.StreamNameBySubject(ctx, "refunds"))(t); name != "ORDERS" {
		t.Errorf("stream of refunds: %s", name)
	}
	if err := js.DeleteStream(ctx, "ORDERS"); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Stream(ctx, "ORDERS"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if _, err := h.broker.Queue("ORDERS"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("its queue: %v", err)
	}
}

func TestStreamState(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	began := time.Now()
	for _, subject := range []string{"s.a", "s.b", "s.a"} {
		must(js.Publish(ctx, subject, []byte("12345")))(t)
	}
	state := must(s.Info(ctx, jetstream.WithSubjectFilter(">")))(t).State
	if state.Msgs != 3 || state.Bytes < 15 || state.FirstSeq == 0 || state.LastSeq < state.FirstSeq+2 {
		t.Errorf("%+v", state)
	}
	if state.FirstTime.Before(began.Add(-time.Second)) || state.LastTime.Before(state.FirstTime) {
		t.Errorf("times: %v, %v", state.FirstTime, state.LastTime)
	}
	if state.Subjects["s.a"] != 2 || state.Subjects["s.b"] != 1 {
		t.Errorf("subjects: %v", state.Subjects)
	}
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	after := must(s.Info(ctx))(t).State
	if after.Msgs != 0 || after.LastSeq != state.LastSeq || after.FirstSeq != state.LastSeq+1 {
		t.Errorf("after the purge: %+v", after)
	}
}

func TestStreamLists(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "B", Subjects: []string{"b.>"}})
	for _, name := range []string{"A", "C"} {
		must(js.CreateStream(within(t), jetstream.StreamConfig{Name: name, Retention: jetstream.WorkQueuePolicy}))(t)
	}
	var names, infos []string
	list := js.StreamNames(within(t))
	for n := range list.Name() {
		names = append(names, n)
	}
	for i := range js.ListStreams(within(t)).Info() {
		infos = append(infos, i.Config.Name)
	}
	want := []string{"A", "B", "C"}
	if list.Err() != nil || !slices.Equal(names, want) || !slices.Equal(infos, want) {
		t.Errorf("%v, %v, %v", names, infos, list.Err())
	}
	account := must(js.AccountInfo(within(t)))(t)
	if account.Streams != 3 || account.Limits.MaxStreams != -1 || account.API.Errors != 0 || account.API.Total == 0 {
		t.Errorf("%+v", account)
	}
	if _, err := js.Stream(within(t), "none"); err == nil {
		t.Error("a stream that is not there was found")
	}
	if now := must(js.AccountInfo(within(t)))(t); now.API.Errors != 1 || now.API.Total != account.API.Total+2 {
		t.Errorf("%+v after %+v", now.API, account.API)
	}
}

func TestOverlappingSubjectsAreRefused(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "A", Subjects: []string{"a.*"}})
	must(h.broker.CreateQueue(within(t), "plain", queuecore.QueueConfig{}))(t)
	for _, subject := range []string{"a.b", "a.>", "a.*", "plain"} {
		_, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: "B", Subjects: []string{subject}, Retention: jetstream.WorkQueuePolicy})
		expect(t, err, 10065, "overlap")
	}
}

// expect checks an API error and that its text says something.
func expect(t testing.TB, err error, code int, words ...string) {
	t.Helper()
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		// Some calls of the library keep the text alone.
		words = append(words, fmt.Sprintf("err_code=%d", code))
		api = &jetstream.APIError{ErrorCode: jetstream.ErrorCode(code), Description: fmt.Sprint(err)}
	}
	if int(api.ErrorCode) != code {
		t.Errorf("want error %d, got %v", code, api)
	}
	for _, w := range words {
		if !strings.Contains(api.Description, w) {
			t.Errorf("error %d says %q, want %q in it", code, api.Description, w)
		}
	}
}

func TestStreamsThatNoQueueCanBe(t *testing.T) {
	h := start(t)
	js := must(jetstream.New(h.dial()))(t)
	wq := jetstream.WorkQueuePolicy
	tests := []struct {
		c    jetstream.StreamConfig
		code int
		word string
	}{
		{jetstream.StreamConfig{Name: "X"}, 10052, "workqueue"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Replicas: 3}, 10074, "replicas"},
		{jetstream.StreamConfig{Name: "X", Mirror: &jetstream.StreamSource{Name: "Y"}}, 10052, "link"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Sources: []*jetstream.StreamSource{{Name: "Y"}}}, 10052, "link"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true}, 10052, "max msgs per subject"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, MaxMsgsPerSubject: 1, DiscardNewPerSubject: true}, 10052, "discard new policy"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, FirstSeq: 7}, 10052, "first_seq"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, AllowRollup: true}, 10052, "purge"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, RePublish: &jetstream.RePublish{Source: ">", Destination: "y.>"}}, 10052, "republish"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, SubjectTransform: &jetstream.SubjectTransformConfig{Source: ">", Destination: "y.>"}}, 10052, "subject_transform"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Placement: &jetstream.Placement{Cluster: "c"}}, 10052, "placement"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, AllowAtomicPublish: true}, 10052, "allow_atomic"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, AllowMsgCounter: true}, 10052, "allow_msg_counter"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Subjects: []string{"a..b"}}, 10052, "invalid subject"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Subjects: []string{"a", "*"}}, 10052, "overlaps"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, Subjects: []string{"$JS.>"}}, 10052, "jetstream api"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, MaxAge: time.Millisecond}, 10052, "100ms"},
		{jetstream.StreamConfig{Name: "X", Retention: wq, MaxAge: time.Second, Duplicates: time.Minute}, 10052, "duplicates"},
		{jetstream.StreamConfig{Name: strings.Repeat("x", 256), Retention: wq}, 10052, "too long"},
	}
	for _, tt := range tests {
		_, err := js.CreateStream(within(t), tt.c)
		expect(t, err, tt.code, tt.word)
	}
	if qs := h.broker.Queues(""); len(qs) != 0 {
		t.Errorf("queues were made: %v", qs)
	}
}

func TestKeyValueIsRefusedWithASentence(t *testing.T) {
	h := start(t)
	js := must(jetstream.New(h.dial()))(t)
	_, err := js.CreateKeyValue(within(t), jetstream.KeyValueConfig{Bucket: "B"})
	expect(t, err, 10052, "key-value")
	_, err = js.CreateObjectStore(within(t), jetstream.ObjectStoreConfig{Bucket: "B"})
	expect(t, err, 10052, "object stores")
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	h := start(t)
	m := must(h.dial().Request("$JS.API.STREAM.CREATE.X", []byte(`{"name":"X","retention":"workqueue","frobnicate":1}`), patience))(t)
	if s := string(m.Data); !strings.Contains(s, `"err_code":10025`) || !strings.Contains(s, "frobnicate") || !strings.Contains(s, "stream_create_response") {
		t.Error(s)
	}
}

func TestQueuesOfOtherDialectsAreStreams(t *testing.T) {
	h := start(t)
	ctx := within(t)
	must(h.broker.CreateQueue(ctx, "made.by.others", queuecore.QueueConfig{
		MaxMessages: 10, Retention: time.Hour, DedupWindow: 5 * time.Minute, MaxAttempts: 3, Lease: time.Minute,
	}))(t)
	js := must(jetstream.New(h.dial()))(t)
	name := ""
	for n := range js.StreamNames(ctx).Name() {
		name = n
	}
	if name == "" || strings.Contains(name, ".") {
		t.Fatalf("stream name %q", name)
	}
	s := must(js.Stream(ctx, name))(t)
	c := s.CachedInfo().Config
	if c.Retention != jetstream.WorkQueuePolicy || c.MaxMsgs != 10 || c.MaxAge != time.Hour || c.Duplicates != 5*time.Minute ||
		c.Discard != jetstream.DiscardNew || !slices.Equal(c.Subjects, []string{name}) {
		t.Errorf("%+v", c)
	}
	ack := must(js.Publish(ctx, name, []byte("x"), jetstream.WithMsgID("1")))(t)
	if ack.Stream != name {
		t.Errorf("%+v", ack)
	}
	c.Subjects = []string{"orders.new"}
	c.Description = "now a stream"
	s = must(js.UpdateStream(ctx, c))(t)
	must(js.Publish(ctx, "orders.new", []byte("y")))(t)
	if n := must(s.Info(ctx))(t).State.Msgs; n != 2 {
		t.Errorf("%d messages", n)
	}
	q := must(h.broker.Queue("made.by.others"))(t)
	if q.Config.MaxAttempts != 3 || q.Config.Lease != time.Minute {
		t.Errorf("the update touched what a stream cannot say: %+v", q.Config)
	}
	if err := js.DeleteStream(ctx, name); err != nil {
		t.Fatal(err)
	}
}

// TestChangesOfOtherDialectsShow: what the queue says now counts, not the label.
func TestChangesOfOtherDialectsShow(t *testing.T) {
	h := start(t)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", MaxAge: time.Hour})
	must(h.broker.UpdateQueue(within(t), "S", func(c *queuecore.QueueConfig) error {
		c.Retention = time.Minute
		return nil
	}))(t)
	if age := must(s.Info(within(t)))(t).Config.MaxAge; age != time.Minute {
		t.Errorf("max_age %v", age)
	}
}

func TestStreamsOutliveTheGateway(t *testing.T) {
	b := newBroker(t)
	first := open(t, b, nats.Options{})
	js, s := first.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Description: "d"})
	first.consumer(s, jetstream.ConsumerConfig{Durable: "work", AckWait: time.Minute, Description: "c"})
	must(js.Publish(within(t), "s.1", []byte("x")))(t)
	first.shutdown()
	// A binding that a crash kept from being made is made at the next start.
	if err := b.Unbind(within(t), queuecore.Binding{Pattern: "s.>", Queue: "S"}); err != nil {
		t.Fatal(err)
	}

	second := open(t, b, nats.Options{})
	js = must(jetstream.New(second.dial()))(t)
	must(js.Publish(within(t), "s.2", []byte("y")))(t)
	o := must(js.Consumer(within(t), "S", "work"))(t)
	if c := o.CachedInfo().Config; c.AckWait != time.Minute || c.Description != "c" || c.Durable != "work" {
		t.Errorf("%+v", c)
	}
	if got := fetch(t, o, 2); len(got) != 2 {
		t.Errorf("%d messages", len(got))
	}
}

func TestMessagesBySequence(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	ack := must(js.Publish(ctx, "s.x", []byte("body"), jetstream.WithMsgID("id")))(t)
	m := must(s.GetMsg(ctx, ack.Sequence))(t)
	if m.Subject != "s.x" || string(m.Data) != "body" || m.Header.Get("Nats-Msg-Id") != "id" || m.Time.IsZero() {
		t.Errorf("%+v", m)
	}
	if _, err := s.GetMsg(ctx, ack.Sequence+1); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("no such message: %v", err)
	}
	if err := s.DeleteMsg(ctx, ack.Sequence); err != nil {
		t.Fatal(err)
	}
	expect(t, s.DeleteMsg(ctx, ack.Sequence), 10043)
	if _, err := s.GetMsg(ctx, ack.Sequence); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("deleted message: %v", err)
	}
}

func TestDeniedPurgeAndDelete(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", DenyPurge: true, DenyDelete: true})
	ack := must(js.Publish(ctx, "S", nil))(t)
	expect(t, s.Purge(ctx), 10110, "not permitted")
	expect(t, s.DeleteMsg(ctx, ack.Sequence), 10057, "not permitted")
	if n := must(s.Info(ctx))(t).State.Msgs; n != 1 {
		t.Errorf("%d messages", n)
	}
	expect(t, s.Purge(ctx, jetstream.WithPurgeKeep(1)), 10110)
}

// TestQueuesOfOthersAreAdopted: a program that creates its stream when it starts
// gets the queue that another dialect made, with the messages in it.
func TestQueuesOfOthersAreAdopted(t *testing.T) {
	h := start(t)
	must(h.broker.CreateQueue(within(t), "q", queuecore.QueueConfig{}))(t)
	must(h.broker.Send(within(t), &queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: []byte("early")}))(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "q", Subjects: []string{"orders.>"}})
	must(js.Publish(within(t), "orders.new", []byte("late")))(t)
	o := h.consumer(s, jetstream.ConsumerConfig{})
	for _, want := range []string{"early", "late"} {
		if m := fetch(t, o, 1)[0]; string(m.Data()) != want {
			t.Errorf("got %q, want %q", m.Data(), want)
		}
	}
	other := jetstream.StreamConfig{Name: "q", Subjects: []string{"else"}, Retention: jetstream.WorkQueuePolicy}
	if _, err := js.CreateStream(within(t), other); !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		t.Errorf("a stream that is there was changed by another creation: %v", err)
	}
}
