package jetstream

import (
	"errors"
	"slices"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// streamRequest is what STREAM.CREATE and STREAM.UPDATE bring.
type streamRequest struct {
	StreamConfig
	Pedantic bool `json:"pedantic,omitempty"`
}

// streamConfig reads and checks the configuration in a request.
func (r *request) streamConfig() (*StreamConfig, error) {
	var in streamRequest
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	if in.Name != r.args[0] {
		return nil, errStreamMismatch
	}
	if err := in.StreamConfig.check(); err != nil {
		return nil, err
	}
	return &in.StreamConfig, nil
}

// createdStream is what STREAM.CREATE answers. DidCreate is true of a stream that was there as
// well, as in nats-server 2.15.
type createdStream struct {
	*streamInfo
	DidCreate bool `json:"did_create,omitempty"`
}

func (e *Engine) createStream(r *request) (any, error) {
	c, err := r.streamConfig()
	if err != nil {
		return nil, err
	}
	name, err := mapping.NATS{}.Queue(c.Name)
	if err != nil {
		return nil, errStreamConfig.with("%v", err)
	}
	if err := r.client.mayKeep(protocols.Create, "create stream", name, c); err != nil {
		return nil, err
	}
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	old, err := e.stream(c.Name)
	if err == nil {
		return e.sameStream(r.client, old, c)
	}
	if !errors.Is(err, queuecore.ErrNotFound) {
		return nil, errStreamExists // a queue of a session has the name
	}
	if err := e.overlap(c); err != nil {
		return nil, err
	}
	if err := e.mayHand(r.client, name, queuecore.QueueConfig{}, c); err != nil {
		return nil, err
	}
	if err := r.client.mayMakeStream(name); err != nil {
		return nil, err
	}
	info, err := e.makeQueue(name, c)
	if err != nil {
		return nil, err
	}
	e.adviseStream("CREATED", "create", c.Name)
	si, err := e.info(e.views.of(&info))
	return createdStream{si, true}, err
}

// sameStream answers the creation of a stream that is there. A queue that another
// dialect made, and that no NATS client has configured yet, becomes what is asked
// for: programs create their stream when they start.
func (e *Engine) sameStream(client *Client, old *stream, c *StreamConfig) (any, error) {
	c.follow(old)
	if old.config.text() != c.text() {
		if old.bound {
			return nil, errStreamExists
		}
		return e.adopt(client, old, c)
	}
	if old.bound {
		if err := e.bind(old.queue.Name, c.Subjects); err != nil {
			return nil, err
		}
	}
	si, err := e.info(old)
	return createdStream{si, true}, err
}

// adopt changes a queue, which takes the right to, and not that to make one.
func (e *Engine) adopt(client *Client, old *stream, c *StreamConfig) (any, error) {
	if err := client.may(protocols.Admin, "change the queue of stream", old.destination()); err != nil {
		return nil, err
	}
	if err := old.config.mayBecome(c); err != nil {
		return nil, err
	}
	if err := e.mayHand(client, old.queue.Name, old.queue.Config, c); err != nil {
		return nil, err
	}
	if err := e.overlap(c); err != nil {
		return nil, err
	}
	s, err := e.changeStream(old, c)
	if err != nil {
		return nil, err
	}
	si, err := e.info(s)
	return createdStream{si, true}, err
}

// makeQueue makes the queue of a stream and binds its subjects. A failure takes
// the queue away again; after a crash, recover binds the rest.
func (e *Engine) makeQueue(name string, c *StreamConfig) (queuecore.QueueInfo, error) {
	var q queuecore.QueueConfig
	if err := c.write(&q); err != nil {
		return queuecore.QueueInfo{}, err
	}
	info, err := e.broker.CreateQueue(e.ctx, name, q)
	if err != nil {
		return info, apiError(err, errStreamFailed)
	}
	if err := e.bind(name, c.Subjects); err != nil {
		if undo := e.broker.DeleteQueue(e.ctx, name); undo != nil {
			e.log.Error("stream without all of its subjects is left", "stream", c.Name, "err", undo)
		}
		return info, apiError(err, errStreamFailed)
	}
	return info, nil
}

// bind binds the subjects that are not bound yet.
func (e *Engine) bind(queue string, subjects []string) error {
	have := e.broker.Bindings(queue)
	for _, s := range subjects {
		x := queuecore.Binding{Pattern: s, Queue: queue}
		if slices.Contains(have, x) {
			continue
		}
		if err := e.broker.Bind(e.ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// overlap refuses subjects that another stream has. The topics that other
// gateways bind queues to are no stream's subjects: they share what is published.
func (e *Engine) overlap(c *StreamConfig) error {
	for _, other := range e.streams(nil) {
		if other.name == c.Name {
			continue
		}
		for _, theirs := range other.config.Subjects {
			for _, ours := range c.Subjects {
				if router.Collide(ours, theirs) {
					return errOverlap
				}
			}
		}
	}
	return nil
}

func (e *Engine) updateStream(r *request) (any, error) {
	c, err := r.streamConfig()
	if err != nil {
		return nil, err
	}
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	if err := r.client.mayKeep(protocols.Admin, "update stream", named(c.Name).Name, c); err != nil {
		return nil, err
	}
	s, err := e.stream(c.Name)
	if err != nil {
		return nil, err
	}
	if s.bound && s.config.AllowMsgTTL && !c.AllowMsgTTL {
		return nil, errStreamConfig.with("message TTL status can not be disabled")
	}
	c.follow(s)
	if err := s.config.mayBecome(c); err != nil {
		return nil, err
	}
	if err := e.mayHand(r.client, s.queue.Name, s.queue.Config, c); err != nil {
		return nil, err
	}
	if err := e.overlap(c); err != nil {
		return nil, err
	}
	if s, err = e.changeStream(s, c); err != nil {
		return nil, err
	}
	return e.info(s)
}

// mayBecome refuses the changes that nats-server refuses.
func (c *StreamConfig) mayBecome(next *StreamConfig) error {
	for _, x := range []struct {
		bad  bool
		text string
	}{
		{c.Retention != next.Retention, "can not change retention policy to/from workqueue"},
		{c.Storage != next.Storage, "can not change storage type"},
		{c.DenyDelete && !next.DenyDelete, "can not cancel deny message deletes"},
		{c.DenyPurge && !next.DenyPurge, "can not cancel deny purge"},
		{c.Metadata[wordFIFO] != next.Metadata[wordFIFO], "can not change " + wordFIFO + ": the order of groups is fixed when the queue is made"},
	} {
		if x.bad {
			return errStreamConfig.with("stream configuration update %s", x.text)
		}
	}
	return nil
}

// changeStream binds new subjects, then changes the queue, then unbinds old
// subjects, so that a failure leaves no subject of either configuration unbound.
func (e *Engine) changeStream(s *stream, c *StreamConfig) (*stream, error) {
	queue := s.queue.Name
	var old []string
	if s.bound {
		old = s.config.Subjects
	}
	if err := e.bind(queue, c.Subjects); err != nil {
		e.unbind(queue, c.Subjects, old)
		return nil, apiError(err, errStreamFailed)
	}
	info, err := e.broker.UpdateQueue(e.ctx, queue, func(q *queuecore.QueueConfig) error {
		return c.write(q)
	})
	if err != nil {
		e.unbind(queue, c.Subjects, old)
		return nil, apiError(err, errStreamFailed)
	}
	e.unbind(queue, old, c.Subjects)
	e.adviseStream("UPDATED", "modify", c.Name)
	e.aim(s.name)
	return e.views.of(&info), nil
}

// unbind unbinds subjects but for those in keep.
func (e *Engine) unbind(queue string, subjects, keep []string) {
	for _, subject := range subjects {
		if slices.Contains(keep, subject) {
			continue
		}
		err := e.broker.Unbind(e.ctx, queuecore.Binding{Pattern: subject, Queue: queue})
		if err != nil && !errors.Is(err, queuecore.ErrNotFound) {
			e.log.Error("subject of a stream is still bound", "queue", queue, "subject", subject, "err", err)
		}
	}
}

func (e *Engine) deleteStream(r *request) (any, error) {
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	s, err := r.client.open(protocols.Delete, "delete stream", r.args[0])
	if err != nil {
		return nil, err
	}
	if err := e.broker.DeleteQueue(e.ctx, s.queue.Name); err != nil {
		return nil, apiError(err, errStreamFailed)
	}
	e.closeConsumers(s.queue.ID)
	e.adviseStream("DELETED", "delete", s.name)
	return done{true}, nil
}
