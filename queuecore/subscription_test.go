package queuecore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// The tests in this file are the rules of Jakarta Messaging 3.1, 8.3, one each.

// durable is the durable subscription news of the client desk, to the topic n.>.
func durable() queuecore.SubscribeOptions {
	return queuecore.SubscribeOptions{
		Queue:        "desk.news",
		Subscription: queuecore.Subscription{Client: "desk", Name: "news", Durable: true, Topics: []string{"n.>"}},
	}
}

// shared is the same, shared, of no client.
func shared(durable bool) queuecore.SubscribeOptions {
	return queuecore.SubscribeOptions{
		Queue:        "team",
		Subscription: queuecore.Subscription{Name: "team", Shared: true, Durable: durable, Topics: []string{"n.>"}},
	}
}

func (r *rig) subscribe(s *queuecore.Session, o queuecore.SubscribeOptions) *queuecore.Attachment {
	r.t.Helper()
	a, err := s.Subscribe(r.ctx, o)
	r.must(err)
	return a
}

// wantErr subscribes in vain.
func (r *rig) wantErr(o queuecore.SubscribeOptions, want error, words string) {
	r.t.Helper()
	s := r.NewSession()
	defer func() { _ = s.Close() }()
	if _, err := s.Subscribe(r.ctx, o); !errors.Is(err, want) || !strings.Contains(err.Error(), words) {
		r.t.Errorf("subscribing to %+v: %v; want %v and %q", o, err, want, words)
	}
}

func (r *rig) publishFrom(topic, body, origin string) {
	r.t.Helper()
	m := &queuecore.Message{Destination: queuecore.TopicNamed(topic), Body: []byte(body)}
	_, err := r.Commit(r.ctx, queuecore.Tx{Origin: origin, Sends: []*queuecore.Message{m}})
	r.must(err)
}

// settled takes all that is ready in a queue, and settles it.
func (r *rig) settled(queue string) (all []string) {
	r.t.Helper()
	for _, d := range r.receive(queue, 100) {
		all = append(all, string(d.Body))
		r.must(r.Ack(r.ctx, d.Receipt))
	}
	return all
}

func (r *rig) wantBodies(queue string, want ...string) {
	r.t.Helper()
	if got := r.settled(queue); !slices.Equal(got, want) {
		r.t.Errorf("%s holds %q, want %q", queue, got, want)
	}
}

// 8.3.1: an unshared non-durable subscription exists as long as its consumer does.
func TestSpecUnsharedNonDurable(t *testing.T) {
	r := newRig(t, nil)
	o := queuecore.SubscribeOptions{Queue: "mine", Subscription: queuecore.Subscription{Topics: []string{"n.>"}}}
	s := r.NewSession()
	a := r.subscribe(s, o)
	r.publishFrom("n.a", "one", "")
	r.wantBodies("mine", "one")
	r.must(a.Close(r.ctx))
	if _, err := r.Queue("mine"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("the queue outlives its consumer: %v", err)
	}
	r.subscribe(s, o)
	r.must(s.Close())
	if _, err := r.Queue("mine"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("the queue outlives its session: %v", err)
	}
}

// 8.3.2: a shared non-durable subscription may have any number of consumers, each message
// goes to one of them, and it exists as long as there is one.
func TestSpecSharedNonDurable(t *testing.T) {
	r := newRig(t, nil)
	one, two := r.NewSession(), r.NewSession()
	r.subscribe(one, shared(false))
	r.subscribe(two, shared(false))
	r.publishFrom("n.a", "one", "")
	r.must(one.Close())
	r.wantBodies("team", "one")
	r.must(two.Close())
	if _, err := r.Queue("team"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("the queue outlives its last consumer: %v", err)
	}
}

// 8.3.3: an unshared durable subscription keeps what is sent while it has no consumer,
// also over a crash, and has one consumer at a time.
func TestSpecUnsharedDurable(t *testing.T) {
	r := newRig(t, nil)
	s := r.NewSession()
	r.subscribe(s, durable())
	r.wantErr(durable(), queuecore.ErrInUse, "has a consumer already")
	r.must(s.Close())
	r.publishFrom("n.a", "one", "")
	r.crash()
	r.publishFrom("n.a", "two", "")
	r.restart(nil)
	r.subscribe(r.NewSession(), durable())
	r.wantBodies("desk.news", "one", "two")
	o := durable()
	o.Client = ""
	r.wantErr(o, queuecore.ErrInvalid, "of no client")
}

// crash goes on with what is synced.
func (r *rig) crash() {
	r.t.Helper()
	disk := r.disk.CrashKeeping(0)
	r.must(r.Close())
	r.disk = disk
	r.open(nil)
}

// 8.3.4: a shared durable subscription is both; the client id may be missing, and is a part
// of what it is known by if it is not.
func TestSpecSharedDurable(t *testing.T) {
	r := newRig(t, nil)
	one, two := r.NewSession(), r.NewSession()
	r.subscribe(one, shared(true))
	r.subscribe(two, shared(true))
	other := shared(true)
	other.Client, other.Queue = "desk", "desk.team"
	r.subscribe(two, other)
	r.publishFrom("n.a", "one", "")
	r.must(one.Close())
	r.must(two.Close())
	r.crash()
	r.wantBodies("team", "one")
	r.wantBodies("desk.team", "one")
}

// 8.3.4: a shared and an unshared durable subscription may not have the same name and
// client id; a durable one and one that is not may.
func TestSpecSameNameSharedAndNot(t *testing.T) {
	r := newRig(t, nil)
	s := r.NewSession()
	a := r.subscribe(s, durable())
	r.must(a.Close(r.ctx))
	o := durable()
	o.Shared = true
	r.wantErr(o, queuecore.ErrExists, "is not shared")
	o.Durable, o.Queue = false, "other"
	r.subscribe(s, o)
	r.publishFrom("n.a", "one", "")
	r.wantBodies("other", "one")
	r.wantBodies("desk.news", "one")
}

// 8.3.3, 8.3.4: another topic, selector or no-local is an error while there is a consumer, and
// otherwise as if the subscription were deleted and made anew.
func TestSpecChangedSubscription(t *testing.T) {
	for what, change := range map[string]func(*queuecore.SubscribeOptions){
		"topic":    func(o *queuecore.SubscribeOptions) { o.Topics = []string{"n.a"} },
		"selector": func(o *queuecore.SubscribeOptions) { o.Selector = "JMSPriority > 3" },
		"no-local": func(o *queuecore.SubscribeOptions) { o.NoLocal = "elsewhere" },
	} {
		for _, base := range []queuecore.SubscribeOptions{durable(), shared(true)} {
			changed := base
			if change(&changed); changed.Shared && changed.NoLocal != "" {
				r := newRig(t, nil)
				r.wantErr(changed, queuecore.ErrInvalid, "no-local")
				continue
			}
			t.Run(what+" of "+base.Name, func(t *testing.T) {
				r := newRig(t, nil)
				s := r.NewSession()
				a := r.subscribe(s, base)
				r.publishFrom("n.a", "before", "")
				r.wantErr(changed, queuecore.ErrInUse, "cannot change")
				r.must(a.Close(r.ctx))
				r.crash()
				r.subscribe(r.NewSession(), changed)
				r.publishFrom("n.a", "after", "")
				r.wantBodies(base.Queue, "after")
			})
		}
	}
}

// A subscription is the same whatever the order of its topics.
func TestOrderOfTopics(t *testing.T) {
	r := newRig(t, nil)
	o := shared(true)
	o.Topics = []string{"n.a", "n.b"}
	r.subscribe(r.NewSession(), o)
	o.Topics = []string{"n.b", "n.a", "n.b"}
	r.subscribe(r.NewSession(), o)
}

// 8.3.3: no-local keeps out what the same client has sent. It knows so after a restart.
func TestSpecNoLocal(t *testing.T) {
	r := newRig(t, nil)
	o := durable()
	o.NoLocal = "client desk"
	s := r.NewSession()
	r.subscribe(s, o)
	r.publishFrom("n.a", "mine", "client desk")
	r.publishFrom("n.a", "yours", "client other")
	r.must(s.Close())
	r.crash()
	r.publishFrom("n.a", "mine", "client desk")
	r.publishFrom("n.a", "nobody's", "")
	r.wantBodies("desk.news", "yours", "nobody's")
}

// 8.3.3: unsubscribe deletes a durable subscription, and is an error while it has a consumer
// or when there is none.
func TestSpecUnsubscribe(t *testing.T) {
	r := newRig(t, nil)
	s := r.NewSession()
	a := r.subscribe(s, durable())
	if err := r.Unsubscribe(r.ctx, "desk", "news"); !errors.Is(err, queuecore.ErrInUse) {
		t.Errorf("unsubscribe with a consumer: %v", err)
	}
	r.must(a.Close(r.ctx))
	r.publishFrom("n.a", "one", "")
	r.must(r.Unsubscribe(r.ctx, "desk", "news"))
	if err := r.Unsubscribe(r.ctx, "desk", "news"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("unsubscribe again: %v", err)
	}
	r.crash()
	r.subscribe(r.NewSession(), durable())
	r.wantBodies("desk.news")
}

// A consumer may delete what it alone consumes, in one step, and is none any more then.
func TestUnsubscribeByTheOneConsumer(t *testing.T) {
	r := newRig(t, nil)
	s := r.NewSession()
	o := shared(true)
	a, b := r.subscribe(s, o), r.subscribe(r.NewSession(), o)
	r.publishFrom("n.a", "one", "")
	if err := a.Unsubscribe(r.ctx); !errors.Is(err, queuecore.ErrInUse) {
		t.Errorf("unsubscribe beside another consumer: %v", err)
	}
	r.wantBodies(o.Queue, "one")
	r.must(a.Close(r.ctx))
	r.must(b.Unsubscribe(r.ctx))
	if err := b.Unsubscribe(r.ctx); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("unsubscribe again: %v", err)
	}
	r.must(b.Close(r.ctx))
	r.subscribe(s, o)
	r.wantBodies(o.Queue)
}

// 4.2.4: names have letters, digits, underscore, dot and minus, up to 128.
func TestSpecSubscriptionNames(t *testing.T) {
	r := newRig(t, nil)
	for name, ok := range map[string]bool{
		"az_AZ.09-": true, strings.Repeat("n", 128): true, strings.Repeat("n", 129): false, "a b": false, "a/b": false, "é": false, "a:b": false,
	} {
		o := shared(true)
		o.Name, o.Queue = name, "q"
		if ok {
			s := r.NewSession()
			r.subscribe(s, o)
			r.must(s.Close())
			r.must(r.Unsubscribe(r.ctx, "", name))
			continue
		}
		r.wantErr(o, queuecore.ErrInvalid, "name")
	}
}

// What is none of the four kinds, or has no queue of its own, is refused.
func TestSubscriptionsThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	r.create("taken", queuecore.QueueConfig{})
	for words, x := range map[string]struct {
		change func(*queuecore.SubscribeOptions)
		want   error
	}{
		"without a name":     {func(o *queuecore.SubscribeOptions) { o.Name = "" }, queuecore.ErrInvalid},
		"neither shared nor": {func(o *queuecore.SubscribeOptions) { o.Durable = false }, queuecore.ErrInvalid},
		"no topic":           {func(o *queuecore.SubscribeOptions) { o.Topics = nil }, queuecore.ErrInvalid},
		"control character":  {func(o *queuecore.SubscribeOptions) { o.Client = "a\nb" }, queuecore.ErrInvalid},
		"is not its own":     {func(o *queuecore.SubscribeOptions) { o.Queue = "taken" }, queuecore.ErrExists},
		"not UTF-8":          {func(o *queuecore.SubscribeOptions) { o.Topics = []string{"a.\xff"} }, queuecore.ErrInvalid},
		"no-local of":        {func(o *queuecore.SubscribeOptions) { o.NoLocal = strings.Repeat("x", 1<<17) }, queuecore.ErrInvalid},
		"pattern":            {func(o *queuecore.SubscribeOptions) { o.Topics = []string{"a..b"} }, queuecore.ErrInvalid},
		"MAX":                {func(o *queuecore.SubscribeOptions) { o.Selector = "MAX(" }, queuecore.ErrInvalid},
	} {
		o := durable()
		x.change(&o)
		r.wantErr(o, x.want, strings.TrimPrefix(words, "MAX"))
	}
	if n := len(r.Queues("")); n != 1 {
		t.Errorf("%d queues are left", n)
	}
}

// Whoever deletes the queue deletes the subscription; whoever binds cannot change what it is.
func TestQueueOfASubscription(t *testing.T) {
	r := newRig(t, nil)
	s := r.NewSession()
	a := r.subscribe(s, durable())
	q, err := r.Queue("desk.news")
	if r.must(err); q.Subscription == nil || q.Subscription.Name != "news" {
		t.Errorf("the queue is shown as %+v", q)
	}
	x := queuecore.Binding{Pattern: "n.>", Queue: "desk.news", Selector: "JMSPriority = 9"}
	if err := r.Bind(r.ctx, x); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("binding anew: %v", err)
	}
	if err := r.Unbind(r.ctx, x); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("unbinding: %v", err)
	}
	r.must(r.DeleteQueue(r.ctx, "desk.news"))
	r.must(a.Close(r.ctx))
	if err := r.Unsubscribe(r.ctx, "desk", "news"); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("unsubscribe: %v", err)
	}
	r.create("desk.news", queuecore.QueueConfig{})
	r.wantErr(durable(), queuecore.ErrExists, "not its own")
}

// A durable subscription is on disk when it is confirmed, and so is what its topic gets.
func TestSubscriptionIsOnDisk(t *testing.T) {
	r := newRig(t, nil)
	r.subscribe(r.NewSession(), durable())
	r.crash()
	r.publishFrom("n.a", "one", "")
	r.crash()
	r.wantBodies("desk.news", "one")
}

// A session whose subscriber gave up waiting ends what became of it all the same.
func TestSubscriberGivesUp(t *testing.T) {
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	s := r.NewSession()
	if _, err := s.Subscribe(ctx, durable()); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r.must(s.Close())
	r.subscribe(r.NewSession(), durable())
}
