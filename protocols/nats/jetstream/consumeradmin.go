package jetstream

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// consumerRequest is what the three ways to create a consumer bring.
type consumerRequest struct {
	Stream   string         `json:"stream_name"`
	Config   ConsumerConfig `json:"config"`
	Action   string         `json:"action"`
	Pedantic bool           `json:"pedantic"`
}

// createConsumer serves CONSUMER.CREATE.<stream>, which makes an ephemeral one
// as libraries before 2.9 do, and CONSUMER.CREATE.<stream>.<consumer>[.<filter>].
func (e *Engine) createConsumer(r *request) (any, error) {
	var in consumerRequest
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	if in.Stream != r.args[0] {
		return nil, errStreamMismatch
	}
	if len(r.args) == 1 {
		if in.Config.Durable != "" {
			return nil, errEphemeralDurable
		}
		return e.putConsumer(r, &in)
	}
	name := r.args[1]
	filter := strings.Join(r.args[2:], ".")
	switch {
	case strings.ContainsAny(name, `\/`):
		return nil, errPathSeparators
	case in.Config.Durable != "" && in.Config.Durable != name:
		return nil, errDurableMismatch
	case filter != "" && len(in.Config.FilterSubjects) > 0:
		return nil, errFilterInSubject
	case filter != "" && filter != in.Config.FilterSubject:
		return nil, errFilterMismatch
	}
	in.Config.Name = name
	return e.putConsumer(r, &in)
}

// createDurable serves CONSUMER.DURABLE.CREATE.<stream>.<consumer>.
func (e *Engine) createDurable(r *request) (any, error) {
	var in consumerRequest
	if err := r.decode(&in, false); err != nil {
		return nil, err
	}
	switch {
	case len(r.args) != 2:
		return nil, errNoDurableInSubject
	case in.Stream != r.args[0]:
		return nil, errStreamMismatch
	case in.Config.Durable == "":
		return nil, errNoDurable
	case in.Config.Durable != r.args[1]:
		return nil, errDurableMismatch
	}
	in.Config.Name = r.args[1]
	return e.putConsumer(r, &in)
}

// putConsumer makes a consumer, or changes the one that has the name.
func (e *Engine) putConsumer(r *request, in *consumerRequest) (any, error) {
	if in.Action != "" && in.Action != "create" && in.Action != "update" {
		return nil, errJSON.with("invalid JSON: unknown consumer action: %q", in.Action)
	}
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	e.sweep()
	s, err := r.client.open(protocols.Receive, "receive from stream", in.Stream)
	if err != nil {
		return nil, err
	}
	c := &in.Config
	if err := c.check(s.config); err != nil {
		return nil, err
	}
	if c.DeliverSubject != "" && !r.client.MayName(c.DeliverSubject) {
		return nil, denied("deliver to %s", c.DeliverSubject)
	}
	if err := e.checkElsewhere(c); err != nil {
		return nil, err
	}
	if c.Name == "" {
		c.Name = strconv.FormatUint(rand.Uint64()|1<<63, 36)
	}
	old, err := e.consumer(s, c.Name)
	switch {
	case errors.Is(err, errConsumerNotFound):
		return e.newConsumer(r, s, in)
	case err != nil:
		return nil, err
	}
	return e.changeConsumer(r, s, old, in)
}

// mayRedrive asks whether the client may change how often a queue's messages are
// handed out, which holds for every consumer of every dialect, unless it is the consumer's own queue.
func (r *request) mayRedrive(s *stream, old, c *ConsumerConfig) error {
	if s.relays() || old == nil && c.MaxDeliver <= 0 || old != nil && old.MaxDeliver == c.MaxDeliver {
		return nil
	}
	return r.client.may(protocols.Admin, "set max_deliver of stream", s.destination())
}

func (e *Engine) newConsumer(r *request, s *stream, in *consumerRequest) (any, error) {
	c := &in.Config
	if in.Action == "update" {
		return nil, errConsumerMissing
	}
	if most := s.config.MaxConsumers; most > 0 && len(e.consumerNames(s)) >= most {
		return nil, errMaxConsumers
	}
	if err := e.partition(s, c); err != nil {
		return nil, err
	}
	if err := r.mayRedrive(s, nil, c); err != nil {
		return nil, err
	}
	if err := r.client.mayMakeConsumer(s, c.Name); err != nil {
		return nil, err
	}
	fresh := record{Config: *c, Created: time.Now().UTC()}
	s, err := e.store(r.client, s, nil, &fresh)
	if err != nil {
		return nil, err
	}
	at, err := e.home(s, c.Name)
	if err != nil {
		return nil, err
	}
	o := e.register(s, at, c.Name, fresh)
	e.aim(s.name)
	o.touch()
	e.adviseConsumer("CREATED", "create", s.name, c.Name)
	o.heard()
	return e.describe(s, o)
}

// changeConsumer answers the creation of a consumer that is there: with the same
// configuration it is a question, with another one it is an update.
func (e *Engine) changeConsumer(r *request, s *stream, o *consumer, in *consumerRequest) (any, error) {
	o.mu.Lock()
	old := o.record
	o.mu.Unlock()
	at, err := e.home(s, o.name)
	if err != nil {
		return nil, err
	}
	c := &in.Config
	c.PauseUntil = old.Config.PauseUntil
	c.repeats(&old.Config, &at.Config)
	if old.Config.text() == c.text() || in.Action == "create" && c.shownAs(&old.Config, &at.Config) {
		o.touch()
		return e.describe(s, o)
	}
	switch {
	case in.Action == "create":
		return nil, errConsumerExists
	case old.Config.Durable != c.Durable:
		return nil, errConsumerCreate.with("a durable consumer cannot become an ephemeral one, nor the other way round")
	}
	if err := r.mayRule(s, o, protocols.Receive); err != nil {
		return nil, err
	}
	if err := e.partition(s, c); err != nil {
		return nil, err
	}
	if err := old.Config.checkStart(c); err != nil {
		return nil, err
	}
	if err := o.checkPushUpdate(c); err != nil {
		return nil, err
	}
	if err := r.mayRedrive(s, &old.Config, c); err != nil {
		return nil, err
	}
	changed := record{Config: *c, Created: old.Created}
	if s, err = e.store(r.client, s, &old, &changed); err != nil {
		return nil, err
	}
	o.update(changed)
	e.aim(s.name)
	return e.describe(s, o)
}

// found returns the stream and the consumer that a request names.
func (e *Engine) found(r *request) (*stream, *consumer, error) {
	s, err := r.client.look(r.args[0])
	if err != nil {
		return nil, nil, err
	}
	o, err := e.consumer(s, r.args[1])
	return s, o, err
}

// mayRule asks whether the client may change a consumer, which takes the right to receive from its stream, and that nobody denies
// it a at the queue of the consumer's own, if there is one: what waits there goes with the consumer.
func (r *request) mayRule(s *stream, o *consumer, a protocols.Action) error {
	if err := r.client.may(protocols.Receive, "receive from stream", s.destination()); err != nil {
		return err
	}
	if o.isMember() && (r.client.denied(protocols.Receive, o.queue) || r.client.denied(a, o.queue)) {
		return denied("change consumer %s of stream %s", o.name, s.name)
	}
	return nil
}

func (e *Engine) deleteConsumer(r *request) (any, error) {
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	s, o, err := e.found(r)
	if err != nil {
		return nil, err
	}
	if err := r.mayRule(s, o, protocols.Delete); err != nil {
		return nil, err
	}
	if err := e.removeConsumer(o); err != nil {
		return nil, err
	}
	o.giveBack()
	return done{true}, nil
}

// pauseConsumer serves CONSUMER.PAUSE.
func (e *Engine) pauseConsumer(r *request) (any, error) {
	var in struct {
		Until time.Time `json:"pause_until"`
	}
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	if err := e.lock(e.ctx); err != nil {
		return nil, err
	}
	defer e.unlock()
	s, o, err := e.found(r)
	if err != nil {
		return nil, err
	}
	if err := r.mayRule(s, o, protocols.Receive); err != nil {
		return nil, err
	}
	o.mu.Lock()
	old := o.record
	o.mu.Unlock()
	changed := old
	changed.Config.PauseUntil = nil
	if !in.Until.IsZero() {
		changed.Config.PauseUntil = &in.Until
	}
	if _, err := e.store(r.client, s, &old, &changed); err != nil {
		return nil, err
	}
	o.update(changed)
	e.advisePause(o, in.Until)
	left := max(time.Until(in.Until), 0)
	return struct {
		Paused    bool          `json:"paused"`
		Until     time.Time     `json:"pause_until"`
		Remaining time.Duration `json:"pause_remaining,omitempty"`
	}{left > 0, in.Until, left}, nil
}
