package stomp

import (
	"context"
	"errors"

	"github.com/sluicemq/sluice/protocols/quota"
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
	if err := c.user.Take(quota.Subscriptions); err != nil {
		return err
	}
	if err := c.begins(f, s, d); err != nil {
		c.user.Give(quota.Subscriptions, 1)
		return err
	}
	c.start(s)
	c.witnessBrowse(s)
	a := answerOf(f)
	if !a.wants {
		close(s.begin)
		return nil
	}
	// The RECEIPT goes before the first message, as clients of other brokers expect.
	a.then = func() { close(s.begin) }
	return c.answer(a)
}

// begins makes s a consumer of what its destination says.
func (c *conn) begins(f *frame.Frame, s *subscription, d queuecore.Destination) error {
	if err := c.attach(f, s, d); err != nil {
		return err
	}
	if err := c.consume(s); err != nil {
		return errors.Join(err, c.quit(s))
	}
	return nil
}

// start enters s and starts its feed, which waits for s.begin.
func (c *conn) start(s *subscription) {
	c.subs.byID[s.id] = s
	c.subs.selectors += s.text
	s.ctx, s.cancel = context.WithCancel(c.ctx)
	s.right = c.standing(s)
	feed := c.feed
	if s.mode == ackBrowse {
		feed = c.browse
	}
	// Ends by s.cancel, which unsubscribe and endSubscriptions call, or with the connection.
	go func() {
		defer close(s.done)
		defer c.guard(s)()
		if err := c.panics.Run(func() error { return feed(s) }); err != nil {
			c.stop(err)
		}
	}()
}

// newSubscription makes one that is not entered, unless there is no room for it.
func (c *conn) newSubscription(id string, named bool) (*subscription, error) {
	l := &c.gateway.options.Limits
	if len(c.subs.byID) >= l.Subscriptions {
		return nil, limited("stomp_max_subscriptions", "too many subscriptions", "The limit is %d on one connection.", l.Subscriptions)
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
	if s.selector, err = selectorOf(f); err != nil {
		return nil, none, err
	}
	selector, _ := f.Header("selector")
	if err := c.subs.room(selector); err != nil {
		return nil, none, err
	}
	s.text = len(selector)
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
	if d, s.dict, err = c.target(f, s, destination); err != nil {
		return d, err
	}
	if err := c.checkHabits(f, d); err != nil {
		return d, err
	}
	if err := c.readBrowser(f, s, d); err != nil {
		return d, err
	}
	switch {
	case c.foreign(d):
		return d, denied("receive from", d)
	case d.Kind == queuecore.KindTopic:
		err = c.mayHearAll(s.dict, d)
	case !c.who.May(s.action(), d):
		err = denied(s.verb(), d)
	}
	if err != nil {
		return d, err
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

// attach finds the queue that the subscription receives from. A topic has none: what
// SUBSCRIBE asks for there has one of its own.
func (c *conn) attach(f *frame.Frame, s *subscription, d queuecore.Destination) error {
	if d.Kind == queuecore.KindTopic {
		return c.attachTopic(f, s, d)
	}
	if s.dict.NoLocal(f.Header) {
		return refuse("not supported", "No-local is for topics; a queue hands each message to somebody.")
	}
	s.queue = d.Name
	_, err := c.ensure(d)
	return err
}

// unsubscribe ends a subscription. What the client has been sent and has not
// settled it may still settle; the rest goes back to the queue. If the frame names a durable
// subscription, that is deleted, whether the client consumes it at the moment or not.
func (c *conn) unsubscribe(f *frame.Frame) error {
	if done, err := c.unsubscribeAbsent(f); done || err != nil {
		return err
	}
	id, _, err := subscriptionID(f, c.version)
	if err != nil {
		return err
	}
	s := c.subs.byID[id]
	if s == nil {
		destination, _ := f.Header("destination")
		return refuse("no such subscription", "There is no subscription %q on this connection.", clip(id, destination))
	}
	if err := c.unsubscribeDurable(f, s); err != nil {
		return err
	}
	if err := c.leave(s); err != nil {
		return err
	}
	a := answerOf(f)
	a.parts = true
	return c.answer(a)
}

// leave ends a subscription of the client's.
func (c *conn) leave(s *subscription) error {
	delete(c.subs.byID, s.id)
	c.user.Give(quota.Subscriptions, 1)
	c.subs.selectors -= s.text
	s.cancel()
	<-s.done
	return errors.Join(s.stopConsuming(), c.quit(s))
}

// quit ends what s has of the subscription to a topic that it is a consumer of.
func (c *conn) quit(s *subscription) error {
	if s.attached == nil {
		return nil
	}
	if err := s.attached.Close(c.ctx); err != nil {
		return err
	}
	_, err := c.gateway.broker.Queue(s.queue)
	s.over = s.over || errors.Is(err, queuecore.ErrNotFound)
	return nil
}
