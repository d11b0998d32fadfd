package jetstream

import (
	"sync"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// maxInherited bounds what is known of a queue from before the start; what was out beyond it
// is counted by the core alone.
const maxInherited = 100_000

// inherited is what of a queue was out when the engine began, by sequence number: the attempts.
// The consumers of the queue share it until each has taken its part.
type inherited struct {
	mu  sync.Mutex
	out map[uint64]uint32
}

// has reports whether that attempt was out at the start and has not been settled since.
func (i *inherited) has(r queuecore.Receipt) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	attempt, ok := i.out[r.Seq]
	return ok && attempt == r.Attempt
}

func (i *inherited) drop(seq uint64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.out, seq)
}

// inherit looks what of a queue is out; nil: nothing.
func (e *Engine) inherit(queue string) *inherited {
	st, err := e.broker.Stats(e.ctx, queue)
	if err != nil || st.Leased+st.Resting == 0 {
		return nil
	}
	all := &inherited{out: make(map[uint64]uint32)}
	err = e.eachInFlight(queue, nil, func(x *queuecore.InFlight) bool {
		all.out[x.Receipt.Seq] = x.Receipt.Attempt
		return len(all.out) < maxInherited
	})
	if err != nil {
		e.log.Warn("what was out before the start is not counted", "queue", queue, "err", err)
	}
	return all
}

// eachInFlight calls fn for what is in flight in a queue and wanted, until fn returns false.
func (e *Engine) eachInFlight(queue string, want func(*queuecore.Message) bool, fn func(*queuecore.InFlight) bool) error {
	for from := uint64(0); ; {
		found, next, err := e.broker.InFlight(e.ctx, queue, want, from, queuecore.MaxReceive)
		if err != nil {
			return err
		}
		for i := range found {
			if !fn(&found[i]) {
				return nil
			}
		}
		if from = next; next == 0 {
			return nil
		}
	}
}

// learn takes over what the consumer had out when the server ended: of what was out at the start
// and still is, what its filters and its selector match. Consumers of one stream share no
// message. What is leased for longer than the consumer's own leases is somebody else's. It
// returns when that is known, at once but for the first time, and must not be called with mu held.
func (o *consumer) learn() {
	o.learned.Do(func() {
		longest := time.Now().Add(o.longestWait())
		o.mu.Lock()
		before, want := o.before, o.wanted()
		o.mu.Unlock()
		if before == nil {
			return
		}
		err := o.engine.eachInFlight(o.queue, want, func(x *queuecore.InFlight) bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			if before.has(x.Receipt) && !x.Until.IsZero() {
				o.remember(x, longest)
			}
			return true
		})
		if err != nil {
			o.engine.log.Warn("what was out before the start is not counted", "stream", o.stream, "consumer", o.name, "err", err)
		}
		o.mu.Lock()
		o.before = nil
		o.mu.Unlock()
	})
}

// remember notes what was out before the start. mu is held.
func (o *consumer) remember(x *queuecore.InFlight, longest time.Time) {
	if !x.Resting && x.Until.After(longest) {
		return
	}
	o.learnt++ // it was delivered behind the floor, whatever its number was then
	o.seq = max(o.seq, o.learnt)
	o.streamSeq = max(o.streamSeq, x.Receipt.Seq)
	to := &o.out
	if x.Resting {
		to = &o.resting
	}
	to.add(held{seq: x.Receipt.Seq, attempt: x.Receipt.Attempt, order: o.learnt, until: x.Until, before: true})
}

// wanted returns what tells the consumer's messages from others; nil: all are. mu is held.
func (o *consumer) wanted() func(*queuecore.Message) bool {
	subjects := o.subjects
	x, bad := o.record.Config.selector()
	if bad != nil || x == nil && !subjects.Some() {
		return nil
	}
	return func(m *queuecore.Message) bool { return subjects.Has(m) && x.Match(m) }
}

// longestWait is the longest lease that the consumer asks for.
func (o *consumer) longestWait() time.Duration {
	longest := o.ackWait(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, d := range o.record.Config.Backoff {
		longest = max(longest, d)
	}
	return longest
}
