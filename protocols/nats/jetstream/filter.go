package jetstream

import (
	"errors"
	"math"

	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

func (c *ConsumerConfig) checkFilters(*StreamConfig) *Error {
	if c.FilterSubject != "" && len(c.FilterSubjects) > 0 {
		return errTwoFilters
	}
	filters, bytes := c.filters(), 0
	for i, f := range filters {
		if f == "" {
			return errEmptyFilter
		}
		if !router.Valid(f) {
			return errStreamConfig.with("invalid subject")
		}
		for _, other := range filters[i+1:] {
			if router.Covers(f, other) || router.Covers(other, f) {
				return errOverlappingFilters
			}
		}
		bytes += len(f)
	}
	if bytes > maxFilterBytes {
		return errConsumerCreate.with("the filters have %d bytes, the limit is %d: use wildcards", bytes, maxFilterBytes)
	}
	return nil
}

// partition refuses a consumer that would get what another one of the work queue gets
// (nats-server, partitionUnique). One that is there already and would become unfiltered
// beside others is refused as a new one is.
func (e *Engine) partition(s *stream, c *ConsumerConfig) error {
	if s.relays() {
		return nil // each has its own
	}
	for _, name := range e.consumerNames(s) {
		if name == c.Name {
			continue
		}
		o, err := e.consumer(s, name)
		if errors.Is(err, errConsumerNotFound) {
			continue // removed meanwhile, or its record cannot be read
		}
		if err != nil {
			return err
		}
		if err := c.apart(o.config()); err != nil {
			return err
		}
	}
	return nil
}

// apart refuses c beside other.
func (c *ConsumerConfig) apart(other *ConsumerConfig) error {
	ours, theirs := c.filters(), other.filters()
	if len(ours) == 0 {
		return errUnfiltered
	}
	if len(theirs) == 0 {
		return errNotUnique
	}
	for _, f := range ours {
		for _, t := range theirs {
			if router.Collide(f, t) {
				return errNotUnique
			}
		}
	}
	return nil
}

// config returns the consumer's configuration, which nobody changes.
func (o *consumer) config() *ConsumerConfig {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.record.Config
	return &c
}

// wants is what a consumer asks its queue for. A message that was sent to the queue, as
// other dialects do it, has the stream's name as its subject. Who has the stream for
// itself, with filters that leave no subject of it out, gets everything, and no message
// need be looked at.
func (s *stream) wants(c *ConsumerConfig, alone bool) (x queuecore.Subjects) {
	filters := c.filters()
	if s.relays() || len(filters) == 0 || alone && s.config.covers(filters) {
		return x // of an interest stream: nothing else comes into its queue
	}
	return s.covered(filters)
}

// covered is what filters cover.
func (s *stream) covered(filters []string) (x queuecore.Subjects) {
	for _, f := range filters {
		if f == ">" {
			return queuecore.Subjects{}
		}
		p, err := queuecore.ParsePattern(f)
		if err != nil {
			continue // it was checked when it was set
		}
		x.Topics = append(x.Topics, p)
		x.Own = x.Own || router.Covers(f, s.name)
	}
	return x
}

// aim has the consumers of a stream ask for what they should: after a change of the
// stream's subjects, of a filter, and of who shares the stream with whom.
func (e *Engine) aim(name string) {
	e.aiming.Lock() // or what was read first might be set last
	defer e.aiming.Unlock()
	s, err := e.stream(name)
	if err != nil {
		return
	}
	names := e.consumerNames(s)
	for _, o := range e.registered(s) {
		c := o.config()
		o.follow(s.wants(c, len(names) == 1))
	}
}

// registered returns the consumers of a stream that have been used since the start.
func (e *Engine) registered(s *stream) (all []*consumer) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, o := range e.consumers[s.queue.ID] {
		all = append(all, o)
	}
	return all
}

// follow takes over what the consumer gets; pulls that wait are asked for anew.
func (o *consumer) follow(x queuecore.Subjects) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.subjects = x
	o.interrupt()
	o.kick()
}

// wants returns what of the queue is the consumer's.
func (o *consumer) wants() (queuecore.Subjects, *queuecore.Selector, *Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x, bad := o.record.Config.selector()
	return o.subjects, x, bad
}

// pending returns how many of the ready messages are the consumer's. It counts them when
// the queue has no more than bound messages of any kind, of no more than a KiB on average;
// else it returns the most that there may be.
func (o *consumer) pending(st *queuecore.Stats, bound int) int {
	subjects, x, bad := o.wants()
	if bad != nil || x == nil && !subjects.Some() || st.Ready == 0 || st.Len() > bound || st.Bytes > int64(bound)<<10 {
		return st.Ready
	}
	n := 0
	for from := uint64(0); from != math.MaxUint64; {
		page, err := o.engine.broker.Browse(o.engine.ctx, o.queue, from, queuecore.MaxReceive)
		if err != nil {
			return st.Ready
		}
		for i := range page {
			if m := &page[i]; m.State == queuecore.Ready && subjects.Has(m.Message) && x.Match(m) {
				n++
			}
		}
		if len(page) < queuecore.MaxReceive {
			break
		}
		from = page[len(page)-1].Seq + 1
	}
	return n
}
