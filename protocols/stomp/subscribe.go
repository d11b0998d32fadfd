package stomp

import (
	"context"
	"fmt"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// transientQueue is the queue of a topic subscription, or a temporary queue. Its
// bounds keep a reader that does not keep up from taking the memory of all.
func transientQueue() queuecore.QueueConfig {
	return queuecore.QueueConfig{MaxMessages: transientMessages, MaxBytes: transientBytes, DropOldest: true}
}

// subscribe starts a subscription. STOMP 1.2, "SUBSCRIBE": if that cannot be, the
// client gets an ERROR, and the connection ends.
func (c *conn) subscribe(f *frame.Frame) error {
	s, d, err := c.readSubscribe(f)
	if err != nil {
		return err
	}
	if err := c.attach(s, d); err != nil {
		return err
	}
	if err := c.consume(s); err != nil {
		return err
	}
	c.start(s)
	a := answerOf(f)
	if !a.wants {
		close(s.begin)
		return nil
	}
	// The RECEIPT goes before the first message, as clients of other brokers expect.
	a.then = func() { close(s.begin) }
	return c.answer(a)
}

// start enters s and starts its feed, which waits for s.begin.
func (c *conn) start(s *subscription) {
	c.subs.byID[s.id] = s
	s.ctx, s.cancel = context.WithCancel(c.ctx)
	feed := c.feed
	if s.mode == ackBrowse {
		feed = c.browse
	}
	// Ends by s.cancel, which unsubscribe and endSubscriptions call, or with the connection.
	go func() {
		defer close(s.done)
		if err := c.guard(func() error { return feed(s) }); err != nil {
			c.stop(err)
		}
	}()
}

// newSubscription makes one that is not entered, unless there is no room for it.
func (c *conn) newSubscription(id string, named bool) (*subscription, error) {
	l := &c.gateway.options.Limits
	if len(c.subs.byID) >= l.Subscriptions {
		return nil, refuse("too many subscriptions", "The limit is %d on one connection.", l.Subscriptions)
	}
	return &subscription{
		id: id, named: named, prefetch: l.Prefetch, dict: c.dict,
		begin: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}, nil
}

// readSubscribe checks a SUBSCRIBE frame, and asks whether its client may.
func (c *conn) readSubscribe(f *frame.Frame) (*subscription, queuecore.Destination, error) {
	var none queuecore.Destination
	id, named, err := subscriptionID(f, c.version)
	if err != nil {
		return nil, none, err
	}
	destination, ok := f.Header("destination")
	if !ok {
		return nil, none, missing(f.Command, "destination")
	}
	if c.subs.byID[id] != nil {
		return nil, none, refuse("subscription exists", "There is a subscription %q on this connection already.", clip(id, destination))
	}
	s, err := c.newSubscription(id, named)
	if err != nil {
		return nil, none, err
	}
	if s.mode, err = parseMode(f); err != nil {
		return nil, none, err
	}
	if destination, err = c.readOptions(f, destination); err != nil {
		return nil, none, err
	}
	if err := c.readPrefetch(f, s); err != nil {
		return nil, none, err
	}
	if err := c.readConsumer(f, s); err != nil {
		return nil, none, err
	}
	if err := checkServed(f); err != nil {
		return nil, none, err
	}
	if s.selector, err = selectorOf(f); err != nil {
		return nil, none, err
	}
	d, err := c.receivesFrom(f, s, destination)
	return s, d, err
}

// receivesFrom finds what s receives from, and asks whether its client may.
func (c *conn) receivesFrom(f *frame.Frame, s *subscription, destination string) (d queuecore.Destination, err error) {
	if !c.gateway.habits.ListensForReplies {
		if destination, err = c.tempQueue(destination); err != nil {
			return d, err
		}
	}
	if d, s.dict, err = c.target(f, destination); err != nil {
		return d, err
	}
	if err := c.checkHabits(f, d); err != nil {
		return d, err
	}
	if err := c.readBrowser(f, s, d); err != nil {
		return d, err
	}
	if c.foreign(d) || !c.who.May(s.action(), d) {
		return d, denied("receive from", d)
	}
	return d, c.mustExist(destination, d)
}

// clip is what to call a subscription in an ERROR: one without an id is known
// by its destination.
func clip(id, destination string) string {
	if id != "" && id[0] == 0 {
		return destination
	}
	return id
}

// attach finds the queue that the subscription receives from. A topic has none:
// the subscription gets one of its own, for as long as it lasts.
func (c *conn) attach(s *subscription, d queuecore.Destination) error {
	s.queue = d.Name
	if d.Kind == queuecore.KindQueue {
		_, err := c.ensure(d)
		return err
	}
	c.subs.made++
	s.queue, s.topic = fmt.Sprintf("stomp.topic.%s.%d", c.id, c.subs.made), true
	if _, err := c.session.CreateQueue(c.ctx, s.queue, transientQueue()); err != nil {
		return err
	}
	// What it does not want never gets into its queue.
	selector := s.selector.String()
	s.selector = nil
	for _, pattern := range s.dict.Patterns(d) {
		if err := c.gateway.broker.Bind(c.ctx, queuecore.Binding{Pattern: pattern, Queue: s.queue, Selector: selector}); err != nil {
			return err
		}
	}
	return nil
}

// unsubscribe ends a subscription. What the client has been sent and has not
// settled it may still settle; the rest goes back to the queue.
func (c *conn) unsubscribe(f *frame.Frame) error {
	id, _, err := subscriptionID(f, c.version)
	if err != nil {
		return err
	}
	s := c.subs.byID[id]
	if s == nil {
		destination, _ := f.Header("destination")
		return refuse("no such subscription", "There is no subscription %q on this connection.", clip(id, destination))
	}
	delete(c.subs.byID, id)
	s.cancel()
	<-s.done
	if err := s.stopConsuming(); err != nil {
		return err
	}
	if s.topic {
		s.over = true
		if err := c.gateway.broker.DeleteQueue(c.ctx, s.queue); err != nil {
			return err
		}
	}
	a := answerOf(f)
	a.parts = true
	return c.answer(a)
}
