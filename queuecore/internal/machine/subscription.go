package machine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// Subscription is queuecore.Subscription, field by field; see there.
type Subscription struct {
	Client, Name    string
	Shared, Durable bool
	Topics          []string
	Selector        string
	NoLocal         string
}

// subscription is what a queue has that is one.
type subscription struct {
	Subscription // is not changed

	consumers map[uint64]*session // by attachment
}

// subscriptionKey is what a named subscription is known by. Durable ones are apart from
// the others.
type subscriptionKey struct {
	client, name string
	durable      bool
}

func (x *Subscription) key() subscriptionKey { return subscriptionKey{x.Client, x.Name, x.Durable} }

// words names x in errors.
func (x *Subscription) words() string {
	switch {
	case x.Name == "":
		return "subscription"
	case x.Client == "":
		return fmt.Sprintf("subscription %q", x.Name)
	}
	return fmt.Sprintf("subscription %q of client %q", x.Name, x.Client)
}

func newSubscription(x *Subscription) *subscription {
	return &subscription{Subscription: *x, consumers: make(map[uint64]*session)}
}

// Subscribe has a session consume a subscription, which is made if it is not there.
type Subscribe struct {
	Owner        any
	Session      uint64
	Attachment   uint64 // a number that has not been used before
	Queue        string // what its queue is called
	Config       Config // of the queue, if it is made; Transient just if Durable is not set
	Subscription Subscription

	Info QueueInfo
	Err  error
}

func (r *Subscribe) step(m *Machine) {
	m.answer(r.Owner)
	q, err := m.subscribe(r)
	if err != nil {
		r.Err = err
		return
	}
	r.Info = q.info()
}

func (m *Machine) subscribe(r *Subscribe) (*queue, error) {
	s := m.sessions[r.Session]
	if s == nil {
		return nil, fmt.Errorf("session of a subscriber: %w", ErrClosed)
	}
	bindings, err := r.parse()
	if err != nil {
		return nil, err
	}
	if r.Config.Relay || r.Config.Of != "" {
		return nil, fmt.Errorf("%s as a relay or the member of one: %w", r.Subscription.words(), ErrInvalid)
	}
	q := m.subscribed[r.Subscription.key()]
	if q == nil || !q.isFor(r) {
		if q, err = m.makeSubscription(r, q, bindings); err != nil {
			return nil, err
		}
	} else if err := q.mayAttach(); err != nil {
		return nil, err
	}
	s.attached[r.Attachment] = q
	q.sub.consumers[r.Attachment] = s
	return q, nil
}

// parsed is a topic that is to be bound.
type parsed struct {
	text    string
	pattern selector.Pattern
	want    *selector.Selector
}

func (r *Subscribe) parse() ([]parsed, error) {
	want, err := Compile(r.Subscription.Selector, selector.Options{})
	if err != nil {
		return nil, err
	}
	ps := make([]parsed, 0, len(r.Subscription.Topics))
	for _, topic := range r.Subscription.Topics {
		p, err := selector.Parse(topic)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		ps = append(ps, parsed{topic, p, want})
	}
	if len(ps) > maxBindings {
		return nil, fmt.Errorf("%s to %d topics, the limit is %d: %w", r.Subscription.words(), len(ps), maxBindings, ErrFull)
	}
	return ps, nil
}

// isFor reports whether q is the very subscription that r asks for. Order and
// repetition of topics do not count.
func (q *queue) isFor(r *Subscribe) bool {
	a, b := &q.sub.Subscription, &r.Subscription
	return q.name == r.Queue && a.Shared == b.Shared && a.Selector == b.Selector && a.NoLocal == b.NoLocal &&
		slices.Equal(distinct(a.Topics), distinct(b.Topics))
}

func distinct(topics []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(topics)))
}

// mayAttach refuses a second consumer where there may be one. Jakarta Messaging 3.1,
// 8.3.3: an unshared durable subscription has at most one active consumer at a time.
func (q *queue) mayAttach() error {
	if !q.sub.Shared && len(q.sub.consumers) > 0 {
		return fmt.Errorf("%s has a consumer already, and is not shared: %w", q.sub.words(), ErrInUse)
	}
	return nil
}

// makeSubscription makes what r asks for, in place of old if that is not nil. Jakarta
// Messaging 3.1, 8.3: another topic, selector or no-local is as if the subscription were
// deleted and made anew, and an error while it has a consumer.
func (m *Machine) makeSubscription(r *Subscribe, old *queue, bindings []parsed) (*queue, error) {
	if err := m.mayMake(r, old); err != nil {
		return nil, err
	}
	if old != nil {
		m.deleteQueue(old)
	}
	if !r.Config.Transient {
		m.needFormat(subscribedFormat)
	}
	x := newSubscription(&r.Subscription)
	q := m.makeQueue(r.Queue, r.Config, nil, x)
	m.enterSubscription(q, x)
	for _, p := range bindings {
		if q.binding(p.text) < 0 {
			m.bindNew(&binding{queue: q, pattern: p.text, selector: p.want}, p.pattern)
		}
	}
	return q, nil
}

// mayMake says whether the subscription r can take the place of old.
func (m *Machine) mayMake(r *Subscribe, old *queue) error {
	if there := m.queues[r.Queue]; there != nil && there != old {
		return fmt.Errorf("%s would have the queue %q, which is there and is not its own: %w", r.Subscription.words(), r.Queue, ErrExists)
	}
	switch {
	case old == nil:
		return m.roomForQueue(r.Queue, r.Config.Transient)
	case old.name != r.Queue:
		return fmt.Errorf("%s is there, with the queue %q and not %q: %w", old.sub.words(), old.name, r.Queue, ErrExists)
	case old.sub.Shared != r.Subscription.Shared:
		return fmt.Errorf("%s is there, %s: %w", old.sub.words(), sharing(old.sub.Shared), ErrExists)
	case len(old.sub.consumers) > 0:
		return fmt.Errorf("%s has a consumer; till that is gone its topic, selector and no-local cannot change: %w", old.sub.words(), ErrInUse)
	}
	return nil
}

func sharing(shared bool) string {
	if shared {
		return "and is shared"
	}
	return "and is not shared"
}

// enterSubscription makes q be known as x.
func (m *Machine) enterSubscription(q *queue, x *subscription) {
	q.sub = x
	if x.Name != "" {
		m.subscribed[x.key()] = q
	}
}

// forgetSubscription ends what a queue that is deleted is besides.
func (m *Machine) forgetSubscription(q *queue) {
	if q.sub == nil {
		return
	}
	if q.sub.Name != "" {
		delete(m.subscribed, q.sub.key())
	}
	for n, s := range q.sub.consumers {
		delete(s.attached, n)
	}
}

// keepsOut returns the origin of what does not go into q by its bindings; "" is none.
func (q *queue) keepsOut() string {
	if q.sub == nil {
		return ""
	}
	return q.sub.NoLocal
}

// mayRebind refuses to change what q is subscribed to.
func (q *queue) mayRebind(pattern string) error {
	if q.sub != nil && slices.Contains(q.sub.Topics, pattern) {
		return fmt.Errorf("binding %q of queue %q belongs to %s, and changes with it alone: %w", pattern, q.name, q.sub.words(), ErrInvalid)
	}
	return nil
}

// Detach ends an attachment. One that has ended is no error.
type Detach struct {
	Owner               any
	Session, Attachment uint64
}

func (r *Detach) step(m *Machine) {
	m.answer(r.Owner)
	if s := m.sessions[r.Session]; s != nil {
		m.detachConsumer(s, r.Attachment)
	}
}

// detachConsumer ends an attachment of s, and with the last one a subscription that
// is not durable.
func (m *Machine) detachConsumer(s *session, attachment uint64) {
	q := s.attached[attachment]
	if q == nil {
		return
	}
	delete(s.attached, attachment)
	delete(q.sub.consumers, attachment)
	if len(q.sub.consumers) == 0 && !q.sub.Durable {
		m.deleteQueue(q)
	}
}

func (m *Machine) detachAll(s *session) {
	for _, n := range slices.Sorted(maps.Keys(s.attached)) {
		m.detachConsumer(s, n)
	}
}

// Unsubscribe deletes a durable subscription with its messages.
type Unsubscribe struct {
	Owner        any
	Client, Name string
	Attachment   uint64 // of who asks: it may still consume; 0: nobody may
	Err          error
}

func (r *Unsubscribe) step(m *Machine) {
	m.answer(r.Owner)
	x := Subscription{Client: r.Client, Name: r.Name, Durable: true}
	q := m.subscribed[x.key()]
	switch {
	case q == nil:
		r.Err = fmt.Errorf("durable %s: %w", x.words(), ErrNotFound)
	case q.sub.others(r.Attachment) > 0:
		r.Err = fmt.Errorf("%s has a consumer: %w", x.words(), ErrInUse)
	default:
		m.deleteQueue(q)
	}
}

// others returns how many consumers there are besides one attachment.
func (s *subscription) others(attachment uint64) int {
	if s.consumers[attachment] != nil {
		return len(s.consumers) - 1
	}
	return len(s.consumers)
}
