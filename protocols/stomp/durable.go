package stomp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// target reads the destination header of a SUBSCRIBE, in which Artemis may say the kind
// apart, and the queue that the subscription to a topic has.
func (c *conn) target(f *frame.Frame, s *subscription, destination string) (queuecore.Destination, mapping.STOMP, error) {
	routing, _ := f.Header("subscription-type")
	address, named, ofQueue := c.dict.OfQueue(destination)
	if ofQueue {
		s.ofQueue = &named
		if routing == "" && address[0] != '/' {
			routing = "MULTICAST"
		}
	}
	dict := c.dict.As(address)
	d, err := dict.Typed(address, routing)
	if err != nil || d.Kind != queuecore.KindQueue {
		return d, dict, err
	}
	if _, virtual := dict.VirtualTopic(d.Name); virtual {
		return d, dict, nil
	}
	return d, dict, dict.Single(d)
}

// attachTopic makes the client a consumer of the subscription to a topic that f asks for.
func (c *conn) attachTopic(f *frame.Frame, s *subscription, d queuecore.Destination) error {
	x, err := c.subscriptionOf(f, s, d)
	if err != nil {
		return err
	}
	if s.ofQueue != nil {
		if queue, err := c.existing(s, d); queue || err != nil {
			return err
		}
	}
	o, err := c.subscribeOptions(f, s, d, x)
	if err != nil {
		return err
	}
	_, absent := c.gateway.broker.Queue(o.Queue)
	s.attached, err = c.session.Subscribe(c.ctx, o)
	if absent != nil && o.Subscription.Durable && o.Subscription.Name != "" {
		c.witness.Saw(protocols.AuditCreate, f.Command, o.Queue, err)
	}
	if err != nil {
		return err
	}
	s.queue, s.topic, s.selector = o.Queue, d.Name, nil
	return nil
}

// subscriptionOf reads which subscription to d the frame is about.
func (c *conn) subscriptionOf(f *frame.Frame, s *subscription, d queuecore.Destination) (mapping.STOMPSubscription, error) {
	x, err := s.dict.Subscription(f.Header, c.client, d.Name)
	switch {
	case err != nil:
		return x, err
	case s.ofQueue != nil && x.Name != "":
		return x, refuse("bad subscription", "The destination names the queue %q; no header can name the subscription %q besides.", s.ofQueue.Queue, x.Name)
	case s.ofQueue != nil:
		return *s.ofQueue, nil
	case x.Durable && !x.Shared && x.Client == "":
		return x, refuse("bad subscription", "A durable subscription needs the header client-id of CONNECT, unless it is shared.")
	}
	return x, nil
}

// existing has s consume the queue that its destination names as a queue, if there is one
// that gets messages of the topic d and is not a shared subscription by that name alone.
func (c *conn) existing(s *subscription, d queuecore.Destination) (bool, error) {
	q, err := c.gateway.broker.Queue(s.ofQueue.Queue)
	switch {
	case errors.Is(err, queuecore.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case q.Subscription != nil && q.Subscription.Client == "" && q.Subscription.Name == s.ofQueue.Name:
		return false, nil
	}
	if !slices.ContainsFunc(c.gateway.broker.Bindings(q.Name), func(x queuecore.Binding) bool {
		return slices.Contains(s.dict.Patterns(d), x.Pattern)
	}) {
		return false, refuse("not found", "The queue %q is not bound to the address %q.", q.Name, d.Name)
	}
	s.queue = q.Name
	return true, c.mayHear(queuecore.QueueNamed(q.Name))
}

// subscribeOptions are what the core is asked for: whoever subscribes durably makes a
// queue that stays, and needs the right to.
func (c *conn) subscribeOptions(f *frame.Frame, s *subscription, d queuecore.Destination, x mapping.STOMPSubscription) (o queuecore.SubscribeOptions, err error) {
	o.Queue, o.Config = x.Queue, c.gateway.transient()
	o.Subscription = queuecore.Subscription{
		Client: x.Client, Name: x.Name, Shared: x.Shared, Durable: x.Durable,
		Topics: s.dict.Patterns(d), Selector: s.selector.String(),
	}
	if s.dict.NoLocal(f.Header) {
		o.NoLocal = c.origin()
	}
	switch {
	case x.Name == "":
		c.subs.made++
		o.Queue = fmt.Sprintf("stomp.topic.%s.%d", c.id, c.subs.made)
	case x.Durable:
		if err := c.mayKeep(x); err != nil {
			return o, err
		}
		if err := c.mayMakeDurable(x.Queue); err != nil {
			return o, err
		}
		o.Config, err = c.ready(x.Queue)
		c.own(&o.Config, x)
	default:
		err = c.mayHear(queuecore.QueueNamed(x.Queue))
	}
	return o, err
}

// mayMakeDurable counts the queue of a durable subscription as its user's, unless it is there.
func (c *conn) mayMakeDurable(queue string) error {
	if _, err := c.gateway.broker.Queue(queue); err == nil {
		return nil
	}
	return c.user.Make(queue)
}

// unsubscribeDurable deletes the durable subscription that UNSUBSCRIBE names, of which s
// is a consumer. When it fails, all is as it was.
func (c *conn) unsubscribeDurable(f *frame.Frame, s *subscription) error {
	if s.attached == nil {
		return nil
	}
	of := s.attached.Queue().Subscription
	x, err := s.dict.Subscription(f.Header, c.client, s.topic)
	if err != nil || x.Name == "" || !x.Durable {
		return err
	}
	if x.Name != of.Name || x.Client != of.Client || !of.Durable {
		return refuse("bad subscription", "The subscription %q on this connection is not the durable subscription %q.", s.id, x.Name)
	}
	if err := c.mayDelete(x); err != nil {
		return err
	}
	s.ending.Store(true)
	err = s.attached.Unsubscribe(c.ctx)
	c.witness.Saw(protocols.AuditDelete, f.Command, x.Queue, err)
	s.ending.Store(err == nil)
	s.over = err == nil
	return err
}

// unsubscribeAbsent deletes the durable subscription that UNSUBSCRIBE names and no
// subscription of this connection consumes. It returns false when the frame is about
// one of those.
func (c *conn) unsubscribeAbsent(f *frame.Frame) (bool, error) {
	if id, _, err := subscriptionID(f, c.version); err == nil && c.subs.byID[id] != nil {
		return false, nil
	}
	x, err := c.dict.Subscription(f.Header, c.client, c.topicOf(f))
	if err != nil || x.Name == "" || !x.Durable {
		return false, err
	}
	if err := c.deleteSubscription(x); err != nil {
		return false, err
	}
	return true, c.answer(answerOf(f))
}

// topicOf returns the topic in the destination header of an UNSUBSCRIBE, "" without one.
func (c *conn) topicOf(f *frame.Frame) string {
	destination, _ := f.Header("destination")
	if d, err := c.dict.Destination(destination); err == nil && d.Kind == queuecore.KindTopic {
		return d.Name
	}
	return ""
}

func (c *conn) deleteSubscription(x mapping.STOMPSubscription) error {
	if err := c.mayDelete(x); err != nil {
		return err
	}
	err := c.gateway.broker.Unsubscribe(c.ctx, x.Client, x.Name)
	c.witness.Saw(protocols.AuditDelete, frame.Unsubscribe, x.Queue, err)
	return err
}

// bindVirtual binds a queue to the virtual topic that its name says it consumes.
func (c *conn) bindVirtual(queue string) error {
	topic, virtual := c.dict.VirtualTopic(queue)
	if !virtual || slices.Contains(c.gateway.broker.Match(topic.Name), queue) {
		return nil
	}
	if err := c.mayHearAll(c.dict, topic); err != nil {
		return err
	}
	for _, pattern := range c.dict.Patterns(topic) {
		err := c.gateway.broker.Bind(c.ctx, queuecore.Binding{Pattern: pattern, Queue: queue})
		c.witness.Saw(protocols.AuditBind, pattern, queue, err)
		if err != nil {
			return err
		}
	}
	return nil
}
