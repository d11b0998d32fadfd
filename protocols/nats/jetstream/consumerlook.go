package jetstream

import (
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// consumerInfo is what CONSUMER.INFO and others answer.
type consumerInfo struct {
	Stream         string         `json:"stream_name"`
	Name           string         `json:"name"`
	Created        time.Time      `json:"created"`
	Config         ConsumerConfig `json:"config"`
	Delivered      sequences      `json:"delivered"`
	AckFloor       sequences      `json:"ack_floor"`
	NumAckPending  int            `json:"num_ack_pending"`
	NumRedelivered int            `json:"num_redelivered"`
	NumWaiting     int            `json:"num_waiting"`
	NumPending     int            `json:"num_pending"`
	PushBound      bool           `json:"push_bound,omitempty"`
	Paused         bool           `json:"paused,omitempty"`
	PauseRemaining time.Duration  `json:"pause_remaining,omitempty"`
	Time           time.Time      `json:"ts"`
}

type sequences struct {
	Consumer uint64     `json:"consumer_seq"`
	Stream   uint64     `json:"stream_seq"`
	Last     *time.Time `json:"last_active,omitempty"`
}

// describe describes a consumer as it is now. Sequences of the consumer
// go on over a stop if it is durable; those of the stream are the queue's. Messages of a stream
// that is too long to be counted for a filter or a selector are all in num_pending.
func (e *Engine) describe(s *stream, o *consumer) (*consumerInfo, error) {
	return e.describeBy(s, o, maxCount)
}

// describeBy is describe with a bound on the messages that are counted.
func (e *Engine) describeBy(s *stream, o *consumer, bound int) (*consumerInfo, error) {
	o.learn()
	st, err := e.broker.Stats(e.ctx, o.queue)
	if err != nil {
		return nil, err
	}
	at, err := e.home(s, o.name)
	if err != nil {
		return nil, err
	}
	pending, now := o.pending(&st, bound), time.Now().UTC()
	o.mu.Lock()
	defer o.mu.Unlock()
	inFlight, again := o.inFlight(&st, now)
	ci := &consumerInfo{
		Stream: o.stream, Name: o.name, Created: o.record.Created, Config: o.record.Config, Time: now,
		NumAckPending: inFlight, NumRedelivered: again,
		NumWaiting: len(o.queued.pulls), NumPending: pending,
		Delivered: sequences{Consumer: o.seq, Stream: max(o.streamSeq, ackFloor(&st))}, // what is gone has been delivered, also before the server started
		AckFloor:  sequences{Consumer: o.resting.floor(o.out.floor(o.seq)), Stream: ackFloor(&st)},
	}
	ci.PushBound = o.pushes() && !o.idle()
	ci.Config.complete(&at.Config)
	if !o.delivered.IsZero() {
		last := o.delivered.UTC()
		ci.Delivered.Last = &last
	}
	if until := o.record.Config.PauseUntil; until != nil && until.After(now) {
		ci.Paused, ci.PauseRemaining = true, until.Sub(now)
	}
	return ci, nil
}

// inFlight counts what is in flight, and what of that has been handed out more than once: all of
// the queue's when all of it is the consumer's, so that every dialect says the same; else what
// the consumer itself has handed out. mu is held.
func (o *consumer) inFlight(st *queuecore.Stats, now time.Time) (all, again int) {
	o.out.sweep(now)
	o.resting.sweep(now)
	if o.wanted() == nil {
		return st.Leased + st.Resting, st.Again
	}
	return o.out.len() + o.resting.len(), o.out.redelivered() + o.resting.redelivered()
}

// ackFloor is the stream sequence below which nothing is left.
func ackFloor(st *queuecore.Stats) uint64 {
	if st.Len() == 0 {
		return st.LastSeq
	}
	return st.FirstSeq - 1
}

func (e *Engine) consumerInfo(r *request) (any, error) {
	s, o, err := e.found(r)
	if err != nil {
		return nil, err
	}
	return e.describe(s, o)
}

// offsetRequest is what CONSUMER.NAMES and CONSUMER.LIST bring.
type offsetRequest struct {
	Offset  int    `json:"offset"`
	Subject string `json:"subject"` // sent by old libraries, of no meaning
}

func (e *Engine) listConsumerNames(r *request) (any, error) {
	var in offsetRequest
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	s, err := r.client.look(r.args[0])
	if err != nil {
		return nil, err
	}
	p, names := cut(e.consumerNames(s), in.Offset, namesPage)
	if names == nil {
		names = []string{}
	}
	return struct {
		page
		Consumers []string `json:"consumers"`
	}{p, names}, nil
}

func (e *Engine) listConsumers(r *request) (any, error) {
	var in offsetRequest
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	s, err := r.client.look(r.args[0])
	if err != nil {
		return nil, err
	}
	p, names := cut(e.consumerNames(s), in.Offset, listPage)
	infos := make([]*consumerInfo, 0, len(names))
	for _, name := range names {
		o, err := e.consumer(s, name)
		if err != nil {
			continue // removed meanwhile
		}
		ci, err := e.describeBy(s, o, max(countedAtOnce, maxCount/len(names)))
		if err != nil {
			return nil, err
		}
		infos = append(infos, ci)
	}
	return struct {
		page
		Consumers []*consumerInfo `json:"consumers"`
	}{p, infos}, nil
}
