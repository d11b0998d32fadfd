package jetstream

import (
	"encoding/json"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// A queue has one lease for receivers that name none, which SQS calls VisibilityTimeout; a
// consumer without an ack_wait has it too. A durable consumer that is alone on its stream
// when it names an ack_wait makes that the queue's. What the queue had before is in a label,
// and comes back when the consumer goes or names none any more. What others have made of
// the lease meanwhile stays; the consumer keeps what it named.

// leaseLabel is on a queue whose Lease is a consumer's ack_wait.
const leaseLabel = "nats.lease"

// lent says whose ack_wait the Lease of a queue is.
type lent struct {
	By  string        `json:"by"`  // the consumer's name
	Set time.Duration `json:"set"` // the Lease that it has set
	Own time.Duration `json:"own"` // the Lease that the queue had before
}

// lentOf returns whose ack_wait the lease of q is; false when it is nobody's, or others have
// set another one since.
func lentOf(q *queuecore.QueueConfig) (x lent, ok bool) {
	text, ok := q.Labels[leaseLabel]
	if !ok || json.Unmarshal([]byte(text), &x) != nil {
		return lent{}, false
	}
	return x, x.Set == q.Lease
}

// ownLease is the lease of those who name none: the queue's without any consumer's ack_wait.
func ownLease(q *queuecore.QueueConfig) time.Duration {
	lease := q.Lease
	if x, ok := lentOf(q); ok {
		lease = x.Own
	}
	if lease == 0 {
		return queuecore.DefaultLease
	}
	return lease
}

// lend makes the ack_wait of a consumer that is set now the queue's lease, or takes it back.
// Those who may not change the queue for others have theirs for themselves.
func lend(q *queuecore.QueueConfig, old, r *record, alone, may bool) {
	was := time.Duration(0)
	if old != nil {
		was = old.Config.AckWait
	}
	c := &r.Config
	if c.Durable == "" || c.AckWait == was {
		return
	}
	x, held := lentOf(q)
	mine := held && x.By == c.Durable
	switch {
	case c.AckWait == 0:
		takeBack(q, c.Durable)
	case may && (mine || alone):
		if !mine {
			x.Own = q.Lease
		}
		q.Lease = c.AckWait
		setLease(q, lent{c.Durable, c.AckWait, x.Own})
	}
}

func setLease(q *queuecore.QueueConfig, x lent) {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err) // strings and numbers: it cannot fail
	}
	if q.Labels == nil {
		q.Labels = make(map[string]string)
	}
	q.Labels[leaseLabel] = string(b)
}

// takeBack gives q the lease that it had before the consumer's ack_wait.
func takeBack(q *queuecore.QueueConfig, name string) {
	x, held := lentOf(q)
	if held && x.By != name {
		return
	}
	if held {
		q.Lease = x.Own
	}
	delete(q.Labels, leaseLabel)
}

// repeats has c name nothing where it names what the consumer was shown without having named
// it: programs read a configuration, change a part, and send all of it.
func (c *ConsumerConfig) repeats(old *ConsumerConfig, q *queuecore.QueueConfig) {
	shown := *old
	shown.complete(q)
	if c.AckWait == shown.AckWait {
		c.AckWait = old.AckWait
	}
	if c.MaxDeliver == shown.MaxDeliver {
		c.MaxDeliver = old.MaxDeliver
	}
}

// complete fills in what holds of the queue's settings.
func (c *ConsumerConfig) complete(q *queuecore.QueueConfig) {
	if c.AckWait == 0 {
		c.AckWait = ownLease(q)
	}
	if n := q.MaxAttempts; n > 0 && (c.MaxDeliver <= 0 || n < c.MaxDeliver) {
		c.MaxDeliver = n
	}
}

// shownAs reports whether two configurations are shown alike.
func (c *ConsumerConfig) shownAs(other *ConsumerConfig, q *queuecore.QueueConfig) bool {
	x, y := *c, *other
	x.complete(q)
	y.complete(q)
	return x.text() == y.text()
}

// named is the ack_wait of the nth delivery of a message, or 0: the queue's own.
func (o *consumer) named(attempt int) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.record.Config.ackWait(attempt)
}

// ackWait is the lease of the nth delivery of a message.
func (o *consumer) ackWait(attempt int) time.Duration {
	if d := o.named(attempt); d > 0 {
		return d
	}
	info, err := o.engine.broker.QueueByID(o.queueID)
	if err != nil {
		return queuecore.DefaultLease // the queue is gone, and its leases with it
	}
	return ownLease(&info.Config)
}

// lease is what a Receive asks for: the broker's word for the queue's own, as it is when a
// message comes, where nobody's ack_wait is in its place.
func (o *consumer) lease(named time.Duration) queuecore.Lease {
	if named > 0 {
		return queuecore.LeaseFor(named)
	}
	info, err := o.engine.broker.QueueByID(o.queueID)
	if err != nil {
		return queuecore.Lease{}
	}
	if _, ok := lentOf(&info.Config); ok {
		return queuecore.LeaseFor(ownLease(&info.Config))
	}
	return queuecore.Lease{}
}
