package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// reached is how far a durable consumer was at a stop, in its record. After a kill it is what was
// at the stop before that: the numbers go on from there.
type reached struct {
	Seq    uint64    `json:"seq"`              // deliveries
	Floor  uint64    `json:"floor,omitempty"`  // the highest of them with nothing out at or below
	Stream uint64    `json:"stream,omitempty"` // the highest sequence of the stream that was delivered
	At     time.Time `json:"at,omitzero"`      // of the last delivery
}

// resume goes on from where a record says the consumer was.
func (p *progress) resume(r *reached) {
	if r != nil {
		*p = progress{seq: r.Seq, learnt: min(r.Floor, r.Seq), streamSeq: r.Stream, delivered: r.At}
	}
}

// reached returns how far the consumer is, and whether its record does not say so.
func (o *consumer) reached() (now reached, news bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.before != nil { // it has not been used since the start
		return now, false
	}
	now = reached{Seq: o.seq, Floor: o.resting.floor(o.out.floor(o.seq)), Stream: o.streamSeq, At: o.delivered.UTC().Round(0)}
	old := o.record.Reached
	if old == nil {
		return now, o.seq > 0
	}
	return now, now.Seq != old.Seq || now.Floor != old.Floor || now.Stream != old.Stream || !now.At.Equal(old.At)
}

// keepReached writes how far the durable consumers are, stream by stream. Nothing is handed out any more.
func (e *Engine) keepReached(ctx context.Context) {
	for _, s := range e.streams(nil) {
		news := make(map[string]*record)
		for _, name := range s.durables() {
			e.mu.RLock()
			o := e.consumers[s.queue.ID][name]
			e.mu.RUnlock()
			if o == nil {
				continue
			}
			if at, is := o.reached(); is {
				o.mu.Lock()
				r := o.record
				o.mu.Unlock()
				r.Reached = &at
				news[name] = &r
			}
		}
		if err := e.keepRecords(ctx, s, news); err != nil && !errors.Is(err, queuecore.ErrNotFound) {
			e.log.Warn("how far the consumers of a stream are is not kept; their sequences go back", "stream", s.name, "err", err)
		}
	}
}

// keepRecords writes records of durable consumers that are still there.
func (e *Engine) keepRecords(ctx context.Context, s *stream, news map[string]*record) error {
	if len(news) == 0 {
		return nil
	}
	_, err := e.broker.UpdateQueue(ctx, s.queue.Name, func(q *queuecore.QueueConfig) error {
		for name, r := range news {
			if _, ok := q.Labels[consumerLabel+name]; ok {
				q.Labels[consumerLabel+name] = r.text()
			}
		}
		return nil
	})
	return err
}
