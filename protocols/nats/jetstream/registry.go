package jetstream

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

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
	e.mu.RLock()
	o := e.consumers[s.queue.ID][name]
	e.mu.RUnlock()
	if o != nil {
		return o, nil
	}
	text, ok := s.queue.Config.Labels[consumerLabel+name]
	if !ok {
		return nil, errConsumerNotFound
	}
	var r record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, errConsumerNotFound.with("consumer not found: its record cannot be read: %v", err)
	}
	r.Config.setDefaults(s.config) // of a record that another hand wrote
	o = e.register(s, name, r)
	e.aim(s.name)
	return o, nil
}

// register makes the consumer known, unless it is already.
func (e *Engine) register(s *stream, name string, r record) *consumer {
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
		engine: e, stream: s.name, queue: s.queue.Name, queueID: s.queue.ID, name: name, record: r, closed: e.closing,
		push: newPush(&r.Config),
	}
	o.resume(r.Reached)
	byName[name] = o
	e.pushes.move(o, "", r.Config.DeliverSubject)
	return o
}

// unregister forgets a consumer and tells those who wait.
func (e *Engine) unregister(o *consumer) {
	e.mu.Lock()
	if byName := e.consumers[o.queueID]; byName[o.name] == o {
		if delete(byName, o.name); len(byName) == 0 {
			delete(e.consumers, o.queueID)
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
}

// store writes a consumer's record: a durable one's into its label, and
// max_deliver into the queue, as far as it holds for all.
func (e *Engine) store(s *stream, name string, old *record, r *record) (*stream, error) {
	if err := queuecore.Reserved(s.queue.Name); err != nil {
		return nil, apiError(err, errConsumerCreate)
	}
	durable := r.Config.Durable != ""
	if old != nil {
		r.Reached = old.Reached
	}
	before := e.others(s, name)
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
	if err != nil || s.queue.ID != o.queueID {
		e.unregister(o) // its queue is gone
		return nil
	}
	after := e.others(s, o.name)
	before := append(after[:len(after):len(after)], r)
	if r.Config.Durable != "" || limited(before) {
		_, err := e.broker.UpdateQueue(e.ctx, o.queue, func(q *queuecore.QueueConfig) error {
			delete(q.Labels, consumerLabel+o.name)
			obey(q, before, after, false)
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
