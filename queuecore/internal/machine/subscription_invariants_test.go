package machine

import (
	"errors"
	"fmt"
)

// subscriptionFits looks at what a queue is besides.
func subscriptionFits(m *Machine, q *queue) error {
	x := q.sub
	if x == nil {
		return nil
	}
	for _, topic := range x.Topics {
		if q.binding(topic) < 0 {
			return fmt.Errorf("topic %s is not bound", topic)
		}
	}
	switch {
	case x.Name != "" && m.subscribed[x.key()] != q:
		return errors.New("is not found by its name")
	case x.Durable == q.config.Transient:
		return errors.New("is as durable as its queue is not")
	case !x.Durable && len(x.consumers) == 0:
		return errors.New("nobody is there, and it is not durable")
	case !x.Shared && len(x.consumers) > 1:
		return fmt.Errorf("%d consumers, and it is not shared", len(x.consumers))
	}
	for n, s := range x.consumers {
		if m.sessions[s.id] != s || s.attached[n] != q {
			return fmt.Errorf("consumer %d is of a session that does not know it", n)
		}
	}
	return nil
}

func attachmentsFit(m *Machine) error {
	for key, q := range m.subscribed {
		if m.queues[q.name] != q || q.sub == nil || q.sub.key() != key {
			return fmt.Errorf("%+v leads to queue %s, which is not that", key, q.name)
		}
	}
	for id, s := range m.sessions {
		for n, q := range s.attached {
			if m.queues[q.name] != q || q.sub == nil || q.sub.consumers[n] != s {
				return fmt.Errorf("attachment %d of session %d is not known to queue %s", n, id, q.name)
			}
		}
	}
	return nil
}

// subscription subscribes, or ends that.
func (f *fuzz) subscription() Request {
	if len(f.sessions) == 0 {
		return nil
	}
	session := pick(f, f.sessions)
	switch {
	case f.seldom(4) && f.attachment > 0:
		return &Detach{Session: session, Attachment: f.attachment - f.rnd.Uint64N(min(f.attachment, 3))}
	case f.seldom(6):
		return &Unsubscribe{Client: "c", Name: "s"}
	}
	f.attachment++
	r := &Subscribe{Session: session, Attachment: f.attachment, Queue: f.name(), Config: f.config()}
	r.Subscription = Subscription{Client: "c", Name: "s", Shared: f.seldom(2), Durable: f.seldom(2), Topics: []string{pick(f, []string{"t.>", "t.x"})}}
	if s := f.selector(); s != nil {
		r.Subscription.Selector = s.String()
	}
	switch {
	case !r.Subscription.Shared && !r.Subscription.Durable:
		r.Subscription.Name = ""
	case f.seldom(2): // the same one again, so that it is found
		r.Queue = "y"
	}
	if !r.Subscription.Shared && f.seldom(2) {
		r.Subscription.NoLocal = "o"
	}
	r.Config.Transient = !r.Subscription.Durable
	return r
}
