package jetstream

import (
	"strconv"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// push is what a push consumer keeps besides its record: one whose messages go to
// a deliver subject for as long as somebody subscribes to exactly that, in its
// deliver group if it has one. The consumer's mu stands over it.
type push struct {
	flow   flow
	pace   pace
	beatAt time.Time // of the next heartbeat; zero: nobody waits for one
}

func newPush(c *ConsumerConfig) push {
	return push{flow: newFlow(c.FlowControl), pace: pace{bits: c.RateLimit}}
}

// pushes reports whether the consumer delivers by itself. mu is held.
func (o *consumer) pushes() bool { return o.record.Config.DeliverSubject != "" }

// audience says who would get what is pushed now. mu is held.
func (o *consumer) audience() Audience {
	c := &o.record.Config
	return o.engine.transport.Audience([]byte(c.DeliverSubject), c.DeliverGroup, o.mayHear)
}

// receivers returns what tells who may have what is pushed from a queue. Whoever made the consumer
// might, and may be gone since; and an inbox, which anybody may subscribe to, is no permission. What a member
// of the queue holds is for who may receive from the queue and is not denied the member.
func receivers(queue, member string) func(*Client) bool {
	d := queuecore.QueueNamed(queue)
	if member == queue {
		return func(c *Client) bool { return c.principal.May(protocols.Receive, d) }
	}
	return func(c *Client) bool {
		return c.principal.May(protocols.Receive, d) && !c.denied(protocols.Receive, member)
	}
}

// idle reports whether nobody waits for messages. mu is held.
func (o *consumer) idle() bool {
	if o.pushes() {
		return o.audience() == Nobody
	}
	return len(o.queued.pulls) == 0
}

// opened reports whether a message could be pushed now. mu is held.
func (o *consumer) opened() bool { return !o.push.flow.full() && o.audience() == Ready }

// pushable returns how many messages can be pushed at once. mu is held.
func (o *consumer) pushable(now time.Time) int {
	if !o.opened() {
		return 0
	}
	if next := o.push.pace.next; next.After(now) {
		o.alarm(next)
		return 0
	}
	return min(o.push.flow.fits(o.asking.mean), o.push.pace.fits(o.asking.mean))
}

// givePush hands a parcel to the deliver subject; false when nobody takes it. mu is held.
func (o *consumer) givePush(x *parcel, size int) bool {
	if !o.opened() {
		return false
	}
	now := time.Now()
	if !o.engine.transport.Push([]byte(o.record.Config.DeliverSubject), &x.message, o.mayHear) {
		o.push.pace.rest(now)
		return false
	}
	o.note(x)
	o.push.pace.sent(size, now)
	if o.push.flow.sent(size) {
		o.askFlow()
	}
	if hb := o.record.Config.Heartbeat; hb > 0 {
		o.push.beatAt = now.Add(hb)
	}
	return true
}

// heard notes that somebody may have begun or ceased to listen to the deliver subject.
func (o *consumer) heard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || !o.pushes() {
		return
	}
	o.rest()
	if o.idle() {
		// Whoever comes next cannot answer what was asked of another.
		o.push.flow = newFlow(o.record.Config.FlowControl)
		o.push.beatAt = time.Time{}
		o.interrupt()
		return
	}
	o.beatPush(time.Now())
	o.kick()
}

// beatPush sends the heartbeat that is due, and sets the clock for the next. mu is held.
func (o *consumer) beatPush(now time.Time) {
	hb := o.record.Config.Heartbeat
	if hb <= 0 || !o.pushes() || o.idle() {
		return
	}
	if o.push.beatAt.IsZero() {
		o.push.beatAt = now.Add(hb)
	}
	if !o.push.beatAt.After(now) {
		headers := o.lastSequences()
		if reply := o.push.flow.reply; reply != "" {
			headers = append(headers, "Nats-Consumer-Stalled", reply)
		}
		o.engine.tell([]byte(o.record.Config.DeliverSubject), statusHeartbeat, headers...)
		o.push.beatAt = now.Add(hb)
	}
	o.alarm(o.push.beatAt)
}

// lastSequences are the headers of a heartbeat. mu is held.
func (o *consumer) lastSequences() []string {
	return []string{
		"Nats-Last-Consumer", strconv.FormatUint(o.seq, 10), "Nats-Last-Stream", strconv.FormatUint(o.streamSeq, 10),
	}
}

// askFlow asks the subscriber to say that it has come so far. mu is held.
func (o *consumer) askFlow() {
	reply := []byte(o.push.flow.ask(o.stream, o.name))
	subject := []byte(o.record.Config.DeliverSubject)
	o.engine.transport.Push(subject, &wire.Message{
		Subject: subject, Reply: reply, Header: wire.EndHeader(wire.BeginStatus(nil, "100", "FlowControl Request")),
	}, o.mayHear)
}

// flowed takes the answer to a flow control request. One that was not the last is
// passed by.
func (o *consumer) flowed(subject string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.push.flow.answered(subject) {
		return
	}
	if o.push.flow.full() { // of a message larger than half of the window
		o.askFlow()
	}
	o.kick()
}
