package coretest

import (
	"reflect"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
)

// walkAttachment is a consumer of a subscription.
type walkAttachment struct {
	*queuecore.Attachment
	number, session int
	queue           string
}

// subscription draws one. Durable ones have the queue s, shared others n, and the rest x.
func (w *walk) subscription() queuecore.SubscribeOptions {
	var o queuecore.SubscribeOptions
	o.Name, o.Client = "s", w.one("client", "c", "c", "c", "")
	o.Durable, o.Shared = !w.seldom(3), w.seldom(2)
	switch {
	case o.Durable:
		o.Queue = "s"
	case o.Shared:
		o.Queue = "n"
	default:
		o.Queue, o.Name = "x", ""
	}
	if w.seldom(8) {
		o.Queue = w.one("queue", "d", "n")
	}
	o.Topics = []string{w.one("topic", "t.*", "t.*", "u.>")}
	o.Selector = selectorOf(w.one("color", "", "", "r"))
	if !o.Shared && w.seldom(2) || w.seldom(12) {
		o.NoLocal = "o"
	}
	return o
}

// wrong reports whether there can be no such subscription.
func wrong(o *queuecore.SubscribeOptions) bool {
	return o.Shared && o.NoLocal != "" || o.Durable && !o.Shared && o.Client == ""
}

func (w *walk) subscribe() {
	o := w.subscription()
	if again := w.twin.named(&o.Subscription); again != nil && w.seldom(2) {
		o.Subscription, o.Queue = again.sub.Subscription, again.name
	}
	o.Config = w.config(o.Queue)
	if w.seldom(12) {
		_, err := w.closedSession().Subscribe(w.ctx, o)
		if !wrong(&o) {
			w.is("subscribe", err, queuecore.ErrClosed)
			w.saw("subscribe", "session closed")
		}
		return
	}
	session := w.session()
	a, err := w.sessions[session].Subscribe(w.ctx, o)
	outcome, want := w.subscribes(&o)
	w.is("subscribe", err, want)
	w.saw("subscribe", outcome)
	if err == nil {
		w.attach(a, &o, session)
	}
}

// subscribes returns what must become of a subscriber.
func (w *walk) subscribes(o *queuecore.SubscribeOptions) (string, error) {
	q, there := w.twin.named(&o.Subscription), w.twin.queue(o.Queue)
	switch {
	case wrong(o):
		return "invalid", queuecore.ErrInvalid
	case q != nil && q.sub.Shared == o.Shared && !q.differs(o):
		switch {
		case len(q.sub.consumers) == 0:
			return "found", nil
		case o.Shared:
			return "second consumer", nil
		}
		return "unshared second consumer", queuecore.ErrInUse
	case there != nil && there != q:
		return "name is taken", queuecore.ErrExists
	case q != nil && q.name != o.Queue:
		return "has another queue", queuecore.ErrExists
	case q == nil && o.Name == "":
		return "no name", nil
	case q == nil:
		return "made", nil
	case q.sub.Shared != o.Shared:
		return "shared and not", queuecore.ErrExists
	case len(q.sub.consumers) > 0:
		return "differs and is in use", queuecore.ErrInUse
	case len(q.all) > 0:
		return "made anew with messages", nil
	}
	return "made anew", nil
}

// attach follows what a subscriber has done.
func (w *walk) attach(a *queuecore.Attachment, o *queuecore.SubscribeOptions, session int) {
	q := w.twin.named(&o.Subscription)
	if q != nil && q.differs(o) {
		w.deleted(q)
		w.twin.delete(q)
		q = nil
	}
	if q == nil {
		config := o.Config
		config.Transient = !o.Durable
		w.made(o.Queue, a.Queue(), config, 0, nil)
		q = w.twin.subscribed(o.Queue, o.Subscription)
	}
	if a.Queue().ID != q.id {
		w.t.Fatalf("subscribed to the queue %+v, want %d", a.Queue(), q.id)
	}
	w.bodies++
	q.sub.consumers = append(q.sub.consumers, twinAttached{w.bodies, session})
	w.attached = append(w.attached, walkAttachment{a, w.bodies, session, o.Queue})
}

func (w *walk) detach() {
	if len(w.attached) == 0 || w.seldom(3) {
		return
	}
	i := rapid.IntRange(0, len(w.attached)-1).Draw(w.t, "attachment")
	a := w.attached[i]
	is := func(c twinAttached) bool { return c.number == a.number }
	q := w.twin.queue(a.queue)
	there := q != nil && q.sub != nil && len(q.sub.consumers) > 0
	ends := there && q.endsWith(is) && q.sub.consumers[0].number == a.number
	w.must(a.Close(w.ctx))
	w.must(a.Close(w.ctx)) // again is no error
	w.attached = append(w.attached[:i:i], w.attached[i+1:]...)
	switch {
	case !there:
		w.saw("detach", "again")
	case ends:
		w.deleted(q)
		w.twin.detach(q, is)
		w.saw("detach", "ends it")
	default:
		w.twin.detach(q, is)
		w.saw("detach", [...]string{"done", "leaves it"}[min(len(q.sub.consumers), 1)])
	}
}

func (w *walk) unsubscribe() {
	if !w.seldom(3) {
		return
	}
	x := queuecore.Subscription{Client: w.one("client", "c", "c", ""), Name: "s", Durable: true}
	q := w.twin.named(&x)
	err := w.b.Unsubscribe(w.ctx, x.Client, x.Name)
	switch {
	case q == nil:
		w.is("unsubscribe", err, queuecore.ErrNotFound)
		w.saw("unsubscribe", "not found")
	case len(q.sub.consumers) > 0:
		w.is("unsubscribe", err, queuecore.ErrInUse)
		w.saw("unsubscribe", "in use")
	default:
		w.must(err)
		w.saw("unsubscribe", "done")
		if len(q.all) > 0 {
			w.saw("unsubscribe", "with messages")
		}
		w.deleted(q)
		w.twin.delete(q)
	}
}

func (w *walk) sameSubscription(q *twinQueue, x *queuecore.Subscription) {
	if (q.sub == nil) != (x == nil) || x != nil && !reflect.DeepEqual(q.sub.Subscription, *x) {
		w.t.Fatalf("%s is subscribed as %+v, want %+v", q.name, x, q.sub)
	}
}
