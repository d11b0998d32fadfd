package queuecore_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

func (r *rig) member(name string, f queuecore.Fill, topics ...string) {
	r.t.Helper()
	_, err := r.CreateMember(r.ctx, name, queuecore.QueueConfig{Of: "h", Topics: topics}, f)
	r.must(err)
}

// Members that are made while others send begin with all that is held, and miss nothing that
// is sent from then on, under any number; also over a restart.
func TestMembersMissNothing(t *testing.T) {
	const senders, each = 4, 100
	r := newRig(t, nil)
	r.create("h", queuecore.QueueConfig{Relay: true})
	r.member("h.all", queuecore.Fill{})
	var wg sync.WaitGroup
	for s := range senders {
		// Ends with its sends.
		wg.Go(func() {
			for i := range each {
				if _, err := r.Send(r.ctx, text("h", fmt.Sprint(s, "/", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 10 {
		r.member(fmt.Sprint("h.", i), queuecore.Fill{From: 1})
	}
	wg.Wait()
	r.restart(nil)
	want := r.listed("h.all")
	if strings.Count(want, "\n") != senders*each {
		t.Fatalf("there are\n%s", want)
	}
	for i := range 10 {
		if got := r.listed(fmt.Sprint("h.", i)); got != want {
			t.Errorf("member %d has\n%s\nwant\n%s", i, got, want)
		}
	}
	if got := r.listed("h"); got != want {
		t.Errorf("the relay shows\n%s", got)
	}
	h, err := r.Held(r.ctx, "h", math.MaxInt)
	if r.must(err); !h.Exact || h.Messages != senders*each {
		t.Errorf("%+v", h)
	}
	if h, err = r.Held(r.ctx, "h", 100); err != nil || h.Exact || h.Messages != senders*each {
		t.Errorf("%+v, %v", h, err)
	}
}

// listed is what a queue holds.
func (r *rig) listed(queue string) string {
	r.t.Helper()
	var b strings.Builder
	page, err := r.Browse(r.ctx, queue, 0, queuecore.MaxReceive)
	r.must(err)
	for _, x := range page {
		fmt.Fprintf(&b, "%d %s\n", x.Seq, x.Body)
	}
	return b.String()
}

// Of the members a broker tells without asking its loop.
func TestMembersAreListed(t *testing.T) {
	r := newRig(t, nil)
	r.create("h", queuecore.QueueConfig{Relay: true})
	r.member("h.b", queuecore.Fill{})
	r.member("h.a", queuecore.Fill{}, "t.*")
	r.create("other", queuecore.QueueConfig{})
	for range 2 {
		all := r.Members("h")
		if len(all) != 2 || all[0].Name != "h.a" || all[1].Name != "h.b" || all[0].Config.Topics[0] != "t.*" || r.Members("other") != nil {
			t.Errorf("%+v", all)
		}
		r.restart(nil)
	}
	r.must(r.DeleteQueue(r.ctx, "h.a"))
	if all := r.Members("h"); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	r.must(r.DeleteQueue(r.ctx, "h"))
	if all := r.Members("h"); all != nil || len(r.Queues("")) != 1 {
		t.Errorf("%+v", all)
	}
}

// What a relay, a member, and a queue that is neither, cannot be.
func TestRelaysThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	r.create("h", queuecore.QueueConfig{Relay: true})
	for _, c := range []queuecore.QueueConfig{
		{Relay: true, Of: "h"}, {Relay: true, MaxAttempts: 1}, {Relay: true, Lease: 1}, {Relay: true, Delay: 1}, {Relay: true, GroupOrder: true},
		{Relay: true, Topics: []string{"t"}}, {Relay: true, Transient: true}, {Topics: []string{"t"}}, {Own: true},
		{Of: "h", DedupWindow: 1}, {Of: "h", Topics: []string{"a..b"}}, {Of: "h", Topics: []string{strings.Repeat("a", queuecore.MaxTopicBytes+1)}},
		{Of: "h", Topics: make([]string, queuecore.MaxTopics+1)}, {Of: "h", Transient: true}, {Of: "h", MaxPerTopic: 1},
	} {
		if _, err := r.CreateQueue(r.ctx, "x", c); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	r.create("q", queuecore.QueueConfig{})
	if _, err := r.CreateMember(r.ctx, "x", queuecore.QueueConfig{}, queuecore.Fill{}); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("a member of nothing: %v", err)
	}
	s := r.NewSession()
	defer s.Close()
	if _, err := s.CreateQueue(r.ctx, "x", queuecore.QueueConfig{Of: "h"}); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("of a session: %v", err)
	}
	o := queuecore.SubscribeOptions{Queue: "x", Config: queuecore.QueueConfig{Of: "h"}}
	o.Topics = []string{"t"}
	if _, err := s.Subscribe(r.ctx, o); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("a subscription: %v", err)
	}
	_, err := s.Consume(r.ctx, "h", queuecore.ConsumerOptions{})
	if !errors.Is(err, queuecore.ErrRelay) {
		t.Errorf("a consumer: %v", err)
	}
}

// A member begins with no more than there may be in one piece; and then there is none.
func TestFillIsBounded(t *testing.T) {
	r := newRig(t, nil)
	r.create("h", queuecore.QueueConfig{Relay: true})
	r.member("h.all", queuecore.Fill{})
	for left := queuecore.MaxFill; left > 0; left -= 1000 {
		var tx queuecore.Tx
		for range 1000 {
			tx.Sends = append(tx.Sends, text("h", "m"))
		}
		_, err := r.Commit(r.ctx, tx)
		r.must(err)
	}
	r.member("h.most", queuecore.Fill{From: 1})
	r.send("h", "one more")
	if n := r.stats("h.most").Len(); n != queuecore.MaxFill+1 {
		t.Errorf("%d messages", n)
	}
	_, err := r.CreateMember(r.ctx, "h.more", queuecore.QueueConfig{Of: "h"}, queuecore.Fill{From: 1})
	if !errors.Is(err, queuecore.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if _, err := r.Queue("h.more"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("it was made: %v", err)
	}
	r.create("k", queuecore.QueueConfig{Relay: true})
	_, err = r.CreateQueue(r.ctx, "k.1", queuecore.QueueConfig{Of: "k"})
	r.must(err)
	for range 1 + (4<<20)/4000 { // to it alone, so that they would have to be copied
		r.send("k.1", strings.Repeat("x", 4000))
	}
	_, err = r.CreateMember(r.ctx, "k.2", queuecore.QueueConfig{Of: "k"}, queuecore.Fill{From: 1})
	if !errors.Is(err, queuecore.ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
