package jetstream

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// durables returns the names of the stream's durable consumers.
func (s *stream) durables() []string {
	var names []string
	for label := range s.queue.Config.Labels {
		if name, ok := strings.CutPrefix(label, consumerLabel); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// consumerNames returns the names of all consumers of a stream, sorted.
func (e *Engine) consumerNames(s *stream) []string {
	if s.relays() {
		return e.memberNames(s)
	}
	names := s.durables()
	e.mu.RLock()
	for name := range e.consumers[s.queue.ID] {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	e.mu.RUnlock()
	slices.Sort(names)
	return names
}

// consumer returns a consumer of a stream. One that is durable and has not been
// used since the server started is made from its label.
func (e *Engine) consumer(s *stream, name string) (*consumer, error) {
	at := &s.queue // an ack of a work queue copies no configuration
	if s.relays() {
		own, err := e.home(s, name)
		if err != nil {
			return nil, err
		}
		at = &own
	}
	e.mu.RLock()
	o := e.consumers[s.queue.ID][name]
	e.mu.RUnlock()
	if o != nil && o.queueID == at.ID {
		return o, nil
	}
	if o != nil {
		e.unregister(o) // its queue was deleted, and there is another of the name
	}
	text, ok := at.Config.Labels[consumerLabel+name]
	if !ok {
		return nil, errConsumerNotFound
	}
	var r record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, errConsumerNotFound.with("consumer not found: its record cannot be read: %v", err)
	}
	r.Config.Name = name
	r.Config.setDefaults(s.config) // of a record that another hand wrote
	o = e.register(s, *at, name, r)
	e.aim(s.name)
	return o, nil
}

// register makes the consumer known, unless it is already.
func (e *Engine) register(s *stream, at queuecore.QueueInfo, name string, r record) *consumer {
	e.mu.Lock()
	defer e.mu.Unlock()
	byName := e.consumers[s.queue.ID]
	if byName == nil {
		byName = make(map[string]*consumer)
		e.consumers[s.queue.ID] = byName
	}
	if o := byName[name]; o != nil {
		return o
	}
	o := &consumer{
		engine: e, stream: s.name, queue: at.Name, queueID: at.ID, home: s.queue, name: name, record: r, closed: e.closing,
		push: newPush(&r.Config), mayHear: receivers(s.queue.Name, at.Name),
	}
	o.resume(r.Reached)
	byName[name] = o
	e.pushes.move(o, "", r.Config.DeliverSubject)
	return o
}

// unregister forgets a consumer and tells those who wait.
func (e *Engine) unregister(o *consumer) {
	e.mu.Lock()
	if byName := e.consumers[o.home.ID]; byName[o.name] == o {
		if delete(byName, o.name); len(byName) == 0 {
			delete(e.consumers, o.home.ID)
		}
	}
	e.mu.Unlock()
	o.close(statusDeleted)
	o.mu.Lock()
	subject := o.record.Config.DeliverSubject
	o.mu.Unlock()
	e.pushes.move(o, subject, "")
}

// closeConsumers forgets the consumers of a queue that has been deleted.
func (e *Engine) closeConsumers(queue uint32) {
	e.mu.RLock()
	all := slices.Collect(maps.Values(e.consumers[queue]))
	e.mu.RUnlock()
	for _, o := range all {
		e.unregister(o)
	}
}

// sweep forgets consumers of queues that other gateways have deleted.
func (e *Engine) sweep() {
	e.mu.RLock()
	queues := slices.Collect(maps.Keys(e.consumers))
	e.mu.RUnlock()
	for _, id := range queues {
		if _, err := e.broker.QueueByID(id); err != nil {
			e.closeConsumers(id)
		}
	}
	e.sweepMembers()
}

// store writes the record of a consumer that a client sets: a durable one's into its label,
// and max_deliver and ack_wait into the queue, as far as they hold for all. A consumer with a
// queue of its own has it made.
func (e *Engine) store(c *Client, s *stream, old *record, r *record) (*stream, error) {
	if err := queuecore.Reserved(s.queue.Name); err != nil {
		return nil, apiError(err, errConsumerCreate)
	}
	name, durable := r.Config.Name, r.Config.Durable != ""
	if old != nil {
		r.Reached = old.Reached
	}
	if s.relays() {
		return s, e.storeMember(s, name, old, r)
	}
	before := e.others(s, name)
	alone, may := len(before) == 0, c.principal.May(protocols.Admin, s.destination())
	after := append(before[:len(before):len(before)], *r)
	if old != nil {
		before = append(before, *old)
	}
	if !durable && !limited(before) && !limited(after) {
		return s, nil
	}
	info, err := e.broker.UpdateQueue(e.ctx, s.queue.Name, func(q *queuecore.QueueConfig) error {
		r.Attempts = base(q, before)
		if old == nil || old.Config.MaxDeliver != r.Config.MaxDeliver {
			obey(q, before, after, r.Config.MaxDeliver > 0)
		}
		lend(q, old, r, alone, may)
		if !durable {
			return nil
		}
		if q.Labels == nil {
			q.Labels = make(map[string]string)
		}
		q.Labels[consumerLabel+name] = r.text()
		return nil
	})
	if err != nil {
		return nil, apiError(err, errConsumerCreate)
	}
	return e.views.of(&info), nil
}

// removeConsumer forgets a consumer, its label and its max_deliver. The token
// for administration is held.
func (e *Engine) removeConsumer(o *consumer) error {
	o.mu.Lock()
	r := o.record
	o.mu.Unlock()
	s, err := e.stream(o.stream)
	if err != nil || s.queue.ID != o.home.ID {
		e.unregister(o) // its queue is gone
		return nil
	}
	if o.isMember() {
		return e.removeMember(o)
	}
	after := e.others(s, o.name)
	before := append(after[:len(after):len(after)], r)
	if r.Config.Durable != "" || limited(before) {
		_, err := e.broker.UpdateQueue(e.ctx, o.queue, func(q *queuecore.QueueConfig) error {
			delete(q.Labels, consumerLabel+o.name)
			obey(q, before, after, false)
			takeBack(q, o.name)
			return nil
		})
		if err != nil {
			return apiError(err, errConsumerCreate)
		}
	}
	e.unregister(o)
	e.adviseConsumer("DELETED", "delete", o.stream, o.name)
	e.aim(o.stream)
	return nil
}
