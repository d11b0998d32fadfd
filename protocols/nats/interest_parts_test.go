package nats_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// TestDeliverPoliciesOfInterest: a consumer that is made later begins with what others still hold.
func TestDeliverPoliciesOfInterest(t *testing.T) {
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	first := h.consumer(s, jetstream.ConsumerConfig{Durable: "first"})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "a", FilterSubject: "i.a"})
	put(t, js, "i.a", "i.b", "i.a")
	halfway := time.Now()
	put(t, js, "i.b", "i.c")
	took(t, first, 2) // i.a is held by the other one yet, i.b is gone
	for _, tt := range []struct {
		name string
		c    jetstream.ConsumerConfig
		want []uint64
	}{
		{"all", jetstream.ConsumerConfig{}, []uint64{1, 3, 4, 5}},
		{"all-filtered", jetstream.ConsumerConfig{FilterSubjects: []string{"i.b", "i.c"}}, []uint64{4, 5}},
		{"new", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy}, nil},
		{"last", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPolicy}, []uint64{5}},
		{"last-filtered", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPolicy, FilterSubject: "i.a"}, []uint64{3}},
		{"last-of-each", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, FilterSubject: "i.*"}, []uint64{3, 4, 5}},
		{"sequence", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 2}, []uint64{3, 4, 5}},
		{"sequence-filtered", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 2, FilterSubject: "i.a"}, []uint64{3}},
		{"time", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &halfway}, []uint64{4, 5}},
	} {
		tt.c.Durable = tt.name
		o := h.consumer(s, tt.c)
		info := must(o.Info(within(t)))(t)
		if int(info.NumPending) != len(tt.want) || info.Config.DeliverPolicy != tt.c.DeliverPolicy || info.Config.OptStartSeq != tt.c.OptStartSeq {
			t.Errorf("%s: %d pending, %+v", tt.name, info.NumPending, info.Config)
		}
		if len(tt.want) > 0 {
			_, seqs := took(t, o, len(tt.want))
			sameList(t, tt.name, seqs, tt.want...)
		}
		tt.c.DeliverPolicy = jetstream.DeliverNewPolicy
		tt.c.OptStartSeq, tt.c.OptStartTime = 0, nil
		if _, err := s.UpdateConsumer(within(t), tt.c); tt.name != "new" && err == nil {
			t.Errorf("%s: another deliver policy was taken", tt.name)
		}
	}
}

func TestInterestConsumersThatCannotBe(t *testing.T) {
	h := start(t)
	_, s := h.interest(jetstream.StreamConfig{})
	for _, tt := range []struct {
		c    jetstream.ConsumerConfig
		code int
		word string
	}{
		{jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy}, 10012, "explicit"},
		{jetstream.ConsumerConfig{AckPolicy: jetstream.AckAllPolicy}, 10012, "explicit"},
		{jetstream.ConsumerConfig{Metadata: map[string]string{"sluice.selector": "a = 1"}}, 10012, "filter_subjects"},
		{jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy}, 10094, "optional start sequence is not set"},
		{jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy, OptStartSeq: 1}, 10094, "deliver new, but optional start sequence is also set"},
		{jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}, 10094, "filter subject is not set"},
	} {
		_, err := s.CreateConsumer(within(t), tt.c)
		expect(t, err, tt.code, tt.word)
	}
	if names := names(t, s); len(names) != 0 {
		t.Errorf("there are %v", names)
	}
}

// TestMessagesOfInterest: messages are looked at, deleted and purged for all consumers at once.
func TestMessagesOfInterest(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.interest(jetstream.StreamConfig{})
	a := h.consumer(s, jetstream.ConsumerConfig{Durable: "a", FilterSubject: "i.a"})
	b := h.consumer(s, jetstream.ConsumerConfig{Durable: "b", FilterSubjects: []string{"i.a", "i.b"}})
	put(t, js, "i.a", "i.b", "i.c", "i.a", "i.b", "i.a")
	if m := must(s.GetMsg(ctx, 2))(t); m.Subject != "i.b" || string(m.Data) != "i.b" {
		t.Errorf("%+v", m)
	}
	if _, err := s.GetMsg(ctx, 3); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("nobody wanted it: %v", err)
	}
	if m := must(s.GetLastMsgForSubject(ctx, "i.b"))(t); m.Sequence != 5 {
		t.Errorf("%+v", m)
	}
	info := must(s.Info(ctx, jetstream.WithSubjectFilter("i.*"), jetstream.WithDeletedDetails(true)))(t).State
	if info.Msgs != 5 || info.Subjects["i.a"] != 3 || info.Subjects["i.b"] != 2 || len(info.Deleted) != 1 || info.Deleted[0] != 3 {
		t.Errorf("%+v", info)
	}
	if err := s.DeleteMsg(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMsg(ctx, 1); err == nil {
		t.Error("deleted twice")
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSubject("i.a"), jetstream.WithPurgeKeep(1)); err != nil {
		t.Fatal(err)
	}
	_, seqs := took(t, a, 1)
	sameList(t, "a", seqs, 6)
	if st := stateOf(t, s); st.Msgs != 3 || st.FirstSeq != 2 || st.LastSeq != 6 {
		t.Errorf("%+v", st)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(5)); err != nil {
		t.Fatal(err)
	}
	_, seqs = took(t, b, 2)
	sameList(t, "b", seqs, 5, 6)
	put(t, js, "i.a", "i.b")
	if err := s.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if st := stateOf(t, s); st.Msgs != 0 || st.LastSeq != 8 {
		t.Errorf("%+v", st)
	}
}

// TestLimitsOfInterest: they hold for what each consumer has to come.
func TestLimitsOfInterest(t *testing.T) {
	h := start(t)
	ctx := within(t)
	js, s := h.interest(jetstream.StreamConfig{MaxMsgs: 2, Discard: jetstream.DiscardNew, MaxMsgSize: 10})
	slow := h.consumer(s, jetstream.ConsumerConfig{Durable: "slow"})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "b", FilterSubject: "i.b"})
	put(t, js, "i.a", "i.b")
	_, err := js.Publish(ctx, "i.b", nil)
	expect(t, err, 10077, "maximum messages exceeded")
	_, err = js.Publish(ctx, "i.b", make([]byte, 11))
	expect(t, err, 10054, "message size exceeds maximum")
	if st := stateOf(t, s); st.Msgs != 2 || st.LastSeq != 2 {
		t.Errorf("a refused message is nobody's: %+v", st)
	}
	took(t, slow, 1)
	put(t, js, "i.c")
	c := s.CachedInfo().Config
	c.Discard, c.MaxMsgSize = jetstream.DiscardOld, -1
	must(js.UpdateStream(ctx, c))(t)
	put(t, js, "i.a", "i.a")
	subjects, seqs := took(t, slow, 2)
	sameList(t, "the newest", seqs, 4, 5)
	sameList(t, "the newest", subjects, "i.a", "i.a")
	if st := stateOf(t, s); st.Msgs != 1 || st.FirstSeq != 2 {
		t.Errorf("of the other consumer nothing was dropped: %+v", st)
	}
}

// TestInterestConsumersMadeWhilePublishing: a consumer with filters that is made while others publish
// gets all that its filters cover, from the first on, and nothing else.
func TestInterestConsumersMadeWhilePublishing(t *testing.T) {
	const all = 300
	h := start(t)
	js, s := h.interest(jetstream.StreamConfig{})
	h.consumer(s, jetstream.ConsumerConfig{Durable: "holds"})
	done, ctx := make(chan error, 1), within(t)
	// Ends with its publishes.
	go func() {
		var err error
		for i := range all {
			subject := "i.a"
			if i%3 == 0 {
				subject = "i.b"
			}
			_, e := js.Publish(ctx, subject, nil)
			err = errors.Join(err, e)
		}
		done <- err
	}()
	var consumers []jetstream.Consumer
	for i := range 8 {
		consumers = append(consumers, h.consumer(s, jetstream.ConsumerConfig{Durable: "c" + string(rune('0'+i)), FilterSubject: "i.b"}))
	}
	if err := receive(t, done); err != nil {
		t.Fatal(err)
	}
	for _, o := range consumers {
		info := must(o.Info(within(t)))(t)
		if info.NumPending != all/3 {
			t.Errorf("%s has %d, want %d", info.Name, info.NumPending, all/3)
		}
		for _, m := range fetch(t, o, all/3) {
			if m.Subject() != "i.b" {
				t.Errorf("%s got %s", info.Name, m.Subject())
			}
		}
	}
}
